using System.Text.RegularExpressions;
using LargeSteps.Experiments.Charts;
using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;

namespace LargeSteps.Tests.Results;

/// <summary>The line 2/η beside the sharpness.</summary>
public class StabilityEdgeTests
{
    private static readonly Pipeline Decayed = DiagonalCases.Gd(
        DiagonalCases.Small, Schedule.Drops(0.5, Drop.AtStep(20, 4)), ProbePlan.Of(Cadence.Every(10), new Losses(), new Sharpness(),
            new HessianEigenvalues(2)), steps: 40);

    private static readonly Experiment Experiment = Experiment.Of("edge", Decayed)
        .WithRuns(Run.Of("decayed", Decayed.Schedule), Run.Of("constant", Schedule.Constant(0.1)))
        .WithFigures(FigureSpec.Curves("overview", "train_loss", "sharpness", "hessian_eigenvalue_1", "hessian_eigenvalue_2"));

    [Fact]
    public void Each_run_has_its_own_where_the_largest_eigenvalue_is_shown_and_nowhere_else()
    {
        var panels = Chart(Experiment).Panels.Map(panel => (CurvesPanel)panel);
        Assert.Equal([0, 2, 2, 0], panels.Select(panel => panel.References.Count));
        foreach (var panel in panels.Where(panel => panel.References.Count > 0))
        {
            // A stair of each step up to the last measurement, at 30; the decay is at 20, whatever was measured around it.
            Assert.Equal([4, 4, 16, 16], At(panel.References[0], 0, 19.5, 20.5, 30));
            Assert.Equal([20, 20, 20, 20], At(panel.References[1], 0, 19.5, 20.5, 30));
            Assert.Equal((0, 30), (panel.References[0].X[0], panel.References[0].X[^1]));
            Assert.Equal(panel.Curves.Select(curve => curve.Colour), panel.References.Select(reference => reference.Colour));
        }
    }

