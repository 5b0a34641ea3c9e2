using LargeSteps.Configuration;
using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;
using static TorchSharp.torch;

namespace LargeSteps.Tests.Training.Modules;

/// <summary>Schedules, probes and models that are functions of the caller.</summary>
public class CustomPartsTests
{
    private static readonly DatasetSpec Problem = DatasetSpec.TeacherStudent(12, 3, [2], biases: false, unitTeacher: false, testSamples: 5);

    private static ModelSpec Line(uint seed = 7) => ModelSpec.Custom("line", _ => nn.Linear(3, 1, dtype: float64), seed);

    private static Pipeline OfLine(OptimizerSpec optimizer, params Probe[] probes) =>
        Pipeline.Of(Problem, Line(), Schedule.Constant(0.1), optimizer, ProbePlan.Of(Cadence.Every(1), probes)
            .WithSnapshots(SnapshotSpec.All));

    [Fact]
    public void A_custom_schedule_gives_the_run_of_the_schedule_that_it_computes()
    {
        var cosine = Pipeline.Of(
            DiagonalCases.Small, ModelSpec.DiagonalLinear(), Schedule.Cosine(0.1), OptimizerSpec.Sgd(200), ProbePlan.Of(Cadence.Every(20),
                new Losses()));
        var custom = Schedule.Of("my cosine", t => 0.1 * (0.5 + 0.5 * Math.Cos(Math.PI * t)));
        Assert.Equal(Runner.Run(cosine).Measurements, Runner.Run(cosine.WithSchedule(custom)).Measurements);
        Assert.Equal(
            Runner.Run(cosine.WithSchedule(Schedule.Cosine(0.1).DividedAt(Drop.AtFraction(0.5, 2)).ScaledBy(3))).Measurements,
            Runner.Run(cosine.WithSchedule(custom.DividedAt(Drop.AtFraction(0.5, 2)).ScaledBy(3))).Measurements);
    }

    [Fact]
    public void The_name_of_a_custom_part_stands_for_it()
    {
        Assert.Equal(Schedule.Of("a", t => 1), Schedule.Of("a", t => 2));
        Assert.NotEqual(Schedule.Of("a", t => 1), Schedule.Of("b", t => 1));
        Assert.Equal(new CustomProbe("a", _ => 1), new CustomProbe("a", _ => 2));
        Assert.NotEqual(new CustomProbe("a", _ => 1), new CustomProbe("b", _ => 1));
        Assert.Equal(Line(1), Line(1));
        Assert.NotEqual(Line(1), Line(2));
        Assert.Equal(Line(2), Line(1).WithSeed(2));
        string[] hashes = [.. new[] { "a", "b" }.SelectMany(name => new[]
        {
            OfLine(OptimizerSpec.Sgd(5), new Losses()).WithSchedule(Schedule.Of(name, t => t)),
            OfLine(OptimizerSpec.Sgd(5), new CustomProbe(name, _ => 0)),
            OfLine(OptimizerSpec.Sgd(5), new Losses()).WithModel(ModelSpec.Custom(name, _ => nn.Linear(3, 1))),
            OfLine(OptimizerSpec.Sgd(5), new Losses()).WithModel(ModelSpec.Custom(name, _ => nn.Linear(3, 1), 1)),
        }).Select(UnitNamed.Of)];
        Assert.Equal(8, hashes.Distinct().Count());
    }

    [Fact]
    public void Custom_parts_are_written_and_cannot_be_read()
    {
        var experiment = Experiment.Of("mine", OfLine(OptimizerSpec.Sgd(5), new CustomProbe("zero", _ => 0))
            .WithSchedule(Schedule.Of("mine", t => t)));
        var text = ExperimentYaml.Write(experiment);
        Assert.Contains("kind: custom", text, StringComparison.Ordinal);
        var codes = ExperimentYaml.Parse(text, "mine.yaml").Match(_ => [], problems => problems.Map(p => p.Code));
        Assert.Equal(["LS0104", "LS0104", "LS0104"], codes);
    }

