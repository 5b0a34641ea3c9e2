using System.Text.RegularExpressions;
using LargeSteps.Datasets.Images;
using LargeSteps.Forms;
using LargeSteps.Models.Deep;

namespace LargeSteps.Configuration;

/// <summary>What somebody probably meant, as the end of a message: what to write.</summary>
internal static partial class Hints
{
    // So many characters beside the place of an error, a text that is hinted at may begin and end.
    private const int Reach = 150;

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

    [GeneratedRegex(@"[^\s,:{}\[\]'""#]([^,:{}\[\]'""]*[^\s,:{}\[\]'""])?( ?\[[^,:{}\[\]'""]*\][\w.]*)+")]
    private static partial Regex Paths();
}
