using LargeSteps.Configuration;
using LargeSteps.Datasets;
using LargeSteps.Experiments.Charts;
using LargeSteps.Experiments.Commands;
using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Tests.Results;

/// <summary>What the keys of a figure make of its chart.</summary>
public class FigureKeysTests
{
    // Eight samples: a step is an eighth of an epoch.
    private const string Head = """
        name: keys
        dataset: { kind: sparse_regression, samples: 8, dimensions: 6, support: 2, seed: 1 }
        model: { kind: diagonal_linear }
        schedule: { kind: drops, rate: 0.05, at: [{ step: 20, divide_by: 2 }] }
        optimizer: { kind: sgd, steps: 40, seed: 1 }
        probes: { at: { every: 10 }, measure: [losses] }

        """;

    private const string Runs = "runs: [{ label: a }, { label: b, schedule: { rate: 0.02 } }]\n";

    [Fact]
    public void The_horizontal_axis_counts_epochs_and_so_do_the_drops()
    {
        var panel = Panels(Runs + "figures: [{ file: f, panels: [train_loss], x: epoch }]")[0];
        Assert.Equal(("epoch", [0, 1.25, 2.5, 3.75]), (panel.XTitle, panel.Curves[0].X));
        // A drop is drawn at its step, as the edge of stability steps there.
        Assert.Equal([20.0 / 8, 20.0 / 8], panel.Decays.Map(decay => decay.X));
        Assert.Equal(("iteration", [0, 10, 20, 30]), (Panels(Runs + "figures: [{ file: f, panels: [train_loss] }]")[0] is var other
            ? other.XTitle : "", other.Curves[0].X));
    }

    [Fact]
    public void Runs_that_are_left_out_leave_the_others_their_colours()
    {
        var panel = Panels(Runs + "figures: [{ file: f, panels: [train_loss], runs: [b] }]")[0];
        Assert.Equal(("b", 1), (Assert.Single(panel.Curves).Label, panel.Curves[0].Colour));
        Assert.Equal(1, Assert.Single(panel.Decays).Colour);
    }

    [Fact]
    public void Panels_have_their_metrics_limits_labels_percents_and_marks()
    {
        var panels = Panels(Runs + """
            figures:
              - file: f
                panels: [train_loss, survival]
                y_limits: { train_loss: { from: 0.01 } }
                labels: { train_loss: squares }
                percent: [survival]
                marks: true
                title: all
                x_label: time
                y_label: height
            """);
        Assert.Equal([new("train_loss", 0.01, null), null], panels.Map(panel => panel.Limits));
        Assert.Equal(["squares", "runs not yet diverged"], panels.Map(panel => panel.Heading));
        Assert.Equal([false, true], panels.Map(panel => panel.Percent));
        Assert.All(panels, panel => Assert.Equal((true, "time", "height"), (panel.Unjoined, panel.XTitle, panel.YTitle)));
    }

    [Theory]
    [InlineData("{ log: [0.001, 0.1, 3] }", "", true)]
    [InlineData("{ log: [0.001, 0.1, 3] }", ", log_x: false", false)]
    [InlineData("{ linear: [0.02, 0.06, 3] }", "", false)]
    [InlineData("{ linear: [0.02, 0.06, 3] }", ", log_x: true", true)]
    public void A_logarithmic_sweep_has_a_logarithmic_axis_by_itself(string values, string key, bool log)
    {
        var sweep = $"sweep: {{ schedule.rate: {values}, model.u: [0.1, 0.2] }}\n";
        Assert.All(Panels(sweep + $"figures: [{{ kind: sweep, file: f, x: schedule.rate, panels: [train_loss]{key} }}]"),
            panel => Assert.Equal(log, panel.LogX));
        var map = (HeatMapPanel)Chart(sweep
            + $"figures: [{{ kind: sweep, file: f, x: schedule.rate, y: model.u, panels: [train_loss], percent: [train_loss]{key} }}]").Panels[0];
        Assert.Equal((log, true), (map.LogX, map.Percent));
    }

    [Fact]
    public void A_sweep_shows_the_runs_that_it_is_asked_for()
    {
        var panel = Assert.Single(Panels(Runs
            + "sweep: { model.u: [0.1, 0.2] }\nfigures: [{ kind: sweep, file: f, x: model.u, panels: [train_loss], runs: [b] }]"));
        Assert.Equal("b", Assert.Single(panel.Curves).Label);
    }

    [Fact]
    public void What_a_smaller_experiment_shows_it_has()
    {
        var pipeline = Pipeline.Of(
            DatasetSpec.RegressionPoints, ((ReluNetwork)ModelSpec.ReluNetwork([2], Initialisation.Default)).WithBiases([true, false]),
                Schedule.Constant(0.01),
            OptimizerSpec.Sgd(10_000, sampling: Sampling.WithoutReplacement), ProbePlan.Of(Cadence.Evenly(100, 151), new Losses())
                .WithSnapshots(SnapshotSpec.Measurements(99, 247)));
        var figure = new FunctionFigure("f") { Runs = ["a"], Measurements = [247], Together = true };
        var experiment = Experiment.Of("a", pipeline).WithFigures(figure);
        Assert.True(Smoke.Shrink(experiment.Checked().OrThrow()).Checked().Match(_ => true, _ => false));
    }

    private static Items<CurvesPanel> Panels(string rest) => Chart(rest).Panels.Map(panel => (CurvesPanel)panel);

    private static Chart Chart(string rest)
    {
        var experiment = ExperimentYaml.Parse(Head + rest, "keys.yaml").OrThrow();
        return FigureCharts.Of(experiment.Figures[0], experiment, ExperimentRunner.Run(experiment));
    }
}
