using System.Text.Json;
using LargeSteps.Numerics;

namespace LargeSteps.Tests.Numerics;

/// <summary>The datasets, teachers and initial weights of the published programs, drawn from the streams.</summary>
public class PublishedDataTests
{
    private static readonly JsonElement Checks = Fixture.Json("data_checks.json");

    public static TheoryData<string> Arrays => [.. Checks.GetProperty("arrays").EnumerateObject().Select(x => x.Name)];

    public static TheoryData<string> Indices =>
        [.. Checks.GetProperty("sampling_indices_first_20").EnumerateObject().Select(x => x.Name)];

    private static readonly Lazy<Dictionary<string, double[]>> Built = new(() => new Dictionary<string, double[]>()
        .Concat(Diagonal("diag1", 80, 200, 20))
        .Concat(Diagonal("diag2", 40, 100, 20))
        .Concat(Diagonal("2d", 20, 30, 3))
        .Concat(Regression())
        .Concat(TwoLayer())
        .Concat(ThreeLayer())
        .ToDictionary());

    [Theory]
    [MemberData(nameof(Arrays))]
    public void An_array_is_the_published_one(string name)
    {
        var expected = Checks.GetProperty("arrays").GetProperty(name);
        var found = Built.Value[name];
        Assert.Equal(expected.GetProperty("shape").EnumerateArray().Aggregate(1, (n, x) => n * x.GetInt32()), found.Length);

        // Bit for bit; the sums over all values may be rounded in another order.
        foreach (var (x, y) in expected.GetProperty("first").EnumerateArray().Zip(found))
        {
            Assert.Equal(BitConverter.DoubleToInt64Bits(x.GetDouble()), BitConverter.DoubleToInt64Bits(y));
        }

        var scale = Math.Sqrt(found.Length * found.Sum(x => x * x));
        Assert.Equal(expected.GetProperty("sum").GetDouble(), found.Sum(), scale * 1e-14);
        Assert.Equal(expected.GetProperty("sum_of_squares").GetDouble(), found.Sum(x => x * x), scale * scale * 1e-14);
    }

    [Theory]
    [MemberData(nameof(Indices))]
    public void Sampling_takes_the_published_indices(string name)
    {
        var random = new NumpyRandom(uint.Parse(name[(name.LastIndexOf("seed", StringComparison.Ordinal) + 4)..], null));
        Func<int> next = name.Split('_')[0] switch
        {
            "diag1" => () => random.NextInt(80),
            "diag2" => () => random.NextInt(40),
            "2d" => () => random.NextInt(20),
            "fc1d" => () => random.ChoiceOne(12),
            "fc2" => () => random.ChoiceOne(15),
            "fc3" => () => random.ChoiceOne(50),
            _ => throw new InvalidOperationException($"the fixture has indices '{name}' that no test draws"),
        };
        var expected = Checks.GetProperty("sampling_indices_first_20").GetProperty(name).EnumerateArray().Select(x => x.GetInt32());
        Assert.Equal(expected, Enumerable.Range(0, 20).Select(_ => next()));
    }

    private static Dictionary<string, double[]> Diagonal(string name, int n, int d, int r)
    {
        var random = new NumpyRandom(0);
        double[] x = new double[n * d], test = new double[1000 * d], theta = new double[d];
        random.StandardNormal(x);
        random.StandardNormal(test);
        random.StandardNormal(theta);
        theta.AsSpan(r).Clear();
        var norm = Math.Sqrt(theta.Sum(t => t * t));
        theta = Array.ConvertAll(theta, t => Math.Abs(t) / norm);
        return new()
        {
            [$"{name}_X"] = x,
            [$"{name}_X_test"] = test,
            [$"{name}_theta_star"] = theta,
            [$"{name}_y"] = [.. x.Chunk(d).Select(row => row.Zip(theta, (a, b) => a * b).Sum())],
        };
    }

    private static Dictionary<string, double[]> Regression()
    {
        using var torch = new TorchRandom(3);
        torch.LinearDefault(1, 100, bias: true);
        torch.LinearDefault(100, 1, bias: false);
        return new()
        {
            ["fc1d_X"] = [.. Enumerable.Range(0, 12).Select(i => (double)(float)((i - 5.5) / 4 + 0.07))],
            ["fc1d_student_init_layer1.weight"] = Doubles(Array.ConvertAll(torch.Rand(100), w => 2.5f * (-1 + 2 * MathF.Round(w)))),
            ["fc1d_student_init_layer1.bias"] = Doubles(torch.Normal(100, 2.5)),
            ["fc1d_student_init_layer2.weight"] = Doubles(torch.Normal(100, 4)),
        };
    }

