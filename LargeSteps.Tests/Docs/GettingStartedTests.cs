using LargeSteps.Tests.Commands;

namespace LargeSteps.Tests.Docs;

/// <summary>Runs docs/getting-started.md: its files are written, its commands run, and they say what the page shows.</summary>
public class GettingStartedTests
{
    private static string Page(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, name));

    [Fact]
    public void The_page_shows_what_its_commands_say() => Cli.InFolder(folder =>
    {
        CopyConfigs(folder);
        var (undo, commands) = (new List<(string File, string Text)>(), 0);
        foreach (var (language, code) in Pages.FencesOf("getting-started.md", Page("docs/getting-started.md")))
        {
            switch (language)
            {
                case "yaml":
                    File.WriteAllText(Path.Combine(folder, code.Text[2..code.Text.IndexOf(':', StringComparison.Ordinal)]),
                        code.Text + "\n");
                    break;
                case "diff":
                    undo.Add(Apply(code.Text, folder));
                    break;
                case "console":
                    foreach (var (command, shown) in Commands(code.Text))
                    {
                        var said = Output(command, folder);
                        Assert.True(Shows(shown, said), $"{code.Place}: {command}\n{string.Join('\n', said)}");
                        commands++;
                    }
                    // An edit lasts for the commands that follow it.
                    foreach (var (file, text) in undo) File.WriteAllText(file, text);
                    undo.Clear();
                    break;
            }
        }

        Assert.Equal(13, commands);
    });

    [Fact]
    public void README_shows_the_experiment_of_the_page_and_what_is_said_of_its_mistakes()
    {
        var page = Page("docs/getting-started.md");
        var readme = Pages.FencesOf("README.md", Page("README.md"));
        Assert.Contains($"# my_experiment.yaml: small steps against large ones, over ten seeds.\n{Assert.Single(readme, f => f.Language == "yaml").Code.Text}\n", page.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        // There the file has a line more at its top.
        Assert.All(Assert.Single(readme, f => f.Language == "text").Code.Text.Split('\n'), line =>
            Assert.Contains(line.Replace("(4,", "(5,", StringComparison.Ordinal).Replace("(8,", "(9,", StringComparison.Ordinal), page,
                StringComparison.Ordinal));
    }

    [Fact]
    public void A_line_of_dots_stands_for_any_lines()
    {
        Assert.True(Shows(["a", "…", "c"], ["a", "b", "b", "c"]));
        Assert.True(Shows(["…"], []));
        Assert.False(Shows(["a", "…", "c"], ["a", "b"]));
        Assert.False(Shows(["a"], ["a", "b"]));
    }

    private static void CopyConfigs(string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "configs"));
        foreach (var config in Directory.GetFiles(Cli.Configs))
        {
            File.Copy(config,
            Path.Combine(folder, "configs", Path.GetFileName(config)));
        }
    }

    private static IEnumerable<(string Command, string[] Shown)> Commands(string block)
    {
        var lines = block.Split('\n');
        for (var i = 0; i < lines.Length;)
        {
            Assert.StartsWith("$ ", lines[i], StringComparison.Ordinal);
            string[] shown = [.. lines.Skip(i + 1).TakeWhile(line => !line.StartsWith("$ ", StringComparison.Ordinal))];
            yield return (lines[i][2..], shown);
            i += 1 + shown.Length;
        }
    }

    /// <summary>What a command says: where it fails, that is on the error stream; where it does not, the progress there is left
    /// out.</summary>
    private static string[] Output(string command, string folder)
    {
        switch (command.Split(' '))
        {
            case ["ls", var path]:
                return [.. Directory.GetFileSystemEntries(Path.Combine(folder, path)).Select(entry => Path.GetFileName(entry))
                    .Where(name => name[0] != '.').Order(StringComparer.Ordinal)];
            case ["head", var count, var path]:
                return [.. File.ReadLines(Path.Combine(folder, path))
                    .Take(-int.Parse(count, System.Globalization.CultureInfo.InvariantCulture))];
            case ["largesteps", .. var arguments]:
                string[] located = [.. arguments.Select(word => word.Trim('"'))
                    .Select(word => word.EndsWith(".yaml", StringComparison.Ordinal) || word == "configs"
                    || word.StartsWith("results/", StringComparison.Ordinal) ? Path.Combine(folder, word) : word)];
                var said = Cli.Run(located[0].EndsWith(".yaml", StringComparison.Ordinal)
                    ? [.. located, "--output", Path.Combine(folder, "results")] : located);
                return (said.Code == 0 ? said.Out : said.Error).ReplaceLineEndings("\n")
                    .Replace(folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal).Replace('\\', '/').TrimEnd('\n')
                    .Split('\n');
            default:
                throw new ArgumentException($"The test does not know the command '{command}'.", nameof(command));
        }
    }

    private static bool Shows(ReadOnlySpan<string> shown, ReadOnlySpan<string> said)
    {
        if (shown.IsEmpty) return said.IsEmpty;
        if (shown[0] != "…") return !said.IsEmpty && shown[0] == said[0].TrimEnd() && Shows(shown[1..], said[1..]);
        for (var skipped = 0; skipped <= said.Length; skipped++)
            if (Shows(shown[1..], said[skipped..])) return true;
        return false;
    }

    /// <summary>Replaces the lines of a file that a diff takes away by those that follow them; the file and its text before.</summary>
    private static (string File, string Text) Apply(string diff, string folder)
    {
        var lines = diff.Split('\n');
        var file = Path.Combine(folder, lines[0]["--- ".Length..]);
        var before = File.ReadAllText(file);
        foreach (var pair in lines.Skip(1).Chunk(2)) Cli.Edit(file, pair[0][1..], pair[1][1..]);
        return (file, before);
    }
}
