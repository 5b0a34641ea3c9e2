using LargeSteps.Values;

namespace LargeSteps.Forms;

/// <summary>A YAML node with the place where it starts; written nodes have no place.</summary>
internal abstract record Node(int Line, int Column)
{
    /// <summary>What the node comes from, where that is not the file.</summary>
    public string? Source { get; init; }

    /// <summary>What a reader would call it in a message.</summary>
    public abstract string Description { get; }

    /// <summary>How many nodes there are, this one and all below it; where there are more than so many, a number above that.</summary>
    public long CountUpTo(long most)
    {
        var (count, left) = (0L, new Stack<Node>([this]));
        while (count <= most && left.TryPop(out var node))
        {
            count++;
            foreach (var below in node is SequenceNode list ? list.Items : node is MappingNode mapping
                ? mapping.Entries.Select(e => e.Value)
                : [])
            {
                left.Push(below);
            }
        }
        return count;
    }

    /// <summary>
    /// The node at a path like <c>schedule.at[0]</c>, or the deepest one on the way there.
    /// </summary>
    public Node At(string path)
    {
        var node = this;
        foreach (var step in path.Split(['.', '['], StringSplitOptions.RemoveEmptyEntries))
        {
            var next = (node, step) switch
            {
                (SequenceNode list, [.. var digits, ']']) when int.TryParse(digits, out var index) && index < list.Items.Count =>
                    list.Items[index],
                (MappingNode mapping, _) => mapping.Find(step),
                _ => null,
            };
            if (next is null) break;
            node = next;
        }
        return node;
    }
}

/// <summary>A scalar; plain when it stands there without quotes.</summary>
internal sealed record ScalarNode(string Text, bool Plain, int Line = 0, int Column = 0) : Node(Line, Column)
{
    public override string Description =>
        IsNothing ? "nothing" : Plain ? Shown : Text.Length == 0 ? "an empty text" : $"the quoted text {Shown}";

    /// <summary>YAML's null.</summary>
    public bool IsNothing => Plain && Text is "" or "~" or "null";

    // Of a text in a message.
    private const int MostShown = 40;

    /// <summary>The text, in quotes, on one line and not too long for a message.</summary>
    public string Shown => Text.Length <= MostShown ? $"'{PlainText.OneLine(Text)}'" : $"'{PlainText.OneLine(Text[..MostShown])}…'";
}

/// <summary>A node that is reported already: whatever else could be said about it follows from that.</summary>
internal sealed record BrokenNode(int Line, int Column) : Node(Line, Column)
{
    public override string Description => "nothing";
}

/// <summary>A list.</summary>
internal sealed record SequenceNode(IReadOnlyList<Node> Items, int Line = 0, int Column = 0) : Node(Line, Column)
{
    public override string Description => "a list";
}

/// <summary>A mapping; its entries keep their order.</summary>
internal sealed record MappingNode(IReadOnlyList<Entry> Entries, int Line = 0, int Column = 0) : Node(Line, Column)
{
    public override string Description => "a mapping";

    /// <summary>The value of a key, or null.</summary>
    public Node? Find(string key) => Entries.FirstOrDefault(e => e.Key.Text == key)?.Value;

    /// <summary>This mapping over another: entries of this one win, those of the other stand where this one has none.</summary>
    public MappingNode Over(MappingNode below)
    {
        var own = Entries.Select(e => e.Key.Text).ToHashSet();
        return this with { Entries = [.. below.Entries.Where(e => !own.Contains(e.Key.Text)), .. Entries] };
    }
}

/// <summary>A key and its value.</summary>
internal sealed record Entry(ScalarNode Key, Node Value);
