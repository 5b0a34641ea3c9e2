using LargeSteps.Datasets.Images;
using LargeSteps.Formats;
using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Tests.Datasets.Images;

namespace LargeSteps.Tests.Running;

/// <summary>A unit's name knows all that its result depends on.</summary>
public class UnitNamesTests
{
    [Fact]
    public void Other_weights_in_the_same_file_are_another_unit() => TemporaryFolder.In(folder =>
    {
        var file = Path.Combine(folder, "weights.pth");
        var pipeline = TinyDeep.Pipeline(3).WithModel((TinyDeep.Network with { Architecture = Architecture.Linear }).WithWeights(file));
        Write(0.01f);
        var first = Run();
        Assert.Equal(first, Run());
        Write(0.02f);
        Assert.NotEqual(first.Values("train_loss"), Run().Values("train_loss"));
        // What was kept of the former weights is theirs still.
        Write(0.01f);
        Assert.Equal(first, Run());

        // Through a link the weights are those behind it.
        File.Move(file, Path.Combine(folder, "behind.pth"));
        File.CreateSymbolicLink(file, Path.Combine(folder, "behind.pth"));
        Assert.Equal(first, Run());
        WriteWeights(Path.Combine(folder, "behind.pth"), 0.02f);
        Assert.NotEqual(first.Values("train_loss"), Run().Values("train_loss"));

        void Write(float value) => WriteWeights(file, value);

        RunResult Run() => ExperimentRunner.Run(
            [new RunUnit("a", 0, pipeline)], RunContext.Default with { Names = new UnitNames(folder) }, 1,
                new UnitStore(Path.Combine(folder, "units")),
                resume: true, events: null)[0].Result;
    });

    [Fact]
    public void Weights_that_change_while_a_unit_runs_change_nothing_about_its_name() => TemporaryFolder.In(folder =>
    {
        var file = Path.Combine(folder, "weights.pth");
        var pipeline = TinyDeep.Pipeline(3).WithModel((TinyDeep.Network with { Architecture = Architecture.Linear }).WithWeights(file));
        var names = new UnitNames(folder);
        Write(0.01f);
        var name = names.Of(pipeline).Name;
        var ran = Run(new Changing(() => Write(0.02f)));
        Assert.Equal(name, ran.Name);
        var other = Run(null);
        Assert.NotEqual(name, other.Name);
        Assert.NotEqual(ran.Result.Values("train_loss"), other.Result.Values("train_loss"));

        void Write(float value) => WriteWeights(file, value);

        UnitResult Run(IProgress<RunEvent>? events) => ExperimentRunner.Run(
            [new RunUnit("a", 0, pipeline)], RunContext.Default with { Names = names }, 1,
                new UnitStore(Path.Combine(folder, "units")), resume: true,
                events)[0];
    });

    private static void WriteWeights(string path, float value) => TorchFile.WriteStateDict(path, [NamedTensor.Of<float>("linear.weight",
        [10, 3072], [.. Enumerable.Range(0, 30720).Select(i => value * (i % 7))])]);

    // The weights are read before the first measurement.
    private sealed class Changing(Action change) : IProgress<RunEvent>
    {
        public void Report(RunEvent value)
        {
            if (value is UnitProgressed { Progress.Measured: not null }) change();
        }
    }

    [Fact]
    public void Of_several_units_of_a_pipeline_those_that_a_folder_shows_come_first() => TemporaryFolder.In(folder =>
    {
        var (pipeline, store) = (TinyDeep.Pipeline(3), new UnitStore(folder));
        var result = Runner.Run(pipeline);
        UnitIdentity[] of = [new(pipeline, [new("weights", "a")], NumericsVersion.Current), new(pipeline, [new("weights", "b")],
            NumericsVersion.Current)];
        foreach (var identity in of) store.Keep(identity, result);
        foreach (var identity in of)
        {
            Assert.Equal(identity.Name, store.Latest([pipeline], ofThisBuild: true,
            [identity.Name])[0]!.Value.Name);
        }
    });

