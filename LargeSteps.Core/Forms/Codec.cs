using System.Globalization;
using System.Text.Json.Nodes;
using LargeSteps.Values;

namespace LargeSteps.Forms;

/// <summary>
/// How a value stands in YAML, said once: reading, writing and the JSON schema come from the same declaration, so that they cannot differ.
/// </summary>
public abstract class Codec<T>
{
    private protected Codec() { }

    /// <summary>The value of a node. Where the report grows meanwhile, there is none and what is returned means nothing.</summary>
    internal abstract T Read(Node node, Report report);

    /// <summary>The node of a value.</summary>
    internal abstract Node Write(T value);

    /// <summary>The JSON schema of the nodes.</summary>
    internal abstract JsonObject Schema();

    /// <summary>The codec of a type that is in one-to-one correspondence.</summary>
    public Codec<TOther> As<TOther>(Func<T, TOther> to, Func<TOther, T> from) => new Converted<TOther>(this, to, from);

    /// <summary>The same, with a further demand on the value.</summary>
    /// <param name="holds">Whether the demand is met.</param>
    /// <param name="demand">What is wrong where it is not, after the value: <c>must be at least 1</c>.</param>
    public Codec<T> Where(Func<T, bool> holds, string demand) => Where(holds, demand, null);

    /// <summary>The same, which the schema says too.</summary>
    /// <param name="holds">Whether the demand is met.</param>
    /// <param name="demand">What is wrong where it is not, after "…": <c>must be at least 1</c>.</param>
    /// <param name="schema">What the demand adds to the schema.</param>
    internal Codec<T> Where(Func<T, bool> holds, string demand, JsonObject? schema) => new Demanding(this, holds, demand, schema);

    private sealed class Converted<TOther>(Codec<T> inner, Func<T, TOther> to, Func<TOther, T> from) : Codec<TOther>
    {
        internal override TOther Read(Node node, Report report)
        {
            var before = report.Count;
            var value = inner.Read(node, report);
            return report.Count == before ? to(value) : default!;
        }

        internal override Node Write(TOther value) => inner.Write(from(value));

        internal override JsonObject Schema() => inner.Schema();
    }

    private sealed class Demanding(Codec<T> inner, Func<T, bool> holds, string demand, JsonObject? schema) : Codec<T>
    {
        internal override T Read(Node node, Report report)
        {
            var before = report.Count;
            var value = inner.Read(node, report);
            if (report.Count == before && !holds(value)) report.Add(node, "LS0106", $"{node.Description} {demand}");
            return value;
        }

        internal override Node Write(T value) => inner.Write(value);

        internal override JsonObject Schema()
        {
            var result = inner.Schema();
            foreach (var (key, value) in schema ?? []) result[key] = value?.DeepClone();
            return result;
        }
    }
}

/// <summary>The codecs of scalars and lists.</summary>
public static class Codecs
{
    /// <summary>A finite number.</summary>
    public static Codec<double> Number { get; } = new NumberCodec();

    /// <summary>A number above 0.</summary>
    public static Codec<double> Positive { get; } = Number.Where(x => x > 0, "must be above 0", new() { ["exclusiveMinimum"] = 0 });

    /// <summary>A number of at least 0.</summary>
    public static Codec<double> NonNegative { get; } = Number.Where(x => x >= 0, "must not be negative", new() { ["minimum"] = 0 });

    /// <summary>A number between 0 and 1, both excluded.</summary>
    internal static Codec<double> InsideUnit { get; } = Number.Where(x => x is > 0 and < 1, "must be above 0 and below 1",
        new() { ["exclusiveMinimum"] = 0, ["exclusiveMaximum"] = 1 });

    /// <summary>A number in [0, 1).</summary>
    public static Codec<double> BelowOne { get; } = Number.Where(x => x is >= 0 and < 1, "must be at least 0 and below 1",
        new() { ["minimum"] = 0, ["exclusiveMaximum"] = 1 });

    /// <summary>A whole number in a range.</summary>
    internal static Codec<long> Whole(long min, long max = long.MaxValue) => new WholeCodec(min, max);

    /// <summary>A whole number of at least <paramref name="min"/>.</summary>
    public static Codec<int> Count(int min = 1, int max = int.MaxValue) => Whole(min, max).As(x => (int)x, x => x);

