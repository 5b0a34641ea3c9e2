using LargeSteps.Configuration;
using LargeSteps.Datasets;
using LargeSteps.Experiments.Commands;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Tests.Training.Deep;

/// <summary>Runs that go on from a checkpoint, of whatever experiment.</summary>
public class CheckpointForkTests
{
    private static RunResult From(long step, RunResult result) => result with
    {
        Measurements = Items.From(result.Measurements.Where(m => m.Iteration >= step)),
    };

    private static string NameOf(Pipeline pipeline) => new UnitNames("data").Of(pipeline).Name;

    // The path of the checkpoint of a run before a step, without an ending, and the result of the run.
    private static (string Path, RunResult Whole) Left(Pipeline pipeline, string folder, long step)
    {
        var whole = Runner.Run(pipeline, RunContext.Default.WithCheckpoints(new(folder, new(Duration.Steps(3), Keep: 99), Resume: true)));
        return (Path.Combine(folder, NameOf(pipeline), FormattableString.Invariant($"step-{step:D10}")), whole);
    }

    [Theory]
    [InlineData("averaging")]
    [InlineData("augmentation")]
    [InlineData("label_noise")]
    [InlineData("twin")]
    [InlineData("adamw")]
    [InlineData("batches")]
    public void What_changes_nothing_is_the_rest_of_the_run_bit_for_bit(string name) => TemporaryFolder.In(folder =>
    {
        var parent = DeepResumeTests.Pipelines[name];
        var (path, whole) = Left(parent, folder, 6);
        foreach (var ending in (string[])["", ".json", ".safetensors"])
            TinyDeep.AssertSame(From(6, whole), Runner.Run(parent.WithCheckpoint(path + ending)));
    });

    [Fact]
    public void What_changes_is_the_fork_of_the_run_itself() => TemporaryFolder.In(folder =>
    {
        var parent = DeepResumeTests.Pipelines["momentum"];
        var changed = parent.WithSchedule(Schedule.Constant(0.3));
        var (path, _) = Left(parent, folder, 6);
        var fork = changed.WithStart(new(parent, 6));
        TinyDeep.AssertSame(Runner.Run(fork), Runner.Run(changed.WithCheckpoint(path)));
        // And of a run that was a fork itself, and of a run that begins with a checkpoint.
        var (ofFork, _) = Left(fork, folder, 9);
        var (ofBegun, _) = Left(changed.WithCheckpoint(path), folder, 9);
        var last = parent.WithStart(new(fork, 9));
        TinyDeep.AssertSame(Runner.Run(last), Runner.Run(parent.WithCheckpoint(ofFork)));
        TinyDeep.AssertSame(Runner.Run(last), Runner.Run(parent.WithCheckpoint(ofBegun)));
        TinyDeep.AssertSame(Runner.Run(last), Runner.Run(parent.WithStart(new(changed.WithCheckpoint(path), 9))));
    });

    [Fact]
    public void It_is_stopped_and_goes_on_as_if_it_had_not_been() => TemporaryFolder.In(folder =>
    {
        var parent = DeepResumeTests.Pipelines["momentum"];
        var fork = parent.WithSchedule(Schedule.Constant(0.3)).WithCheckpoint(Left(parent, folder, 3).Path);
        var checkpoints = new Checkpoints(folder, new(Duration.Steps(2)), Resume: true);
        TinyDeep.StopBefore(6, fork, checkpoints);
        TinyDeep.AssertSame(Runner.Run(fork), Runner.Run(fork, RunContext.Default.WithCheckpoints(checkpoints)));
    });

    private static string Text(string from) => $$"""
        name: goes_on
        dataset: { kind: images, source: shapes, samples: 64, test_samples: 32 }
        model: { kind: deep_network, architecture: resnet_tiny, width: 2, seed: 1 }
        schedule: { kind: constant, rate: 0.1 }
        optimizer: { kind: sgd, steps: 12, batch_size: 16, seed: 5, sampling: shuffled }
        probes: { at: { every: 3 }, measure: [losses] }
        runs:
          - { label: whole }
          - { label: goes on, from: {{from}}, schedule: { rate: 0.2 } }
        """;

    private static Items<string> Told(string text) => ExperimentYaml.Parse(text, "f.yaml").Match<Items<string>>(experiment =>
        Items.From(InitialWeights.Problems(Units.Of(experiment).OrThrow()).Select(problem => problem.ToString())),
        problems => problems.Map(problem => problem.ToString()));

