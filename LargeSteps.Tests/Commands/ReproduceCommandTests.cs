using LargeSteps.Experiments;
using LargeSteps.Tests.Docs;

namespace LargeSteps.Tests.Commands;

public class ReproduceCommandTests
{
    [Fact]
    public void It_writes_both_pages_and_a_line_for_each_experiment() => DocsFolder.In(folder =>
    {
        var said = DocsFolder.Run(folder, "reproduce");
        Assert.Equal(ExitCode.Done, said.Code);
        Assert.Equal(
            [
                "small: 6 agree, 2 not judged", "plane: 2 not judged, 1 falls short",
                    $"deep: not run, missing: {(HasCuda ? "" : "a CUDA device, ")}the images of cifar10",
                Path.Combine(folder, "docs", "reproduction.md"), Path.Combine(folder, "results", "reproduction.html"),
            ],
            said.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        var page = File.ReadAllText(Path.Combine(folder, "docs", "reproduction.md"));
        Assert.Contains("| a | reproduces | `train_loss` | ", page, StringComparison.Ordinal);
        Assert.Contains("| a | reproduces | `survivors` | 12/12 | 12/12 |", page, StringComparison.Ordinal);
        Assert.Contains("`dotnet LargeSteps.Experiments.dll configs/deep.yaml --device cuda`", page, StringComparison.Ordinal);
        Assert.Equal(1 + 12, Directory.GetFiles(Path.Combine(folder, "results", "small", "units"), "*.arrow").Length);
    });

    [Fact]
    public void A_second_run_trains_nothing_and_gives_the_same_bytes_and_so_does_a_fresh_one() => DocsFolder.In(folder =>
    {
        var page = Path.Combine(folder, "docs", "reproduction.md");
        DocsFolder.Run(folder, "reproduce");
        var (first, units) = (File.ReadAllBytes(page), Cli.Times(Path.Combine(folder, "results", "small", "units")));
        foreach (var fresh in (string[][])[[], ["--fresh"]])
        {
            File.Delete(page);
            Assert.Equal(ExitCode.Done, DocsFolder.Run(folder, "reproduce", fresh).Code);
            Assert.Equal(first, File.ReadAllBytes(page));
            Assert.Equal(fresh.Length == 0, units.SequenceEqual(Cli.Times(Path.Combine(folder, "results", "small", "units"))));
        }
    });

    [Fact]
    public void A_number_that_should_reproduce_and_does_not_turns_the_exit_code_and_another_does_not() => DocsFolder.In(folder =>
    {
        DocsFolder.Publish(folder, 1.01);
        var said = DocsFolder.Run(folder, "reproduce", "--quiet");
        Assert.Equal((ExitCode.Misses, ""), (said.Code, said.Out));
        // That of the plane falls short as well: it is mildly chaotic.
        Assert.Matches(@"^misses: small, a, train_loss: published \S+, ours \S+; 2\.0 digits, asked 4 digits\r?\n$", said.Error);
        Assert.Contains("**misses**", File.ReadAllText(Path.Combine(folder, "docs", "reproduction.md")), StringComparison.Ordinal);
    });

    [Fact]
    public void Quick_runs_at_most_ten_seeds() => DocsFolder.In(folder =>
    {
        Assert.Equal(ExitCode.Done, DocsFolder.Run(folder, "reproduce", "--quick").Code);
        // Beside the results: the page in docs/ is that of the whole.
        Assert.False(File.Exists(Path.Combine(folder, "docs", "reproduction.md")));
        var page = File.ReadAllText(Path.Combine(folder, "results", "reproduction.md"));
        Assert.StartsWith("<!-- Made by `reproduce --quick` ", page, StringComparison.Ordinal);
        Assert.Contains("| 12/12 | 10/10 |", page, StringComparison.Ordinal);
        Assert.Equal(1 + 10, Directory.GetFiles(Path.Combine(folder, "results", "small", "units"), "*.arrow").Length);
    });

    [Fact]
    public void Of_experiments_that_are_not_chosen_the_page_keeps_what_is_there() => DocsFolder.In(folder =>
    {
        var only = DocsFolder.Run(folder, "reproduce", "--only", "plane", "deep");
        Assert.Equal(ExitCode.Done, only.Code);
        Assert.StartsWith("small: not run, missing: its name behind --only", only.Out, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder, "results", "small")));
        var page = Path.Combine(folder, "results", "reproduction.md");
        Assert.Contains("`dotnet LargeSteps.Experiments.dll reproduce --only small`", File.ReadAllText(page), StringComparison.Ordinal);
        DocsFolder.Run(folder, "reproduce");
        var all = File.ReadAllText(Path.Combine(folder, "docs", "reproduction.md"));
        DocsFolder.Run(folder, "reproduce", "--only", "plane", "deep");
        Assert.Equal(all.Replace("<!-- Made by `reproduce` ", "<!-- Made by `reproduce --only plane --only deep` ",
            StringComparison.Ordinal), File.ReadAllText(page));
    });

    [Fact]
    public void A_name_that_is_none_is_told_with_the_nearest_before_anything_is_run() => DocsFolder.In(folder =>
    {
        var said = DocsFolder.Run(folder, "reproduce", "--only", "smal", "plane", "else");
        Assert.Equal(
            new Said(ExitCode.BadInput, "",
                string.Concat(((string[])["smal'; did you mean 'small'?", "else'; expected one of small, plane, deep"])
                .Select(end => $"error LS0300: there is no published experiment '{end}{Environment.NewLine}"))),
            said);
        Assert.False(Directory.Exists(Path.Combine(folder, "results")));
    });

    [Fact]
    public void Bad_input_is_told_where_it_stands() => DocsFolder.In(folder =>
    {
        var published = Path.Combine(folder, "docs", "published.yaml");
        Cli.Edit(published, "run: b", "run: c");
        Assert.Equal(
            new Said(ExitCode.BadInput, "",
                $"{published}(14,14): error LS0104: 'small' has no run 'c'; expected one of a, b{Environment.NewLine}"),
                DocsFolder.Run(folder, "reproduce"));
        Cli.Edit(published, "run: c", "run: b");
        Cli.Edit(Path.Combine(folder, "configs", "small.yaml"), "rate: 0.05, at", "rat: 0.05, at");
        var said = DocsFolder.Run(folder, "reproduce");
        Assert.Equal(ExitCode.BadInput, said.Code);
        Assert.Contains($"{Path.Combine(folder, "configs", "small.yaml")}(9,42): error LS0101: unknown key 'rat'; did you mean 'rate'?",
            said.Error, StringComparison.Ordinal);
        File.Delete(published);
        Assert.Equal(new Said(ExitCode.BadInput, "", $"{published}: error LS0001: there is no such file{Environment.NewLine}"),
            DocsFolder.Run(folder, "reproduce"));
    });

    [Theory]
    [InlineData("reproduce")]
    [InlineData("docs")]
    public void Stopped_by_a_signal_it_has_exit_code_3_writes_no_page_and_can_be_continued(string verb) => DocsFolder.In(folder =>
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The signals are those of POSIX.");
        // Runs of some tenths of a second, so that there is time to stop between them.
        Cli.Edit(Path.Combine(folder, "configs", "small.yaml"), "steps: 200", "steps: 2000000");
        string[] line = [verb, "--docs", Path.Combine(folder, "docs"), "--output", Path.Combine(folder, "results"), "--workers", "1",
            "--only", "small"];
        var units = Path.Combine(folder, "results", "small", "units");
        using var process = Program.Start(line);
        while (!process.HasExited && (!Directory.Exists(units) || Directory.GetFiles(units, "*.arrow").Length == 0)) Thread.Sleep(10);
        Program.Signal(process, "TERM");
        var said = Program.Ended(process);
        Assert.True(said.Code == ExitCode.Stopped, said.Error);
        Assert.EndsWith($"stopped: what has been run is kept, and the same command does the rest{Environment.NewLine}", said.Error,
            StringComparison.Ordinal);
        Assert.Equal(["figures.yaml", "published.yaml"], Directory.GetFiles(Path.Combine(folder, "docs"), "*", SearchOption.AllDirectories)
            .Select(Path.GetFileName).Order());
        Cli.Edit(Path.Combine(folder, "configs", "small.yaml"), "steps: 2000000", "steps: 200");
        Assert.Equal(ExitCode.Done, DocsFolder.Run(folder, verb, "--only", "small").Code);
    });

    private static bool HasCuda => Experiments.Commands.Devices.HasCuda();
}
