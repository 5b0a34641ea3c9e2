using System.Text;
using LargeSteps.Configuration;
using LargeSteps.Formats;
using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Experiments.View;

/// <summary>What somebody writes about results, beside them: <c>notes.yaml</c>.</summary>
/// <param name="Text">Lines of text; empty: nothing.</param>
/// <param name="Tags">Words by which results are found again.</param>
internal sealed record Notes(string Text, Items<string> Tags)
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "notes.yaml";

    /// <summary>The longest that notes may be.</summary>
    public const int MostCharacters = 10_000, MostTags = 50, MostOfTag = 60;

    private static readonly Codec<Notes> Codec = new RecordCodec<Notes>("What somebody writes about results.", f =>
    {
        var text = f.Optional("notes", Codecs.Lines, n => n.Text, "", "lines of text");
        var tags = f.Optional("tags", Codecs.List(Codecs.Text), n => n.Tags, [], "words by which the results are found again");
        return v => new(v.Get(text), v.Get(tags));
    });

    /// <summary>None.</summary>
    public static Notes None { get; } = new("", []);

    /// <summary>Those of a folder of results; none where it has none.</summary>
    public static Outcome<Notes> Of(string folder) => Path.Combine(folder, FileName) is var file && File.Exists(file)
        ? YamlFile.Load(file, (root, report) => Codec.Read(root, report) is var notes && report.Count == 0 ? notes : null)
        : Outcome.Success(None);

    /// <summary>Notes as they were typed: tags with commas between them.</summary>
    /// <returns>The notes; a failure where they are too long.</returns>
    public static Outcome<Notes> Typed(string text, string tags)
    {
        string[] words = [.. tags.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Plain)
            .Where(word => word.Length > 0).Distinct(StringComparer.Ordinal)];
        var lines = string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Select(line => Plain(line).TrimEnd())).Trim('\n');
        return lines.Length > MostCharacters ? TooLong($"notes have at most {MostCharacters} characters")
            : words.Length > MostTags || words.Any(word => word.Length > MostOfTag)
                ? TooLong($"there are at most {MostTags} tags of at most {MostOfTag} characters")
            : Outcome.Success(new Notes(lines, Items.From(words)));

        static Outcome<Notes> TooLong(string problem) => Outcome.Failure<Notes>(new Diagnostic("LS0314", problem));
    }

    /// <summary>Writes them beside results; those that say nothing take the file away.</summary>
    public void Write(string folder)
    {
        var file = Path.Combine(folder, FileName);
        if (Equals(None)) File.Delete(file);
        else WholeFile.Write(file, path => File.WriteAllText(path, YamlWriter.Write(Codec.Write(this)), new UTF8Encoding(false)));
    }

    // What no terminal and no page shows is nothing that was typed, and would not be read again.
    private static string Plain(string text) => string.Concat(text.Replace('\t', ' ').Where(c => !PlainText.Acts(c)));
}