    [Fact]
    public void In_YAML_it_is_a_file_whose_content_is_in_the_name_of_the_unit() => TemporaryFolder.In(folder =>
    {
        var bare = ExperimentYaml.Parse(Text("{ run: whole, step: 6 }"), "f.yaml").OrThrow().Resolve().OrThrow();
        var (path, _) = Left(bare[0].Pipeline, folder, 6);
        var experiment = ExperimentYaml.Parse(Text($"{{ checkpoint: '{path}' }}"), "f.yaml").OrThrow();
        Assert.Equal(experiment, ExperimentYaml.Parse(ExperimentYaml.Write(experiment), "written").OrThrow());
        var pipeline = experiment.Resolve().OrThrow()[1].Pipeline;
        Assert.Equal(path, pipeline.Checkpoint);
        TinyDeep.AssertSame(Runner.Run(bare[1].Pipeline), Runner.Run(pipeline));
        Assert.Equal(pipeline, ExperimentYaml.ParsePipeline(ExperimentYaml.Write(pipeline), "unit").OrThrow());
        var (name, other) = (NameOf(pipeline), NameOf(pipeline.WithCheckpoint(Left(bare[0].Pipeline, folder, 9).Path)));
        Assert.NotEqual(name, other);
        File.Copy(Path.Combine(Path.GetDirectoryName(path)!, "step-0000000009.json"), path + ".json", overwrite: true);
        Assert.NotEqual(name, NameOf(pipeline));
        // A moment's look begins at the beginning.
        Assert.All(Smoke.Shrink(experiment).Runs, run => Assert.Null(run.From));
    });

    [Fact]
    public void What_cannot_be_gone_on_from_is_told_before_anything_runs() => TemporaryFolder.In(folder =>
    {
        var bare = ExperimentYaml.Parse(Text("{ run: whole, step: 6 }"), "f.yaml").OrThrow().Resolve().OrThrow();
        var (path, _) = Left(bare[0].Pipeline, folder, 6);
        var good = Text($"{{ checkpoint: '{path}' }}");
        Assert.Empty(Told(good));
        Assert.Equal([$"{path}.json: error LS0229: a fork goes on with the network of its parent; model.width is 3 here and 2 there (run 'goes on')"],
            Told(good.Replace("width: 2", "width: 3", StringComparison.Ordinal)));
        Assert.Equal([$"{path}.json: error LS0229: the fork begins at step 6, and ends at 6: its steps count from those of its parent (run 'goes on')"],
            Told(good.Replace("steps: 12", "steps: 6", StringComparison.Ordinal)));
        var later = good + $"\n  - {{ label: too soon, from: {{ run: goes on, step: 4 }} }}";
        Assert.Equal([$"{path}.json: error LS0229: the parent is a fork itself and begins at step 6: before, at 4, it has none (run 'too soon')"], Told(later));
        Assert.Equal([$"{folder}/none.json: error LS0701: there is no such checkpoint, or a file of it is missing (run 'goes on')"], Told(Text($"{{ checkpoint: '{folder}/none' }}")));
        Assert.Equal(["f.yaml(9,46): error LS0101: unknown key 'step'; expected 'checkpoint'"], Told(Text("{ checkpoint: x, step: 3 }")));
        var tensors = File.ReadAllBytes(path + ".safetensors");
        tensors[^1] ^= 1;
        File.WriteAllBytes(path + ".safetensors", tensors);
        Assert.Equal([$"{path}.json: error LS0709: the checkpoint is damaged: its tensors have another hash"], Told(good));
        var problem = Assert.Throws<DataException>(() => Runner.Run(ExperimentYaml.Parse(good, "f.yaml").OrThrow().Resolve()
            .OrThrow()[1].Pipeline));
        Assert.Equal("LS0709", Assert.Single(problem.Problems).Code);
        tensors[^1] ^= 1;
        File.WriteAllBytes(path + ".safetensors", tensors);
        // Which run has left it is under the hash that is its name.
        var unit = Path.Combine(Path.GetDirectoryName(path)!, "unit.yaml");
        File.WriteAllText(unit, File.ReadAllText(unit).Replace("rate: 0.1", "rate: 0.3", StringComparison.Ordinal));
        Assert.Equal([$"{unit}: error LS0709: the checkpoint is damaged: this is not the run that has left it (run 'goes on')"], Told(good));
        File.Delete(unit);
        Assert.Equal([$"{unit}: error LS0701: there is no such checkpoint, or a file of it is missing (run 'goes on')"], Told(good));
        Assert.Contains("a run that begins with a checkpoint is of a deep network", ExperimentYaml.Parse("""
            name: small
            dataset: { kind: sparse_regression, samples: 5, dimensions: 8, support: 2 }
            model: { kind: diagonal_linear }
            schedule: { kind: constant, rate: 0.1 }
            optimizer: { kind: gd, steps: 12 }
            probes: { at: { every: 3 }, measure: [losses] }
            runs: [{ label: goes on, from: { checkpoint: x } }]
            """, "f.yaml").Match(_ => [], problems => problems).Single().Message, StringComparison.Ordinal);
    });
}
