using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Datasets;

/// <summary>How a teacher is drawn after the default draw of its layers.</summary>
internal enum TeacherForm
{
    /// <summary>The weights are standard normal; biases stay at their default draw.</summary>
    Gaussian,

    /// <summary>As before; then the rows of the first layer are divided by their norms, and the last layer keeps its signs alone.</summary>
    UnitRowsAndSigns,
}

/// <summary>
/// The regression problems of fully connected networks. All numbers are float32 numbers, rounded where a float32 program rounds, so
/// that the published problems come out bit for bit.
/// </summary>
internal static class ReluProblems
{
    /// <summary>How many points one-dimensional regression has.</summary>
    public const int Points = 12;

    /// <summary>The points of one-dimensional regression; they are the test points as well.</summary>
    public static RegressionData RegressionPoints()
    {
        double[] heights = [-2, 1.5, 0, 0, 2, 1, 0, -1, 0, 1, 2, -1];
        var x = new Matrix(Points, 1, [.. Enumerable.Range(0, Points).Select(i => (double)(float)((i - 5.5) / 4 + 0.07))]);
        var y = Items.From(heights.Select(h => (double)(float)(0.345 + h)));
        return RegressionData.Of(x, y, x, y);
    }

    /// <summary>
    /// Standard normal inputs from <c>numpy(seed)</c>, training samples first, their rows divided by their norms; labels from a
    /// teacher network drawn from <c>torch(seed)</c>.
    /// </summary>
    public static RegressionData TeacherStudent(ReluShape teacher, TeacherForm form, int samples, int testSamples, uint seed)
    {
        if (teacher.Widths[^1] != 1) throw new ArgumentException("A teacher has one output.", nameof(teacher));
        var weights = Teacher(teacher, form, seed);
        var random = new NumpyRandom(seed);
        var x = UnitRows(random, samples, teacher.Widths[0]);
        var test = UnitRows(random, testSamples, teacher.Widths[0]);
        return RegressionData.Of(Widened(x, samples), Labels(x, weights), Widened(test, testSamples), Labels(test, weights));

        Matrix Widened(float[] values, int rows) => new(rows, teacher.Widths[0], Array.ConvertAll(values, v => (double)v));
    }

    /// <summary>The teacher network.</summary>
    public static ReluWeights<float> Teacher(ReluShape shape, TeacherForm form, uint seed)
    {
        using var random = new TorchRandom(seed);
        var weights = ReluInitialisers.Gaussian(shape, Items.From(Enumerable.Repeat(1.0, shape.Layers)), random);
        if (form == TeacherForm.UnitRowsAndSigns)
        {
            var first = weights.Weight(0);
            for (var j = 0; j < first.Length; j += shape.Inputs(0)) Normalise(first.Slice(j, shape.Inputs(0)));
            foreach (ref var w in weights.Weight(shape.Layers - 1)) w = MathF.Sign(w);
        }
        return weights;
    }

    private static float[] UnitRows(NumpyRandom random, int rows, int columns)
    {
        var drawn = new double[rows * columns];
        random.StandardNormal(drawn);
        var values = Array.ConvertAll(drawn, v => (float)v);
        for (var i = 0; i < rows; i++) Normalise(values.AsSpan(i * columns, columns));
        return values;
    }

    /// <summary>The squares are added as libtorch adds few numbers in float32: in four sums, what is left over in the first.</summary>
    private static void Normalise(Span<float> row)
    {
        Span<float> sums = stackalloc float[4];
        for (var i = 0; i < row.Length; i++) sums[i < row.Length / 4 * 4 ? i % 4 : 0] += row[i] * row[i];
        var norm = MathF.Sqrt(sums[0] + sums[1] + sums[2] + sums[3]);
        foreach (ref var x in row) x /= norm;
    }

    /// <summary>The outputs in float32: products in order, not fused, the bias last.</summary>
    private static Items<double> Labels(float[] x, ReluWeights<float> teacher)
    {
        var shape = teacher.Shape;
        return Items.From(x.Chunk(shape.Widths[0]).Select(row =>
        {
            for (var l = 0; l < shape.Layers; l++)
            {
                var next = new float[shape.Outputs(l)];
                var weight = teacher.Weight(l);
                var bias = teacher.Bias(l);
                for (var j = 0; j < next.Length; j++)
                {
                    var sum = 0f;
                    for (var i = 0; i < row.Length; i++) sum += weight[j * row.Length + i] * row[i];
                    if (bias is not []) sum += bias[j];
                    next[j] = l < shape.Hidden ? Math.Max(sum, 0) : sum;
                }
                row = next;
            }
            return (double)row[0];
        }));
    }
}
