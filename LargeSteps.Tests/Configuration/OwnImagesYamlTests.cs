using LargeSteps.Configuration;
using LargeSteps.Datasets;
using LargeSteps.Datasets.Images;
using LargeSteps.Forms;
using LargeSteps.Models.Deep;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;
using static LargeSteps.Tests.Datasets.Images.OwnImagesData;

namespace LargeSteps.Tests.Configuration;

/// <summary>Images of one's own in experiments.</summary>
public sealed class OwnImagesYamlTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static Pipeline PipelineOf(ImageSource source) => Pipeline.Of(
        DatasetSpec.Images(source), new DeepNetwork(Architecture.Linear), Schedule.Constant(0.1),
        OptimizerSpec.Sgd(4, 2, 0, Sampling.Shuffled), ProbePlan.Of(Cadence.Every(2), new Losses()));

    private static Outcome<Experiment> Read(string source, string rest = "") => ExperimentYaml.Parse(
        $$"""
        name: own
        dataset: { kind: images, source: {{source}}{{rest}} }
        model: { kind: deep_network, architecture: linear, seed: 1 }
        schedule: { kind: constant, rate: 0.1 }
        optimizer: { kind: sgd, batch_size: 2, epochs: 3, seed: 1, sampling: shuffled }
        probes: { at: { every_epochs: 1 }, measure: [losses] }
        runs: [{ label: a }, { label: b, dataset: { seed: 2 } }]
        """, "own.yaml");

    private static string Problems(Outcome<Experiment> outcome) => string.Join('\n', outcome.Match(_ => [], problems => problems));

    [Fact]
    public void A_folder_and_arrays_are_read_and_written_back_equal()
    {
        Pets(_folder.Path);
        var arrays = Put(_folder.Path, "digits.npz", Npz(Digits));
        foreach (var (text, source) in new[]
        {
            ($"{{ folder: '{_folder.Path}' }}", ImageSource.OfFolder(_folder.Path)),
            ($"{{ arrays: '{arrays}', flips: true }}", ImageSource.OfArrays(arrays, flips: true)),
        })
        {
            var experiment = Read(text).OrThrow();
            Assert.Equal(source.OrThrow(), ((ImageDataset)experiment.Shared.Dataset!).Source);
            Assert.True(ExperimentYamlTests.RoundTrips(experiment));
            Assert.Equal(experiment, experiment.Checked().OrThrow());
            var report = new Report("schema");
            Assert.True(new JsonSchema(ExperimentYaml.Schema())
                .Accepts(NodeJson.Of(YamlReader.Read(ExperimentYaml.Write(experiment), report)!)));
        }
    }

    [Fact]
    public void What_is_wrong_with_the_files_is_told_at_the_key()
    {
        var none = Path.Combine(_folder.Path, "none");
        Assert.Equal(
            $"own.yaml(2,44): error LS0601: {none}: there is no such folder: looked for train/CLASS and test/CLASS, or CLASS, with pictures",
            Problems(Read($"{{ folder: '{none}' }}")));
        Assert.StartsWith("own.yaml(2,44): error LS0605: ", Problems(Read($"{{ arrays: '{Put(_folder.Path, "x.npz", [1])}' }}")),
            StringComparison.Ordinal);
        Assert.Contains("LS0107", Problems(Read("{ folder: a, arrays: b }")), StringComparison.Ordinal);
        Assert.Contains("one of the keys folder, arrays is missing", Problems(Read("{ flips: true }")), StringComparison.Ordinal);
        Assert.Contains("there is no source of images 'cifar'; did you mean 'cifar10'?", Problems(Read("cifar")), StringComparison.Ordinal);
        Pets(_folder.Path);
        var folder = $"{{ folder: '{_folder.Path}' }}";
        Assert.Contains("has 6 images, not 7", Problems(Read(folder, ", samples: 7")), StringComparison.Ordinal);
        Assert.Contains("allow_partial is for files that were published",
            Problems(Read(folder, ", samples: 4, test_samples: 1, allow_partial: true")),
            StringComparison.Ordinal);
        Assert.Equal("", Problems(Read(folder, ", samples: 4, grey: true, augment: true")));
    }

    [Fact]
    public void A_network_is_trained_on_a_folder_and_another_content_is_another_unit()
    {
        var pipeline = PipelineOf(ImageSource.OfFolder(Pets(_folder.Path)).OrThrow());
        var result = Runner.Run(pipeline);
        Assert.Equal(RunEnd.Completed, result.End);
        Assert.True(double.IsFinite(result.Last("test_loss")));
        var data = Directory.CreateDirectory(Path.Combine(_folder.Path, "data")).FullName;
        var name = new UnitNames(data).Of(pipeline).Name;
        Assert.Equal(name, new UnitNames(data).Of(pipeline).Name);
        Assert.Single(Directory.GetFiles(Path.Combine(data, ".largesteps")));
        Assert.Equal(name, new UnitNames(Path.Combine(_folder.Path, "elsewhere")).Of(pipeline).Name);
        Assert.False(Directory.Exists(Path.Combine(_folder.Path, "elsewhere")));
        Put(_folder.Path, "train/a/0.png", Picture(4, 4, 99));
        Assert.NotEqual(name, new UnitNames(data).Of(pipeline).Name);
        Put(_folder.Path, "train/a/0.png", Picture(4, 5, 99));
        Assert.Throws<DataException>(() => new UnitNames(data).Of(pipeline));
    }

    [Fact]
    public void Without_test_images_their_metrics_are_no_numbers()
    {
        foreach (var name in (string[])["a", "b"]) Put(_folder.Path, $"{name}/0.png", Picture(2, 2, (byte)name[0]));
        var result = Runner.Run(PipelineOf(ImageSource.OfFolder(_folder.Path).OrThrow()));
        Assert.Equal(RunEnd.Completed, result.End);
        Assert.True(double.IsFinite(result.Last("train_loss")) && double.IsNaN(result.Last("test_loss")));
    }

    [Fact]
    public void Images_in_memory_are_checked_trained_on_and_named_by_their_content()
    {
        ImageSource Mine(byte first) => ImageSource.Of("mine",
            LabelledImages.Of(new(3, 1, 1), Items.From((byte[])[first, 1, 1, 200, 200, 200]), Items.From((int[])[0, 1])));
        var experiment = Experiment.Of("own", PipelineOf(Mine(1)));
        Assert.Equal(experiment, experiment.Checked().OrThrow());
        Assert.Contains("has 2 images, not 3", Problems(Experiment.Of("own", PipelineOf(Mine(1))
            .WithDataset(new ImageDataset(Mine(1), new(TrainingImages: 3)))).Checked()), StringComparison.Ordinal);
        Assert.Equal(RunEnd.Completed, Runner.Run(PipelineOf(Mine(1))).End);
        Assert.Equal(UnitNamed.Of(PipelineOf(Mine(1))), UnitNamed.Of(PipelineOf(Mine(1))));
        Assert.NotEqual(UnitNamed.Of(PipelineOf(Mine(1))), UnitNamed.Of(PipelineOf(Mine(2))));
    }
}
