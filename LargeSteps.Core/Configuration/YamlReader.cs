using System.Text;
using LargeSteps.Forms;
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

    // What YAML 1.2 allows; the parser takes quadratic time for longer ones.
    private const int LongestKey = 1024;

    /// <summary>The root node, or null where the report says why there is none.</summary>
    public static Node? Read(string text, Report report)
    {
        if (LongKey(text) is { } longKey)
        {
            report.Add(longKey.Line, longKey.Column, "LS0003", FormattableString.Invariant($"a key has at most {LongestKey} characters"));
            return null;
        }
        var parser = new Parser(new StringReader(text));
        try
        {
            parser.Consume<StreamStart>();
            if (parser.TryConsume<StreamEnd>(out _))
            {
                report.Add(1, 1, "LS0004", "the file is empty; an experiment has at least a name and stages");
                return null;
            }
            parser.Consume<DocumentStart>();
            var root = Build(parser, report, depth: 0);
            parser.Consume<DocumentEnd>();
            if (parser.TryConsume<DocumentStart>(out var second))
            {
                report.Add((int)second.Start.Line, (int)second.Start.Column, "LS0007",
                    "one file holds one experiment: a second document starts here");
            }

            return root;
        }
        catch (YamlException e)
        {
            // A tab is reported at the start of the mapping that it stands in.
            var (line, column) = e.Message.Contains("tab as indentation", StringComparison.Ordinal) && TabAsIndentation(text,
                (int)e.Start.Line) is { } tab
                ? tab : ((int)e.Start.Line, (int)e.Start.Column);
            report.Add(line, column, "LS0003",
                $"the YAML cannot be read: {Sentence(e.Message)}{Hints.OfPath(LineOf(text, line), column) ?? Hint(e.Message)}");
            return null;
        }
        catch (InvalidOperationException)
        {
            // The scanner's way to say that it found no token, mostly since it takes the rest of the file for the inside of a brace.
            var (line, column) = parser.Current is { End: var end } ? ((int)end.Line, (int)end.Column) : (1, 1);
            report.Add(line, column, "LS0003", "the YAML cannot be read further than here; is a brace, bracket or quote left open?");
            return null;
        }
    }

    private static Node Build(Parser parser, Report report, int depth)
    {
        var (line, column) = ((int)parser.Current!.Start.Line, (int)parser.Current.Start.Column);
        if (depth > MaxDepth)
        {
            throw new YamlException(parser.Current.Start, parser.Current.End,
            $"it is nested more than {MaxDepth} levels deep");
        }

        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            report.Add(line, column, "LS0006", $"alias '*{alias.Value}' is not allowed; write the value out");
            return new BrokenNode(line, column);
        }
        if (parser.Current is NodeEvent node)
        {
            if (!node.Anchor.IsEmpty)
            {
                report.Add(line, column, "LS0006",
                $"anchor '&{node.Anchor.Value}' is not allowed; write the value out");
            }

            if (!node.Tag.IsEmpty)
            {
                report.Add(line, column, "LS0007",
                $"tag '{node.Tag.Value.Replace("tag:yaml.org,2002:", "!!", StringComparison.Ordinal)}' is not allowed");
            }
        }
        if (parser.TryConsume<Scalar>(out var scalar)) return new ScalarNode(scalar.Value, scalar.Style == ScalarStyle.Plain, line, column);
        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new List<Node>();
            while (!parser.TryConsume<SequenceEnd>(out _)) items.Add(Build(parser, report, depth + 1));
            return new SequenceNode(items, line, column);
        }
        parser.Consume<MappingStart>();
        var (entries, lines) = (new List<Entry>(), new Dictionary<string, int>());
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = Build(parser, report, depth + 1);
            var value = Build(parser, report, depth + 1);
            if (key is not ScalarNode name)
            {
                report.Add(key, "LS0103", $"a key is a word, not {key.Description}");
            }
            else if (name is { Plain: true, Text: "<<" })
            {
                report.Add(key, "LS0006", "merge keys ('<<') are not allowed; write the keys out");
            }
            else if (!lines.TryAdd(name.Text, name.Line))
            {
                report.Add(key, "LS0005",
                    FormattableString.Invariant($"key {name.Shown} stands here a second time; the first is in line {lines[name.Text]}"));
            }
            else
            {
                entries.Add(new Entry(name, value));
            }
        }
        // In a list in brackets 'key: value' is a mapping without braces, which the parser places at the start of the file.
        return depth > 0 && (line, column) == (1, 1) && entries is [{ Key: var begin }, ..]
            ? new MappingNode(entries, begin.Line, begin.Column) : new MappingNode(entries, line, column);
    }

    // The first key of a block mapping that is too long. Keys in braces are no matter.
    private static (int Line, int Column)? LongKey(string text)
    {
        var (line, start) = (1, 0);
        for (; start < text.Length; line++)
        {
            var end = text.IndexOf('\n', start) is var found && found < 0 ? text.Length : found;
            if (end - start > LongestKey)
            {
                var key = text.AsSpan(start, end - start).TrimStart(" -?");
                var column = end - start - key.Length + 1;
                var quote = key.Length > 0 && key[0] is '\'' or '"' ? key[0] : '\0';
                var length = key.Length == 0 || key[0] is '#' or '[' or '{' ? -1
                    : quote != '\0' ? Quoted(key, quote)
                    : key.IndexOf(": ") is var colon && colon >= 0 ? colon : key.TrimEnd("\r ") is [.., ':'] ? key.Length - 1 : -1;
                if (length > LongestKey) return (line, column);
            }
            start = end + 1;
        }
        return null;
    }

    // The length of a quoted key; -1 of what is none.
    private static int Quoted(ReadOnlySpan<char> text, char quote) => text[1..].LastIndexOf(quote) is >= 0 and var close
        && text[(close + 2)..].TrimStart() is [':', ..] ? close : -1;

    // The parser's messages are sentences of their own; ours go on after a colon.
    private static string Sentence(string message)
    {
        var text = new StringBuilder(message.ReplaceLineEndings(" ").Replace("  ", " ", StringComparison.Ordinal).TrimEnd('.', ' '));
        if (text.Length > 1 && char.IsUpper(text[0]) && char.IsLower(text[1])) text[0] = char.ToLowerInvariant(text[0]);
        return text.ToString();
    }

    private static (int Line, int Column)? TabAsIndentation(string text, int from) => text.Split('\n')
        .Select((line, i) => (Line: i + 1, Column: line.Length - line.TrimStart(' ').Length + 1, Text: line.TrimStart(' ')))
        .Where(line => line.Line >= from && line.Text.StartsWith('\t'))
        .Select(line => ((int, int)?)(line.Line, line.Column)).FirstOrDefault();

    private static string LineOf(string text, int line) => text.Split('\n').ElementAtOrDefault(line - 1) ?? "";

    // What people did who get these messages.
    private static string Hint(string message) =>
        message.Contains("multiline plain scalar, found invalid mapping", StringComparison.Ordinal)
            ? " (is there a colon without space, or none, in the line before?)"
        : message.Contains("found invalid mapping", StringComparison.Ordinal)
            ? " (a text with ': ' in it needs quotes; or is a colon missing before?)"
        : message.Contains("cannot start any token", StringComparison.Ordinal) ? " (a text that begins with it needs quotes)"
        : "";
}
