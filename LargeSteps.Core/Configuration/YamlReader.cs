using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace LargeSteps.Configuration;

/// <summary>
/// YAML text → nodes, over YamlDotNet's parser events: unlike its representation model they let duplicate keys, anchors and
/// tags be reported each in its place, all at once.
/// </summary>
internal static class YamlReader
{
    private const int MaxDepth = 32;

    /// <summary>The root node, or null where the report says why there is none.</summary>
    public static Node? Read(string text, Report report)
    {
        try
        {
            var parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            if (parser.TryConsume<StreamEnd>(out _))
            {
                report.Add(1, 1, "LS0004", "the file is empty; it needs at least 'name' and the stages of a run");
                return null;
            }
            parser.Consume<DocumentStart>();
            var root = Build(parser, report, depth: 0);
            parser.Consume<DocumentEnd>();
            if (parser.TryConsume<DocumentStart>(out var second))
                report.Add((int)second.Start.Line, (int)second.Start.Column, "LS0007", "one file holds one experiment: a second document starts here");
            return root;
        }
        catch (YamlException e)
        {
            report.Add((int)e.Start.Line, (int)e.Start.Column, "LS0003", $"this is no YAML: {Sentence(e.Message)}");
            return null;
        }
    }

    private static Node Build(Parser parser, Report report, int depth)
    {
        var (line, column) = ((int)parser.Current!.Start.Line, (int)parser.Current.Start.Column);
        if (depth > MaxDepth) throw new YamlException(parser.Current.Start, parser.Current.End, $"nested more than {MaxDepth} levels deep");
        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            report.Add(line, column, "LS0006", $"'*{alias.Value}' refers to an anchor; write the value out, so that every key stands in one place");
            return new ScalarNode("", Plain: true, line, column);
        }
        if (parser.Current is NodeEvent node)
        {
            if (!node.Anchor.IsEmpty) report.Add(line, column, "LS0006", $"anchor '&{node.Anchor.Value}' is not allowed; write the value out");
            if (!node.Tag.IsEmpty) report.Add(line, column, "LS0007", $"tag '{node.Tag.Value}' is not allowed");
        }
        if (parser.TryConsume<Scalar>(out var scalar)) return new ScalarNode(scalar.Value, scalar.Style == ScalarStyle.Plain, line, column);
        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new List<Node>();
            while (!parser.TryConsume<SequenceEnd>(out _)) items.Add(Build(parser, report, depth + 1));
            return new SequenceNode(items, line, column);
        }
        parser.Consume<MappingStart>();
        var entries = new List<Entry>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = Build(parser, report, depth + 1);
            var value = Build(parser, report, depth + 1);
            if (key is not ScalarNode name)
                report.Add(key, "LS0103", $"a key is a word, not {key.Description}");
            else if (entries.Find(e => e.Key.Text == name.Text) is { } first)
                report.Add(key, "LS0005", FormattableString.Invariant($"key '{name.Text}' stands here a second time; the first is in line {first.Key.Line}"));
            else
                entries.Add(new Entry(name, value));
        }
        return new MappingNode(entries, line, column);
    }

    // The parser's messages are sentences of their own; ours go on after a colon.
    private static string Sentence(string message)
    {
        var text = new StringBuilder(message.ReplaceLineEndings(" ").TrimEnd('.', ' '));
        if (text.Length > 1 && char.IsUpper(text[0]) && char.IsLower(text[1])) text[0] = char.ToLowerInvariant(text[0]);
        return text.ToString();
    }
}
