using System.Text.Json.Nodes;
using CsCheck;
using LargeSteps.Datasets;
using LargeSteps.Formats;
using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Training;
using LargeSteps.Values;

namespace LargeSteps.Tests.Training.Deep;

/// <summary>Runs of deep networks that are stopped and go on.</summary>
public class DeepResumeTests
{
    private const int Steps = 11;

    private static readonly CheckpointPlan Plan = new(Duration.Steps(4), Keep: 2);

    /// <summary>Each has something of its own that a checkpoint must keep.</summary>
    internal static readonly Dictionary<string, Pipeline> Pipelines = new()
    {
        ["plain"] = TinyDeep.Pipeline(Steps),
        ["momentum"] = TinyDeep.Pipeline(Steps, new UpdateRule(WeightDecay: 0.01, Momentum: 0.9), new Losses(), new L2Term()),
        ["averaging"] = TinyDeep.Pipeline(Steps, UpdateRule.Plain.WithAveraging(0.8), new Losses(Averaged: true)),
        ["label_noise"] = TinyDeep.Pipeline(Steps, UpdateRule.Plain.WithLabelNoise(LabelNoise.Gaussian(0.5))),
        ["augmentation"] = TinyDeep.Pipeline(Steps).WithDataset(TinyDeep.Images.WithAugmentation(true)),
        ["bounce"] = TinyDeep.Pipeline(Steps, null, new Bounce(), new GradientNorm()),
        ["twin"] = TinyDeep.Pipeline(Steps, new UpdateRule(Momentum: 0.9), new Losses(), new Predictability(1e-5, 1e-5)),
        ["nesterov"] = TinyDeep.Pipeline(Steps, UpdateRule.Plain.WithMomentum(0.8, nesterov: true).WithAveraging(0.7),
        new Losses(Averaged: true)),
        ["adamw"] = TinyDeep.Pipeline(Steps, UpdateRule.Plain.WithAdam(new(Decoupled: true)).WithWeightDecay(0.1)),
        ["sam"] = TinyDeep.Pipeline(Steps, UpdateRule.Plain.WithSharpness(new(0.05, Normalized: true)), new Losses(),
        new Predictability(1e-5)),
        ["sharpness"] = TinyDeep.Pipeline(Steps, null, new Losses(), new Sharpness(16, 0.01, 5)),
        ["sparsity"] = TinyDeep.Pipeline(Steps, null, new FeatureSparsity(0.9, 32, 50)),
        ["no norm"] = TinyDeep.Pipeline(Steps).WithModel(TinyDeep.Network with { Architecture = Architecture.Linear }),
        ["full batch"] = TinyDeep.Pipeline(Steps, null, new Losses(), new Sharpness(Eigenvalues: 2, Tolerance: 0.01))
            .WithOptimizer(OptimizerSpec.GradientDescent(Steps).WithRule(UpdateRule.Plain.WithMomentum(0.5)).WithMicrobatch(20))
            .WithModel(TinyDeep.Network with
            {
                Architecture = Architecture.FullyConnected,
                Width = null,
                Loss = ClassLoss.Squared,
                Layers = new([8, 8], Activation.Tanh)
            }),
        ["batches"] = TinyDeep.Pipeline(Steps, null, new Losses(), new BatchSharpness(0.5, 12), new HessianTrace(3, 16), new Distance(),
            new CriticalSharpness(32)),
        ["full batch, noisy"] = TinyDeep.Pipeline(Steps, null, new Losses()).WithOptimizer(OptimizerSpec.GradientDescent(Steps)
            .WithRule(UpdateRule.Plain.WithLabelNoise(LabelNoise.Gaussian(0.5)))),
        ["flow"] = TinyDeep.Pipeline(Steps, null, new Losses(), new Bounce()).WithSchedule(Schedule.Constant(0.02))
            .WithOptimizer(OptimizerSpec.GradientFlow(Steps)).WithModel(TinyDeep.Network with
            {
                Architecture = Architecture.FullyConnected,
                Width = null,
                Loss = ClassLoss.Squared,
                Layers = new([4], Activation.Tanh)
            }),
        ["winograd"] = TinyDeep.Pipeline(Steps).WithModel(TinyDeep.Network with { Width = 16 }),
        ["winograd in bfloat16"] = TinyDeep.Pipeline(Steps).WithModel(TinyDeep.Network with { Width = 16, BFloat16 = true }),
        ["bfloat16"] = TinyDeep.Pipeline(Steps).WithModel(TinyDeep.Network with { BFloat16 = true, ChannelsLast = false }),
    };

    public static TheoryData<string> Names => [.. Pipelines.Keys];