    private static Dictionary<string, double[]> TwoLayer()
    {
        var (x, test) = Inputs(1, 15, 2);
        using var torch = new TorchRandom(1);
        torch.LinearDefault(2, 3, bias: false);
        torch.LinearDefault(3, 1, bias: false);
        var hidden = torch.Normal(6, 1).Chunk(2).SelectMany(Normalised).ToArray();
        var output = Array.ConvertAll(torch.Normal(3, 1), w => (float)MathF.Sign(w));

        using var student = new TorchRandom(0);
        student.LinearDefault(2, 20, bias: false);
        student.LinearDefault(20, 1, bias: false);
        return new()
        {
            ["fc2_X"] = Doubles(x),
            ["fc2_X_test"] = Doubles(test),
            ["fc2_y"] = Doubles(Forward(x, 2, new(hidden, []), new(output, []))),
            ["fc2_teacher_layer1.weight"] = Doubles(hidden),
            ["fc2_teacher_layer2.weight"] = Doubles(output),
            ["fc2_student_init_layer1.weight"] = Doubles(student.Normal(40, 0.5)),
            ["fc2_student_init_layer2.weight"] = Doubles(student.Normal(20, 0)),
        };
    }

    private static Dictionary<string, double[]> ThreeLayer()
    {
        var (x, test) = Inputs(6, 50, 5);
        using TorchRandom teacher = new(6), student = new(5);
        var layers = Layers(teacher, 1, 5, 2, 2, 1);
        return Named("fc3_teacher", layers)
            .Concat(Named("fc3_student_init", Layers(student, 0.8, 5, 10, 10, 1)))
            .Concat(new Dictionary<string, double[]>
            {
                ["fc3_X"] = Doubles(x),
                ["fc3_X_test"] = Doubles(test),
                ["fc3_y"] = Doubles(Forward(x, 5, layers)),
            })
            .ToDictionary();
    }

    private static LinearDraw[] Layers(TorchRandom torch, double std, params int[] widths)
    {
        var drawn = widths.Zip(widths.Skip(1), (inputs, outputs) => torch.LinearDefault(inputs, outputs, bias: true)).ToArray();
        return Array.ConvertAll(drawn, layer => layer with { Weight = torch.Normal(layer.Weight.Length, std) });
    }

    private static Dictionary<string, double[]> Named(string name, LinearDraw[] layers) =>
        layers.SelectMany((layer, i) => new Dictionary<string, double[]>
        {
            [$"{name}_layers.{i}.weight"] = Doubles(layer.Weight),
            [$"{name}_layers.{i}.bias"] = Doubles(layer.Bias),
        }).ToDictionary();

    private static (float[] X, float[] Test) Inputs(uint seed, int n, int d)
    {
        var random = new NumpyRandom(seed);
        double[] x = new double[n * d], test = new double[1000 * d];
        random.StandardNormal(x);
        random.StandardNormal(test);
        return ([.. Rows(x)], [.. Rows(test)]);

        IEnumerable<float> Rows(double[] values) =>
            values.Select(v => (float)v).Chunk(d).SelectMany(Normalised);
    }

    // The squares are added as libtorch adds few numbers in float32: in four sums, what is left over in the first.
    private static float[] Normalised(float[] row)
    {
        Span<float> sums = stackalloc float[4];
        for (var i = 0; i < row.Length; i++)
        {
            sums[i < row.Length / 4 * 4 ? i % 4 : 0] += row[i] * row[i];
        }

        var norm = MathF.Sqrt(sums[0] + sums[1] + sums[2] + sums[3]);
        return Array.ConvertAll(row, v => v / norm);
    }

    // Sums in float32, products in order, the bias last.
    private static float[] Forward(float[] x, int inputs, params LinearDraw[] layers)
    {
        var last = layers[^1];
        return [.. x.Chunk(inputs).SelectMany(row => layers.Aggregate(row, (features, layer) =>
        {
            var rows = layer.Weight.Chunk(features.Length);
            var sums = rows.Select((w, j) =>
                w.Zip(features).Aggregate(0f, (sum, x) => sum + x.First * x.Second) + layer.Bias.ElementAtOrDefault(j));
            return [.. layer == last ? sums : sums.Select(s => Math.Max(s, 0))];
        }))];
    }

    private static double[] Doubles(float[] values) => Array.ConvertAll(values, v => (double)v);
}