    [Fact]
    public void A_custom_probe_sees_what_the_snapshots_keep()
    {
        foreach (var model in (ModelSpec[])[ModelSpec.DiagonalLinear(), ModelSpec.ReluNetwork([4], Initialisation.Default), Line()])
        {
            var seen = new List<long>();
            var weights = new List<Items<double>>();
            var probe = new CustomProbe("twice_the_test_loss", view =>
            {
                seen.Add(view.Iteration);
                weights.Add(view.Weights.Values);
                var outputs = view.Outputs(view.Data!.TestFeatures);
                return 2 * outputs.Zip(view.Data!.TestLabels, (h, y) => (h - y) * (h - y)).Average();
            });
            var sampling = model is DiagonalLinear ? Sampling.WithReplacement : Sampling.WithoutReplacement;
            var result = Runner.Run(OfLine(OptimizerSpec.Sgd(6, batchSize: 2, sampling: sampling), new Losses(), probe).WithModel(model)
                .WithEngine(Engine.Of(model)));
            Assert.Equal(RunEnd.Completed, result.End);
            Assert.Equal(Enumerable.Range(0, 6).Select(k => (long)k), seen);
            Assert.Equal(result.Snapshots.Select(snapshot => snapshot.Weights), weights);
            // A diagonal network's loss has the factor ½.
            var factor = model is DiagonalLinear ? 4 : 2;
            Assert.All(result.Values("test_loss").Zip(result.Values("twice_the_test_loss")), pair => Assert.Equal(factor * pair.First,
                pair.Second, 1e-5));
        }
    }