    [Fact]
    public void Over_time_a_step_is_as_long_as_its_size()
    {
        var figure = new CurvesFigure("overview", ((CurvesFigure)Experiment.Figures[0]).Panels, false) { Axis = CurveAxis.Time };
        var panel = (CurvesPanel)Chart(Experiment.WithFigures(figure)).Panels[1];
        Assert.Equal("time Ση", panel.XTitle);
        // 0.5 up to step 20, then 0.125; and 0.1.
        Assert.Equal([0, 5, 10, 11.25], panel.Curves[0].X, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal([0, 1, 2, 3], panel.Curves[1].X, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal(11.25, panel.References[0].X[^1], 1e-12);
        Assert.Equal(10, Assert.Single(panel.Decays).X, 1e-12);
        // A fork goes on from the time of its parent; of a run without end strides stand for their steps.
        var fork = Decayed.WithSchedule(Schedule.Constant(0.25)).WithStart(new(Decayed, 30));
        Assert.Equal([10, 11.25, 12.5], fork.Target.TimesAt([20, 30, 35]), (a, b) => Math.Abs(a - b) < 1e-12);
        var endless = Decayed.WithSchedule(Schedule.Constant(0.5)).WithOptimizer(OptimizerSpec.GradientDescent(1_000_000_000_000));
        Assert.Equal([0, 5e11], endless.Target.TimesAt([0, 1_000_000_000_000]), (a, b) => Math.Abs(a - b) <= 1e-9 * b);
    }

    [Fact]
    public void The_legend_has_one_entry_for_all()
    {
        Assert.Single(Regex.Matches(ChartRenderer.Svg(Chart(Experiment)), "2/η"));
        Assert.DoesNotContain("2/η", ChartRenderer.Svg(Chart(Experiment.WithFigures(FigureSpec.Curves("losses", "train_loss")))),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Normalised_gradients_have_none_and_a_flow_has_none()
    {
        foreach (var rule in (UpdateRule[])[UpdateRule.Plain with { Normalized = true }, UpdateRule.Plain.WithFlow(new())])
        {
            var other = Decayed.WithOptimizer(Decayed.Optimizer.WithRule(rule));
            Assert.All(Chart(Experiment.Of("edge", other).WithFigures([.. Experiment.Figures])).Panels,
                panel => Assert.Empty(((CurvesPanel)panel).References));
        }
    }

    [Fact]
    public void That_of_a_fork_begins_with_it_and_batches_have_one_where_steps_are_plain()
    {
        var plan = ProbePlan.Of(Cadence.Every(3, end: true), new BatchSharpness(0.9, 10));
        var parent = TinyDeep.Pipeline(9).WithSchedule(Schedule.Constant(0.1)).WithProbes(plan);
        Experiment Of(UpdateRule rule) => Experiment.Of("forks", parent.WithOptimizer(parent.Optimizer.WithRule(rule)))
            .WithRuns(Run.Of("parent", Stages.None), Run.Of("fork", Schedule.Constant(0.05)).WithFrom(Fork.OfRun("parent", 6)))
            .WithFigures(FigureSpec.Curves("overview", "batch_sharpness", "batch_sharpness_error"));
        var panels = Chart(Of(UpdateRule.Plain)).Panels.Map(panel => (CurvesPanel)panel);
        Assert.Equal([2, 0], panels.Select(panel => panel.References.Count));
        Assert.Equal((0, 9), (panels[0].References[0].X[0], panels[0].References[0].X[^1]));
        Assert.Equal((6, 9), (panels[0].References[1].X[0], panels[0].References[1].X[^1]));
        Assert.Equal([40, 40], At(panels[0].References[1], 6, 9));
        Assert.Empty(((CurvesPanel)Chart(Of(new UpdateRule(Momentum: 0.9))).Panels[0]).References);
    }

    [Fact]
    public void A_rate_that_lasts_for_a_moment_between_measurements_shows()
    {
        var moment = Decayed.WithSchedule(Schedule.Constant(0.1).JoinedAt(Duration.Steps(13), Schedule.Constant(2))
            .JoinedAt(Duration.Steps(15), Schedule.Constant(0.1)));
        var edge = ((CurvesPanel)Chart(Experiment.Of("edge", moment).WithFigures([.. Experiment.Figures])).Panels[1]).References[0];
        Assert.Equal([20, 20, 1, 1, 20, 20], At(edge, 0, 12.5, 13.5, 14.5, 15.5, 30));
    }

    [Fact]
    public void A_long_run_has_a_thousand_stairs_and_its_decay_where_it_is()
    {
        // A stair each five steps, and the decay between two of them.
        var run = DiagonalCases.Gd(DiagonalCases.Small, Schedule.Drops(0.05, Drop.AtStep(3333, 4)), ProbePlan.Of(Cadence.Every(1000),
            new Losses(), new Sharpness()), steps: 6000);
        var figure = FigureSpec.Curves("overview", "sharpness");
        var edge = ((CurvesPanel)Chart(Experiment.Of("edge", run).WithFigures(figure)).Panels[0]).References[0];
        Assert.Equal(1001 + 2, edge.X.Distinct().Count());
        Assert.Equal((0, 5000), (edge.X[0], edge.X[^1]));
        Assert.Equal([40, 40, 160, 160], At(edge, 0, 3332.5, 3333, 5000));
    }

    [Theory]
    [InlineData(0, 0, 4, "2/η")]
    [InlineData(0.9, 0, 7.6, "(2 + 2β)/η")]
    [InlineData(0.9, 0.1, 7.5, "(2 + 2β)/η − λ")]
    [InlineData(0, 0.1, 3.9, "2/η − λ")]
    public void Of_a_deep_network_it_knows_momentum_and_weight_decay(double momentum, double decay, double edge, string formula)
    {
        var found = StabilityEdge.Of(TinyDeep.Pipeline(3, new(WeightDecay: decay, Momentum: momentum)))!;
        Assert.Equal((edge, formula), (Math.Round(found.At(0.5), 12), found.Formula));
    }

    [Fact]
    public void It_is_where_steps_on_a_quadratic_begin_to_grow()
    {
        foreach (var (momentum, decay, shrinkage) in new[] { (0.0, 0.0, 0.0), (0.9, 0.0, 0.0), (0.5, 0.3, 0.0), (0.0, 0.0, 0.2) })
        {
            var edge = new StabilityEdge(momentum, decay, shrinkage).At(0.1);
            Assert.True(After(0.999 * edge, momentum, decay, shrinkage) < 1);
            Assert.True(After(1.001 * edge, momentum, decay, shrinkage) > 1);
        }

        // |w| after 20,000 steps of size 0.1 on ½hw² from 1.
        static double After(double h, double momentum, double decay, double shrinkage)
        {
            var (w, m) = (1.0, 0.0);
            for (var k = 0; k < 20_000; k++)
            {
                m = momentum * m + (h + decay) * w;
                w -= 0.1 * m + shrinkage * w;
            }
            return Math.Abs(w);
        }
    }

    [Fact]
    public void Of_a_diagonal_network_weight_decay_is_beside_the_step()
    {
        var found = StabilityEdge.Of(Decayed.WithOptimizer(Decayed.Optimizer.WithRule(UpdateRule.Plain.WithWeightDecay(0.1))))!;
        Assert.Equal((3.8, "(2 − λ)/η"), (Math.Round(found.At(0.5), 12), found.Formula));
    }

    // The heights of a line of stairs.
    private static double[] At(Curve stairs, params double[] x) =>
        [.. x.Select(at => stairs.Line[Enumerable.Range(0, stairs.X.Count).Last(i => stairs.X[i] <= at)])];

    private static Chart Chart(Experiment experiment) => FigureCharts.Of(experiment.Figures[0], experiment,
        ExperimentRunner.Run(experiment));
}