    /// <summary>A seed: a whole number from 0 to 2³² − 1.</summary>
    internal static Codec<uint> Seed { get; } = Whole(0, uint.MaxValue).As(x => (uint)x, x => x);

    /// <summary>A text of at least one character, on one line.</summary>
    public static Codec<string> Text { get; } = new TextCodec(lines: false);

    /// <summary>A text of one or more lines.</summary>
    internal static Codec<string> Lines { get; } = new TextCodec(lines: true);

    /// <summary>One of a few words.</summary>
    public static Codec<string> Word(string what, params string[] words) => new WordCodec(what, words);

    /// <summary>One of a few words that are values by themselves, or else what another codec reads.</summary>
    /// <param name="what">What it is, for messages.</param>
    /// <param name="wordOf">The word of a value; null where the other codec writes it.</param>
    /// <param name="words">The words and their values.</param>
    /// <param name="otherwise">The other codec; it reads mappings.</param>
    internal static Codec<T> WordOr<T>(string what, Func<T, string?> wordOf, (string Word, T Value)[] words, Codec<T> otherwise) =>
        new WordOrCodec<T>(what, wordOf, words, otherwise);

    /// <summary>true or false.</summary>
    public static Codec<bool> Flag { get; } = new FlagCodec();

    // A file system takes 255 bytes of a name, and endings stand behind it. The words and the pattern below say it too.
    private const int LongestFileName = 100;

    /// <summary>A name that can name a file on every system.</summary>
    internal static Codec<string> FileName { get; } = Text.Where(
        t => t.Length <= LongestFileName && t[0] is not ('.' or '-') && t[^1] != '.'
            && t.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.'),
        "cannot name a file: it takes up to 100 letters from A to Z, digits, '_', '-' and '.', no '.' or '-' at the start, no '.' at " +
        "the end",
        new() { ["pattern"] = "^[A-Za-z0-9_]([A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?$" })
        .Where(t => !Devices.Contains(t.Split('.')[0], StringComparer.OrdinalIgnoreCase),
        "cannot name a file: Windows has a device of that name");

    private static string[] Devices => ["CON", "PRN", "AUX", "NUL", .. Enumerable.Range(0, 10).SelectMany(i => (string[])[
        FormattableString.Invariant($"COM{i}"), FormattableString.Invariant($"LPT{i}")])];

    /// <summary>A list.</summary>
    public static Codec<Items<T>> List<T>(Codec<T> element, int min = 0) => new ListCodec<T>(element, min, single: false);

    /// <summary>A list, or its only element.</summary>
    public static Codec<Items<T>> OneOrMore<T>(Codec<T> element) => new ListCodec<T>(element, 1, single: true);

    /// <summary>A mapping from names to values, in their order: a list of entries that have both.</summary>
    /// <param name="codec">The codec of the values.</param>
    /// <param name="entry">An entry with a name and a value.</param>
    /// <param name="nameOf">The name of an entry.</param>
    /// <param name="valueOf">Its value.</param>
    internal static Codec<Items<TEntry>> Map<V, TEntry>(Codec<V> codec, Func<string, V, TEntry> entry, Func<TEntry, string> nameOf,
        Func<TEntry, V> valueOf) =>
        new MapCodec<V, TEntry>(codec, entry, nameOf, valueOf);

    /// <summary>The same, where an entry is written as its value is.</summary>
    internal static Codec<Items<T>> Map<T>(Codec<T> codec, Func<string, T, T> named, Func<T, string> nameOf) =>
        Map(codec, named, nameOf, entry => entry);

    /// <summary>A codec that is made when it is first used: for values that contain values of their own type.</summary>
    internal static Codec<T> Later<T>(string definition, Func<Codec<T>> codec) => new LaterCodec<T>(definition, codec);