    [Fact]
    public void A_custom_rule_makes_the_steps_of_the_rule_that_it_computes()
    {
        static CustomRule Momentum(string name) => new(name, ["velocity"], step =>
        {
            var velocity = step.Kept("velocity");
            velocity.Scale(0.5);
            velocity.Add(1, step.Direction);
            step.Direction.Set(velocity);
        });
        var optimizer = OptimizerSpec.Sgd(20);
        var library = Runner.Run(OfLine(optimizer.WithRule(UpdateRule.Plain.WithMomentum(0.5)), new Losses()));
        var own = OfLine(optimizer.WithRule(UpdateRule.Plain.WithOwn(Momentum("a"))), new Losses());
        Assert.Equal(library.Values("train_loss"), Runner.Run(own).Values("train_loss"), (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal(Momentum("a"), Momentum("a"));
        Assert.NotEqual(Momentum("a"), Momentum("b"));
        Assert.NotEqual(Momentum("a"), Momentum("a") with { Keeps = ["other"] });
        Assert.NotEqual(UnitNamed.Of(own), UnitNamed.Of(own.WithOptimizer(optimizer.WithRule(UpdateRule.Plain.WithOwn(Momentum("b"))))));
    }

    [Fact]
    public void A_custom_probe_that_throws_fails_its_unit()
    {
        var experiment = Experiment.Of("one", OfLine(OptimizerSpec.Sgd(5), new CustomProbe("broken",
            _ => throw new InvalidOperationException("no idea"))));
        var end = Assert.IsType<FailedRun>(Assert.Single(ExperimentRunner.Run(experiment)).Result.End);
        Assert.Contains("no idea", end.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_custom_module_makes_the_steps_of_linear_regression()
    {
        var data = DatasetFactory.Create(Problem);
        var rule = UpdateRule.Plain with { WeightDecay = 0.01 };
        var result = Runner.Run(OfLine(OptimizerSpec.GradientDescent(20).WithRule(rule), new Losses(), new GradientNorm(),
            new ParameterNorm()));
        double[] w = [.. result.Snapshots[0].Weights];
        for (var k = 0; k < result.Snapshots.Count; k++)
        {
            var errors = Enumerable.Range(0, data.Samples).Select(i => Vectors.Dot(data.Features.Row(i), w.AsSpan(0, 3))
                + w[3] - data.Labels[i]).ToArray();
            double[] gradient = [.. Enumerable.Range(0, 4).Select(j => 2 * errors.Select((e, i) => e * (j < 3 ? data.Features.Row(i)[j]
                : 1)).Average())];
            Assert.Equal(errors.Select(e => e * e).Average(), result.Values("train_loss")[k], 1e-12);
            Assert.Equal(Vectors.Norm(gradient), result.Values("gradient_norm")[k], 1e-12);
            Assert.Equal(Vectors.Norm(w), result.Values("parameter_norm")[k], 1e-12);
            Assert.Equal(w, result.Snapshots[k].Weights, (a, b) => Math.Abs(a - b) < 1e-12);
            w = [.. w.Zip(gradient, (wj, g) => wj - 0.1 * (g + 0.01 * wj))];
        }
    }

    [Fact]
    public void A_module_has_the_probes_of_the_dynamics()
    {
        var (data, rate) = (DatasetFactory.Create(Problem), 0.1);
        var run = Runner.Run(OfLine(OptimizerSpec.GradientDescent(12), new Losses(), new Sharpness(), new Bounce(),
            new Predictability(1e-9)));
        // The Hessian of the mean of (⟨w, x⟩ + b − y)² is 2/n·ZᵀZ with a column of ones beside the features.
        var hessian = new double[16];
        for (var i = 0; i < data.Samples; i++)
        {
            double[] z = [.. data.Features.Row(i), 1];
            for (var j = 0; j < 16; j++) hessian[j] += 2 * z[j / 4] * z[j % 4] / data.Samples;
        }
        var largest = SymmetricEigen.ValuesOf(new Matrix(4, 4, hessian))[^1];
        Assert.All(run.Values("sharpness"), sharpness => Assert.Equal(largest, sharpness, 1e-9));
        // On a quadratic the gap is −sᵀHs/8 for the last step s.
        for (var k = 2; k < 12; k++)
        {
            double[] step = [.. run.Snapshots[k].Weights.Zip(run.Snapshots[k - 1].Weights, (now, before) => now - before)];
            var curved = Enumerable.Range(0, 16).Sum(j => step[j / 4] * hessian[j] * step[j % 4]);
            Assert.Equal(-curved / 8, run.Values("bounce_midpoint_gap")[k], 1e-12);
        }
        Assert.All(run.Values("bounce_midpoint_gap").Take(2), gap => Assert.True(double.IsNaN(gap)));
        Assert.Equal(1e-9 / (1 + 1e-9), run.Values("twin_distance")[0], 1e-12);
        Assert.True(rate * largest < 2 && run.Last("twin_distance") < 1e-9);
    }

    /// <summary>What a user writes who wants more than a function.</summary>
    private sealed record LargestWeights(int Count) : Probe
    {
        public override string Key => "largest_weights";

        protected override Items<string> Columns(ProbeTarget run) =>
            Items.From(Enumerable.Range(1, Count).Select(i => $"largest_weight_{i}"));

        protected override IEnumerable<LargeSteps.Values.Problem> Problems(ProbeTarget run) =>
            Count > 0 ? [] : [new("", "MINE01", "at least one weight is wanted")];

        protected override Instrument Prepare(RunView run) => new((view, row) =>
        {
            var sorted = view.Weights.Values.Select(Math.Abs).OrderDescending().ToArray();
            for (var i = 0; i < Count; i++) row[i] = sorted[i];
        });
    }

    /// <summary>One that asks for a twin.</summary>
    private sealed record Parting : Probe
    {
        public override string Key => "parting";

        protected override Needs Needs => Needs.Twin;

        protected override double? TwinPerturbation => 1e-3;

        protected override Instrument Prepare(RunView run) => new((view, row) =>
        {
            Assert.Throws<NotSupportedException>(() => view.Scores(averaged: true));
            row[0] = view.Weights.Less(view.Twin!).Norm / view.Weights.Norm;
        });
    }

    [Fact]
    public void A_probe_of_the_users_has_a_twin_where_it_asks_for_one()
    {
        foreach (var model in (ModelSpec[])[ModelSpec.DiagonalLinear(), Line()])
        {
            var run = Runner.Run(OfLine(OptimizerSpec.GradientDescent(3), new Losses(), new Parting()).WithModel(model)
                .WithEngine(Engine.Of(model)));
            Assert.Equal(1e-3, run.Values("parting")[0], 1e-9);
        }
    }

    [Fact]
    public void A_probe_of_the_users_is_a_record_with_columns_and_checks()
    {
        foreach (var model in (ModelSpec[])[ModelSpec.DiagonalLinear(), Line()])
        {
            var run = Runner.Run(OfLine(OptimizerSpec.GradientDescent(3), new Losses(), new LargestWeights(2)).WithModel(model)
                .WithEngine(Engine.Of(model)));
            Assert.Equal(["train_loss", "test_loss", "largest_weight_1", "largest_weight_2"], run.Metrics);
            Assert.Equal(run.Snapshots.Select(s => s.Weights.Select(Math.Abs).Max()), run.Values("largest_weight_1"));
        }
        Assert.Equal([("probes.measure[0]", "MINE01")], PipelineChecks.Problems(OfLine(OptimizerSpec.Sgd(5), new LargestWeights(0)))
            .Select(p => (p.Path, p.Code)));
        Assert.Equal(new LargestWeights(2), new LargestWeights(2));
        Assert.NotEqual(UnitNamed.Of(OfLine(OptimizerSpec.Sgd(5), new LargestWeights(1))), UnitNamed.Of(OfLine(OptimizerSpec.Sgd(5),
            new LargestWeights(2))));
    }

    [Fact]
    public void Modules_that_workers_make_at_once_have_the_weights_of_their_seeds()
    {
        var experiment = Experiment.Of("seeds", OfLine(OptimizerSpec.Sgd(2, batchSize: 2), new Losses()))
            .WithSeeds(new Seeds(0, 20, new Follow(Data: false, Initialisation: true, Sampling: false)));
        Items<RunUnit> units = Units.Of(experiment).OrThrow();
        var (one, eight) = (Run(1), Run(8));
        Assert.Equal(one, eight);
        Assert.Equal(20, one.Select(r => r.Snapshots[0]).Distinct().Count());

        Items<RunResult> Run(int workers) => ExperimentRunner.Run(units, RunContext.Default, workers, null, false, null)
            .Map(r => r.Result with { TrainingSeconds = 0, ProbeSeconds = 0 });
    }

    [Fact]
    public void A_module_is_in_training_mode_in_steps_alone()
    {
        var dropout = ModelSpec.Custom("dropout", _ => nn.Sequential(nn.Linear(3, 200), nn.Dropout(0.5), nn.Linear(200, 1)));
        var pipeline = OfLine(OptimizerSpec.GradientDescent(3), new Losses(), new CustomProbe("loss_again", view =>
            view.Outputs(view.Data!.Features).Zip(view.Data!.Labels, (h, y) => (h - y) * (h - y)).Average())).WithModel(dropout);
        var result = Runner.Run(pipeline);
        Assert.All(result.Values("train_loss").Zip(result.Values("loss_again")), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }

    [Fact]
    public void What_does_not_go_with_a_custom_part_is_said()
    {
        var fine = OfLine(OptimizerSpec.Sgd(5), new Losses());
        Assert.Empty(PipelineChecks.Problems(fine));
        (Pipeline Pipeline, string Path, string Code)[] wrong =
        [
            (fine.WithEngine(Engine.ClosedForm), "engine", "LS0221"),
            (fine.WithOptimizer(fine.Optimizer.WithRule(UpdateRule.Plain.WithBalancing(0.1))), "optimizer.balancing", "LS0217"),
            (fine.WithProbes(fine.Probes.WithValley(new ValleyProjection())), "probes.valley_projection", "LS0217"),
            (OfLine(OptimizerSpec.Sgd(5), new L1Norm()), "probes.measure[0]", "LS0214"),
            (OfLine(OptimizerSpec.Sgd(5), new CustomProbe("seed", _ => 0)), "probes.measure[0]", "LS0210"),
            (OfLine(OptimizerSpec.Sgd(5), new Losses(), new CustomProbe("train_loss", _ => 0)), "probes.measure[1]", "LS0210"),
        ];
        Assert.All(wrong, w => Assert.Contains((w.Path, w.Code), PipelineChecks.Problems(w.Pipeline).Map(p => (p.Path, p.Code))));
    }

    [Fact]
    public void A_module_with_another_number_of_outputs_is_named()
    {
        var two = OfLine(OptimizerSpec.Sgd(5), new Losses()).WithModel(ModelSpec.Custom("two", _ => nn.Linear(3, 2)));
        Assert.Contains("'two' makes 4 numbers of 2 samples", Assert.Throws<InvalidOperationException>(() => Runner.Run(two)).Message,
            StringComparison.Ordinal);
    }
}
