using LargeSteps.Formats;
using LargeSteps.Values;

namespace LargeSteps.Training.Deep;

/// <summary>Tensors that lie together in a file.</summary>
/// <param name="At">
/// Where: in a file of <c>torch.save</c> the keys that lead there with <c>/</c> between them, in a safetensors file what the names
/// have before their last <c>/</c>; <c>.</c> for what lies in nothing else.
/// </param>
/// <param name="Tensors">The tensors, by their names there.</param>
internal sealed record WeightPlace(string At, Items<NamedTensor> Tensors)
{
    /// <summary>What lies in nothing else.</summary>
    public const string Root = ".";

    // What wrapping a module leaves before the names: parallel training, torch.compile, Lightning.
    private static readonly string[] Wrappings = ["module.", "_orig_mod.", "model."];

    /// <summary>The tensors without the prefixes that wrapping a module leaves, in whatever order they are.</summary>
    /// <param name="isName">Whether a name is one of the network as it stands.</param>
    /// <param name="path">The file.</param>
    /// <returns>A failure, LS0706, where two have the same name then.</returns>
    public Outcome<Items<NamedTensor>> Unwrapped(Func<string, bool> isName, string path)
    {
        var bare = Tensors.Map(tensor => tensor.WithName(Bare(tensor.Name, isName)));
        return bare.GroupBy(tensor => tensor.Name).FirstOrDefault(same => same.Skip(1).Any())?.Key is { } twice
            ? Outcome.Failure<Items<NamedTensor>>(
                new Diagnostic("LS0706", $"'{twice}' stands twice once {TakenAway(twice)} taken away", path))
            : Outcome.Success(bare);

        string TakenAway(string name)
        {
            string[] prefixes = [.. Tensors.Where(tensor => tensor.Name != name && Bare(tensor.Name, isName) == name)
                .Select(tensor => $"'{tensor.Name[..^name.Length]}'")];
            return string.Join(" and ", prefixes) + (prefixes.Length == 1 ? " is" : " are");
        }
    }

    /// <summary>The places of a file, in its order.</summary>
    /// <returns>A failure where the file is not read, or has no tensors in dictionaries (LS0705).</returns>
    public static Outcome<Items<WeightPlace>> In(string path) => IsSafetensors(path)
        ? CheckpointHash.Problem(path) is { } damaged ? Outcome.Failure<Items<WeightPlace>>(damaged)
        : SafetensorsFile.Read(path).Map(file => Items.From(file.Tensors.GroupBy(tensor => Folder(tensor.Name))
            .Select(place => new WeightPlace(place.Key, Items.From(place.Select(WithoutFolder))))))
        : TorchFile.Read(path).Bind(value =>
        {
            var places = Items.From(TorchFile.StateDicts(value).Select(found => new WeightPlace(found.Place.Length == 0 ? Root
                : found.Place, found.Tensors)));
            return places.Count > 0 ? Outcome.Success(places)
                : Outcome.Failure<Items<WeightPlace>>(new Diagnostic("LS0705", "there is no state_dict in this file" + Instead(value),
                    path));
        });

    /// <summary>The place of a name, or those that may hold the weights of a network where none is named.</summary>
    /// <returns>A failure, LS0704, where there is none.</returns>
    public static Outcome<Items<WeightPlace>> Chosen(Items<WeightPlace> places, string? at, string path)
    {
        if (at is not null)
        {
            // Keys with a slash in them can make two places read alike: then neither is taken for the other.
            var named = Items.From(places.Where(place => place.At == at));
            return named.Count > 0 ? Outcome.Success(named)
                : Nothing($"the file has no tensors at '{at}'{Nearest.Suggestion(at, [.. places.Select(place => place.At)])}");
        }
        if (!IsSafetensors(path)) return Outcome.Success(places);
        // A checkpoint has what goes with the weights beside them, under the same names.
        if (places.FirstOrDefault(place => place.At == Root) is { } root) return Outcome.Success<Items<WeightPlace>>([root]);
        var others = Items.From(places.Where(place => !DeepWeights.BesideWeights.Contains(place.At + "/")));
        return others.Count > 0 ? Outcome.Success(others)
            : Nothing(places.Count == 0 ? "there are no tensors in this file" : $"there are no weights in this file, only {Texts(places)}");

        Outcome<Items<WeightPlace>> Nothing(string message) => Outcome.Failure<Items<WeightPlace>>(new Diagnostic("LS0704", message, path));
    }

    /// <summary>Places for a message.</summary>
    public static string Texts(IEnumerable<WeightPlace> places) => string.Join(", ", places.Select(place => $"'{place.At}'"));

    private static bool IsSafetensors(string path) => path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase);

    private static NamedTensor WithoutFolder(NamedTensor tensor) => tensor.WithName(tensor.Name[(tensor.Name.LastIndexOf('/') + 1)..]);

    private static string Folder(string name) => name.LastIndexOf('/') is > 0 and var end ? name[..end] : Root;

    private static string Bare(string name, Func<string, bool> isName)
    {
        while (!isName(name) && Array.Find(Wrappings, prefix => name.StartsWith(prefix, StringComparison.Ordinal)) is { } prefix)
            name = name[prefix.Length..];
        return name;
    }

    // What stands where a state_dict should: the first object of a class, such as a whole module.
    private static string Instead(TorchValue value) => Opaques(value, "").FirstOrDefault() is not ({ } at, { } name) ? ""
        : $"; {(at.Length == 0 ? "it holds" : $"'{at}' is")} a value of '{name}', which is not read: save the module's state_dict()";

    private static IEnumerable<(string At, string Name)> Opaques(TorchValue value, string at)
    {
        string Below(string key) => at.Length == 0 ? key : $"{at}/{key}";
        return value.Match(
            _ => [],
            mapping => mapping.Entries.SelectMany(entry => Opaques(entry.Value, Below(entry.Key))),
            list => list.Values.SelectMany((item, i) => Opaques(item, Below(FormattableString.Invariant($"{i}")))),
            leaf => leaf.Value.Match<IEnumerable<(string, string)>>(nothing => [], flag => [], whole => [], real => [], text => [],
                opaque => [(at, opaque.Name)]));
    }
}
