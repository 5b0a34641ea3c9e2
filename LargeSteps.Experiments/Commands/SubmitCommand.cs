using System.Diagnostics;
using System.Globalization;
using LargeSteps.Datasets;
using LargeSteps.Experiments.Cluster;
using LargeSteps.Experiments.Results;
using LargeSteps.Models.Deep;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Commands;

/// <summary>What <c>submit</c> is asked for.</summary>
/// <param name="Run">What each task runs.</param>
/// <param name="IsLocal">Whether the tasks are processes on this machine, and not a job of Slurm.</param>
/// <param name="PerTask">How many units a task has; null: so many that it takes some minutes.</param>
/// <param name="Slurm">What is asked of Slurm; its limit is that of processes on this machine too.</param>
/// <param name="DryRun">Say what would be done, and do nothing.</param>
/// <param name="Kubernetes">What is asked of Kubernetes, where a manifest is wanted in place of a job; null: none is.</param>
internal sealed record SubmitRequest(RunRequest Run, bool IsLocal, int? PerTask, SlurmOptions Slurm, bool DryRun,
    KubernetesOptions? Kubernetes = null);

/// <summary>Divides the units that are not done among tasks, and has them run: by a job array of Slurm, with a job that gathers after it,
/// or by processes on this machine.</summary>
internal static class SubmitCommand
{
    // How long a unit is tried for, where nobody says how many a task has.
    private static readonly TimeSpan Trial = TimeSpan.FromSeconds(10);

    public static int Run(SubmitRequest request, Terminal terminal)
    {
        using var stop = new Interruption();
        var run = request.Run;
        var experiment = RunCommand.Prepared(RunCommand.Load(run.Config, run.Overrides), run);
        var units = Units.Of(experiment).OrThrow();
        RunCommand.CheckWeights(units);
        var data = Path.GetFullPath(RunCommand.DataFolder(run.Data, Path.GetDirectoryName(Path.GetFullPath(run.Config)) ?? "."));
        if (!request.DryRun) FetchImages.Ensure(units, data, run.Mirror, run.Quiet, terminal, stop.Token);
        var (path, names) = (Path.GetFullPath(Path.Combine(run.Output, experiment.Name)), new UnitNames(data));
        using var folder = request.DryRun ? null : ResultFolder.Create(path);
        if (folder?.WriteExperiment(experiment, () => units.Select(unit => names.Of(unit.Pipeline).Name), TimeProvider.System.GetUtcNow())
            is { } former)
        {
            terminal.Error.WriteLine($"'{experiment.Name}' was another experiment here: its tables, figures and report are in {former}");
        }
        var store = folder?.Units ?? (Directory.Exists(ResultFolder.UnitsOf(path)) ? new UnitStore(ResultFolder.UnitsOf(path)) : null);
        bool[] done = [.. units.Select(unit => store?.Find(names.Of(unit.Pipeline)) is not null)];
        if (Array.IndexOf(done, false) is not (>= 0 and var first))
        {
            terminal.Out.WriteLine(FormattableString.Invariant($"all {units.Count} units are done: 'gather {path}' makes the tables"));
            return ExitCode.Done;
        }
        var workers = run.Workers;
        var perTask = request.PerTask ?? TaskPlan.PerTask(Seconds(units[first], names.Of(units[first].Pipeline), store, data, run,
            terminal, stop.Token), units[first].Pipeline.Model is DeepNetwork ? 1 : workers);
        var plan = TaskPlan.Of(done, perTask);
        var jobs = SubmittedJobs.FolderOf(path);
        // As it is now: what is edited later is for later.
        var config = Path.Combine(jobs, "config.yaml");
        Items<string> given = Items.From<string>(
        [
            "--device", run.Device,
            .. run.Overrides.SelectMany(change => (string[])["--set", change]),
            .. run.Seeds is { } seeds
                ? (string[])["--seeds", FormattableString.Invariant($"{seeds.From}..{seeds.From + seeds.Count - 1}")] : [],
            .. run.GivenWorkers is { } count ? (string[])["--workers", count.ToString(CultureInfo.InvariantCulture)] : [],
            .. run.Smoke ? (string[])["--smoke"] : [], .. run.Exact ? (string[])["--exact"] : [],
        ]);
        Items<string> Words(string part) => Items.From<string>([.. Program, "run", config, "--output", Path.GetFullPath(run.Output),
            "--data", data, "--shard", FormattableString.Invariant($"{part}/{plan.Parts}"), .. given]);
        var what = FormattableString.Invariant($"{plan.Units} of {units.Count} units in {plan.Left.Count} of {plan.Parts} parts");
        if (request.Kubernetes is { } kubernetes)
        {
            var manifest = KubernetesJob.Of(experiment.Name, File.ReadAllText(run.Config), given, plan, kubernetes);
            if (request.DryRun)
            {
                terminal.Out.Write(manifest);
                return ExitCode.Done;
            }
            var file = Path.Combine(Directory.CreateDirectory(Path.Combine(path, "kubernetes")).FullName, "job.yaml");
            File.WriteAllText(file, manifest);
            terminal.Out.WriteLine(FormattableString.Invariant($"{plan.Parts} parts of {units.Count} units: kubectl apply -f {file}"));
            return ExitCode.Done;
        }
        if (request.IsLocal && request.DryRun)
        {
            terminal.Out.WriteLine(what);
            foreach (var part in plan.Left)
                terminal.Out.WriteLine(string.Join(' ', Words(part.ToString(CultureInfo.InvariantCulture)).Select(SlurmScript.Quoted)));
            return ExitCode.Done;
        }
        var script = SlurmScript.Of(experiment.Name, jobs, Directory.GetCurrentDirectory(), Words("auto"), plan, request.Slurm);
        string[] after = ["--parsable", $"--job-name={experiment.Name}-gather", $"--output={Path.Combine(jobs, "gather.log")}",
            .. request.Slurm.Options.Where(option => option.Name is "partition" or "account").Select(option =>
                $"--{option.Name}={option.Value}"),
            "--wrap", $"cd {SlurmScript.Quoted(Directory.GetCurrentDirectory())}; " +
            string.Join(' ', Program.Concat(["gather", path, "--data", data]).Select(SlurmScript.Quoted))];
        if (request.DryRun)
        {
            terminal.Out.Write($"# {what}\n# {Path.Combine(jobs, "job.sbatch")}:\n{script}# sbatch --parsable job.sbatch, and then:\n" +
                $"# sbatch --dependency=afterany:JOB {string.Join(' ', after.Select(SlurmScript.Quoted))}\n");
            return ExitCode.Done;
        }
        Directory.CreateDirectory(jobs);
        File.Copy(run.Config, config, overwrite: true);
        File.WriteAllText(Path.Combine(jobs, "version.txt"), RunInfo.ProgramVersion + "\n");
        if (request.IsLocal)
        {
            return Local(request, plan, part => Words(part.ToString(CultureInfo.InvariantCulture)), path, jobs, terminal, stop.Token);
        }
        File.WriteAllText(Path.Combine(jobs, "job.sbatch"), script);
        // Slurm says NUMBER, or NUMBER;CLUSTER.
        var array = Slurm.Call("sbatch", "--parsable", Path.Combine(jobs, "job.sbatch")).Split(';')[0];
        var gather = Slurm.Call("sbatch", [$"--dependency=afterany:{array}", .. after]).Split(';')[0];
        SubmittedJobs.Add(path, new(array, gather, plan.Parts, plan.Array));
        terminal.Out.WriteLine($"{what} are submitted as job {array}; job {gather} gathers after it. " +
            $"'status {path}' tells how far they are");
        return ExitCode.Done;
    }