    // Steps 3 and 6 are measured, 7 is in the middle of an epoch, before 8 one ends.
    [Theory]
    [MemberData(nameof(Names))]
    public void Stopped_again_and_again_a_run_is_bit_for_bit_the_one_that_is_not(string name) => TemporaryFolder.In(folder =>
    {
        var pipeline = Kept(Pipelines[name]);
        var straight = Runner.Run(pipeline);
        Assert.Equal(RunEnd.Completed, straight.End);
        var checkpoints = new Checkpoints(folder, Plan, Resume: true);
        foreach (var step in (long[])[3, 6, 7, 8]) TinyDeep.StopBefore(step, pipeline, checkpoints);
        TinyDeep.AssertSame(straight, Runner.Run(pipeline, RunContext.Default.WithCheckpoints(checkpoints)));
    });

    [Fact]
    public void Checkpoints_change_no_result() => TemporaryFolder.In(folder =>
    {
        var pipeline = Kept(Pipelines["averaging"]);
        TinyDeep.AssertSame(Runner.Run(pipeline), Runner.Run(pipeline, RunContext.Default.WithCheckpoints(new(folder, new(Duration.Steps(1),
            3, "test_loss"), Resume: false))));
    });

    [Theory]
    [InlineData(5)]
    [InlineData(31)]
    public void A_run_that_diverges_ends_at_the_same_iteration_when_it_was_stopped_meanwhile(long step) => TemporaryFolder.In(folder =>
    {
        var pipeline = TinyDeep.Pipeline(40, null, new ParameterNorm()).WithSchedule(Schedule.Constant(1e6))
            .WithModel(TinyDeep.Network with { Architecture = Architecture.Vgg16, Width = 1 });
        pipeline = pipeline.WithProbes(pipeline.Probes with { At = Cadence.Every(1000) });
        var straight = Runner.Run(pipeline);
        Assert.IsType<DivergedRun>(straight.End);
        var checkpoints = new Checkpoints(folder, Plan, Resume: true);
        TinyDeep.StopBefore(step, pipeline, checkpoints);
        TinyDeep.AssertSame(straight, Runner.Run(pipeline, RunContext.Default.WithCheckpoints(checkpoints)));
    });

    [Fact]
    public void The_latest_checkpoints_are_kept_and_the_best_iterate() => TemporaryFolder.In(folder =>
    {
        var pipeline = Pipelines["plain"];
        var result = Runner.Run(pipeline, RunContext.Default.WithCheckpoints(new(folder, new(Duration.Steps(2), 3, "test_loss"),
            Resume: false)));
        var mine = Path.Combine(folder, UnitNamed.Of(pipeline));
        string[] expected = [.. new[] { "best.json", "best.safetensors" }.Concat(
            new[] { 8, 10, 11 }.SelectMany(step => new[] { "arrow", "json", "safetensors" }.Select(ending => FormattableString.Invariant(
                $"step-{step:D10}.{ending}")))), "unit.yaml"];
        Assert.Equal(expected, Directory.GetFiles(mine).Select(Path.GetFileName).Where(file => Path.GetExtension(file) != ".lock")
            .Order(StringComparer.Ordinal));
        var losses = result.Values("test_loss");
        var lowest = result.Measurements.First(m => m.Values[result.Metrics.AsSpan().IndexOf("test_loss")] == losses.Min());
        var best = JsonNode.Parse(File.ReadAllText(Path.Combine(mine, "best.json")))!;
        Assert.Equal(losses.Min(), (double)best["test_loss"]!);
        Assert.Equal(lowest.Iteration, (long)best["step"]!);
        Assert.Equal(lowest.Iteration / 4.0, (double)best["epoch"]!);
        // From the best weights a run begins with their loss.
        var weights = Path.Combine(mine, "best.safetensors");
        var again = Runner.Run(pipeline.WithModel(TinyDeep.Network.WithWeights(weights)));
        Assert.Equal(losses.Min(), again.Values("test_loss")[0]);
    });