    /// <summary>The finite number that a text is; null where it is none.</summary>
    internal static double? NumberOf(string text) =>
        double.TryParse(text, NumberForm, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : null;

    private const NumberStyles NumberForm = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    private static ScalarNode? Plain(Node node, Report report, string expected)
    {
        if (node is ScalarNode { Plain: true, IsNothing: false } scalar) return scalar;
        if (node is ScalarNode { Plain: false, Text: not "" } quoted)
            report.Add(node, "LS0105", $"expected {expected}, found {quoted.Description}; write it without quotes");
        else
            report.Add(node, "LS0103", $"expected {expected}, found {node.Description}");
        return null;
    }

    private sealed class NumberCodec : Codec<double>
    {
        internal override double Read(Node node, Report report)
        {
            if (Plain(node, report, "a number") is not { } scalar) return default;
            if (scalar.Text.TrimStart('+', '-').TrimStart('.').ToUpperInvariant() is "NAN" or "INF" or "INFINITY" or "∞")
                report.Add(node, "LS0106", $"{node.Description} is not a finite number");
            else if (!double.TryParse(scalar.Text, NumberForm, CultureInfo.InvariantCulture, out var value))
                report.Add(node, "LS0103", $"expected a number, found {node.Description}{NumberHints.OfNumber(scalar.Text)}");
            else if (!double.IsFinite(value))
                report.Add(node, "LS0106", $"{node.Description} is too large for a number of 64 bits");
            else
                return value;
            return default;
        }

        internal override Node Write(double value) => new ScalarNode(NumberText.Invariant(value), Plain: true);

        internal override JsonObject Schema() => new() { ["type"] = "number" };
    }

    private sealed class WholeCodec(long min, long max) : Codec<long>
    {
        internal override long Read(Node node, Report report)
        {
            if (Plain(node, report, "a whole number") is not { } scalar) return default;
            if (!System.Numerics.BigInteger.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
                out var value))
            {
                report.Add(node, "LS0103", $"expected a whole number, found {node.Description}{NumberHints.OfWhole(scalar.Text)}");
            }
            else if (value < min)
            {
                report.Add(node, "LS0106", FormattableString.Invariant($"{node.Description} must be at least {min}"));
            }
            else if (value > max)
            {
                report.Add(node, "LS0106", FormattableString.Invariant($"{node.Description} must be at most {max}"));
            }
            else
            {
                return (long)value;
            }

            return default;
        }

        internal override Node Write(long value) => new ScalarNode(value.ToString(CultureInfo.InvariantCulture), Plain: true);

        internal override JsonObject Schema()
        {
            var schema = new JsonObject { ["type"] = "integer", ["minimum"] = min };
            if (max < long.MaxValue) schema["maximum"] = max;
            return schema;
        }
    }

    private sealed class TextCodec(bool lines) : Codec<string>
    {
        // Labels and titles are shown whole, in tables, legends and reports.
        private const int LongestText = 1000;

        internal override string Read(Node node, Report report)
        {
            if (node is ScalarNode { IsNothing: false, Text: not "" } scalar)
            {
                if (PlainText.Acting(lines ? scalar.Text.Replace("\n", "", StringComparison.Ordinal) : scalar.Text) is { } character)
                    report.Add(node, "LS0106", $"{node.Description} has the character {character}, on which terminals act");
                if (scalar.Text.Length > LongestText)
                {
                    report.Add(node, "LS0106", FormattableString.Invariant(
                    $"{node.Description} has {scalar.Text.Length} characters; the most is {LongestText}"));
                }

                return scalar.Text;
            }
            report.Add(node, "LS0103", $"expected a text, found {node.Description}");
            return "";
        }

        internal override Node Write(string value) => new ScalarNode(value, Plain: IsPlain(value));

        // A text need not be quoted, not even where YAML takes it for a number: label: 0.25.
        internal override JsonObject Schema() => new()
        {
            ["type"] = new JsonArray("string", "number", "boolean"),
            ["minLength"] = 1,
            ["maxLength"] = LongestText
        };

        // A text that other readers of YAML would take for something else is quoted, and so is one that does not look like a name.
        private static bool IsPlain(string value) =>
            value.Length > 0 && char.IsAsciiLetter(value[0]) && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-')
            && value.ToUpperInvariant() is not ("TRUE" or "FALSE" or "YES" or "NO" or "ON" or "OFF" or "Y" or "N" or "NULL" or "NAN"
                or "INF");
    }

    private sealed class WordCodec(string what, string[] words) : Codec<string>
    {
        internal override string Read(Node node, Report report)
        {
            var word = Text.Read(node, report);
            if (word.Length > 0 && !words.Contains(word))
            {
                report.Add(node, "LS0104",
                $"there is no {what} '{word}'{Nearest.Suggestion(word, words)}");
            }

            return word;
        }

        internal override Node Write(string value) => Text.Write(value);

        internal override JsonObject Schema() => new() { ["enum"] = new JsonArray([.. words.Select(w => JsonValue.Create(w))]) };
    }

