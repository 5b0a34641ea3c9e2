using System.Text;
using LargeSteps.Forms;
using LargeSteps.Probes;
using LargeSteps.Values;

namespace LargeSteps.Configuration;

/// <summary>Values in files of YAML: every way in which a file can be no such value is a diagnostic with its place.</summary>
internal static class YamlFile
{
    // Above this a file is no config: the largest real ones have a few KB.
    private const int MaxBytes = 1 << 20;

    /// <summary>The value in a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="interpret">The value of the root node; where the report grows, there is none.</param>
    /// <param name="maxBytes">The most that the file can have.</param>
    /// <param name="own">Forms of a program's own, see <see cref="Report.Own"/>.</param>
    public static Outcome<T> Load<T>(string path, Func<Node, Report, T?> interpret, int maxBytes = MaxBytes,
        IReadOnlyList<object>? own = null) where T : class
    {
        byte[] bytes;
        try
        {
            if (Directory.Exists(path)) return Outcome.Failure<T>(new Diagnostic("LS0001", "this is a folder, not a file", path));
            var length = new FileInfo(path).Length;
            if (length > maxBytes)
            {
                return Outcome.Failure<T>(new Diagnostic("LS0001",
                FormattableString.Invariant($"the file has {length} bytes; a config has at most {maxBytes}"), path));
            }

            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            var reason = e switch
            {
                FileNotFoundException or DirectoryNotFoundException => "there is no such file",
                UnauthorizedAccessException => "the file may not be read by this user",
                _ => "the file cannot be read: " + e.Message,
            };
            return Outcome.Failure<T>(new Diagnostic("LS0001", reason, path));
        }
        try
        {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
            return Parse(text.TrimStart('\uFEFF'), path, interpret, own);
        }
        catch (DecoderFallbackException e)
        {
            var (line, column) = End(Encoding.UTF8.GetString(bytes.AsSpan(0, e.Index)));
            return Outcome.Failure<T>(new Diagnostic("LS0002", "the file is no text in UTF-8", path, line, column));
        }
    }

    // A mistake of the program, not of whoever wrote the file.
    private static void CheckOwn(IReadOnlyList<object> own)
    {
        var names = KnownProbes.Forms.Select(form => form.Name).ToHashSet();
        foreach (var name in own.OfType<IForm<Probe>>().Select(form => form.Name).Where(name => !names.Add(name)))
            throw new ArgumentException($"There is a probe '{name}' already.", nameof(own));
    }

    /// <summary>The value in a text.</summary>
    /// <param name="text">The YAML text.</param>
    /// <param name="file">The name of the file in diagnostics.</param>
    /// <param name="interpret">The value of the root node; where the report grows, there is none.</param>
    /// <param name="own">Forms of a program's own, see <see cref="Report.Own"/>.</param>
    public static Outcome<T> Parse<T>(string text, string file, Func<Node, Report, T?> interpret, IReadOnlyList<object>? own = null)
        where T : class
    {
        CheckOwn(own ?? []);
        var report = new Report(file) { Own = own ?? [] };
        if (text.IndexOf('\0', StringComparison.Ordinal) is >= 0 and var zero)
        {
            var (line, column) = End(text[..zero]);
            report.Add(line, column, "LS0002", "the file is no text: it has a zero byte here");
        }
        else if (YamlReader.Read(text, report) is { } root && interpret(root, report) is { } value && report.Count == 0)
        {
            return Outcome.Success(value);
        }

        var lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n', '\r', '\u0085', '\u2028', '\u2029');
        return new Outcome<T>.Failure(report.Diagnostics.Map(problem => Inside(problem, lines)));
    }

    // Where the character after a text would stand.
    private static (int Line, int Column) End(string text) => (text.Count(c => c == '\n') + 1, text.Length - text.LastIndexOf('\n'));

    // At the end of a text the parser counts a line or a column that is not there.
    private static Diagnostic Inside(Diagnostic problem, string[] lines) => problem.Line == 0 ? problem
        : problem.Line > lines.Length ? problem with { Line = lines.Length, Column = lines[^1].Length + 1 }
        : problem with { Column = Math.Min(problem.Column, lines[problem.Line - 1].Length + 1) };
}