    [Fact]
    public void A_program_that_comes_later_leaves_the_best_iterate_of_the_one_before() => TemporaryFolder.In(folder =>
    {
        var horizon = new Horizon(10, 1);
        CheckpointStore Store() => new(folder, "unit", new(Duration.Steps(2), 1, "test_loss"), ["test_loss"], horizon, "", resume: false);
        RunResult After(params double[] losses) => new(["test_loss"],
            Items.From(losses.Select((loss, i) => new Measurement(i, i, 0.1, [loss]))), RunEnd.Completed, losses.Length - 1, 0, 0);
        double? Best() => File.Exists(Path.Combine(folder, "best.json"))
            ? (double)JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "best.json")))!["test_loss"]! : null;
        TrainingState State() => new([NamedTensor.Of<float>("w", [1], [1])], new Dictionary<string, string>());
        using (var first = Store())
        {
            first.KeepBest(State, () => After(3, 1));
            using (var second = Store())
            {
                Assert.Equal(1, Best());
                // It is behind.
                second.KeepBest(State, () => After(3));
                Assert.Equal(1, Best());
                first.Dispose();
                second.Keep(State(), After(3, 1));
                Assert.Equal(1, Best());
                // And what it finds first it keeps, whether it is the writer of the steps or not.
                using var third = Store();
                third.KeepBest(State, () => After(3, 1, 0.5));
                Assert.Equal(0.5, Best());
            }
        }
        // Nobody is there any more: a run that begins begins.
        using var again = Store();
        Assert.Null(Best());
    });

    [Theory]
    [InlineData("cut off", 4)]
    [InlineData("weight", 4)]
    [InlineData("no tensors", 4)]
    [InlineData("json cut off", 4)]
    [InlineData("json edited", 4)]
    [InlineData("json key", 4)]
    [InlineData("json of a list", 4)]
    [InlineData("measurements", 4)]
    [InlineData("no measurements", 4)]
    [InlineData("all", 0)]
    [InlineData("nothing", 7)]
    public void A_damaged_checkpoint_counts_as_none(string damage, long from) => TemporaryFolder.In(folder =>
    {
        var pipeline = Kept(Pipelines["plain"]);
        var checkpoints = new Checkpoints(folder, Plan, Resume: true);
        TinyDeep.StopBefore(7, pipeline, checkpoints);
        var latest = Path.Combine(folder, UnitNamed.Of(pipeline), "step-0000000007");
        switch (damage)
        {
            case "cut off": Change(latest + ".safetensors", bytes => bytes[..^5]); break;
            case "weight": Change(latest + ".safetensors", bytes => [.. bytes[..^1], (byte)(bytes[^1] ^ 1)]); break;
            case "no tensors": File.Delete(latest + ".safetensors"); break;
            case "json cut off": Change(latest + ".json", bytes => bytes[..^20]); break;
            case "json edited": Edit(latest + ".json", "\"iteration\": \"7\"", "\"iteration\": \"6\""); break;
            case "json key": Edit(latest + ".json", "\"order\"", "\"ordre\""); break;
            case "json of a list": File.WriteAllText(latest + ".json", "[]"); break;
            case "measurements": Change(latest + ".arrow", bytes => bytes[..(bytes.Length / 2)]); break;
            case "no measurements": File.Delete(latest + ".arrow"); break;
            case "all":
                foreach (var file in Directory.GetFiles(Path.GetDirectoryName(latest)!, "*.json"))
                {
                    File.WriteAllText(file,
                "{}");
                }

                break;
        }
        long? first = null;
        var result = Runner.Run(pipeline, RunContext.Default.WithCheckpoints(checkpoints)
            .WithProgress(new Told<RunProgress>(progress => first ??= progress.Iteration)));
        Assert.Equal(from, first);
        TinyDeep.AssertSame(Runner.Run(pipeline), result);
    });

    [Fact]
    public void A_checkpoint_of_another_kind_of_processor_is_gone_on_from_with_a_note_or_not_at_all() => TemporaryFolder.In(folder =>
    {
        var pipeline = Pipelines["plain"];
        var checkpoints = new Checkpoints(folder, Plan, Resume: true);
        var metrics = TinyDeep.StopBefore(7, pipeline, checkpoints).Metrics;
        using (var elsewhere = checkpoints.Of(new UnitNames("data").Of(pipeline), metrics, pipeline.Horizon, "another"))
        {
            var own = elsewhere.Latest()!;
            Assert.Equal(ProcessorKind.Of("cpu"), own.Processor);
            elsewhere.Keep(own.State, own.Result);
        }
        var notes = new List<string>();
        var context = RunContext.Default.WithCheckpoints(checkpoints);
        Assert.Contains("LS0710", Assert.Throws<DataException>(() => Runner.Run(pipeline, context with { Exact = true })).Message,
            StringComparison.Ordinal);
        Runner.Run(pipeline, context.WithProgress(new Told<RunProgress>(progress =>
            notes.AddRange(progress.Note is { } note ? [note] : []))));
        Assert.StartsWith($"its checkpoint was made on another kind of processor: 'another', and this is '{ProcessorKind.Of("cpu")}'",
            Assert.Single(notes), StringComparison.Ordinal);
    });

    [Fact]
    public void Two_that_run_the_same_unit_in_the_same_folder_take_nothing_from_one_another() => TemporaryFolder.In(folder =>
    {
        var pipeline = Pipelines["plain"];
        var straight = Runner.Run(pipeline);
        var (first, second) = (new Checkpoints(folder, new(Duration.Steps(1), Keep: 2), Resume: false), new Checkpoints(folder,
            new(Duration.Steps(1), Keep: 2), Resume: false));
        string[] Files() => [.. Directory.GetFiles(Path.Combine(folder, UnitNamed.Of(pipeline))).Select(Path.GetFileName).Order()!];
        RunResult? inner = null;
        var notes = new List<string>();
        var outer = Runner.Run(pipeline, RunContext.Default.WithCheckpoints(first).WithProgress(new Told<RunProgress>(progress =>
        {
            if (progress.Iteration != 5 || inner is not null) return;
            var before = Files();
            Assert.Contains("step-0000000005.json", before);
            inner = Runner.Run(pipeline, RunContext.Default.WithCheckpoints(second).WithProgress(new Told<RunProgress>(
                progress => notes.AddRange(progress.Note is { } note ? [note] : []))));
            Assert.Equal("another program makes this run in the same folder, and keeps its checkpoints; both come to the same result",
                Assert.Single(notes));
            // It kept none beside those of the first, and cleared none of them.
            Assert.Equal(before, Files());
        })));
        TinyDeep.AssertSame(straight, inner!);
        TinyDeep.AssertSame(straight, outer);
        // When the first is over, the folder is free.
        TinyDeep.StopBefore(3, pipeline, second);
        Assert.Contains("step-0000000003.json", Files());
    });

    [Fact]
    public void A_checkpoint_that_says_anything_else_counts_as_none() => TemporaryFolder.In(folder =>
    {
        var pipeline = Pipelines["plain"];
        var checkpoints = new Checkpoints(folder, Plan, Resume: true);
        var metrics = TinyDeep.StopBefore(7, pipeline, checkpoints).Metrics;
        using var store = checkpoints.Of(new UnitNames("data").Of(pipeline), metrics, pipeline.Horizon, ProcessorKind.Of("cpu"));
        var file = Path.Combine(folder, UnitNamed.Of(pipeline), "step-0000000007.json");
        var whole = File.ReadAllText(file);
        Assert.Equal(7, store.Latest()!.Result.LastIteration);

        string[] texts = [.. JsonNode.Parse(whole)!["state"]!.AsObject().Select(text => text.Key)];
        foreach (var key in (string[])["format", "tensors_sha256", "state_sha256", "state", .. texts])
        {
            foreach (var value in (string?[])[null, "null", "1", "true", "\"x\"", "\"\\ud800\"", "[]", "{}", "{ \"a\": 1, \"a\": 2 }"])
            {
                var json = JsonNode.Parse(whole)!.AsObject();
                var owner = texts.Contains(key) ? json["state"]!.AsObject() : json;
                owner.Remove(key);
                if (value is not null) owner[key] = "here";
                File.WriteAllText(file, json.ToJsonString().Replace("\"here\"", value, StringComparison.Ordinal));
                Assert.True(store.Latest()?.Result.LastIteration == 4, $"{key}: {value ?? "missing"}");
            }
        }

        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Char[' ', '~'], Gen.Bool).Sample((at, value, cut) =>
        {
            File.WriteAllText(file, cut ? whole[..at] : whole[..at] + value + whole[(at + 1)..]);
            Assert.NotNull(store.Latest());
        }, iter: 300, threads: 1);
    });

    [Fact]
    public void Without_resume_a_run_begins_anew_and_what_a_killed_program_left_is_deleted() => TemporaryFolder.In(folder =>
    {
        var pipeline = Pipelines["plain"];
        var mine = Path.Combine(folder, UnitNamed.Of(pipeline));
        var checkpoints = new Checkpoints(folder, Plan, Resume: true);
        TinyDeep.StopBefore(7, pipeline, checkpoints);
        File.WriteAllText(Path.Combine(mine, "step-0000000099.safetensors"), "half");
        TinyDeep.StopBefore(8, pipeline, checkpoints);
        Assert.DoesNotContain(Directory.GetFiles(mine), file => Path.GetFileName(file).Contains("99", StringComparison.Ordinal));
        long? first = null;
        var context = RunContext.Default.WithCheckpoints(checkpoints with { Resume = false })
            .WithProgress(new Told<RunProgress>(progress => first ??= progress.Iteration));
        Runner.Run(pipeline, context);
        Assert.Equal(0, first);
        Assert.Equal(6, Directory.GetFiles(mine, "step-*").Length);
    });

    private static Pipeline Kept(Pipeline pipeline) => pipeline.WithProbes(pipeline.Probes.WithSnapshots(SnapshotSpec.Ends));

    private static void Change(string file, Func<byte[], byte[]> change) => File.WriteAllBytes(file, change(File.ReadAllBytes(file)));

    private static void Edit(string file, string old, string @new)
    {
        var text = File.ReadAllText(file);
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(file, text.Replace(old, @new, StringComparison.Ordinal));
    }
}
