using LargeSteps.Configuration;
using LargeSteps.Experiments;

namespace LargeSteps.Tests.Commands;

/// <summary>Figures that name the results of other folders.</summary>
public class OtherResultsTests
{
    private const string Figures = """
        figures:
          - { file: losses, panels: [train_loss, l0_norm], results: [small, other], runs: ["small: a", "other: b"] }
          - { kind: table, file: ends, metrics: [train_loss, l0_norm], results: [small, other], against: "other: a" }
        """;

    [Fact]
    public void What_is_not_there_yet_is_told_and_drawn_when_it_is() => InFolder((folder, config) =>
    {
        var results = Path.Combine(folder, "results");
        var said = Cli.Run(config, "--output", results);
        Assert.Equal(ExitCode.Done, said.Code);
        Assert.Equal($"warning LS0320: the figures that show the results of 'other' are drawn without them: there is no folder '{Path.Combine(results, "other")}'",
            Assert.Single(Warnings(said)));
        Assert.Contains("small: a", said.Out, StringComparison.Ordinal);
        var (svg, table) = (Path.Combine(results, "small", "figures", "losses.svg"), Path.Combine(results, "small", "tables", "ends.md"));
        Assert.Contains(CompareTests.TextsOf(svg), text => text.StartsWith("small: a", StringComparison.Ordinal));
        Assert.DoesNotContain("| other: ", File.ReadAllText(table), StringComparison.Ordinal);

        Assert.Equal(ExitCode.Done, Cli.Run(Path.Combine(folder, "other.yaml"), "--output", results, "--quiet").Code);
        foreach (var again in (string[][])[["plot", Path.Combine(results, "small")], ["gather", Path.Combine(results, "small")],
            ["gather", config, "--output", results], [config, "--output", results, "--resume"]])
        {
            File.Delete(svg);
            File.Delete(table);
            said = Cli.Run(again);
            Assert.Equal((ExitCode.Done, Array.Empty<string>()), (said.Code, Warnings(said)));
            Assert.Equal(["other: b (2/2 alive)", "small: a (2/2 alive)"], CompareTests.TextsOf(svg)
                .Where(text => text.Contains(": ", StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal));
            Assert.Equal(["run", "---", "small: a", "small: b", "other: a", "other: b"], File.ReadLines(table)
                .Where(line => line.StartsWith('|')).Select(line => line.Split('|')[1].Trim()));
        }
    });

    [Fact]
    public void Others_that_are_damaged_or_not_whole_are_told_of_and_lose_nothing() => InFolder((folder, config) =>
    {
        var (results, other) = (Path.Combine(folder, "results"), Path.Combine(folder, "results", "other"));
        Assert.Equal(ExitCode.Done, Cli.Run(Path.Combine(folder, "other.yaml"), "--output", results, "--quiet").Code);
        File.Delete(Directory.GetFiles(Path.Combine(other, "units"), "*.arrow")[0]);
        var said = Cli.Run(config, "--output", results);
        Assert.StartsWith("warning LS0304: 1 of 4 results are not in ", Assert.Single(Warnings(said)), StringComparison.Ordinal);
        Directory.Delete(Path.Combine(other, "units"), recursive: true);
        Assert.EndsWith("has no results: run the experiment first", Assert.Single(Warnings(Cli.Run("plot", Path.Combine(results, "small")))),
            StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(other, "experiment.yaml"), "name: [\n");
        Assert.StartsWith("warning LS0320: the figures that show the results of 'other' are drawn without them: ",
            Assert.Single(Warnings(Cli.Run("plot", Path.Combine(results, "small")))), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, said.Code);
        Assert.True(File.Exists(Path.Combine(results, "small", "report.html")));
    });

    [Fact]
    public void Runs_and_metrics_that_nobody_has_are_told_of_when_the_figure_is_drawn() => InFolder((folder, config) =>
    {
        var results = Path.Combine(folder, "results");
        Assert.Equal(ExitCode.Done, Cli.Run(Path.Combine(folder, "other.yaml"), "--output", results, "--quiet").Code);
        Cli.Edit(config, "\"other: b\"", "\"other: c\"");
        Cli.Edit(config, "panels: [train_loss, l0_norm]", "panels: [train_loss, l2_norm]");
        Assert.Equal(ExitCode.Done, Cli.Run("validate", config).Code);
        Assert.Equal(["warning LS0320: the figure 'losses' shows no run 'other: c', since there is none; did you mean 'other: a'?",
            "warning LS0320: no run that the figure 'losses' shows measures 'l2_norm'; did you mean 'l1_norm'?"],
            Warnings(Cli.Run(config, "--output", results)));
    });

    [Theory]
    [InlineData("runs: [\"small: a\", \"other: b\"]", "runs: [a]",
        "LS0226: the figure 'losses' cannot be drawn: there is no run 'a': with results, runs are called FOLDER: RUN, of small or other")]
    [InlineData("against: \"other: a\"", "against: \"another: a\"",
        "LS0226: the figure 'ends' cannot be drawn: there is no run 'another: a': with results, runs are called FOLDER: RUN, of small or other")]
    [InlineData("results: [small, other], runs", "results: [small, small], runs", "LS0106: a list names a folder twice")]
    [InlineData("results: [small, other], runs", "results: [../other], runs", "LS0106: '../other' cannot name a file")]
    public void What_is_wrong_whatever_the_others_have_is_told_at_its_place(string right, string wrong, string problem)
    {
        var text = Text.Replace(right, wrong, StringComparison.Ordinal);
        Assert.NotEqual(Text, text);
        var told = ExperimentYaml.Parse(text, "f.yaml").Match(_ => "", problems => problems[0].ToString());
        Assert.Matches(@"^f\.yaml\(\d+,\d+\): error " + System.Text.RegularExpressions.Regex.Escape(problem), told);
    }

    private static string Text => Cli.Small[..Cli.Small.IndexOf("figures:", StringComparison.Ordinal)] + Figures;

    private static string[] Warnings(Said said) => [.. said.Error.ReplaceLineEndings("\n").Split('\n')
        .Where(line => line.StartsWith("warning", StringComparison.Ordinal))];

    private static void InFolder(Action<string, string> test) => Cli.InFolder(folder =>
    {
        var config = Path.Combine(folder, "small.yaml");
        File.WriteAllText(config, Text);
        File.WriteAllText(Path.Combine(folder, "other.yaml"), Cli.Small.Replace("name: small", "name: other", StringComparison.Ordinal)
            .Replace("l1_norm", "l0_norm: { threshold: 1e-3 }", StringComparison.Ordinal));
        test(folder, config);
    });
}
