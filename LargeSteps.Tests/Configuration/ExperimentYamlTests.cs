using System.Globalization;
using CsCheck;
using LargeSteps.Configuration;
using LargeSteps.Datasets;
using LargeSteps.Figures;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Schedules;

namespace LargeSteps.Tests.Configuration;

public class ExperimentYamlTests
{
    public static TheoryData<string> Configs => [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "configs"), "*.yaml")
        .Select(file => Path.GetFileName(file))];

    [Fact]
    public void An_experiment_that_is_written_is_read_as_the_same_and_its_text_is_canonical() =>
        Generators.Experiments.Sample(RoundTrips, print: ExperimentYaml.Write);

    [Theory]
    [InlineData("de-DE")]
    [InlineData("sv-SE")]
    [InlineData("fa-IR")]
    public void No_culture_changes_the_text_of_an_experiment(string culture) => Generators.Experiments.Sample(
        experiment =>
        {
            var text = ExperimentYaml.Write(experiment);
            var before = CultureInfo.CurrentCulture;
            try
            {
                CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture);
                return RoundTrips(experiment) && ExperimentYaml.Write(experiment) == text;
            }
            finally
            {
                CultureInfo.CurrentCulture = before;
            }
        },
        print: ExperimentYaml.Write, iter: 20);

    [Fact]
    public void The_generated_experiments_have_every_case()
    {
        string[] cases =
        [
            "constant", "warm_up", "drops", "cosine", "inverted_cosine", "cyclic", "joined", "scaled", "end_of_step", "power",
                "exponential", "fraction", "step", "epoch",
            "gd", "sgd", "steps", "epochs", "averaging", "sam", "outer_derivative", "warm_start", "evenly", "every", "logarithmic",
                "averaged", "valley_projection",
            "losses", "l0_norm", "l1_norm", "parameter_norm", "balancedness", "jacobian_rank", "hessian_eigenvalues", "closed_form",
                "autograd", "log_y", "log_x", "results",
        ];
        var texts = Generators.Experiments.Array[200].Single(_ => true, "9Sckniws3zA1").Select(ExperimentYaml.Write);
        Assert.Empty(cases.Except(texts.SelectMany(text => text.Split([.. " :,{}[]\n"]))));
    }

    [Theory]
    [MemberData(nameof(Configs))]
    public void A_config_that_is_shipped_is_an_experiment_of_its_name(string file)
    {
        var experiment = ExperimentYaml.Load(Path.Combine(AppContext.BaseDirectory, "configs", file)).OrThrow();
        Assert.Equal(Path.GetFileNameWithoutExtension(file), experiment.Name);
        Assert.NotEmpty(experiment.Resolve().OrThrow());
        Assert.True(RoundTrips(experiment));
    }

    [Theory]
    [MemberData(nameof(Configs))]
    public void A_config_that_is_shipped_begins_with_what_it_shows_how_to_run_it_and_what_to_expect(string file)
    {
        var lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "configs", file));
        Assert.Equal("# yaml-language-server: $schema=../docs/experiment.schema.json", lines[0]);
        Assert.Matches("^# .{20,}", lines[1]);
        Assert.Matches($"^# run: dotnet LargeSteps\\.Experiments\\.dll configs/{file} .*takes: .+", lines[2]);
        Assert.StartsWith("# expect", lines[3], StringComparison.Ordinal);
    }

    [Fact]
    public void Two_pipelines_have_one_name_exactly_when_they_are_equal() =>
        Gen.Select(Generators.Pipelines, Generators.Pipelines).Sample((a, b) =>
            UnitNamed.Of(a) == UnitNamed.Of(a with { }) && (a == b) == (UnitNamed.Of(a) == UnitNamed.Of(b)));

    [Fact]
    public void Whatever_is_changed_in_a_pipeline_changes_its_name()
    {
        var pipelines = Variants().ToArray();
        Assert.Equal(pipelines.Length, pipelines.Select(UnitNamed.Of).Distinct().Count());
    }

    [Fact]
    public void The_name_of_a_pipeline_does_not_depend_on_its_experiment() => Generators.Pipelines.Sample(pipeline =>
        Experiment.Of("a", pipeline).WithRuns(Run.Of("b", Stages.None)).WithFigures(FigureSpec.Curves("f", "learning_rate")).Resolve()
            .OrThrow()
            .Concat(new Experiment("c", Stages.None, [Run.Of("d", Stages.Of(pipeline))], []).Resolve().OrThrow())
            .All(run => UnitNamed.Of(run.Pipeline) == UnitNamed.Of(pipeline)));

    [Fact]
    public void A_run_changes_single_keys_of_a_shared_stage()
    {
        var experiment = ExperimentYaml.Parse(
            """
            name: overlay
            dataset: { kind: sparse_regression, samples: 8, dimensions: 20, support: 2 }
            model: { kind: diagonal_linear }
            schedule: { kind: constant, rate: 0.25 }
            optimizer: { kind: sgd, steps: 100, seed: 1, averaging: 0.9 }
            probes: { at: { evenly: 10 }, measure: [losses], averaged: true }
            runs:
              - { label: keys, optimizer: { seed: 2 }, schedule: { rate: 0.5 }, probes: { averaged: false } }
              - { label: stages, optimizer: { kind: gd, steps: 10 }, probes: { at: { every: 1 }, measure: [losses] } }
            """, "overlay.yaml").OrThrow();
        var runs = experiment.Resolve().OrThrow();
        Assert.Equal(OptimizerSpec.Sgd(100, seed: 2).WithRule(UpdateRule.Plain.WithAveraging(0.9)), runs[0].Pipeline.Optimizer);
        Assert.Equal(Schedule.Constant(0.5), runs[0].Pipeline.Schedule);
        Assert.Equal(ProbePlan.Of(Cadence.Evenly(0, 10), new Losses()), runs[0].Pipeline.Probes);
        Assert.Equal(OptimizerSpec.GradientDescent(10), runs[1].Pipeline.Optimizer);
        Assert.Equal(ProbePlan.Of(Cadence.Every(1), new Losses()), runs[1].Pipeline.Probes);
    }

    [Theory]
    [InlineData("all")]
    [InlineData("ends")]
    [InlineData("{ measurements: [9, 0, 3] }")]
    public void Snapshots_stand_in_the_plan_as_a_word_or_by_their_numbers(string yaml)
    {
        var text = $$"""
            name: pictures
            dataset: { kind: regression_points }
            model: { kind: relu_network, hidden: [4], biases: [true, false], seed: 1 }
            schedule: { kind: constant, rate: 0.01 }
            optimizer: { kind: sgd, steps: 100, seed: 1, sampling: without_replacement }
            probes: { at: { evenly: 11 }, measure: [losses], snapshots: {{yaml}} }
            runs: [{ label: a }]
            figures: [{ kind: function, file: function }]
            """;
        var experiment = ExperimentYaml.Parse(text, "pictures.yaml").OrThrow();
        SnapshotSpec expected = yaml == "all" ? SnapshotSpec.All : yaml == "ends" ? SnapshotSpec.Ends : SnapshotSpec.Measurements(9, 0, 3);
        Assert.Equal(expected, experiment.Shared.Probes!.Snapshots);
        Assert.Equal([FigureSpec.Function("function")], experiment.Figures);
        Assert.True(RoundTrips(experiment));
    }

    [Fact]
    public void A_figure_of_neurons_is_the_same_after_a_round_trip()
    {
        var pipeline = Pipeline.Of(
            DatasetSpec.TeacherStudent(10, 2, [3], biases: false, unitTeacher: true), ModelSpec.ReluNetwork([4], Initialisation.Default),
                Schedule.Constant(0.01),
            OptimizerSpec.Sgd(100, sampling: Sampling.WithoutReplacement), ProbePlan.Of(Cadence.Every(10), new Losses())
                .WithSnapshots(SnapshotSpec.Ends));
        Assert.True(RoundTrips(Experiment.Of("neurons", pipeline).WithFigures(FigureSpec.Neurons("plane"), FigureSpec.Curves("f",
            "train_loss"))));
    }

    /// <summary>Whether an experiment is read as it is written, and written as it is read.</summary>
    internal static bool RoundTrips(Experiment experiment)
    {
        var text = ExperimentYaml.Write(experiment);
        var read = ExperimentYaml.Parse(text, "written.yaml").OrThrow();
        return read == experiment && ExperimentYaml.Write(read) == text;
    }

    /// <summary>A pipeline that says everything, and one for each thing that can be different in it.</summary>
    private static IEnumerable<Pipeline> Variants()
    {
        var data = RegressionData.Of(new Matrix(1, 1, [1.0]), [1.0], new Matrix(1, 1, [2.0]), [2.0]);
        var rule = new UpdateRule(0.1, 0.2, false, 0.5, new SharpnessAware(0.1, true, false), new WarmStart(10, 0.1));
        var sharp = rule.Sharpness!;
        var (at, valley) = (Cadence.Evenly(10, 20), new ValleyProjection(100, 0.1));
        var plan = new ProbePlan(at, [new L0Norm([1, 2])], false, valley);
        var drops = Schedule.Drops(1, Drop.AtFraction(0.1, 2), Drop.AtStep(50, 3));
        var pipeline = Pipeline.Of(DatasetSpec.SparseRegression(8, 20, 2), ModelSpec.DiagonalLinear(), drops, OptimizerSpec.Sgd(100)
            .WithRule(rule), plan);
        yield return pipeline;
        yield return pipeline.WithEngine(Engine.Autograd);
        DatasetSpec[] datasets =
        [
            DatasetSpec.SparseRegression(9, 20, 2), DatasetSpec.SparseRegression(8, 21, 2), DatasetSpec.SparseRegression(8, 20, 3),
            DatasetSpec.SparseRegression(8, 20, 2, 999), DatasetSpec.SparseRegression(8, 20, 2, seed: 1),
            DatasetSpec.InMemory(data), DatasetSpec.InMemory(data with { TestLabels = [3.0] }),
        ];
        foreach (var dataset in datasets) yield return pipeline.WithDataset(dataset);
        foreach (var snapshots in new[] { SnapshotSpec.All, SnapshotSpec.Ends, SnapshotSpec.Measurements(0), SnapshotSpec.Measurements(1),
            SnapshotSpec.Measurements(0, 1) })
        {
            yield return pipeline.WithProbes(plan.WithSnapshots(snapshots));
        }

        foreach (var model in new[] { ModelSpec.DiagonalLinear(0.2), ModelSpec.DiagonalLinear(v: 0.1) })
        {
            yield return pipeline.WithModel(
            model);
        }

        Schedule[] schedules =
        [
            Schedule.Constant(1), Schedule.Constant(Math.BitIncrement(1)), Schedule.Cosine(1), Schedule.InvertedCosine(1),
                Schedule.Cyclic(1), Schedule.Cyclic(1, 0.5),
            Schedule.Drops(2, Drop.AtFraction(0.1, 2), Drop.AtStep(50, 3)), Schedule.Drops(1, Drop.AtFraction(0.2, 2), Drop.AtStep(50, 3)),
            Schedule.Drops(1, Drop.AtFraction(0.1, 4), Drop.AtStep(50, 3)), Schedule.Drops(1, Drop.AtFraction(0.1, 2), Drop.AtStep(51, 3)),
            Schedule.Drops(1, Drop.AtStep(50, 3), Drop.AtFraction(0.1, 2)), Schedule.Drops(1, Drop.AtFraction(0.1, 2)), drops.ScaledBy(2),
                drops.ScaledBy(3),
            drops.JoinedAt(Duration.Steps(2), Schedule.Constant(1)), drops.JoinedAt(Duration.Epochs(2), Schedule.Constant(1)),
                drops.JoinedAt(Duration.Steps(2), drops),
            Schedule.WarmUp(1, Growth.Power(1, 1), Duration.Steps(2)), Schedule.WarmUp(1, Growth.Power(2, 1), Duration.Steps(2)),
                Schedule.WarmUp(1, Growth.Power(1, 2), Duration.Steps(2)),
            Schedule.WarmUp(1, Growth.Exponential(1), Duration.Steps(2)), Schedule.WarmUp(1, Growth.Exponential(2), Duration.Steps(2)),
                Schedule.WarmUp(1, Growth.Exponential(2), Duration.Steps(3)),
        ];
        foreach (var schedule in schedules) yield return pipeline.WithSchedule(schedule);
        OptimizerSpec[] optimizers =
        [
            OptimizerSpec.Sgd(101).WithRule(rule), OptimizerSpec.Sgd(100, 2).WithRule(rule), OptimizerSpec.Sgd(100, 1, 2).WithRule(rule),
                OptimizerSpec.GradientDescent(100).WithRule(rule), new GradientDescent(Duration.Steps(100), rule, 1),
            OptimizerSpec.Sgd(100, sampling: Sampling.WithoutReplacement).WithRule(rule), OptimizerSpec.Sgd(100,
                sampling: Sampling.Shuffled).WithRule(rule),
            pipeline.Optimizer.WithLength(Duration.Epochs(100)),
        ];
        foreach (var optimizer in optimizers) yield return pipeline.WithOptimizer(optimizer);
        UpdateRule[] rules =
        [
            UpdateRule.Plain, rule.WithWeightDecay(0.2), rule.WithBalancing(0.3), rule.WithNormalized(true), rule.WithAveraging(null),
                rule.WithAveraging(0), rule.WithSharpness(null),
            rule.WithSharpness(sharp with { Radius = 0.2 }), rule.WithSharpness(sharp with { PerSample = false }),
                rule.WithSharpness(sharp with { OuterDerivative = true }),
            rule.WithWarmStart(null), rule.WithWarmStart(new WarmStart(11, 0.1)), rule.WithWarmStart(new WarmStart(10, 0.2)),
                rule.WithLabelNoise(LabelNoise.Gaussian(0.1)), rule.WithLabelNoise(LabelNoise.Matched),
                rule.WithLabelNoise(LabelNoise.AtLevel(0.1)),
            rule.WithLabelNoise(LabelNoise.AtLevel(0.2)), rule.WithLabelNoise(LabelNoise.AtLevel(0.1, Duration.Steps(3))),
                rule.WithLabelNoise(LabelNoise.AtLevel(0.1, Duration.Fraction(0.5))),
        ];
        foreach (var changed in rules) yield return pipeline.WithOptimizer(pipeline.Optimizer.WithRule(changed));
        ProbePlan[] plans =
        [
            plan.WithAveraged(true), plan.WithValley(null), plan.WithValley(valley with { Steps = 101 }),
                plan.WithValley(valley with { Rate = 0.2 }),
            plan with { At = Cadence.Evenly(11, 20) }, plan with { At = Cadence.Evenly(10, 21) },
                plan with { At = Cadence.Logarithmic(10, 20) }, plan with { At = Cadence.Every(10) }, plan with { At = Cadence.Every(11) },
            plan with { Measure = [new L0Norm([1])] }, plan with { Measure = [new L0Norm([2, 1])] },
                plan with { Measure = [new L1Norm()] }, plan with { Measure = [new Losses(), new L1Norm()] },
            plan with { Measure = [new L1Norm(), new Losses()] }, plan with { Measure = [new ParameterNorm()] },
                plan with { Measure = [new Balancedness()] },
            plan with { Measure = [new JacobianRank([1])] }, plan with { Measure = [new JacobianRank([2])] },
            plan with { Measure = [new HessianEigenvalues(1)] }, plan with { Measure = [new HessianEigenvalues(2)] },
        ];
        foreach (var changed in plans) yield return pipeline.WithProbes(changed);
    }
}
