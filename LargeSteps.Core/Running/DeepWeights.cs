using LargeSteps.Datasets;
using LargeSteps.Datasets.Images;
using LargeSteps.Models.Deep;
using LargeSteps.Pipelines;
using LargeSteps.Running.Formats;
using static TorchSharp.torch;

namespace LargeSteps.Running;

/// <summary>The parameters and buffers of a deep network in files, each under its name in PyTorch's state_dict.</summary>
internal static class DeepWeights
{
    /// <summary>Before the names of what a checkpoint has beside the weights.</summary>
    public const string Averaged = "averaged/", Momentum = "momentum/", Previous = "previous/", BeforePrevious = "before_previous/";

    private const string Counter = "num_batches_tracked";

    /// <summary>
    /// The parameters and buffers in a checkpoint of ours or in a file of <c>torch.save</c>: there the first state_dict that is found, however deep it lies, without
    /// the prefix <c>module.</c> that parallel training leaves.
    /// </summary>
    public static Outcome<Items<NamedTensor>> Read(string path) => path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)
        ? SafetensorsFile.Read(path).Map(file => Items.From(file.Tensors.Where(tensor => !tensor.Name.Contains('/', StringComparison.Ordinal))))
        : TorchFile.Read(path).Bind(value => StateDict(value) is { } tensors
            ? Outcome.Success(tensors.Map(tensor => tensor.Name.StartsWith("module.", StringComparison.Ordinal) ? tensor.WithName(tensor.Name["module.".Length..]) : tensor))
            : Outcome.Failure<Items<NamedTensor>>(new Diagnostic("LS0705", "there is no state_dict in this file", path)));

    /// <summary>The tensors where they are those of a network; else the first that is not.</summary>
    public static Outcome<Items<NamedTensor>> Fitting(FlatNetwork network, Items<NamedTensor> tensors, string path)
    {
        var there = tensors.GroupBy(tensor => tensor.Name).ToDictionary(same => same.Key, same => same.First());
        var expected = network.Shapes;
        foreach (var (name, shape) in expected)
        {
            if (!there.TryGetValue(name, out var tensor))
            {
                if (name.EndsWith(Counter, StringComparison.Ordinal)) continue;
                return Mismatch($"it has no '{name}' {Shapes.Text(shape)}");
            }
            if (name.EndsWith(Counter, StringComparison.Ordinal) ? tensor.Type != ElementType.Int64 : !tensor.Type.IsFloatingPoint)
                return Mismatch($"'{name}' is of {tensor.Type} in the file");
            if (!tensor.Shape.SequenceEqual(shape)) return Mismatch($"'{name}' is {Shapes.Text(tensor.Shape)} in the file and {Shapes.Text(shape)} in the network");
        }
        return tensors.FirstOrDefault(tensor => expected.All(e => e.Name != tensor.Name)) is { } other
            ? Mismatch($"it has '{other.Name}' {Shapes.Text(other.Shape)}, which the network lacks") : Outcome.Success(tensors);

        Outcome<Items<NamedTensor>> Mismatch(string what) => Outcome.Failure<Items<NamedTensor>>(new Diagnostic(
            "LS0706", FormattableString.Invariant($"the weights are not those of {network.Architecture} of width {network.Width} with {network.Classes} classes: {what}"), path));
    }

    /// <summary>What is wrong with the file that a pipeline takes its initial weights from; nothing where it takes none.</summary>
    public static Items<Diagnostic> Problems(Pipeline pipeline)
    {
        if (pipeline is not { Model: DeepNetwork { Weights: { } path } model, Dataset: ImageDataset images }) return [];
        return Read(path).Bind(tensors =>
        {
            using var network = FlatNetwork.Of(model, images);
            return Fitting(network, tensors, path);
        }).Match<Items<Diagnostic>>(_ => [], problems => problems);
    }

    /// <summary>The parameters and buffers of a file that a network begins with, by name.</summary>
    /// <exception cref="DataException">The file is not there, or not one of this network.</exception>
    public static IReadOnlyDictionary<string, NamedTensor> OfFile(FlatNetwork network, string path) =>
        Read(path).Bind(read => Fitting(network, read, path)).Match(read => read.ToDictionary(tensor => tensor.Name), problems => throw new DataException(problems));

    /// <summary>The initial weights of a model on images, in the order of <see cref="Snapshot"/>. The images are not read for this.</summary>
    /// <exception cref="DataException">The file that they are in is not there, or not one of this network.</exception>
    public static Items<double> Initial(DeepNetwork model, ImageDataset images)
    {
        using var network = FlatNetwork.Of(model, images);
        using var scope = NewDisposeScope();
        var weights = network.Initial(model.Seed);
        if (model.Weights is { } path) Fill(network.Named(weights), OfFile(network, path));
        return network.ToVector(weights);
    }

    /// <summary>Copies of tensors, under their names with a prefix.</summary>
    public static IEnumerable<NamedTensor> Copies(IEnumerable<NamedView> views, string prefix = "")
    {
        foreach (var (name, shape, view) in views)
        {
            using var scope = NewDisposeScope();
            var on = view.detach().cpu().contiguous();
            yield return on.dtype == ScalarType.Int64
                ? NamedTensor.Of<long>(prefix + name, Items.From(shape), on.data<long>().ToArray())
                : NamedTensor.Of<float>(prefix + name, Items.From(shape), on.data<float>().ToArray());
        }
    }

    /// <summary>Writes tensors into the views of the same names; those that are not there stay as they are.</summary>
    public static void Fill(IEnumerable<NamedView> views, IReadOnlyDictionary<string, NamedTensor> tensors, string prefix = "")
    {
        using var noGradient = no_grad();
        foreach (var (name, shape, view) in views)
        {
            if (!tensors.TryGetValue(prefix + name, out var given)) continue;
            using var scope = NewDisposeScope();
            view.copy_(view.dtype == ScalarType.Int64 ? tensor(given.Values<long>().ToArray(), shape) : tensor(given.ToFloats(), shape));
        }
    }

    private static Items<NamedTensor>? StateDict(TorchValue value) => value.Tensors() ?? value.Match(
        tensor => null,
        mapping => mapping.Entries.Select(entry => StateDict(entry.Value)).FirstOrDefault(found => found is not null),
        list => list.Values.Select(StateDict).FirstOrDefault(found => found is not null),
        leaf => null);
}
