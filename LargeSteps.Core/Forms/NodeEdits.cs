using System.Globalization;

namespace LargeSteps.Forms;

/// <summary>Changes nodes at a path.</summary>
internal static class NodeEdits
{
    /// <summary>
    /// The tree with another node at a path like <c>runs[0].schedule.rate</c>. The last key may be new; null where a step before it
    /// leads nowhere. A new key is said to stand at <paramref name="place"/>; null: where the other node stands.
    /// </summary>
    public static Node? With(this Node node, string path, Node value, Node? place = null) =>
        Steps(path) is { Count: > 0 } steps ? With(node, steps, value, place ?? value) : null;

    /// <summary>The steps of a path: keys, and indices as <c>[i]</c>.</summary>
    public static IReadOnlyList<string> Steps(string path) =>
        [.. path.Replace("[", ".[", StringComparison.Ordinal).Split('.', StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>The node with every node below it said to come from elsewhere.</summary>
    public static Node From(this Node node, string source) => node switch
    {
        SequenceNode list => list with { Source = source, Line = 0, Column = 0, Items = [.. list.Items.Select(item => item.From(source))] },
        MappingNode mapping => mapping with
        {
            Source = source,
            Line = 0,
            Column = 0,
            Entries = [.. mapping.Entries.Select(e => new Entry((ScalarNode)e.Key.From(source), e.Value.From(source)))]
        },
        _ => node with { Source = source, Line = 0, Column = 0 },
    };

    private static Node? With(Node node, IReadOnlyList<string> steps, Node value, Node place)
    {
        if (steps.Count == 0) return value;
        var (step, rest) = (steps[0], steps.Skip(1).ToArray());
        if (node is SequenceNode list && Index(step) is { } index && index < list.Items.Count)
        {
            return With(list.Items[index], rest, value, place) is { } item
                ? list with { Items = [.. list.Items.Select((old, i) => i == index ? item : old)] } : null;
        }

        if (node is not MappingNode mapping || Index(step) is not null) return null;
        if (mapping.Find(step) is { } child)
        {
            return With(child, rest, value, place) is { } changed
                ? mapping with { Entries = [.. mapping.Entries.Select(e => e.Key.Text == step ? e with { Value = changed } : e)] } : null;
        }

        return rest.Length > 0 ? null
            : mapping with
            {
                Entries = [.. mapping.Entries, new Entry(new ScalarNode(step, Plain: true, place.Line,
                place.Column) { Source = place.Source }, value)]
            };
    }

    private static int? Index(string step) =>
        step is ['[', .. var digits, ']'] && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index
            : null;
}
