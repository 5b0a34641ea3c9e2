using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Configuration;

/// <summary>A place at which two texts of YAML differ.</summary>
/// <param name="Path">Where: <c>schedule.at[0].fraction</c>.</param>
/// <param name="First">What the first has there; null: nothing.</param>
/// <param name="Second">What the second has there; null: nothing.</param>
internal sealed record Difference(string Path, string? First, string? Second);

/// <summary>A place of several texts of YAML.</summary>
/// <param name="Path">Where: <c>schedule.at[0].fraction</c>.</param>
/// <param name="Values">What each of them has there, in their order; null: nothing.</param>
internal sealed record ComparedPlace(string Path, Items<string?> Values)
{
    /// <summary>Whether not all have the same there.</summary>
    public bool Differs => Values.Any(value => value != Values[0]);
}

/// <summary>Compares texts of YAML key by key, whatever they mean.</summary>
internal static class NodeDifferences
{
    /// <summary>All places, in the order of the first text. Where one has no more than another kind of value, that place alone is
    /// named.</summary>
    /// <exception cref="InvalidDataException">One of them is no YAML.</exception>
    public static IReadOnlyList<Difference> Of(string first, string second) =>
        [.. Among([first, second]).Select(place => new Difference(place.Path, place.Values[0], place.Values[1]))];

    /// <summary>All places at which any of the texts differs from the others, those of the first before those that only later ones
    /// have.</summary>
    /// <exception cref="InvalidDataException">One of them is no YAML.</exception>
    public static IReadOnlyList<ComparedPlace> Among(IReadOnlyList<string> texts) => [.. All(texts).Where(place => place.Differs)];

    /// <summary>All places, whether the texts differ there or not.</summary>
    /// <exception cref="InvalidDataException">One of them is no YAML.</exception>
    public static IReadOnlyList<ComparedPlace> All(IReadOnlyList<string> texts)
    {
        var found = new List<ComparedPlace>();
        Compare("", [.. texts.Select(Root)], found);
        return found;
    }

    private static Node? Root(string text)
    {
        var report = new Report("unit");
        var root = YamlReader.Read(text, report);
        return report.Count == 0 ? root : throw new InvalidDataException(string.Join('\n', report.Diagnostics));
    }

    private static void Compare(string path, Node?[] nodes, List<ComparedPlace> found)
    {
        if (nodes.OfType<MappingNode>().ToArray() is { Length: > 0 } mappings && mappings.Length == nodes.Length)
        {
            foreach (var key in mappings.SelectMany(mapping => mapping.Entries).Select(entry => entry.Key.Text).Distinct())
                Compare(path.Length == 0 ? key : $"{path}.{key}", Array.ConvertAll(mappings, mapping => mapping.Find(key)), found);
        }
        else if (nodes.OfType<SequenceNode>().ToArray() is { Length: > 0 } lists && lists.Length == nodes.Length
            && lists.All(list => list.Items.Count == lists[0].Items.Count))
        {
            for (var i = 0; i < lists[0].Items.Count; i++)
                Compare(FormattableString.Invariant($"{path}[{i}]"), [.. lists.Select(list => list.Items[i])], found);
        }
        else
        {
            found.Add(new(path, Items.From(nodes.Select(Text))));
        }
    }

    private static string? Text(Node? node) => node switch
    {
        null => null,
        ScalarNode scalar => scalar.Text,
        MappingNode mapping => $"{{ {string.Join(", ", mapping.Entries.Select(entry => $"{entry.Key.Text}: {Text(entry.Value)}"))} }}",
        SequenceNode list => $"[{string.Join(", ", list.Items.Select(Text))}]",
        _ => "",
    };
}