    private static Items<string> Program => Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) != "dotnet"
        && typeof(SubmitCommand).Assembly == System.Reflection.Assembly.GetEntryAssembly()
        ? [host] : [Environment.ProcessPath is { } dotnet && Path.GetFileNameWithoutExtension(dotnet) == "dotnet" ? dotnet : "dotnet",
            typeof(SubmitCommand).Assembly.Location];

    private static int Local(SubmitRequest request, TaskPlan plan, Func<int, Items<string>> words, string path, string jobs,
        Terminal terminal, CancellationToken stop)
    {
        var codes = LocalTasks.Run(plan, request.Slurm.Limit, words, jobs, stop);
        foreach (var (part, code) in plan.Left.Zip(codes).Where(task => task.Second is not (ExitCode.Done or ExitCode.Stopped)))
        {
            terminal.Error.WriteLine(FormattableString.Invariant(
                $"part {part}/{plan.Parts} ended with {code}: {Path.Combine(jobs, FormattableString.Invariant($"part-{part}.log"))}"));
        }
        var gathered = GatherCommand.Run(new(path, [], "", request.Run.Data, request.Run.Words ?? []), terminal);
        return codes.FirstOrDefault(code => code is not (ExitCode.Done or ExitCode.Stopped), gathered);
    }

    // About how long a unit takes, from a moment of it; one that is done in that moment is kept.
    private static double Seconds(Unit unit, UnitIdentity identity, UnitStore? store, string data, RunRequest run, Terminal terminal,
        CancellationToken stop)
    {
        if (!run.Quiet)
            terminal.Error.WriteLine(FormattableString.Invariant($"trying '{unit.Label}', seed {unit.Seed}, for {Trial.TotalSeconds} s"));
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        over.CancelAfter(Trial);
        var watch = Stopwatch.StartNew();
        var context = RunContext.Default.WithDevice(Devices.Choose(run.Device, [unit], TextWriter.Null)).WithDataFolder(data)
            .WithCancellation(over.Token);
        var result = Runner.Run(unit.Pipeline, DatasetFactory.Load(unit.Pipeline.Dataset, data), context);
        if (stop.IsCancellationRequested) throw new CommandException(ExitCode.Stopped, "stopped: nothing is submitted");
        if (result.End.IsOwnEnd) store?.Keep(identity, result);
        return watch.Elapsed.TotalSeconds * (result.End.IsOwnEnd ? 1
            : result.LastIteration == 0 ? double.PositiveInfinity : (double)unit.Pipeline.Horizon.Steps / result.LastIteration);
    }
}
