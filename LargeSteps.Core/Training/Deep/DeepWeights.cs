using System.Globalization;
using LargeSteps.Datasets;
using LargeSteps.Datasets.Images;
using LargeSteps.Formats;
using LargeSteps.Models.Deep;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;
using static TorchSharp.torch;

namespace LargeSteps.Training.Deep;

/// <summary>The parameters and buffers of a deep network in files, each under its name in PyTorch's state_dict.</summary>
internal static class DeepWeights
{
    /// <summary>Before the names of what a checkpoint has beside the weights.</summary>
    public const string Averaged = "averaged/", Momentum = "momentum/", Previous = "previous/", BeforePrevious = "before_previous/",
        Twin = "twin/", Rules = "rule/";

    /// <summary>Those of them that are no weights to begin with, unless they are asked for by name.</summary>
    public static Items<string> BesideWeights { get; } = [Momentum, Previous, BeforePrevious, Twin, Rules];

    private const string Counter = "num_batches_tracked";
    private const int MostNamed = 3;

    /// <summary>The parameters and buffers that a network begins with.</summary>
    /// <param name="Tensors">By name.</param>
    /// <param name="OwnStatistics">Whether the running statistics are those of these weights: averaged weights have none.</param>
    public sealed record Given(IReadOnlyDictionary<string, NamedTensor> Tensors, bool OwnStatistics);

    /// <summary>
    /// The parameters and buffers in a checkpoint of ours or in a file of <c>torch.save</c>, without the prefixes that wrapping a module
    /// leaves. To averaged weights of a checkpoint come the running statistics of its current weights.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="at">Where in the file, see <see cref="WeightPlace"/>; null: the weights of a checkpoint, or the only
    /// state_dict.</param>
    /// <returns>
    /// A failure where the file is not read, has nothing there (LS0704), no state_dict (LS0705), a name twice (LS0706), or several
    /// state_dicts (LS0707), or numbers that are not finite (LS0708).
    /// </returns>
    public static Outcome<(Items<NamedTensor> Tensors, bool OwnStatistics)> Read(string path, string? at = null) =>
        WeightPlace.In(path).Bind(places => WeightPlace.Chosen(places, at, path).Bind(chosen =>
        {
            if (chosen.Count > 1)
            {
                return Outcome.Failure<(Items<NamedTensor>, bool)>(
                    new Diagnostic("LS0707", $"there are tensors at {WeightPlace.Texts(chosen)}: say which are meant", path));
            }
            var (place, own) = WithStatistics(chosen[0], places);
            return place.Unwrapped(_ => false, path).Bind(tensors => Finite(tensors, path)).Map(tensors => (tensors, own
                || !tensors.Any(tensor => IsStatistic(tensor.Name))));
        }));

    /// <summary>The weights of a file that are those of a network; or why there are none, or more than one.</summary>
    /// <inheritdoc cref="Read"/>
    /// <param name="network">The network.</param>
    /// <param name="path">The file.</param>
    /// <param name="at">Where in the file; null: wherever they fit.</param>
    private static Outcome<Given> Of(FlatNetwork network, string path, string? at) =>
        WeightPlace.In(path).Bind(places => WeightPlace.Chosen(places, at, path).Bind(chosen => Of(network, path, places, chosen)));

    private static Outcome<Given> Of(FlatNetwork network, string path, Items<WeightPlace> places, Items<WeightPlace> chosen)
    {
        var expected = network.Shapes.ToDictionary(shape => shape.Name, shape => shape.Shape);
        var tried = chosen.Map(place =>
        {
            var (all, own) = WithStatistics(place, places);
            var fitting = all.Unwrapped(expected.ContainsKey, path).Bind(tensors => Fitting(network, tensors, own, path));
            var common = place.Tensors.Count(tensor => expected.Keys.Any(name => tensor.Name.EndsWith(name, StringComparison.Ordinal)));
            return (place.At, Own: own, Common: common, Fitting: fitting);
        });
        var fit = tried.SelectMany(one => one.Fitting.Match<Items<(string At, bool Own, Items<NamedTensor> Tensors)>>(
            tensors => [(one.At, one.Own, tensors)], _ => [])).ToArray();
        // The same weights may stand in a file twice.
        if (fit.Length > 0 && fit.All(other => other.Tensors.ToHashSet().SetEquals(fit[0].Tensors)))
            return Finite(fit[0].Tensors, path).Map(tensors => new Given(tensors.ToDictionary(tensor => tensor.Name), fit[0].Own));
        if (fit.Length > 0)
        {
            var at = string.Join(", ", fit.Select(one => $"'{one.At}'"));
            return Outcome.Failure<Given>(new Diagnostic("LS0707",
                $"the weights at {at} all fit the network: say by weights_at which are meant", path));
        }
        // Of several that do not fit, the one that is most like the network is told about.
        var nearest = tried.MaxBy(one => one.Common);
        var beside = chosen.Count == 1 ? "" : $"; this is of '{nearest.At}', and nothing else in the file fits either";
        return nearest.Fitting.Match(
            _ => throw new System.Diagnostics.UnreachableException(),
            problems => new Outcome<Given>.Failure(problems.Map(problem => problem with { Message = problem.Message + beside })));
    }

    // Where the file keeps running statistics beside the current weights only, they come along.
    private static (WeightPlace Tensors, bool Own) WithStatistics(WeightPlace place, Items<WeightPlace> places)
    {
        if (place.At + "/" != Averaged) return (place, true);
        var there = place.Tensors.Select(tensor => tensor.Name).ToHashSet();
        var root = places.FirstOrDefault(other => other.At == WeightPlace.Root)?.Tensors ?? [];
        var beside = root.Where(tensor => IsStatistic(tensor.Name) && !there.Contains(tensor.Name));
        return (place with { Tensors = Items.From(place.Tensors.Concat(beside)) }, there.Any(IsStatistic));
    }