    [Fact]
    public void Other_images_in_the_same_folder_or_in_another_are_another_unit() => TemporaryFolder.In(folder =>
    {
        var pipeline = Pipeline.Of(
            new ImageDataset(ImageSource.Cifar10, new(TrainingImages: 4, TestImages: 2, AllowPartial: true)),
                new DeepNetwork(Architecture.Linear), Schedule.Constant(0.1),
            OptimizerSpec.Sgd(2, 2, 0, Sampling.Shuffled), ProbePlan.Of(Cadence.Every(1), new Losses()));
        string[] folders = [Path.Combine(folder, "a"), Path.Combine(folder, "b"), Path.Combine(folder, "c")];
        byte[] labels = [1, 2, 3, 4], reversed = [4, 3, 2, 1];
        Data(folders[0], labels);
        Data(folders[1], labels);
        Data(folders[2], reversed);
        var names = folders.Select(data => new UnitNames(data).Of(pipeline).Name).ToArray();
        Assert.Equal(names[0], names[1]);
        Assert.NotEqual(names[0], names[2]);

        // Kept beside the images, the fingerprint is that of the files that are there.
        Assert.True(File.Exists(Path.Combine(folders[0], ".largesteps", "cifar10-partial.json")));
        Data(folders[0], reversed);
        Assert.Equal(names[2], new UnitNames(folders[0]).Of(pipeline).Name);

        // So are files behind links, whose own lengths and times stay as they are.
        var linked = Path.Combine(folder, "linked");
        foreach (var file in Directory.GetFiles(Path.Combine(folders[1], "cifar-10-exact")))
        {
            File.CreateSymbolicLink(Path.Combine(Directory.CreateDirectory(Path.Combine(linked, "cifar-10-exact")).FullName,
                Path.GetFileName(file)), file);
        }

        Assert.Equal(names[0], new UnitNames(linked).Of(pipeline).Name);
        Data(folders[1], reversed);
        Assert.Equal(names[2], new UnitNames(linked).Of(pipeline).Name);
        var kept = Path.Combine(folders[0], ".largesteps", "cifar10-partial.json");
        var text = File.ReadAllText(kept);
        foreach (var damaged in (string[])["{ damaged", text.Replace("\"sha256\":\"", "\"sha256\":\"0", StringComparison.Ordinal)])
        {
            Assert.NotEqual(text, damaged);
            File.WriteAllText(kept, damaged);
            Assert.Equal(names[2], new UnitNames(folders[0]).Of(pipeline).Name);
            Assert.Equal(text, File.ReadAllText(kept));
        }

        static void Data(string data, byte[] labels)
        {
            var images = Directory.CreateDirectory(Path.Combine(data, "cifar-10-exact")).FullName;
            for (var batch = 1; batch <= 5; batch++)
            {
                File.WriteAllBytes(Path.Combine(images,
                FormattableString.Invariant($"data_batch_{batch}.bin")), ImageTestData.Records(1, labels));
            }

            File.WriteAllBytes(Path.Combine(images, "test_batch.bin"), ImageTestData.Records(1, 0, 1));
        }
    });

    [Fact]
    public void The_text_of_a_unit_says_all_and_its_hash_is_the_name()
    {
        var pipeline = TinyDeep.Pipeline(3);
        var identity = new UnitIdentity(pipeline, [new("weights", "ab"), new("images", "cd")], 7);
        Assert.EndsWith("inputs: {weights: ab, images: cd}\nnumerics: 7\n", identity.Text, StringComparison.Ordinal);
        Assert.Equal(LargeSteps.Configuration.ExperimentYaml.Write(pipeline),
            LargeSteps.Configuration.ExperimentYaml.PipelineTextOf(identity.Text));
        Assert.Equal(LargeSteps.Configuration.ExperimentYaml.Write(pipeline),
            LargeSteps.Configuration.ExperimentYaml.PipelineTextOf(new UnitIdentity(pipeline, [], 7).Text));
        Assert.Equal(4, new[] { identity, identity with { Numerics = 8 }, identity with { Inputs = [] },
            identity with { Inputs = [new("weights", "ab"), new("images", "ce")] } }
            .Select(each => new UnitIdentity(each.Pipeline, each.Inputs, each.Numerics).Name).Distinct().Count());
    }

    [Fact]
    public void A_result_of_other_numerics_is_not_taken() => TemporaryFolder.In(folder =>
    {
        var (pipeline, store) = (TinyDeep.Pipeline(3), new UnitStore(folder));
        var result = Runner.Run(pipeline);
        store.Keep(new UnitIdentity(pipeline, [], NumericsVersion.Current - 1), result);
        Assert.Null(store.Find(pipeline));
        Assert.Null(store.Latest([pipeline], ofThisBuild: true)[0]);
        // A chart may be drawn from it all the same.
        Assert.Equal(result, store.Latest([pipeline], ofThisBuild: false)[0]!.Value.Result);
    });
}
