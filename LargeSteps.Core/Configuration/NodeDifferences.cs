using LargeSteps.Forms;

namespace LargeSteps.Configuration;

/// <summary>A place at which two texts of YAML differ.</summary>
/// <param name="Path">Where: <c>schedule.at[0].fraction</c>.</param>
/// <param name="First">What the first has there; null: nothing.</param>
/// <param name="Second">What the second has there; null: nothing.</param>
internal sealed record Difference(string Path, string? First, string? Second);

/// <summary>Compares texts of YAML key by key, whatever they mean.</summary>
internal static class NodeDifferences
{
    /// <summary>All places, in the order of the first text. Where one has no more than another kind of value, that place alone is
    /// named.</summary>
    /// <exception cref="InvalidDataException">One of them is no YAML.</exception>
    public static IReadOnlyList<Difference> Of(string first, string second)
    {
        var found = new List<Difference>();
        Compare("", Root(first), Root(second), found);
        return found;
    }

    private static Node? Root(string text)
    {
        var report = new Report("unit");
        var root = YamlReader.Read(text, report);
        return report.Count == 0 ? root : throw new InvalidDataException(string.Join('\n', report.Diagnostics));
    }

    private static void Compare(string path, Node? a, Node? b, List<Difference> found)
    {
        switch (a, b)
        {
            case (MappingNode x, MappingNode y):
                foreach (var key in x.Entries.Concat(y.Entries).Select(entry => entry.Key.Text).Distinct())
                    Compare(path.Length == 0 ? key : $"{path}.{key}", x.Find(key), y.Find(key), found);
                break;
            case (SequenceNode x, SequenceNode y) when x.Items.Count == y.Items.Count:
                for (var i = 0; i < x.Items.Count; i++) Compare(FormattableString.Invariant($"{path}[{i}]"), x.Items[i], y.Items[i], found);
                break;
            default:
                var (left, right) = (Text(a), Text(b));
                if (left != right) found.Add(new(path, left, right));
                break;
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
