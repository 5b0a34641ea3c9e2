using CsCheck;
using LargeSteps.Configuration;
using LargeSteps.Experiments;
using LargeSteps.Experiments.Commands;
using LargeSteps.Figures;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Schedules;

namespace LargeSteps.Tests.Commands;

public class SmokeTests
{
    public static TheoryData<string> Configs => [.. Directory.GetFiles(Cli.Configs, "*.yaml").Select(file => Path.GetFileName(file))];

    [Theory]
    [MemberData(nameof(Configs))]
    public void Every_config_runs_small_and_leaves_all_its_files(string config) => Cli.InFolder(folder =>
    {
        var file = Path.Combine(Cli.Configs, config);
        var said = Cli.Run(file, "--smoke", "--output", folder);
        Assert.True(said.Code == ExitCode.Done, said.Error);
        var experiment = RunCommand.Load(file);
        string[] figures = [.. experiment.Figures.SelectMany(figure => figure is TableFigure ? new[] { $"tables/{figure.File}.csv",
            $"tables/{figure.File}.md" } : [$"figures/{figure.File}.png", $"figures/{figure.File}.svg", $"figures/{figure.File}.pdf"])];
        var surfaces = experiment.Figures.OfType<SurfaceFigure>().ToArray();
        figures = [.. figures, .. experiment.Figures.OfType<MapFigure>().Select(map => $"surfaces/{map.File}.csv"),
            .. surfaces.Select(surface => $"surfaces/{surface.File}.csv"),
            .. surfaces.Where(surface => surface.Animation is not null).Select(surface => $"figures/{surface.File}.gif")];
        Assert.All([.. figures, "metrics.csv", "metrics.arrow", "summary.csv", "experiment.yaml", "run.json", "report.html"],
            name => Assert.True(new FileInfo(Path.Combine(folder, experiment.Name + "-smoke", name)) is { Exists: true, Length: > 0 },
                name));
        Assert.Empty(Directory.GetFiles(folder, "*.tmp", SearchOption.AllDirectories));
        // What was run is an experiment that could be run again.
        Assert.Equal(ExitCode.Done, Cli.Run("validate", Path.Combine(folder, experiment.Name + "-smoke", "experiment.yaml")).Code);
    });

    [Fact]
    public void Moments_stay_at_their_fraction_of_the_run()
    {
        var schedule = Schedule.Drops(1, Drop.AtStep(40_000, 2), new Drop(Duration.Epochs(1000), 3), Drop.AtFraction(0.9, 4))
            .JoinedAt(Duration.Steps(99_999), Schedule.Constant(1));
        var pipeline = DiagonalCases.Sgd(DiagonalCases.SgdData, schedule, ProbePlan.Of(Cadence.Evenly(3, 5), new Losses()), steps: 100_000);
        var small = Shrunk(pipeline);
        Assert.Equal(Duration.Steps(500), small.Optimizer.Length);
        // 1000 epochs of 80 steps are four fifths of the run.
        Assert.Equal(
            Schedule.Drops(1, Drop.AtStep(200, 2), new Drop(Duration.Epochs(5), 3), Drop.AtFraction(0.9, 4)).JoinedAt(Duration.Steps(499),
                Schedule.Constant(1)), small.Schedule);
    }

    [Fact]
    public void A_run_of_epochs_stays_one_of_epochs()
    {
        var pipeline = DiagonalCases.Sgd(DiagonalCases.SgdData, Schedule.Drops(1, new Drop(Duration.Epochs(100), 2)),
        ProbePlan.Of(Cadence.Every(1),
            new Losses()));
        var small = Shrunk(pipeline.WithOptimizer(pipeline.Optimizer.WithLength(Duration.Epochs(400))));
        Assert.Equal(Duration.Epochs(6.25), small.Optimizer.Length);
        Assert.Equal(Schedule.Drops(1, new Drop(Duration.Epochs(1.5625), 2)), small.Schedule);
    }

    [Fact]
    public void A_shared_schedule_fits_runs_of_different_lengths()
    {
        var long1 = DiagonalCases.Gd(DiagonalCases.Small, Schedule.Drops(1, Drop.AtStep(600, 2)),
        ProbePlan.Of(Cadence.Every(1), new Losses()),
            steps: 1000);
        var experiment = Experiment.Of("lengths", long1).WithRuns(
            Run.Of("a", Stages.None), Run.Of("b", new Stages(Optimizer: OptimizerSpec.GradientDescent(100_000))));
        var runs = Smoke.Shrink(experiment).Resolve().OrThrow();
        Assert.Equal([Schedule.Drops(1, Drop.AtStep(300, 2)), Schedule.Drops(1, Drop.AtStep(3, 2))],
            runs.Map(run => run.Pipeline.Schedule));
    }

    [Fact]
    public void What_is_small_already_stays_as_it_is()
    {
        var pipeline = DiagonalCases.Sgd(DiagonalCases.Small, Schedule.Drops(0.1, Drop.AtStep(70, 2)), ProbePlan.Of(Cadence.Evenly(3, 5),
            new Losses()), steps: 300);
        Assert.Equal(pipeline, Shrunk(pipeline));
    }

    [Fact]
    public void A_shrunk_experiment_has_no_problems_and_runs_of_at_most_500_steps() => Generators.Experiments.Sample(experiment =>
    {
        var small = Smoke.Shrink(experiment).Checked().OrThrow();
        Assert.All(small.Resolve().OrThrow(), run => Assert.InRange(run.Pipeline.Horizon.Steps, 1, 500));
        Assert.InRange(Units.Of(small).OrThrow().Count, 1, 2 * experiment.Runs.Count);
    }, iter: 200);

    [Fact]
    public void Of_a_sweep_the_corners_are_run() => Cli.InFolder(folder =>
    {
        var experiment = RunCommand.Load(
            Path.Combine(folder, "small.yaml"),
                "sweep={ schedule.rate: [0.01, 0.02, 0.03, 0.04], optimizer.batch_size: { linear: [1, 9, 9] } }",
                "runs=[{ label: a }, { label: b }]");
        Assert.Equal(2 * 4 * 9, experiment.Runs.Count);
        Assert.Equal(
            ["a, rate = 0.01, batch_size = 1", "a, rate = 0.01, batch_size = 9", "a, rate = 0.04, batch_size = 1",
                "a, rate = 0.04, batch_size = 9"],
            Smoke.Shrink(experiment).Runs.Select(run => run.Label).Where(label => label.StartsWith('a')));
    });

    [Fact]
    public void Of_a_swept_threshold_only_the_metrics_of_the_corners_are_shown() => Cli.InFolder(folder =>
    {
        var experiment = RunCommand.Load(
            Path.Combine(folder, "small.yaml"), "runs=[{ label: a }]", "probes.measure=[losses, { l0_norm: { threshold: [0.1, 0.2] } }]",
            "sweep={ 'probes.measure[1].l0_norm.threshold[1]': [0.2, 0.3, 0.4] }",
            "figures=[{ file: f, panels: [train_loss, l0_norm_0.3, l0_norm_0.4], log_y: [l0_norm_0.3] }, { file: g, panels: " +
                "[l0_norm_0.3] }]");
        var small = Smoke.Shrink(experiment).Checked().OrThrow();
        Assert.Equal(["train_loss", "l0_norm_0.4"], Assert.IsType<CurvesFigure>(Assert.Single(small.Figures)).Panels.Metrics);
    });

    private static Pipeline Shrunk(Pipeline pipeline) => Assert.Single(Smoke.Shrink(Experiment.Of("shrunk", pipeline)).Resolve()
        .OrThrow()).Pipeline;
}
