using LargeSteps.Experiments;
using LargeSteps.Tests.Commands;

namespace LargeSteps.Tests.Cluster;

/// <summary>Sweeps through a real Slurm; skipped where none is installed.</summary>
public class ClusterTests
{
    private static readonly string Sweep = Cli.Small.Replace("steps: 200", "steps: 20000", StringComparison.Ordinal)
        .Replace("count: 2", "count: 100", StringComparison.Ordinal);

    [Fact]
    public void A_sweep_that_is_requeued_preempted_and_cancelled_has_the_bytes_of_one_program() => TemporaryFolder.In(folder =>
    {
        Assert.SkipWhen(SlurmCluster.Missing is not null, SlurmCluster.Missing ?? "");
        using var cluster = SlurmCluster.Start(Directory.CreateDirectory(Path.Combine(folder, "slurm")).FullName);
        var (config, output) = (Path.Combine(folder, "small.yaml"), Path.Combine(folder, "results"));
        File.WriteAllText(config, Sweep);
        var results = Path.Combine(output, "small");
        string[] submit = ["submit", config, "--output", output, "--units-per-task", "25", "--cpus", "1", "--quiet"];
        var said = cluster.Run(submit);
        Assert.True(said.Code == ExitCode.Done, said.Error);
        Assert.StartsWith("200 of 200 units in 8 of 8 parts are submitted as job ", said.Out, StringComparison.Ordinal);
        var job = said.Out.Split("as job ")[1].Split(';')[0];
        cluster.Until(() => cluster.Jobs().Any(line => line.Contains("RUNNING", StringComparison.Ordinal)));
        // One that runs is queued again, one that waits is cancelled, a node's daemon dies and comes back, and a better job comes between.
        var running = cluster.Jobs().First(line => line.Contains("RUNNING", StringComparison.Ordinal)).Split(' ')[0];
        Assert.Equal(0, cluster.Call("scontrol", "requeue", running).Code);
        Assert.Equal(0, cluster.Call("scancel", job + "_7").Code);
        cluster.KillNode("n2");
        Assert.Equal(0, cluster.Call("sbatch", "-p", "high", "--output", "/dev/null", "--wrap", "sleep 1").Code);
        cluster.StartNode("n2");
        Assert.Contains($"{job}_", cluster.Run("status", results).Out, StringComparison.Ordinal);
        var again = cluster.Run(submit);
        Assert.Equal(ExitCode.BadInput, again.Code);
        Assert.StartsWith($"error LS0313: of '{results}' the jobs {job}", again.Error, StringComparison.Ordinal);
        cluster.Until(() => cluster.Jobs().Length == 0);
        Assert.Equal("small: 175 of 200 units are done\nno job is waiting or running\n", cluster.Run("status", results).Out);

        var rest = cluster.Run(submit);
        Assert.StartsWith("25 of 200 units in 1 of 8 parts are submitted", rest.Out, StringComparison.Ordinal);
        cluster.Until(() => cluster.Jobs().Length == 0);
        Assert.Equal(ExitCode.Done, cluster.Run(config, "--output", Path.Combine(folder, "one"), "--quiet").Code);
        Assert.Equal(File.ReadAllText(Path.Combine(folder, "one", "small", "metrics.csv")),
            File.ReadAllText(Path.Combine(results, "metrics.csv")));
        // Nothing was made twice to its end: what a part says of a unit that is there is that it was kept.
        var made = Directory.GetFiles(Path.Combine(results, "logs")).SelectMany(File.ReadAllLines)
            .Where(line => line.Contains(", seed ", StringComparison.Ordinal) && line.Contains("s training", StringComparison.Ordinal)
                && !line.Contains(": stopped", StringComparison.Ordinal))
            .Select(line => line[(line.IndexOf(']', StringComparison.Ordinal) + 2)..line.IndexOf(':', StringComparison.Ordinal)]).ToArray();
        Assert.Equal(made.Length, made.Distinct().Count());
    });

    // Slurm holds back for two minutes what was queued again.
    [Fact(Explicit = true)]
    public void A_task_that_comes_to_its_time_limit_goes_on_in_another_go() => TemporaryFolder.In(folder =>
    {
        Assert.SkipWhen(SlurmCluster.Missing is not null, SlurmCluster.Missing ?? "");
        using var cluster = SlurmCluster.Start(Directory.CreateDirectory(Path.Combine(folder, "slurm")).FullName);
        var (config, output) = (Path.Combine(folder, "deep.yaml"), Path.Combine(folder, "results"));
        File.WriteAllText(config, DeepCommandTests.Config
            .Replace("every: 4", "every: 1000", StringComparison.Ordinal)
            .Replace("every: 2, best: test_loss", "every: 1000", StringComparison.Ordinal));
        string[] arguments = ["submit", config, "--output", output, "--units-per-task", "1", "--cpus", "1", "--set",
            "optimizer.steps=3000"];
        var said = cluster.Run(arguments);
        Assert.True(said.Code == ExitCode.Done, said.Error);
        var timeouts = Path.Combine(output, "deep", "slurm", "part-0.timeouts");
        var log = Path.Combine(output, "deep", "logs", "part-0-of-1.txt");
        // Slurm looks at time limits every half minute: the signal that it would send, sooner.
        cluster.Until(() => File.Exists(log) && File.ReadAllText(log).Contains("train_loss", StringComparison.Ordinal));
        Assert.Equal(0, cluster.Call("scancel", "--signal=USR1", "--batch", cluster.Jobs().First(line =>
            line.Contains("_0 ", StringComparison.Ordinal)).Split(' ')[0]).Code);
        cluster.Until(() => File.Exists(timeouts));
        cluster.Until(() => cluster.Jobs().Length == 0);
        Assert.Equal(ExitCode.Done, cluster.Run(config, "--output", Path.Combine(folder, "one"), "--set", "optimizer.steps=3000",
            "--quiet").Code);
        Assert.Equal(File.ReadAllText(Path.Combine(folder, "one", "deep", "metrics.csv")),
            File.ReadAllText(Path.Combine(output, "deep", "metrics.csv")));
    });
}
