using LargeSteps.Configuration;
using LargeSteps.Datasets;
using LargeSteps.Figures;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Tests.Commands;

namespace LargeSteps.Tests.Training;

/// <summary>Loss stabilisation in one dimension, f(θ) = (θ² − 1)²/4, as a diagonal network of one weight.</summary>
public class QuarticTests
{
    private static RunResult Run(double rate, long steps) => Runner.Run(Pipeline.Of(
        DatasetSpec.InMemory(RegressionData.Of(Matrix.FromRows([[1]]), [1])), ModelSpec.DiagonalLinear(0.6, 0.6), Schedule.Constant(rate),
        OptimizerSpec.GradientDescent(steps),
            ProbePlan.Of(Cadence.Every(1), new Losses(), new L1Norm(), new ParameterNorm(), new HessianEigenvalues(1))));

    [Theory]
    [InlineData(0.9)]
    [InlineData(1.1)]
    [InlineData(1.25)]
    public void It_makes_the_steps_of_gradient_descent_on_the_quartic(double rate)
    {
        var result = Run(rate, 30);
        var theta = 0.6;
        for (var k = 0; k < 30; k++)
        {
            Assert.Equal(theta * theta, result.Values("l1_norm")[k], 1e-12);
            Assert.Equal((theta * theta - 1) * (theta * theta - 1) / 4, result.Values("train_loss")[k] / 2, 1e-12);
            // f'' and the curvature of u − v, which does not move.
            Assert.Equal(Math.Max(3 * theta * theta - 1, 1 - theta * theta), result.Values("hessian_eigenvalue_1")[k], 1e-10);
            theta -= rate * (theta * theta * theta - theta);
        }
    }

    [Theory]
    [InlineData(1.05)]
    [InlineData(1.15)]
    [InlineData(1.23)]
    public void Above_the_edge_it_ends_on_the_two_points_of_the_closed_form(double rate)
    {
        var result = Run(rate, 2001);
        var squares = result.Values("l1_norm").AsSpan()[^2..].ToArray();
        Assert.Equal(1 + 1 / rate, squares[0] + squares[1], 1e-9);
        Assert.Equal(1 / (rate * rate), squares[0] * squares[1], 1e-9);
        Assert.Equal((1 - 1 / (rate * rate)) / 4, result.Values("train_loss").AsSpan()[^2..].ToArray().Average(), 1e-9);
    }

    [Fact]
    public void Below_the_edge_it_converges_and_beyond_the_second_one_two_points_are_no_longer_enough()
    {
        Assert.InRange(Run(0.9, 500).Last("train_loss"), 0, 1e-20);
        var ends = Run(1.25, 2001).Values("l1_norm").AsSpan()[^4..].ToArray();
        Assert.True(Math.Abs(ends[0] - ends[2]) > 0.01, "it still has a period of two");
    }

    [Fact]
    public void The_config_says_the_level_that_the_closed_form_gives()
    {
        var experiment = ExperimentYaml.Load(Path.Combine(Cli.Configs, "quartic_bounce.yaml")).OrThrow();
        var cells = Comparison.Of(experiment.Figures.OfType<TableFigure>().Single(), ExperimentRunner.Run(experiment));
        double Level(string run) => cells.Single(c => c.Run == run && c.Metric == "train_loss").Mean;
        Assert.Equal(0.02324, Level("η = 1.05"), 1e-5);
        Assert.Equal(0.06096, Level("η = 1.15"), 1e-5);
    }
}
