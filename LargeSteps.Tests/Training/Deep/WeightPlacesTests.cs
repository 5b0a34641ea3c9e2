using LargeSteps.Datasets.Images;
using LargeSteps.Formats;
using LargeSteps.Models.Deep;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Training.Deep;
using LargeSteps.Values;

namespace LargeSteps.Tests.Training.Deep;

/// <summary>Which of the state_dicts of a file a network begins with: a linear classifier of 100 numbers, whose one tensor is
/// <c>linear.weight</c>.</summary>
public class WeightPlacesTests
{
    private static readonly ImageDataset Images = new(ImageSource.GaussiansBinary, new ImageOptions(TrainingImages: 40, TestImages: 20));

    private static TorchValue Dictionary(params (string Key, TorchValue Value)[] entries) =>
        TorchValue.Mapping(entries.Select(entry => KeyValuePair.Create(entry.Key, entry.Value)));

    private static TorchValue State(float value, string prefix = "") =>
        Dictionary((prefix + "linear.weight", TorchValue.Tensor(Weight(value))));

    private static NamedTensor Weight(float value, string name = "linear.weight") => NamedTensor.Of<float>(name, [2, 100],
        [.. Enumerable.Repeat(value, 200)]);

    private static Pipeline Of(string file, string? at) =>
        TinyDeep.Pipeline(1).WithDataset(Images).WithModel(new DeepNetwork(Architecture.Linear).WithWeights(file, at));

    // The value of all weights that a run begins with, or what is said instead.
    private static string Begins(string file, string? at = null)
    {
        var pipeline = Of(file, at);
        return DeepWeights.Problems(pipeline) is { Count: > 0 } problems
            ? string.Join('|', problems.Select(problem => $"{problem.Code} {problem.Message}"))
            : NumberText.Invariant(Assert.Single(Runner.InitialWeights(pipeline).Distinct()));
    }

    private static void AssertBegins(string expected, TorchValue value, string? at = null) => TemporaryFolder.In(folder =>
    {
        var file = Path.Combine(folder, "a.pth");
        TorchFile.Write(file, value);
        Assert.Equal(expected, Begins(file, at));
    });

    [Fact]
    public void The_one_that_fits_is_taken()
    {
        var momentum = Dictionary(("state", Dictionary(("0", Dictionary(("momentum_buffer", TorchValue.Tensor(Weight(7))))))));
        AssertBegins("3", Dictionary(("optimizer", momentum), ("model", State(3))));
        AssertBegins("3", Dictionary(("teacher",
            Dictionary(("linear.weight", TorchValue.Tensor(NamedTensor.Of<float>("w", [2, 2], [1, 1, 1, 1]))))), ("student", State(3))));
        AssertBegins("3", Dictionary(("linear.weight", TorchValue.Tensor(Weight(3))), ("epoch", TorchValue.Scalar(TorchScalar.Whole(3)))));
        AssertBegins("3", TorchValue.List(TorchValue.Scalar(TorchScalar.Text("w")), State(3)));
        // The same weights twice leave nothing to choose.
        AssertBegins("3", Dictionary(("model", State(3)), ("state_dict", State(3, "module."))));
    }

    [Fact]
    public void Where_several_fit_the_places_are_told_and_weights_at_chooses()
    {
        var both = Dictionary(("best", State(0)), ("last", State(3)));
        AssertBegins("LS0707 the weights at 'best', 'last' all fit the network: say by weights_at which are meant", both);
        AssertBegins("0", both, "best");
        AssertBegins("3", both, "last");
        AssertBegins("LS0704 the file has no tensors at 'lost'; did you mean 'last'?", both, "lost");
        var alike = Dictionary(("a", Dictionary(("b", State(0)))), ("a/b", State(3)));
        AssertBegins("LS0707 the weights at 'a/b', 'a/b' all fit the network: say by weights_at which are meant", alike, "a/b");
        var nested = Dictionary(("linear.weight", TorchValue.Tensor(Weight(1))), ("averages", TorchValue.List(State(0), State(3))));
        AssertBegins("LS0707 the weights at '.', 'averages/0', 'averages/1' all fit the network: say by weights_at which are meant",
            nested);
        AssertBegins("1", nested, ".");
        AssertBegins("3", nested, "averages/1");
    }

