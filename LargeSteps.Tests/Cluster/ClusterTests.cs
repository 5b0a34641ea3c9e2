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
        var status = cluster.Run("status", results).Out;
        Assert.Equal(["small: 175 of 200 units are done", "no job is waiting or running", "ended, not done         last",
            $"{job}_7              never begun", ""], status.Split('\n'));

        var rest = cluster.Run(submit);
        Assert.StartsWith("25 of 200 units in 1 of 8 parts are submitted", rest.Out, StringComparison.Ordinal);
        cluster.Until(() => cluster.Jobs().Length == 0);
        Assert.Equal(ExitCode.Done, cluster.Run(config, "--output", Path.Combine(folder, "one"), "--quiet").Code);
        Assert.Equal(File.ReadAllText(Path.Combine(folder, "one", "small", "metrics.csv")),
            File.ReadAllText(Path.Combine(results, "metrics.csv")));
        var made = Made(results);
        Assert.Equal(made.Length, made.Distinct().Count());
    });

    // The units that were made to their end, as the logs of the parts say: of one that is there they say that it was kept.
    private static string[] Made(string results) => [.. Directory.GetFiles(Path.Combine(results, "logs")).SelectMany(File.ReadAllLines)
        .Where(line => line.Contains(", seed ", StringComparison.Ordinal) && line.Contains("s training", StringComparison.Ordinal)
            && !line.Contains(": stopped", StringComparison.Ordinal))
        .Select(line => line[(line.IndexOf(']', StringComparison.Ordinal) + 2)..line.IndexOf(':', StringComparison.Ordinal)])];

    // Some ten minutes: docs/cluster.md tells what it said.
    [Fact(Explicit = true)]
    public void A_thousand_units_come_through_a_hundred_mishaps() => TemporaryFolder.In(folder =>
    {
        Assert.SkipWhen(SlurmCluster.Missing is not null, SlurmCluster.Missing ?? "");
        using var cluster = SlurmCluster.Start(Directory.CreateDirectory(Path.Combine(folder, "slurm")).FullName);
        var config = Path.Combine(folder, "small.yaml");
        File.WriteAllText(config, Sweep.Replace("steps: 20000", "steps: 2500000", StringComparison.Ordinal)
            .Replace("count: 100", "count: 500", StringComparison.Ordinal));
        string Output(string name) => Path.Combine(folder, name);
        string[] Submit(string name, params string[] more) => ["submit", config, "--output", Output(name), "--units-per-task", "25",
            "--cpus", "1", "--quiet", .. more];
        Said Done(params string[] arguments)
        {
            var said = cluster.Run(arguments);
            Assert.True(said.Code == ExitCode.Done, said.Error);
            return said;
        }

        var local = Took(() => Done(Submit("local", "--engine", "local")));
        var calm = Took(() =>
        {
            Done(Submit("calm"));
            cluster.Until(() => cluster.Jobs().Length == 0, Long);
        });
        var (mishaps, submitted, random) = (new int[5], 0, new Random(1));
        var stormy = Took(() =>
        {
            while (Done(Submit("stormy")).Out.Contains("are submitted", StringComparison.Ordinal))
            {
                submitted++;
                cluster.Until(() =>
                {
                    if (cluster.Jobs() is not { Length: > 0 } jobs) return true;
                    if (mishaps.Sum() < 100) Mishap(jobs);
                    return false;
                }, Long);
            }
        });
        var metrics = Directory.GetDirectories(folder, "*").Where(each => !each.EndsWith("slurm", StringComparison.Ordinal))
            .Select(each => File.ReadAllText(Path.Combine(each, "small", "metrics.csv"))).ToArray();
        Assert.Equal(3, metrics.Length);
        Assert.Single(metrics.Distinct());
        var made = Made(Path.Combine(Output("stormy"), "small"));
        TestContext.Current.SendDiagnosticMessage(string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"local {local:F0} s, calm {calm:F0} s, stormy {stormy:F0} s; {string.Join(", ", mishaps)} mishaps; " +
            $"{submitted} times submitted; {made.Length} told as made, {made.Distinct().Count()} of them different"));
        Assert.Equal(made.Length, made.Distinct().Count());
        Assert.InRange(mishaps.Sum(), 100, int.MaxValue);

        // Requeued, cancelled, killed; a node's daemon killed; a better job comes between.
        void Mishap(string[] jobs)
        {
            var kind = random.Next(mishaps.Length);
            string[] running = [.. jobs.Where(job => job.Contains("RUNNING", StringComparison.Ordinal)
                && job.Contains('_', StringComparison.Ordinal)).Select(job => job.Split(' ')[0])];
            if (kind < 3 && running.Length == 0) return;
            var one = kind < 3 ? running[random.Next(running.Length)] : "";
            switch (kind)
            {
                case 0:
                    cluster.Call("scontrol", "requeue", one);
                    break;
                case 1:
                    cluster.Call("scancel", one);
                    break;
                case 2:
                    cluster.Call("scancel", "--signal=KILL", "--full", one);
                    break;
                case 3:
                    var node = $"n{random.Next(1, 3)}";
                    cluster.KillNode(node);
                    Thread.Sleep(TimeSpan.FromSeconds(1));
                    cluster.StartNode(node);
                    break;
                default:
                    cluster.Call("sbatch", "-p", "high", "--output", "/dev/null", "--wrap", "sleep 1");
                    break;
            }
            mishaps[kind]++;
            Thread.Sleep(TimeSpan.FromSeconds(random.NextDouble() * 3));
        }
    });

    private static int Count(string text, string word) => text.Split(word).Length - 1;

    private static readonly TimeSpan Long = TimeSpan.FromMinutes(20);

    private static double Took(Action work)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        work();
        return watch.Elapsed.TotalSeconds;
    }

    [Fact]
    public void A_task_that_comes_to_its_time_limit_twice_goes_on_in_another_go() => TemporaryFolder.In(folder =>
    {
        Assert.SkipWhen(SlurmCluster.Missing is not null, SlurmCluster.Missing ?? "");
        using var cluster = SlurmCluster.Start(Directory.CreateDirectory(Path.Combine(folder, "slurm")).FullName);
        var (config, output) = (Path.Combine(folder, "deep.yaml"), Path.Combine(folder, "results"));
        File.WriteAllText(config, DeepCommandTests.Config
            .Replace("every: 4", "every: 40", StringComparison.Ordinal)
            .Replace("every: 2, best: test_loss", "every: 1000", StringComparison.Ordinal));
        string[] arguments = ["submit", config, "--output", output, "--units-per-task", "1", "--cpus", "1", "--set",
            "optimizer.steps=400"];
        var said = cluster.Run(arguments);
        Assert.True(said.Code == ExitCode.Done, said.Error);
        var timeouts = Path.Combine(output, "deep", "slurm", "part-0.timeouts");
        var log = Path.Combine(output, "deep", "logs", "part-0-of-1.txt");
        for (var i = 1; i <= 2; i++)
        {
            cluster.Until(() => cluster.Jobs().Any(line => line.Contains("_0 RUNNING", StringComparison.Ordinal))
                && File.Exists(log) && Count(File.ReadAllText(log), "train_loss") == i);
            // Slurm looks at time limits every half minute: the signal that it would send, sooner.
            Assert.Equal(0, cluster.Call("scancel", "--signal=USR1", "--batch", cluster.Jobs().First(line =>
                line.Contains("_0 ", StringComparison.Ordinal)).Split(' ')[0]).Code);
            cluster.Until(() => File.Exists(timeouts) && File.ReadAllLines(timeouts).Length == i);
        }
        cluster.Until(() => cluster.Jobs().Length == 0);
        var gathered = File.ReadAllText(Path.Combine(output, "deep", "slurm", "gather.log"));
        Assert.True(File.Exists(Path.Combine(output, "deep", "metrics.csv")), gathered);
        Assert.Equal(ExitCode.Done, cluster.Run(config, "--output", Path.Combine(folder, "one"), "--set", "optimizer.steps=400",
            "--quiet").Code);
        Assert.Equal(File.ReadAllText(Path.Combine(folder, "one", "deep", "metrics.csv")),
            File.ReadAllText(Path.Combine(output, "deep", "metrics.csv")));
    });
}
