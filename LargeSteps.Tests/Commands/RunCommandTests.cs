using LargeSteps.Configuration;
using LargeSteps.Experiments;
using LargeSteps.Experiments.Commands;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Tests.Commands;

public class RunCommandTests
{
    [Fact]
    public void A_run_leaves_all_its_files_and_a_table() => Cli.InFolder(folder =>
    {
        var said = Cli.Run("run", Path.Combine(folder, "small.yaml"), "--output", folder, "--workers", "1");
        Assert.Equal(ExitCode.Done, said.Code);
        Assert.Equal(
            [".lock", "experiment.yaml", "figures/losses.pdf", "figures/losses.png", "figures/losses.svg", "log.txt", "metrics.arrow",
            "metrics.csv",
                "report.html", "run.json", "summary.csv", "units.txt"],
            Cli.Times(Path.Combine(folder, "small")).Keys.Select(file => file.Replace('\\', '/'))
                .Where(file => !file.StartsWith("units/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Equal(4, Directory.GetFiles(Path.Combine(folder, "small", "units"), "*.arrow").Length);
        Assert.Matches(@"\na +2/2 ", said.Out);
        Assert.Equal(4, said.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.StartsWith("[1/4] a, seed 0: completed, train loss ", said.Error, StringComparison.Ordinal);
    });

    [Fact]
    public void Quiet_prints_nothing() => Cli.InFolder(folder =>
        Assert.Equal(new Said(ExitCode.Done, "", ""), Cli.Run(Path.Combine(folder, "small.yaml"), "--output", folder, "--quiet")));

    [Fact]
    public void Running_the_written_experiment_gives_the_same_table() => Cli.InFolder(folder =>
    {
        var results = Cli.RunSmall(folder, "--seeds", "3..5", "--set", "optimizer.steps=150");
        var again = Cli.Run(Path.Combine(results, "experiment.yaml"), "--output", Path.Combine(folder, "again"));
        Assert.Equal(ExitCode.Done, again.Code);
        foreach (var file in (string[])["metrics.csv", "summary.csv", "experiment.yaml"])
            Assert.Equal(File.ReadAllBytes(Path.Combine(results, file)), File.ReadAllBytes(Path.Combine(folder, "again", "small", file)));
        Assert.Equal(["3", "4", "5"], File.ReadLines(Path.Combine(results, "metrics.csv")).Skip(1).Select(line => line.Split(',')[1])
            .Distinct());
    });

    // Gradient descent draws nothing, and the seed is that of the sampling.
    [Fact]
    public void Seeds_that_no_run_follows_are_told() => Cli.InFolder(folder =>
    {
        var file = Path.Combine(folder, "still.yaml");
        File.WriteAllText(file, """
            name: still
            dataset: { kind: table, features: [[1]], labels: [1] }
            model: { kind: diagonal_linear }
            schedule: { kind: constant, rate: 0.1 }
            optimizer: { kind: gd, steps: 2 }
            probes: { at: { every: 1 }, measure: [losses] }
            """);
        Assert.Contains("no run draws from a stream that follows the seeds", Cli.Run(file, "--output", folder, "--seeds", "0..4").Error,
            StringComparison.Ordinal);
        Assert.DoesNotContain("no run draws", Cli.Run(file, "--output", folder, "--seeds", "3..3").Error, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    public void The_number_of_workers_changes_no_byte_of_the_metrics(int workers) => Cli.InFolder(folder =>
    {
        string[] Of(int n) => [Path.Combine(folder, "small.yaml"), "--output", Path.Combine(folder, $"{n}"), "--workers", $"{n}", "--seeds",
            "0..9", "--quiet"];
        foreach (var n in (int[])[1, workers]) Assert.Equal(ExitCode.Done, Cli.Run(Of(n)).Code);
        foreach (var file in (string[])["metrics.csv", "metrics.arrow", "summary.csv", "figures/losses.svg"])
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(folder, "1", "small", file)), File.ReadAllBytes(Path.Combine(folder, $"{workers}",
                "small", file)));
        }
    });

    [Fact]
    public void Resume_runs_again_only_what_changed_in_the_config() => Cli.InFolder(folder =>
    {
        var results = Cli.RunSmall(folder);
        var before = Cli.Times(Path.Combine(results, "units"));
        Cli.Edit(Path.Combine(folder, "small.yaml"), "divide_by: 2", "divide_by: 3");
        var said = Cli.Run(Path.Combine(folder, "small.yaml"), "--output", Path.Combine(folder, "results"), "--resume");
        Assert.Equal(ExitCode.Done, said.Code);
        var lines = said.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Count(line => line.Contains("] a, ", StringComparison.Ordinal) && line.Contains("(kept)",
            StringComparison.Ordinal)));
        Assert.Equal(2, lines.Count(line => line.Contains("] b, ", StringComparison.Ordinal) && !line.Contains("(kept)",
            StringComparison.Ordinal)));
        var after = Cli.Times(Path.Combine(results, "units"));
        Assert.Equal(6, after.Keys.Count(name => name.EndsWith(".arrow", StringComparison.Ordinal)));
        Assert.All(before, unit => Assert.Equal(unit.Value, after[unit.Key]));

        var fresh = Cli.Run(Path.Combine(folder, "small.yaml"), "--output", Path.Combine(folder, "fresh"), "--quiet");
        Assert.Equal(ExitCode.Done, fresh.Code);
        Assert.Equal(File.ReadAllBytes(Path.Combine(folder, "fresh", "small", "metrics.csv")),
            File.ReadAllBytes(Path.Combine(results, "metrics.csv")));
    });

    [Fact]
    public void Resume_runs_again_what_is_damaged() => Cli.InFolder(folder =>
    {
        var results = Cli.RunSmall(folder);
        var metrics = File.ReadAllBytes(Path.Combine(results, "metrics.csv"));
        var units = Directory.GetFiles(Path.Combine(results, "units"), "*.arrow");
        File.WriteAllBytes(units[0], File.ReadAllBytes(units[0])[..100]);
        var said = Cli.Run(Path.Combine(folder, "small.yaml"), "--output", Path.Combine(folder, "results"), "--resume");
        Assert.Equal(ExitCode.Done, said.Code);
        Assert.Equal(3, said.Error.Split('\n').Count(line => line.Contains("(kept)", StringComparison.Ordinal)));
        Assert.Equal(metrics, File.ReadAllBytes(Path.Combine(results, "metrics.csv")));
    });

    [Theory]
    [InlineData("results")]
    [InlineData("results/small")]
    [InlineData("results/small/units")]
    [InlineData("results/small/figures")]
    public void A_file_where_a_folder_should_be_ends_the_command_before_any_training(string file) => Cli.InFolder(folder =>
    {
        var path = Path.Combine(folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "");
        var said = Cli.Run(Path.Combine(folder, "small.yaml"), "--output", Path.Combine(folder, "results"));
        Assert.Equal((ExitCode.BadInput, ""), (said.Code, said.Out));
        Assert.StartsWith($"error LS0301: the folder '{Path.Combine(folder, "results", "small")}' cannot be written to: ", said.Error,
            StringComparison.Ordinal);
        Assert.Single(said.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Empty(Directory.GetFiles(folder, "*.arrow", SearchOption.AllDirectories));
    });

    [Fact]
    public void A_result_that_cannot_be_written_is_told_without_a_stack_trace() => Cli.InFolder(folder =>
    {
        Directory.CreateDirectory(Path.Combine(folder, "small", "metrics.csv"));
        var said = Cli.Run(Path.Combine(folder, "small.yaml"), "--output", folder, "--quiet");
        Assert.Equal(ExitCode.BadInput, said.Code);
        Assert.StartsWith("error LS0301: ", said.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder, "*.tmp", SearchOption.AllDirectories));
    });

    [Theory]
    [InlineData("optimizer.steps=300", "steps: 300")]
    [InlineData("name='other'", "name: other")]
    [InlineData("runs[1].schedule.at[0].divide_by=7", "divide_by: 7")]
    [InlineData("runs[0].label=\"η: 1, 2\"", "label: \"η: 1, 2\"")]
    [InlineData("runs[0].optimizer={ batch_size: 3 }", "batch_size: 3")]
    [InlineData("optimizer.weight_decay=1e-3", "weight_decay: 0.001")]
    [InlineData("probes.at.evenly = 8", "evenly: 8")]
    [InlineData("figures=[]", "")]
    [InlineData("engine=autograd", "engine: autograd")]
    public void An_override_is_what_the_same_text_in_the_config_would_be(string set, string written) => Cli.InFolder(folder =>
    {
        var experiment = RunCommand.Load(Path.Combine(folder, "small.yaml"), set);
        Assert.NotEqual(RunCommand.Load(Path.Combine(folder, "small.yaml")), experiment);
        Assert.Contains(written, ExperimentYaml.Write(experiment), StringComparison.Ordinal);
    });

    [Fact]
    public void Of_several_overrides_each_sees_the_one_before() => Cli.InFolder(folder =>
    {
        var experiment = RunCommand.Load(Path.Combine(folder, "small.yaml"), "optimizer={ kind: gd, steps: 500 }", "optimizer.steps=600",
            "optimizer.steps=700");
        Assert.Equal(Duration.Steps(700), experiment.Shared.Optimizer!.Length);
    });

    [Fact]
    public void A_bad_override_is_told_like_the_same_fault_in_a_config() => Cli.InFolder(folder =>
    {
        string[] overrides =
        [
            "optimizer.steps=abc", "optimizer.steps=0", "optimizer.steps=1e5", "optimizer.steps='5'", "optimizer.steps=",
                "optimizer.steps=[1]", "optimizer.stpes=5", "optimiser.steps=5",
            "optimizer.batch_size=11", "runs[2].label=c", "runs[0].label=b", "runs[x].label=b", "runs.label=b", "runs[-1].label=b",
                "name.first=x", "name=../x", "dataset.kind=mnist", "schedule={ kind: constant }",
            "schedule={ kind: constant, rate: 1, rate: 2 }", "schedule.rate=&a 1", "schedule.rate=*a", "schedule={", "schedule.rate: 3",
                "=3", "steps", "", ".=3", "[0]=3", "figures[0].panels[0]=sharpness",
            "runs[1].schedule.at[0].step=200", "seeds.count=0",
        ];
        var small = Path.Combine(folder, "small.yaml");
        Snapshot.Matches("overrides", string.Join("\n", overrides.Select(set =>
        {
            var said = Cli.Run(small, "--output", Path.Combine(folder, "results"), "--set", set);
            Assert.Equal(ExitCode.BadInput, said.Code);
            Assert.NotEqual("", said.Error.Trim());
            return $"{set}\n  {said.Error.Replace(folder, "DIR", StringComparison.Ordinal).Trim().ReplaceLineEndings("\n  ")}\n";
        })));
        Assert.False(Directory.Exists(Path.Combine(folder, "results")));
    });

    [Fact]
    public void Failed_runs_are_told_at_the_end_and_turn_the_exit_code_to_1() => Cli.InFolder(folder =>
    {
        var units = Units.Of(RunCommand.Load(Path.Combine(folder, "small.yaml"))).OrThrow();
        RunResult Ended(RunEnd end) => new([], [], end, 0, 0, 0);
        (int, string) Verdict(params RunEnd[] ends)
        {
            using StringWriter output = new(), error = new();
            var code = RunCommand.Verdict(Items.From(units.Zip(ends, (unit, end) => new UnitResult(unit, Ended(end)))),
                new Terminal(output, error, false));
            return (code, error.ToString().ReplaceLineEndings("\n"));
        }
        Assert.Equal((ExitCode.Done, ""), Verdict(RunEnd.Completed, RunEnd.Diverged(3), RunEnd.Completed, RunEnd.Completed));
        Assert.Equal(
            (ExitCode.Bug, "error LS0305: 'a', seed 1, failed: the reason\nerror LS0305: 'b', seed 1, failed: another\n"),
            Verdict(RunEnd.Completed, RunEnd.Failed("the reason"), RunEnd.Stopped(3), RunEnd.Failed("another")));
        Assert.Equal(
            (ExitCode.Stopped, "stopped: 2 of 4 runs are done; the same command with --resume does the rest\n"),
            Verdict(RunEnd.Completed, RunEnd.Diverged(3), RunEnd.Stopped(3), RunEnd.Stopped(0)));
    });

    [Fact]
    public void A_failed_run_is_told_at_once() => Cli.InFolder(folder =>
    {
        var units = Units.Of(RunCommand.Load(Path.Combine(folder, "small.yaml"))).OrThrow();
        using var error = new StringWriter();
        RunProgressView.Show(new Terminal(TextWriter.Null, error, false), quiet: false, "cpu", units, events =>
        {
            events!.Report(new UnitStarted(units[0]));
            events.Report(new UnitFinished(units[0], new RunResult([], [], RunEnd.Failed("the reason\n   at once"), 0, 0, 0), Kept: false));
            return error.ToString();
        });
        Assert.StartsWith("[1/4] a, seed 0: failed: the reason (", error.ToString(), StringComparison.Ordinal);
    });
}