    [Fact]
    public void Where_none_fits_the_nearest_is_told() => AssertBegins(
        "LS0706 the weights are not those of linear of width 64 with 2 classes: it has 'linear.bias' [200], which the network lacks; this "
            +
            "is of 'net', and nothing else in the file fits either",
        Dictionary(("other", Dictionary(("a", TorchValue.Tensor(Weight(0))))),
            ("net", Dictionary(("linear.weight", TorchValue.Tensor(Weight(3))),
                ("linear.bias", TorchValue.Tensor(NamedTensor.Of<float>("b", [200], new float[200])))))));

    [Theory]
    [InlineData("module.")]
    [InlineData("_orig_mod.")]
    [InlineData("model.")]
    [InlineData("module._orig_mod.")]
    [InlineData("_orig_mod.module.")]
    [InlineData("model.module._orig_mod.module.")]
    public void What_wrapping_a_module_leaves_before_the_names_is_taken_away(string prefix) => TemporaryFolder.In(folder =>
    {
        AssertBegins("3", State(3, prefix));
        AssertBegins("3", Dictionary(("state_dict", State(3, prefix))));
        var file = Path.Combine(folder, "a.safetensors");
        SafetensorsFile.Write(file, [Weight(3, prefix + "linear.weight")]);
        Assert.Equal("3", Begins(file));
        Assert.Equal([Weight(3)], DeepWeights.Read(file).OrThrow().Tensors);
    });

    [Theory]
    [InlineData("'linear.weight' stands twice once 'module.' is taken away", "", "module.")]
    [InlineData("'linear.weight' stands twice once 'module.' and '_orig_mod.module.' are taken away", "module.", "_orig_mod.module.")]
    public void Names_that_are_the_same_without_their_prefixes_are_told(string message, string first, string second) =>
        TemporaryFolder.In(folder =>
    {
        NamedTensor[] twice = [Weight(3, first + "linear.weight"), Weight(0, second + "linear.weight")];
        AssertBegins("LS0706 " + message, TorchValue.StateDict(twice));
        var file = Path.Combine(folder, "a.safetensors");
        SafetensorsFile.Write(file, twice);
        Assert.Equal("LS0706 " + message, Begins(file));
        Assert.Equal([new("LS0706", message, file)], DeepWeights.Read(file).Match(_ => [], problems => problems));
    });

    [Fact]
    public void A_safetensors_file_has_places_before_its_slashes() => TemporaryFolder.In(folder =>
    {
        var file = Path.Combine(folder, "a.safetensors");
        string Of(string? at, params (string Place, float Value)[] places)
        {
            SafetensorsFile.Write(file, places.Select(place => Weight(place.Value, place.Place + "linear.weight")));
            return Begins(file, at);
        }
        (string, float)[] checkpoint = [("", 1), ("averaged/", 2), ("momentum/", 3)];
        Assert.Equal("1", Of(null, checkpoint));
        Assert.Equal("2", Of("averaged", checkpoint));
        Assert.Equal("3", Of("momentum", checkpoint));
        Assert.Equal("2", Of(null, ("averaged/", 2), ("momentum/", 3)));
        Assert.Equal("5", Of(null, ("a/b/", 5)));
        Assert.Equal("LS0707 the weights at 'a', 'b' all fit the network: say by weights_at which are meant",
            Of(null, ("a/", 2), ("b/", 3)));
        Assert.Equal("LS0704 there are no weights in this file, only 'momentum', 'previous'", Of(null, ("momentum/", 2), ("previous/", 3)));
        Assert.Equal("LS0704 the file has no tensors at 'averaged'; did you mean 'averages'?", Of("averaged", ("", 2), ("averages/", 3)));
        Assert.Equal("LS0704 there are no tensors in this file", Of(null));
    });

    [Fact]
    public void An_object_in_place_of_a_state_dict_is_named()
    {
        var problem = Assert.Single(DeepWeights.Problems(Of(Fixture.PathOf("torch/module.pth"), null)));
        Assert.Equal("LS0705: there is no state_dict in this file; it holds a value of 'torch.nn.modules.container.Sequential', which is " +
            "not read: save the module's state_dict()", $"{problem.Code}: {problem.Message}");
    }

