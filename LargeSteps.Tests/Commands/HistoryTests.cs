using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text.Json.Nodes;
using LargeSteps.Experiments;
using LargeSteps.Experiments.Commands;
using LargeSteps.Experiments.Results;
using LargeSteps.Formats;

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
                "run.json", "summary.csv", "units.txt"],
            Cli.Times(former).Keys.Select(file => file.Replace('\\', '/')).Where(file => !file.EndsWith(".pdf", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal));
        // The same experiment again leaves it at that.
        Cli.Run(Path.Combine(folder, "small.yaml"), "--output", Path.Combine(folder, "results"), "--seeds", "5", "--resume");
        Assert.Single(Directory.GetDirectories(Path.Combine(results, "history")));
    });

    [Fact]
    public void Results_of_other_contents_of_the_same_files_move_to_history_too() => Cli.InFolder(folder =>
    {
        var (config, weights) = (Path.Combine(folder, "deep.yaml"), Path.Combine(folder, "w.safetensors"));
        var first = Path.Combine(folder, "first.yaml");
        File.WriteAllText(first, DeepCommandTests.Config.Replace("name: deep", "name: first", StringComparison.Ordinal));
        Assert.Equal(ExitCode.Done, Cli.Run(first, "--output", folder, "--quiet").Code);
        string[] steps = [.. Directory.GetFiles(Path.Combine(folder, "first", "checkpoints"), "*.safetensors", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)];
        File.WriteAllText(config, DeepCommandTests.Config.Replace("kind: deep_network,", $"kind: deep_network, weights: '{weights}',",
            StringComparison.Ordinal));
        Said Run()
        {
            var said = Cli.Run(config, "--output", folder, "--resume");
            return said.Code == ExitCode.Done ? said : throw new InvalidOperationException(said.Error);
        }
        File.Copy(steps[0], weights);
        Run();
        Assert.False(Directory.Exists(Path.Combine(folder, "deep", "history")));
        var table = File.ReadAllText(Path.Combine(folder, "deep", "metrics.csv"));
        File.Copy(steps[1], weights, overwrite: true);
        Assert.Contains("or read other files", Run().Error, StringComparison.Ordinal);
        var former = Assert.Single(Directory.GetDirectories(Path.Combine(folder, "deep", "history")));
        Assert.Equal(table, File.ReadAllText(Path.Combine(former, "metrics.csv")));
        Run();
        Assert.Single(Directory.GetDirectories(Path.Combine(folder, "deep", "history")));
        Assert.StartsWith("0 units", Cli.Run("prune", Path.Combine(folder, "deep"), "--dry-run").Out, StringComparison.Ordinal);
    });

    [Fact]
    public void Another_experiment_waits_until_a_program_has_ended() => Cli.InFolder(folder =>
    {
        var results = Cli.RunSmall(folder);
        string[] same = [Path.Combine(folder, "small.yaml"), "--output", Path.Combine(folder, "results"), "--quiet"];
        var before = Cli.Times(results);
        using (FileClaim.Shared(Path.Combine(results, ".lock")))
        {
            var other = Cli.Run([.. same, "--seeds", "5"]);
            Assert.Equal(ExitCode.BadInput, other.Code);
            Assert.Contains("LS0308", other.Error, StringComparison.Ordinal);
            Assert.Contains("LS0308", Cli.Run("prune", results).Error, StringComparison.Ordinal);
            Assert.Equal(before, Cli.Times(results));
            Assert.Equal(ExitCode.Done, Cli.Run([.. same, "--resume"]).Code);
        }
        Assert.Equal(ExitCode.Done, Cli.Run([.. same, "--seeds", "5"]).Code);
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

    [Theory]
    [InlineData("run.json")]
    [InlineData("metrics.csv")]
    public void What_was_made_of_other_contents_moves_though_nobody_has_written_the_names_down(string left) => Cli.InFolder(folder =>
    {
        var results = Cli.RunSmall(folder);
        // As a program leaves it that knows no units.txt, or was killed before its run.json, and whose units had other names.
        if (left == "run.json") File.Delete(Path.Combine(results, "units.txt"));
        else File.Delete(Path.Combine(results, "run.json"));
        foreach (var file in (string[])["run.json", "units.txt"])
        {
            var path = Path.Combine(results, file);
            if (File.Exists(path)) File.WriteAllText(path, File.ReadAllText(path).Replace("a", "f", StringComparison.Ordinal));
        }
        var table = File.ReadAllText(Path.Combine(results, "metrics.csv"));
        Cli.RunSmall(folder);
        var former = Assert.Single(Directory.GetDirectories(Path.Combine(results, "history")));
        Assert.Equal(table, File.ReadAllText(Path.Combine(former, "metrics.csv")));
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

    [Theory]
    [InlineData("{")]
    [InlineData("{ \"runs\": [{ \"unit\": \"a\", \"unit\": \"b\" }] }")]
    public void Prune_of_anything_else_deletes_nothing(string damaged) => Cli.InFolder(folder =>
    {
        Assert.Equal(ExitCode.BadInput, Cli.Run("prune", folder).Code);
        var results = Cli.RunSmall(folder);
        File.WriteAllText(Path.Combine(results, "run.json"), damaged);
        var before = Cli.Times(results);
        var said = Cli.Run("prune", results);
        Assert.Equal((ExitCode.BadInput, true), (said.Code, said.Error.StartsWith("error LS0307: ", StringComparison.Ordinal)));
        Assert.Equal(before, Cli.Times(results));
    });

    [Fact]
    public void Prune_leaves_the_unit_of_a_pipeline_that_was_kept_last() => Cli.InFolder(folder =>
    {
        var results = Cli.RunSmall(folder);
        var units = Path.Combine(results, "units");
        // As a program of other numerics keeps it, which has not come to its run.json yet.
        var named = Directory.GetFiles(units, "*.yaml")[0];
        foreach (var (name, hours) in (ReadOnlySpan<(char, int)>)[('0', -1), ('f', 1)])
        {
            foreach (var ending in (string[])[".yaml", ".arrow"])
            {
                var copy = Path.Combine(units, new string(name, 64) + ending);
                File.Copy(Path.ChangeExtension(named, ending), copy);
                File.SetLastWriteTimeUtc(copy, File.GetLastWriteTimeUtc(named).AddHours(hours));
            }
        }

        Assert.StartsWith("1 units and ", Cli.Run("prune", results).Out, StringComparison.Ordinal);
        Assert.Equal((4 + 1, false), (Directory.GetFiles(units, "*.arrow").Length,
            File.Exists(Path.Combine(units, new string('0', 64) + ".arrow"))));
    });

    [Fact]
    public void Prune_passes_over_a_history_that_a_kill_left_half_done() => Cli.InFolder(folder =>
    {
        var results = Cli.RunSmall(folder);
        Directory.CreateDirectory(Path.Combine(results, "history", "20260101T000000Z"));
        Assert.Equal(ExitCode.Done, Cli.Run("prune", results).Code);
    });

    [Fact]
    public void A_run_says_of_which_commit_its_config_is_and_whether_anything_differs_from_it() => Cli.InFolder(folder =>
    {
        JsonNode? Repository() => JsonNode.Parse(File.ReadAllText(Path.Combine(Cli.RunSmall(folder), "run.json")))!["repository"];
        if (Machine.Output("git", "-C", folder, "init", "-q") is null) Assert.Skip("git is not installed");
        void Git(params string[] arguments) => Assert.NotNull(Machine.Output("git", ["-C", folder, "-c", "user.name=a", "-c",
            "user.email=a@b", .. arguments]));

        File.WriteAllText(Path.Combine(folder, "other.txt"), "a");
        Git("add", "other.txt");
        Git("commit", "-qm", "other");
        // Nothing tracked differs; but nobody has this config.
        Assert.True((bool)Repository()!["dirty"]!);
        Git("add", "small.yaml");
        Git("commit", "-qm", "config");
        Assert.Equal((Machine.Output("git", "-C", folder, "rev-parse", "HEAD"), false), ((string?)Repository()!["commit"],
            (bool)Repository()!["dirty"]!));
        File.WriteAllText(Path.Combine(folder, "other.txt"), "b");
        Assert.True((bool)Repository()!["dirty"]!);
    });

    [Fact]
    public void An_error_that_ends_a_run_is_in_its_log() => Cli.InFolder(folder =>
    {
        Directory.CreateDirectory(Path.Combine(folder, "results", "small", "metrics.csv"));
        var said = Cli.Run(Path.Combine(folder, "small.yaml"), "--output", Path.Combine(folder, "results"));
        Assert.Equal(ExitCode.BadInput, said.Code);
        Assert.Contains("error LS0301: ", File.ReadAllText(Path.Combine(folder, "results", "small", "log.txt")), StringComparison.Ordinal);
    });

    [Fact]
    public void A_log_has_lines_instead_of_what_moves() => TemporaryFolder.In(folder =>
    {
        using StringWriter output = new(), error = new();
        var file = Path.Combine(folder, "log.txt");
        using (var log = new RunLog(new Terminal(output, error, Interactive: true)))
        {
            log.Terminal.Error.WriteLine("said");
            log.WriteTo(file, append: false);
            log.Terminal.Screen.WriteLine("moves");
            log.Terminal.Record.WriteLine("instead");
        }
        Assert.Equal("said\nmoves\n", error.ToString().ReplaceLineEndings("\n"));
        Assert.Equal("said\ninstead\n", File.ReadAllText(file).ReplaceLineEndings("\n"));
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
        Assert.StartsWith($"1 of 4 units are in '{Unit(1)}'", Cli.Run("why", Path.Combine(folder, "small.yaml"), Unit(1)).Out,
            StringComparison.Ordinal);
        Assert.Equal($"1 of 1 units are in '{results}'", Cli.Run("why", Unit(1), results).Out.Trim());

        Assert.Equal($"4 of 4 units are in '{results}'", Cli.Run("why", Path.Combine(folder, "small.yaml"),
            results).Out.Trim());
        Cli.Edit(Path.Combine(folder, "small.yaml"), "divide_by: 2", "divide_by: 3");
        Assert.Equal(
            [$"2 of 4 units are in '{results}'", "2 not there, like run 'b', seed 0; of the nearest unit there it differs in",
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