    private static bool IsStatistic(string name) =>
        name.EndsWith(".running_mean", StringComparison.Ordinal) || name.EndsWith(".running_var", StringComparison.Ordinal)
            || IsCounter(name);

    private static bool IsCounter(string name) => name.EndsWith(Counter, StringComparison.Ordinal);

    /// <summary>The tensors where they are those of a network; else all that the two do not share, the first of each kind by
    /// name.</summary>
    private static Outcome<Items<NamedTensor>> Fitting(FlatNetwork network, Items<NamedTensor> tensors, bool statistics, string path)
    {
        var there = tensors.ToDictionary(tensor => tensor.Name);
        var expected = network.Shapes.ToDictionary(shape => shape.Name, shape => shape.Shape);
        var lacks = expected.Where(e => !there.ContainsKey(e.Key) && !IsCounter(e.Key) && (statistics || !IsStatistic(e.Key)));
        var types = tensors.Where(tensor => expected.ContainsKey(tensor.Name)
            && (IsCounter(tensor.Name) ? tensor.Type != ElementType.Int64 : !tensor.Type.IsFloatingPoint));
        var shapes = tensors.Where(tensor => expected.TryGetValue(tensor.Name, out var shape) && !tensor.Shape.SequenceEqual(shape));
        var more = tensors.Where(tensor => !expected.ContainsKey(tensor.Name));
        string[] mismatches =
        [
            .. Named(lacks.Select(e => $"'{e.Key}' {Shapes.Text(e.Value)}"), "it has no "),
            .. Named(types.Select(tensor => $"'{tensor.Name}' is of {tensor.Type} in the file")),
            .. Named(shapes.Select(tensor =>
                $"'{tensor.Name}' is {Shapes.Text(tensor.Shape)} in the file and {Shapes.Text(expected[tensor.Name])} in the network")),
            .. Named(more.Select(tensor => $"'{tensor.Name}' {Shapes.Text(tensor.Shape)}"), "it has ", ", which the network lacks"),
        ];
        var of = FormattableString.Invariant($"{network.Architecture} of width {network.Width} with {network.Classes} classes");
        return mismatches.Length == 0 ? Outcome.Success(tensors) : Outcome.Failure<Items<NamedTensor>>(
            new Diagnostic("LS0706", $"the weights are not those of {of}: {string.Join("; ", mismatches)}", path));
    }

    // The first few of a kind, and how many there are beside them.
    private static IEnumerable<string> Named(IEnumerable<string> texts, string before = "", string after = "")
    {
        var all = texts.ToArray();
        var more = all.Length > MostNamed ? FormattableString.Invariant($" and {all.Length - MostNamed} more") : "";
        if (all.Length > 0) yield return before + string.Join(", ", all.Take(MostNamed)) + more + after;
    }

    /// <summary>The tensors where all their numbers are finite in float32; else those that have others, LS0708.</summary>
    private static Outcome<Items<NamedTensor>> Finite(Items<NamedTensor> tensors, string path)
    {
        var problems = new List<Diagnostic>();
        foreach (var tensor in tensors.Where(tensor => tensor.Type.IsFloatingPoint))
        {
            var values = tensor.ToFloats();
            if (Array.FindIndex(values, x => !float.IsFinite(x)) is not (>= 0 and var first)) continue;
            var (what, at) = (float.IsNaN(values[first]) ? "NaN" : "an infinite value", Shapes.Text(Index(tensor.Shape, first)));
            problems.Add(new("LS0708", string.Create(CultureInfo.InvariantCulture,
                $"'{tensor.Name}' has {what} at {at}: {values.Count(x => !float.IsFinite(x))} of its {values.Length} numbers are not " +
                $"finite"), path));
        }
        return problems.Count == 0 ? Outcome.Success(tensors) : Outcome.Failure<Items<NamedTensor>>([.. problems.Take(MostNamed)]);
    }

    private static IEnumerable<long> Index(Items<long> shape, long at) => Shapes.Strides(shape)
        .Select((stride, i) => at / stride % shape[i]);

    /// <summary>What is wrong with the file that a pipeline takes its initial weights from; nothing where it takes none.</summary>
    public static Items<Diagnostic> Problems(Pipeline pipeline)
    {
        if ((pipeline.Model.AsDeep, pipeline.Dataset.AsImages) is not ({ Weights: { } path } model, { } images)) return [];
        using var network = FlatNetwork.Of(model, images.Shape, images.Classes);
        return Of(network, path, model.WeightsAt).Match<Items<Diagnostic>>(_ => [], problems => problems);
    }

    /// <summary>The parameters and buffers of a file that a network begins with.</summary>
    /// <exception cref="DataException">The file is not there, or not one of this network.</exception>
    public static Given OfFile(FlatNetwork network, string path, string? at) =>
        Of(network, path, at).Match(given => given, problems => throw new DataException(problems));

    /// <summary>The initial weights of a model on images, in the order of <see cref="Snapshot"/>. The images are not read for
    /// this.</summary>
    /// <exception cref="DataException">The file that they are in is not there, or not one of this network.</exception>
    public static Items<double> Initial(DeepNetwork model, ImageDataset images)
    {
        using var network = FlatNetwork.Of(model, images.Shape, images.Classes);
        using var scope = NewDisposeScope();
        var weights = network.Initial(model.Seed);
        if (model.Weights is { } path) Fill(network.Named(weights), OfFile(network, path, model.WeightsAt).Tensors);
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
}
