using System.Text.RegularExpressions;
using LargeSteps.Experiments.Charts;
using LargeSteps.Experiments.Results;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;

namespace LargeSteps.Tests.Results;

/// <summary>The line 2/η beside the sharpness.</summary>
public class StabilityEdgeTests
{
    private static readonly Pipeline Decayed = Diagonal.Gd(
        Diagonal.Small, Schedule.Drops(0.5, Drop.AtStep(20, 4)), ProbePlan.Of(Cadence.Every(10), ProbeSpec.Losses, ProbeSpec.Sharpness(), ProbeSpec.HessianEigenvalues(2)), steps: 40);

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
            Assert.Equal([4, 4, 16, 16], panel.References[0].Line);
            Assert.Equal([20, 20, 20, 20], panel.References[1].Line);
            Assert.Equal(panel.Curves.Select(curve => (curve.Colour, curve.X)), panel.References.Select(reference => (reference.Colour, reference.X)));
        }
    }

    [Fact]
    public void The_legend_has_one_entry_for_all()
    {
        Assert.Single(Regex.Matches(ChartRenderer.Svg(Chart(Experiment)), "2/η"));
        Assert.DoesNotContain("2/η", ChartRenderer.Svg(Chart(Experiment.WithFigures(FigureSpec.Curves("losses", "train_loss")))), StringComparison.Ordinal);
    }

    [Fact]
    public void Normalised_gradients_have_none()
    {
        var normalised = Decayed.WithOptimizer(Decayed.Optimizer.WithRule(UpdateRule.Plain with { Normalized = true }));
        Assert.All(Chart(Experiment.Of("edge", normalised).WithFigures([.. Experiment.Figures])).Panels, panel => Assert.Empty(((CurvesPanel)panel).References));
    }

    private static Chart Chart(Experiment experiment) => FigureCharts.Of(experiment.Figures[0], experiment, ExperimentRunner.Run(experiment));
}
