using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Schedules;

namespace LargeSteps.Tests.Pipelines;

/// <summary>What is said of tables that a program gives.</summary>
public class TableChecksTests
{
    [Fact]
    public void Numbers_that_are_not_finite_are_told_with_their_row()
    {
        var data = RegressionData.Of(new Matrix(3, 2, [0, 1, 2, 3, double.NaN, double.NaN]), [1, double.PositiveInfinity,
            double.NegativeInfinity], new Matrix(2, 2, [1, 2, 3, 4]), [double.NaN, 0]);
        Assert.Equal(
            [
                "dataset.features LS0212 row 3 of features has no value (NaN)",
                "dataset.labels LS0212 row 2 and 1 more of labels has an infinite value",
                "dataset.test_labels LS0212 row 1 of test_labels has no value (NaN)",
            ],
            Problems(data));
        Assert.Empty(Problems(RegressionData.Of(new Matrix(1, 2, [0, 1]), [1])));
    }

    private static IEnumerable<string> Problems(RegressionData data) => PipelineChecks.Problems(Pipeline.Of(
            DatasetSpec.InMemory(data), ModelSpec.DiagonalLinear(), Schedule.Constant(0.1), OptimizerSpec.GradientDescent(10),
                ProbePlan.Of(Cadence.Every(1), new Losses())))
        .Select(problem => $"{problem.Path} {problem.Code} {problem.Message}");
}
