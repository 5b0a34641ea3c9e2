using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using LargeSteps.Datasets.Images;
using LargeSteps.Models.Deep;
using LargeSteps.Values;

namespace LargeSteps.Configuration;

/// <summary>What somebody probably meant, as the end of a message: what to write.</summary>
internal static partial class Hints
{
    // So many characters beside the place of an error, a text that is hinted at may begin and end.
    private const int Reach = 150;

    /// <summary>For a text that is no whole number to YAML's core schema: <c>1e4</c>, <c>10_000</c>, <c>10,000</c>, <c>0x10</c>.</summary>
    public static string OfWhole(string text)
    {
        var digits = Grouped().IsMatch(text) ? Separators().Replace(text, "") : text;
        if (BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
            out var whole)) return $"; write {whole}";
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && long.TryParse(digits[2..], NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture, out var hex))
            return FormattableString.Invariant($"; write {hex}");
        return Codecs.NumberOf(digits) is { } number && double.IsInteger(number) && Math.Abs(number) < 1e18
            ? FormattableString.Invariant($"; write {(long)number}") : "";
    }

    /// <summary>For a text that is no number: <c>0,5</c>, <c>30%</c>, <c>1/4</c>, <c>1_000.5</c>.</summary>
    public static string OfNumber(string text)
    {
        if (text.Contains(',', StringComparison.Ordinal)) return " (the decimal mark is a point)";
        if (text.EndsWith('%') && decimal.TryParse(text[..^1].TrimEnd(), NumberStyles.Float, CultureInfo.InvariantCulture, out var percent))
            return FormattableString.Invariant($"; write {percent / 100}");
        if (text.Split('/') is [var above, var below] && Codecs.NumberOf(above.Trim()) is { } numerator
            && Codecs.NumberOf(below.Trim()) is { } denominator && denominator != 0)
            return $"; write {NumberText.Invariant(numerator / denominator)}";
        return text.Contains('_', StringComparison.Ordinal)
            && Codecs.NumberOf(text.Replace("_", "", StringComparison.Ordinal)) is { } number
            ? $"; write {NumberText.Invariant(number)}" : "";
    }

    /// <summary>For a word that is no kind of a stage, but has its place elsewhere; null where it has none.</summary>
    public static string? OfKind(string what, string word) =>
        what is not ("dataset" or "model") ? OfStage(word)
        : ImageSource.Named(word) is not null ? $"; '{word}' is a source of images: write kind: images, source: {word}"
        : Architecture.Names.Contains(word) ? $"; '{word}' is an architecture: write kind: deep_network, architecture: {word}"
        : OfStage(word);

    // What a text with brackets needs that stands in braces: "schedule.at[0].fraction", "fine [0]".
    public static string? OfPath(string line, int column) => Paths().Matches(Around(line, ref column))
        .Where(path => path.Index < column && column <= path.Index + path.Length + 2)
        .Select(path => $" (inside of braces and brackets a text with brackets needs quotes: \"{path.Value}\")").FirstOrDefault();

    // A line may have a megabyte, and to look for the pattern takes quadratic time.
    private static string Around(string line, ref int column)
    {
        var from = Math.Clamp(column - Reach, 0, line.Length);
        column -= from;
        return line.Substring(from, Math.Min(2 * Reach, line.Length - from));
    }

    private static string? OfStage(string word) => StageOf(word) is { } stage ? $"; '{word}' is a kind of {stage}: write it below {stage}"
        : null;

    private static string? StageOf(string kind) => new (string Stage, IReadOnlyList<string> Kinds)[]
    {
        ("dataset", ((INamesKinds)DatasetCodec.Union).Kinds), ("model", ((INamesKinds)ModelCodec.Codec).Kinds),
        ("schedule", ((INamesKinds)ScheduleCodec.Codec).Kinds), ("optimizer", ((INamesKinds)OptimizerCodec.Codec).Kinds),
    }.FirstOrDefault(stage => stage.Kinds.Contains(kind)).Stage;

    [GeneratedRegex(@"^[+-]?(\d+(_\d+)+|\d{1,3}([,' ]\d{3})+)(e\d+)?$")]
    private static partial Regex Grouped();

    [GeneratedRegex("[_,' ]")]
    private static partial Regex Separators();

    [GeneratedRegex(@"[^\s,:{}\[\]'""#]([^,:{}\[\]'""]*[^\s,:{}\[\]'""])?( ?\[[^,:{}\[\]'""]*\][\w.]*)+")]
    private static partial Regex Paths();
}

/// <summary>A codec of a union whose cases have names.</summary>
internal interface INamesKinds
{
    IReadOnlyList<string> Kinds { get; }
}
