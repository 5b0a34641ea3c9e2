using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text.Json.Nodes;
using LargeSteps.Experiments;

namespace LargeSteps.Tests.Commands;

/// <summary>What is kept of results that others take the place of, what can go, and why a result is not taken.</summary>
public class HistoryTests
{
    [Fact]
    public void Results_of_another_experiment_move_to_history_and_a_line_says_so() => Cli.InFolder(folder =>
    {
        var results = Cli.RunSmall(folder);
        var report = File.ReadAllText(Path.Combine(results, "report.html"));
        var said = Cli.Run(Path.Combine(folder, "small.yaml"), "--output", Path.Combine(folder, "results"), "--seeds", "5");
        Assert.Equal(ExitCode.Done, said.Code);
        var former = Assert.Single(Directory.GetDirectories(Path.Combine(results, "history")));
        Assert.Contains($"its tables, figures and report are in {former}", said.Error, StringComparison.Ordinal);
        Assert.Equal(report, File.ReadAllText(Path.Combine(former, "report.html")));
        Assert.Equal(
            ["experiment.yaml", "figures/losses.png", "figures/losses.svg", "log.txt", "metrics.arrow", "metrics.csv", "report.html",
                "run.json", "summary.csv"],
            Cli.Times(former).Keys.Select(file => file.Replace('\\', '/')).Where(file => !file.EndsWith(".pdf", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal));
        // The same experiment again leaves it at that.
        Cli.Run(Path.Combine(folder, "small.yaml"), "--output", Path.Combine(folder, "results"), "--seeds", "5", "--resume");
        Assert.Single(Directory.GetDirectories(Path.Combine(results, "history")));
    });

    [Fact]
    public void A_moments_look_has_a_folder_of_its_own() => Cli.InFolder(folder =>
    {
        var results = Cli.RunSmall(folder);
        var before = Cli.Times(results);
        Assert.Equal(ExitCode.Done, Cli.Run(Path.Combine(folder, "small.yaml"), "--output", Path.Combine(folder, "results"),
            "--smoke").Code);
        Assert.Equal(before, Cli.Times(results));
        Assert.True(File.Exists(Path.Combine(folder, "results", "small-smoke", "report.html")));
    });

    [Fact]
    public void Prune_deletes_what_neither_the_experiment_nor_its_history_uses() => Cli.InFolder(folder =>
    {
        var results = Cli.RunSmall(folder);
        var units = Path.Combine(results, "units");
        // Run twice with other rates: the first of them is in the history.
        foreach (var rate in (string[])["0.04", "0.03"]) Cli.RunSmall(folder, "--set", $"schedule.rate={rate}");
        Assert.Equal(3 * 2 + 2, Directory.GetFiles(units, "*.arrow").Length);
        Assert.Equal("0 units and the checkpoints of 0 runs, 0.0 MB, are used by nothing here and are deleted",
            Cli.Run("prune", results).Out.Trim());
        var oldest = Directory.GetDirectories(Path.Combine(results, "history")).Order(StringComparer.Ordinal).First();
        Directory.Delete(oldest, recursive: true);
        var before = Cli.Times(units);
        Assert.StartsWith("2 units and the checkpoints of 0 runs, ", Cli.Run("prune", results, "--dry-run").Out, StringComparison.Ordinal);
        Assert.Equal(before, Cli.Times(units));
        Assert.EndsWith("are used by nothing here and are deleted", Cli.Run("prune", results).Out.Trim(), StringComparison.Ordinal);
        Assert.Equal(2 * 2 + 2, Directory.GetFiles(units, "*.arrow").Length);
        // What is left is what the experiment needs.
        var said = Cli.Run(Path.Combine(folder, "small.yaml"), "--output", Path.Combine(folder, "results"), "--set", "schedule.rate=0.03",
            "--resume");
        Assert.Equal(4, said.Error.Split('\n').Count(line => line.Contains("(kept)", StringComparison.Ordinal)));
    });

    [Fact]
    public void Prune_of_anything_else_deletes_nothing() => Cli.InFolder(folder =>
    {
        Assert.Equal(ExitCode.BadInput, Cli.Run("prune", folder).Code);
        var results = Cli.RunSmall(folder);
        File.WriteAllText(Path.Combine(results, "run.json"), "{");
        var before = Cli.Times(results);
        var said = Cli.Run("prune", results);
        Assert.Equal((ExitCode.BadInput, true), (said.Code, said.Error.StartsWith("error LS0307: ", StringComparison.Ordinal)));
        Assert.Equal(before, Cli.Times(results));
    });

    [Fact]
    public void Why_names_the_keys_in_which_units_differ() => Cli.InFolder(folder =>
    {
        var results = Cli.RunSmall(folder);
        var runs = JsonNode.Parse(File.ReadAllText(Path.Combine(results, "run.json")))!["runs"]!.AsArray();
        string Unit(int i) => Path.Combine(results, "units", $"{(string)runs[i]!["unit"]!}.arrow");
        Assert.Equal("optimizer.seed: 0 | 1", Cli.Run("why", Unit(0), Unit(1)).Out.Trim());
        Assert.Equal("nothing differs: they are the same unit", Cli.Run("why", Unit(0), Unit(0)).Out.Trim());
        Assert.Equal(ExitCode.BadInput, Cli.Run("why", Unit(0), Path.Combine(folder, "none.arrow")).Code);

        Assert.Equal($"4 of 4 units of the config are in '{results}'", Cli.Run("why", Path.Combine(folder, "small.yaml"),
            results).Out.Trim());
        Cli.Edit(Path.Combine(folder, "small.yaml"), "divide_by: 2", "divide_by: 3");
        Assert.Equal(
            [$"2 of 4 units of the config are in '{results}'", "2 not there, like run 'b', seed 0; of the nearest unit there it differs in",
                "  schedule.at[0].divide_by: 3 | 2"],
            Cli.Run("why", Path.Combine(folder, "small.yaml"), results).Out.ReplaceLineEndings("\n")
                .Split('\n', StringSplitOptions.RemoveEmptyEntries));
    });

    [Fact]
    public void A_run_names_the_processor_that_rounded_its_numbers() => Cli.InFolder(folder =>
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64,
            "Only there the name and the instructions are always known.");
        var processor = JsonNode.Parse(File.ReadAllText(Path.Combine(Cli.RunSmall(folder), "run.json")))!["host"]!["processor"]!;
        Assert.Contains(File.ReadLines("/proc/cpuinfo"), line => line.StartsWith("model name", StringComparison.Ordinal)
            && line.EndsWith($": {processor["name"]}", StringComparison.Ordinal));
        string[] instructions = [.. processor["instructions"]!.AsArray().Select(word => (string)word!)];
        // .NET asks the processor itself.
        Assert.Equal((Avx2.IsSupported, Fma.IsSupported), (instructions.Contains("avx2"), instructions.Contains("fma")));
    });

    [Fact]
    public void A_run_says_where_its_results_come_from() => Cli.InFolder(folder =>
    {
        var results = Cli.RunSmall(folder, "--set", "schedule.rate=0.04");
        var info = JsonNode.Parse(File.ReadAllText(Path.Combine(results, "run.json")))!;
        Assert.True(DateTimeOffset.Parse((string)info["started"]!, null) <= DateTimeOffset.Parse((string)info["ended"]!, null));
        Assert.Contains("schedule.rate=0.04", info["command"]!.AsArray().Select(word => (string)word!));
        Assert.EndsWith("small.yaml", (string)info["config"]!, StringComparison.Ordinal);
        Assert.Equal(LargeSteps.Numerics.NumericsVersion.Current, (int)info["numerics"]!);
        // The config lies in no repository.
        Assert.Null(info["repository"]);
        Assert.Contains("results in ", File.ReadAllText(Path.Combine(results, "log.txt")), StringComparison.Ordinal);
    });
}