    [Fact]
    public void A_place_without_a_file_is_told() =>
        Assert.Equal(["model.weights_at LS0208"], PipelineChecks.Problems(Of("a.pth", "last").WithModel(new DeepNetwork(Architecture.Linear,
            WeightsAt: "last"))).Map(p => $"{p.Path} {p.Code}"));

    [Fact]
    public void A_run_starts_with_the_averaged_weights_of_a_checkpoint_and_statistics_of_their_own() => TemporaryFolder.In(folder =>
    {
        var first = TinyDeep.Pipeline(6, UpdateRule.Plain.WithAveraging(0.5), new Losses(Averaged: true));
        var trained = Runner.Run(first, RunContext.Default.WithCheckpoints(new(folder, CheckpointPlan.Default, Resume: false)));
        var file = Directory.GetFiles(folder, "step-0000000006.safetensors", SearchOption.AllDirectories).Single();
        var second = TinyDeep.Pipeline(1, null, new Losses()).WithModel(TinyDeep.Network.WithWeights(file, "averaged"));
        var started = Runner.Run(second);
        // Not the same number: their statistics are of an epoch whose batches are drawn for another iteration.
        Assert.Equal(trained.Last("test_loss_averaged"), started.Values("test_loss")[0], 0.05 * trained.Last("test_loss_averaged"));
        var current = Runner.Run(second.WithModel(TinyDeep.Network.WithWeights(file)));
        Assert.Equal(trained.Last("test_loss"), current.Values("test_loss")[0]);
        Assert.NotEqual(current.Values("test_loss")[0], started.Values("test_loss")[0]);

        var averaged = SafetensorsFile.Read(file).OrThrow().Tensors.Where(tensor => tensor.Name.StartsWith("averaged/",
            StringComparison.Ordinal)).Select(tensor => tensor.WithName(tensor.Name["averaged/".Length..]));
        Assert.Equal(averaged.SelectMany(tensor => tensor.ToFloats()).Select(x => (double)x), Runner.InitialWeights(second));
        var (exported, own) = DeepWeights.Read(file, "averaged").OrThrow();
        Assert.False(own);
        using var network = SmallNets.Network("resnet_tiny", ImageSource.Shapes.Shape, 10, 2);
        Assert.Equal(network.Shapes.OrderBy(s => s.Name, StringComparer.Ordinal), exported.Select(t => (t.Name, t.Shape))
            .OrderBy(s => s.Name, StringComparer.Ordinal));
        // With nothing but them in the file, the statistics are still estimated.
        var alone = Path.Combine(folder, "alone.safetensors");
        SafetensorsFile.Write(alone, averaged.Select(tensor => tensor.WithName("averaged/" + tensor.Name)));
        Assert.Equal(started.Values("test_loss"), Runner.Run(second.WithModel(TinyDeep.Network.WithWeights(alone))).Values("test_loss"));
        Assert.Equal(averaged.Count(), DeepWeights.Read(alone).OrThrow().Tensors.Count);
    });

    [Fact]
    public void The_names_of_wrn28_are_those_of_the_published_program()
    {
        using var scope = SmallNets.Scope();
        using var network = SmallNets.Network("wrn28", new(3, 32, 32), classes: 10, width: 2);
        // The published WideResNet, registered in this order: conv1, block1, block2, block3, bn1, fc.
        List<string> expected = ["conv1.weight"];
        for (var block = 1; block <= 3; block++)
        {
            for (var i = 0; i < 4; i++)
            {
                expected.AddRange(((string[])["bn1.weight", "bn1.bias", "conv1.weight", "bn2.weight", "bn2.bias", "conv2.weight", .. i == 0
                    ? (string[])["convShortcut.weight"] : []])
                    .Select(name => FormattableString.Invariant($"block{block}.layer.{i}.{name}")));
            }
        }

        expected.AddRange(["bn1.weight", "bn1.bias", "fc.weight", "fc.bias"]);
        Assert.Equal(expected, network.Parameters.Select(parameter => parameter.Name));
        var shapes = network.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Shape);
        Assert.Equal([32, 16, 1, 1], shapes["block1.layer.0.convShortcut.weight"]);
        Assert.Equal([128, 64, 3, 3], shapes["block3.layer.0.conv1.weight"]);
        Assert.Equal([10, 128], shapes["fc.weight"]);
        Assert.Contains("block2.layer.3.bn2.running_var", network.Shapes.Select(shape => shape.Name));
    }
}
