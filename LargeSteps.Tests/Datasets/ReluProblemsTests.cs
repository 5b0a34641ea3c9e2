using System.Text.Json;
using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;

namespace LargeSteps.Tests.Datasets;

public class ReluProblemsTests
{
    private static readonly JsonElement Arrays = Fixture.Json("data_checks.json").GetProperty("arrays");

    private static readonly Lazy<Dictionary<string, double[]>> Built = new(() =>
    {
        var two = ReluProblems.Teacher(ReluShape.Of(false, 2, 3, 1), TeacherForm.UnitRowsAndSigns, 1);
        var three = ReluProblems.Teacher(ReluShape.Of(true, 5, 2, 2, 1), TeacherForm.Gaussian, 6);
        return new()
        {
            ["fc1d_X"] = [.. ReluCases.Regression.Data.Features.AsSpan()],
            ["fc1d_student_init_layer1.weight"] = Weight(ReluCases.Regression.Start, 0),
            ["fc1d_student_init_layer1.bias"] = Bias(ReluCases.Regression.Start, 0),
            ["fc1d_student_init_layer2.weight"] = Weight(ReluCases.Regression.Start, 1),
            ["fc2_X"] = [.. ReluCases.TwoLayer.Data.Features.AsSpan()],
            ["fc2_X_test"] = [.. ReluCases.TwoLayer.Data.TestFeatures.AsSpan()],
            ["fc2_y"] = [.. ReluCases.TwoLayer.Data.Labels],
            ["fc2_teacher_layer1.weight"] = Weight(two, 0),
            ["fc2_teacher_layer2.weight"] = Weight(two, 1),
            ["fc2_student_init_layer1.weight"] = Weight(ReluCases.TwoLayer.Start, 0),
            ["fc2_student_init_layer2.weight"] = Weight(ReluCases.TwoLayer.Start, 1),
            ["fc3_X"] = [.. ReluCases.ThreeLayer.Data.Features.AsSpan()],
            ["fc3_X_test"] = [.. ReluCases.ThreeLayer.Data.TestFeatures.AsSpan()],
            ["fc3_y"] = [.. ReluCases.ThreeLayer.Data.Labels],
            ["fc3_teacher_layers.0.weight"] = Weight(three, 0),
            ["fc3_teacher_layers.0.bias"] = Bias(three, 0),
            ["fc3_teacher_layers.1.weight"] = Weight(three, 1),
            ["fc3_teacher_layers.1.bias"] = Bias(three, 1),
            ["fc3_teacher_layers.2.weight"] = Weight(three, 2),
            ["fc3_teacher_layers.2.bias"] = Bias(three, 2),
            ["fc3_student_init_layers.0.weight"] = Weight(ReluCases.ThreeLayer.Start, 0),
            ["fc3_student_init_layers.0.bias"] = Bias(ReluCases.ThreeLayer.Start, 0),
            ["fc3_student_init_layers.1.weight"] = Weight(ReluCases.ThreeLayer.Start, 1),
            ["fc3_student_init_layers.1.bias"] = Bias(ReluCases.ThreeLayer.Start, 1),
            ["fc3_student_init_layers.2.weight"] = Weight(ReluCases.ThreeLayer.Start, 2),
            ["fc3_student_init_layers.2.bias"] = Bias(ReluCases.ThreeLayer.Start, 2),
        };
    });

    public static TheoryData<string> Names =>
        [.. Arrays.EnumerateObject().Select(x => x.Name).Where(n => n.StartsWith("fc", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Names))]
    public void Data_teachers_and_students_are_the_published_ones(string name)
    {
        var expected = Arrays.GetProperty(name);
        var found = Built.Value[name];
        Assert.Equal(expected.GetProperty("first").EnumerateArray().Select(x => x.GetDouble()),
            found.Take(expected.GetProperty("first").GetArrayLength()));
        var scale = Math.Sqrt(found.Length * found.Sum(x => x * x));
        Assert.Equal(expected.GetProperty("sum").GetDouble(), found.Sum(), scale * 1e-14);
        Assert.Equal(expected.GetProperty("sum_of_squares").GetDouble(), found.Sum(x => x * x), scale * scale * 1e-14);
    }

    [Fact]
    public void Balanced_weights_have_an_output_as_long_as_the_unit_and_both_signs()
    {
        using var random = new TorchRandom(4);
        var weights = ReluInitialisers.Balanced(ReluShape.Of(true, 3, 30, 1), 0.7, random);
        var output = weights.Weight(1).ToArray();
        for (var j = 0; j < output.Length; j++)
        {
            var unit = weights.Weight(0).Slice(j * 3, 3).ToArray();
            Assert.Equal(Math.Sqrt(unit.Sum(w => (double)w * w)), Math.Abs(output[j]), 1e-7);
        }
        Assert.InRange(output.Count(w => w > 0), 8, 22);
    }

    private static double[] Weight(ReluWeights<float> weights, int layer) =>
        Array.ConvertAll(weights.Weight(layer).ToArray(), w => (double)w);

    private static double[] Bias(ReluWeights<float> weights, int layer) => Array.ConvertAll(weights.Bias(layer).ToArray(), w => (double)w);
}
