using System.Xml.Linq;
using LargeSteps.Experiments;
using LargeSteps.Experiments.Results;

namespace LargeSteps.Tests.Commands;

public class CompareTests
{
    [Fact]
    public void Experiments_are_shown_beside_one_another_and_nothing_in_their_folders_changes() => Two((folder, small, other) =>
    {
        var (before, beside) = (Cli.Times(small), Cli.Times(other));
        var said = Cli.Run("compare", small, other);
        Snapshot.Matches("compare", said.Text(folder));
        var output = Path.Combine(folder, "results", "compare", "small-other");
        var report = File.ReadAllText(Path.Combine(output, "report.html"));
        foreach (var shown in (string[])["<h1>small, other</h1>", "small: a", "other: b", "optimizer.batch_size", "Experiment small"])
            Assert.Contains(shown, report, StringComparison.Ordinal);
        Assert.Equal(["comparison.pdf", "comparison.png", "comparison.svg", "differences.csv", "differences.md", "ends.md", "report.html",
            "summary.csv"], Cli.Times(output).Keys.Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(before, Cli.Times(small));
        Assert.Equal(beside, Cli.Times(other));
    });

    [Fact]
    public void The_same_comparison_is_the_same_bytes() => Two((folder, small, other) =>
    {
        string[] files = ["first", "second"];
        foreach (var file in files) Assert.Equal(ExitCode.Done, Cli.Run("compare", small, other, "-o", Path.Combine(folder, file)).Code);
        var first = Cli.Times(Path.Combine(folder, "first")).Keys;
        Assert.All(first, file => Assert.Equal(File.ReadAllBytes(Path.Combine(folder, "first", file)),
            File.ReadAllBytes(Path.Combine(folder, "second", file))));
    });

    [Fact]
    public void What_is_drawn_can_be_chosen() => Two((folder, small, other) =>
    {
        var output = Path.Combine(folder, "chosen");
        var said = Cli.Run("compare", small, other, "-o", output, "--metrics", "l1_norm", "learning_rate", "--x",
            "epoch", "--log-y", "learning_rate");
        Assert.Equal((ExitCode.Done, ""), (said.Code, said.Error));
        Assert.DoesNotContain("not drawn", said.Out, StringComparison.Ordinal);
        var texts = TextsOf(Path.Combine(output, "figures", "comparison.svg"));
        Assert.Superset(new HashSet<string> { "ℓ₁ norm", "learning rate", "epoch" }, texts.ToHashSet());
        Assert.DoesNotContain("train loss", texts);
    });

    [Fact]
    public void Whatever_cannot_be_compared_is_told() => Two((folder, small, other) =>
    {
        var (empty, begun) = (Path.Combine(folder, "empty"), Path.Combine(folder, "begun"));
        foreach (var each in (string[])[empty, begun]) Directory.CreateDirectory(each);
        File.Copy(Path.Combine(small, "experiment.yaml"), Path.Combine(begun, "experiment.yaml"));
        string[][] lines =
        [
            [small], [small, small + Path.DirectorySeparatorChar], [small, Path.Combine(other, "..", "smal"), empty], [small, begun],
            [small, other, "--metrics", "train_los", "l1_norm"], [small, other, "--log-y", "l1_norm"], [small, other, "--x", "steps"],
            [small, other, "--output", other],
        ];
        Snapshot.Matches("compare_errors", string.Join("\n", lines.Select(line =>
        {
            var said = Cli.Run(["compare", .. line]);
            Assert.Equal((ExitCode.BadInput, ""), (said.Code, said.Out));
            return $"> compare {string.Join(' ', line)}\n{said.Error}".Replace(folder, "DIR", StringComparison.Ordinal);
        })).Replace('\\', '/'));
        Assert.False(Directory.Exists(Path.Combine(folder, "results", "compare")));
        Assert.False(Directory.Exists(Path.Combine(begun, "units")));
    });

    [Fact]
    public void Units_that_are_missing_are_told_of_and_the_others_are_shown() => Two((folder, small, other) =>
    {
        File.Delete(Directory.GetFiles(Path.Combine(small, "units"), "*.arrow")[0]);
        var said = Cli.Run("compare", small, other);
        Assert.Equal(ExitCode.Done, said.Code);
        Assert.StartsWith("warning LS0304: 1 of 4 results are not in ", said.Error, StringComparison.Ordinal);
        Assert.Contains("1/1, 1 stopped", said.Out, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData("/r/a /r/b", "a b")]
    [InlineData("/r/a /s/a", "r/a s/a")]
    [InlineData("/r/x/a /s/x/a /b", "r/x/a s/x/a b")]
    public void Folders_are_called_by_as_many_words_as_tell_them_apart(string paths, string names) =>
        Assert.Equal(names.Split(' '), NamedResults.NamesOf(paths.Split(' ')));

    /// <summary>The texts in a picture.</summary>
    internal static string[] TextsOf(string svg) => [.. XDocument.Load(svg).Descendants()
        .Where(element => element.Name.LocalName == "text").Select(element => element.Value.Trim())];

    // Both measure the losses, small the 1-norm and other the 0-norm besides.
    private static void Two(Action<string, string, string> test) => Cli.InFolder(folder =>
    {
        var small = Cli.RunSmall(folder);
        var config = Path.Combine(folder, "other.yaml");
        File.WriteAllText(config, Cli.Small.Replace("name: small", "name: other", StringComparison.Ordinal)
            .Replace("l1_norm", "l0_norm: { threshold: 1e-3 }", StringComparison.Ordinal)
            .Replace("batch_size: 1", "batch_size: 2", StringComparison.Ordinal)
            .Replace("seeds:     { count: 2 }", "", StringComparison.Ordinal)
            .Replace("panels: [train_loss]", "panels: [train_loss], log_y: [train_loss]", StringComparison.Ordinal));
        Assert.Equal(ExitCode.Done, Cli.Run(config, "--output", Path.Combine(folder, "results"), "--quiet").Code);
        test(folder, small, Path.Combine(folder, "results", "other"));
    });
}
