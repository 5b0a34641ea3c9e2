using LargeSteps.Experiments;
using LargeSteps.Tests.Docs;

namespace LargeSteps.Tests.Commands;

public class DocsCommandTests
{
    [Fact]
    public void It_draws_every_figure_but_those_of_long_runs_and_the_same_bytes_again() => DocsFolder.In(folder =>
    {
        var figures = Path.Combine(folder, "docs", "figures");
        Dictionary<string, byte[]> Drawn() => Directory.GetFiles(figures).ToDictionary(file => Path.GetFileName(file), File.ReadAllBytes);
        var said = DocsFolder.Run(folder, "docs");
        Assert.Equal(ExitCode.Done, said.Code);
        Assert.Contains($"not drawn: later.png, whose runs take long and are not in '{Path.Combine(folder, "results", "deep")}'; make them with: docs --long --only deep", said.Error, StringComparison.Ordinal);
        string[] names = [.. ((string[])["small_losses", "single", "plane"]).SelectMany(name => (string[])[$"{name}.png", $"{name}.svg",
            $"{name}.pdf"]), "moving.gif"];
        Assert.Equal(names.Select(name => Path.Combine(figures, name)),
            said.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        var first = Drawn();
        Assert.Equal(names.Order(), first.Keys.Order());
        foreach (var again in (string[][])[[], ["--fresh", "--workers", "1", "--only", "small", "plane"]])
        {
            Directory.Delete(figures, recursive: true);
            Assert.Equal(ExitCode.Done, DocsFolder.Run(folder, "docs", again).Code);
            Assert.All(Drawn(), figure => Assert.Equal(first[figure.Key], figure.Value));
        }
    });

    [Fact]
    public void Figures_of_long_runs_are_drawn_where_their_results_are_there() => DocsFolder.In(folder =>
    {
        var list = Path.Combine(folder, "docs", "figures.yaml");
        Cli.Edit(list, "seeds: 3 }", "seeds: 3, long: true }");
        Assert.DoesNotContain("small_losses", DocsFolder.Run(folder, "docs", "--only", "small").Out, StringComparison.Ordinal);
        // The results of the ordinary way to run it are as good.
        Assert.Equal(ExitCode.Done, Cli.Run(Path.Combine(folder, "configs", "small.yaml"), "--seeds", "0..2", "--output",
            Path.Combine(folder, "results"), "--quiet").Code);
        Assert.Contains("small_losses", DocsFolder.Run(folder, "docs", "--only", "small_losses").Out, StringComparison.Ordinal);
        Directory.Delete(Path.Combine(folder, "results"), recursive: true);
        Assert.Contains("small_losses", DocsFolder.Run(folder, "docs", "--long", "--only", "small_losses").Out, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData("plane", "plane.png moving.gif")]
    [InlineData("single", "single.png")]
    [InlineData("small", "small_losses.png single.png")]
    [InlineData("moving single", "single.png moving.gif")]
    public void A_name_is_that_of_a_figure_or_of_a_config(string names, string files) => DocsFolder.In(folder =>
    {
        var said = DocsFolder.Run(folder, "docs", ["--only", .. names.Split(' ')]);
        Assert.Equal(
            files.Split(' '), said.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(Path.GetFileName).Where(file => !file!.EndsWith(".svg", StringComparison.Ordinal) && !file.EndsWith(".pdf",
                StringComparison.Ordinal)));
    });

    [Fact]
    public void A_name_that_is_none_is_told_with_the_nearest() => DocsFolder.In(folder => Assert.Equal(
        new Said(ExitCode.BadInput, "",
            $"error LS0300: there is no figure, or config of figures, 'plan'; did you mean 'plane'?{Environment.NewLine}"),
            DocsFolder.Run(folder, "docs", "--only", "plan")));
}