    private sealed class WordOrCodec<T>(string what, Func<T, string?> wordOf, (string Word, T Value)[] words, Codec<T> otherwise) : Codec<T>
    {
        private readonly Codec<string> _word = Word(what, [.. words.Select(w => w.Word)]);

        internal override T Read(Node node, Report report)
        {
            if (node is MappingNode) return otherwise.Read(node, report);
            if (node is not ScalarNode { IsNothing: false })
            {
                report.Add(node, "LS0103",
                    $"expected a {what}, one of {string.Join(", ", words.Select(w => w.Word))}, or a mapping, found {node.Description}");
                return default!;
            }
            var before = report.Count;
            var word = _word.Read(node, report);
            return report.Count == before ? words.First(w => w.Word == word).Value : default!;
        }

        internal override Node Write(T value) => wordOf(value) is { } word ? _word.Write(word) : otherwise.Write(value);

        internal override JsonObject Schema() => new() { ["oneOf"] = new JsonArray(_word.Schema(), otherwise.Schema()) };
    }

    private sealed class FlagCodec : Codec<bool>
    {
        internal override bool Read(Node node, Report report)
        {
            if (Plain(node, report, "true or false") is not { } scalar) return false;
            if (scalar.Text is not ("true" or "false")) report.Add(node, "LS0103", $"expected true or false, found {node.Description}");
            return scalar.Text == "true";
        }

        internal override Node Write(bool value) => new ScalarNode(value ? "true" : "false", Plain: true);

        internal override JsonObject Schema() => new() { ["type"] = "boolean" };
    }

    private sealed class ListCodec<T>(Codec<T> element, int min, bool single) : Codec<Items<T>>
    {
        internal override Items<T> Read(Node node, Report report)
        {
            if (node is SequenceNode list)
            {
                if (list.Items.Count < min)
                {
                    report.Add(node, "LS0106", min == 1 ? "the list needs at least one element"
                        : FormattableString.Invariant($"the list needs at least {min} elements, and has {list.Items.Count}"));
                }

                return Items.From(list.Items.Select(item => element.Read(item, report)).ToArray());
            }
            if (single) return [element.Read(node, report)];
            report.Add(node, "LS0103", $"expected a list, found {node.Description}");
            return [];
        }

        internal override Node Write(Items<T> value) =>
            single && value is [var only] ? element.Write(only) : new SequenceNode([.. value.Map(element.Write)]);

        internal override JsonObject Schema()
        {
            var list = new JsonObject { ["type"] = "array", ["items"] = element.Schema() };
            if (min > 0) list["minItems"] = min;
            return single ? new() { ["oneOf"] = new JsonArray(element.Schema(), list) } : list;
        }
    }

    private sealed class MapCodec<V, TEntry>(Codec<V> codec, Func<string, V, TEntry> entry, Func<TEntry, string> nameOf,
        Func<TEntry, V> valueOf) : Codec<Items<TEntry>>
    {
        internal override Items<TEntry> Read(Node node, Report report)
        {
            if (node is MappingNode mapping)
            {
                var before = report.Count;
                // Of a file the reader has said so; a program can give a name twice as well.
                foreach (var twice in mapping.Entries.GroupBy(each => each.Key.Text).SelectMany(same => same.Skip(1)))
                    report.Add(twice.Key, "LS0005", $"key '{twice.Key.Text}' stands here a second time");
                var values = mapping.Entries.Select(each => (each.Key.Text, Value: codec.Read(each.Value, report))).ToArray();
                return report.Count == before ? Items.From(values.Select(each => entry(each.Text, each.Value))) : [];
            }
            report.Add(node, "LS0103", $"expected a mapping from names to values, found {node.Description}");
            return [];
        }

        internal override Node Write(Items<TEntry> value) =>
            new MappingNode([.. value.Select(each => new Entry((ScalarNode)Text.Write(nameOf(each)), codec.Write(valueOf(each))))]);

        internal override JsonObject Schema() => new() { ["type"] = "object", ["additionalProperties"] = codec.Schema() };
    }

    private sealed class LaterCodec<T>(string definition, Func<Codec<T>> codec) : Codec<T>
    {
        internal override T Read(Node node, Report report) => codec().Read(node, report);

        internal override Node Write(T value) => codec().Write(value);

        internal override JsonObject Schema() => new() { ["$ref"] = $"#/$defs/{definition}" };
    }
}
