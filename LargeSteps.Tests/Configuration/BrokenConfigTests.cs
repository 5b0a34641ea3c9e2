using System.Text;
using CsCheck;
using LargeSteps.Configuration;
using LargeSteps.Values;

namespace LargeSteps.Tests.Configuration;

public class BrokenConfigTests
{
    private static readonly string[] Files = [.. Directory.GetFiles(Fixture.PathOf("broken"), "*.yaml").Order(StringComparer.Ordinal)];

    [Fact]
    public void Every_broken_config_is_told_what_is_wrong_with_it_and_where() =>
        Snapshot.Matches("broken_configs", string.Join("\n", Files.Select(Explained)));

    [Fact]
    public void A_missing_file_is_told() => Assert.Equal(["nowhere.yaml: error LS0001: there is no such file"], Problems("nowhere.yaml"));

    [Fact]
    public void A_missing_folder_is_told() =>
        Assert.Equal(["nowhere/a.yaml: error LS0001: there is no such file"], Problems("nowhere/a.yaml"));

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    public void A_path_that_is_none_is_told(string path) => Assert.Single(Problems(path));

    [Fact]
    public void A_folder_is_told() => TemporaryFolder.In(folder =>
        Assert.Equal([$"{folder}: error LS0001: this is a folder, not a file"], Problems(folder)));

    [Fact]
    public void An_unreadable_file_is_told() => TemporaryFolder.In(folder =>
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Files have no mode here.");
        var file = Path.Combine(folder, "secret.yaml");
        File.WriteAllText(file, "name: secret\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.None);
        Assert.SkipWhen(CanRead(file), "This user can read every file.");
        Assert.Equal([$"{file}: error LS0001: the file may not be read by this user"], Problems(file));
    });

    [Fact]
    public void A_file_of_more_than_a_megabyte_is_told() => TemporaryFolder.In(folder =>
    {
        var file = Path.Combine(folder, "large.yaml");
        File.WriteAllText(file, new string('#', (1 << 20) + 1));
        Assert.Equal([$"{file}: error LS0001: the file has 1048577 bytes; a config has at most 1048576"], Problems(file));
    });

    [Fact]
    public void A_mark_of_the_byte_order_moves_nothing()
    {
        const string text = "nmae: x\n";
        Assert.Equal(Problems(Encoding.UTF8.GetBytes(text)), Problems([.. Encoding.UTF8.GetPreamble(), .. Encoding.UTF8.GetBytes(text)]));
    }

    [Fact]
    public void Whatever_is_done_to_a_config_it_is_read_or_told_what_is_wrong_inside_it()
    {
        var original = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "configs", "diagonal_sgd.yaml"));
        var edit = Gen.Select(Gen.Int[0, original.Length - 1],
            Gen.OneOf(Gen.Char[' ', '~'], Gen.OneOf<char>([.. "{}[]:,'\"#&*!|>%@`-?\n\r\t\0\u0085\u2028\uFEFF\uD800η~<0."])));
        Gen.Select(edit.List[0, 4], Gen.Int[0, original.Length], Gen.Bool).Sample((edits, length, cut) =>
        {
            var characters = original.ToCharArray();
            foreach (var (at, character) in edits) characters[at] = character;
            var text = new string(characters, 0, cut ? length : characters.Length);
            ExperimentYaml.Parse(text, "edited.yaml").Match<object>(
                experiment => experiment.Resolve().OrThrow(),
                problems =>
                {
                    Assert.NotEmpty(problems);
                    Assert.All(problems, problem => Assert.True(IsInside(text, problem), problem.ToString()));
                    return problems;
                });
        }, iter: 500);
    }

    // YAML knows more line breaks than editors show.
    private static bool IsInside(string text, Diagnostic problem)
    {
        var lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n', '\r', '\u0085', '\u2028', '\u2029');
        return problem.Line >= 1 && problem.Line <= lines.Length && problem.Column >= 1
            && problem.Column <= lines[problem.Line - 1].Length + 1;
    }

    private static string[] Problems(string path) =>
        ExperimentYaml.Load(path).Match(experiment => [], problems => problems.Select(problem => problem.ToString()).ToArray());

    private static string[] Problems(byte[] content)
    {
        string[] problems = [];
        TemporaryFolder.In(folder =>
        {
            var file = Path.Combine(folder, "a.yaml");
            File.WriteAllBytes(file, content);
            problems = [.. Problems(file).Select(problem => problem[file.Length..])];
        });
        return problems;
    }

    /// <summary>The diagnostics of a file, each with its line and a mark under its column.</summary>
    private static string Explained(string path)
    {
        var (name, lines, text) = (Path.GetFileName(path), File.ReadAllLines(path), new StringBuilder());
        text.Append(name).Append('\n');
        ExperimentYaml.Load(path).Match(
            experiment => text.Append("  is accepted\n"),
            problems => problems.Aggregate(text, (_, problem) =>
            {
                Assert.Equal(path, problem.File);
                text.Append("  ").Append(problem with { File = name }).Append('\n');
                return problem.Line == 0 || problem.Line > lines.Length
                    ? text : text.Append(Excerpt(lines[problem.Line - 1], problem.Column));
            }));
        return text.ToString();
    }

    private static string Excerpt(string line, int column)
    {
        var from = Math.Max(0, column - 60);
        var shown = string.Concat(line.Skip(from).Take(100).Select(c => char.IsControl(c) ? ' ' : c));
        return $"    | {shown}\n    | {new string(' ', column - 1 - from)}^\n";
    }

    private static bool CanRead(string file)
    {
        try
        {
            return File.ReadAllText(file).Length > 0;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }
}
