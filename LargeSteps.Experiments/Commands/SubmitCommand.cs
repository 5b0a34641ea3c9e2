using System.Diagnostics;
using System.Globalization;
using LargeSteps.Datasets;
using LargeSteps.Experiments.Cluster;
using LargeSteps.Experiments.Results;
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
/// <param name="Container">The image in which the tasks of a job of Slurm run, as Apptainer names it; null: this program runs them.</param>
internal sealed record SubmitRequest(RunRequest Run, bool IsLocal, int? PerTask, SlurmOptions Slurm, bool DryRun,
    KubernetesOptions? Kubernetes = null, string? Container = null)
{
    /// <summary>How many units a task runs at a time, of small models: as many as were asked for, else as many as it has cores. Tasks on
    /// this machine share its cores.</summary>
    public int Workers => Run.GivenWorkers ?? (int.TryParse(Slurm.Options.FirstOrDefault(option => option.Name == CpusOption).Value,
        NumberStyles.None, CultureInfo.InvariantCulture, out var cpus) && cpus > 0 ? cpus : 1);

    /// <summary>The option of sbatch that says how many cores a task has.</summary>
    public const string CpusOption = "cpus-per-task";
}

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
        CheckJobs(path, request);
        using var folder = request.DryRun ? null : ResultFolder.Create(path, units.Count);
        var named = names.Of(units);
        if (folder?.WriteExperiment(experiment, named, TimeProvider.System.GetUtcNow())
            is { } former)
        {
            terminal.Error.WriteLine($"'{experiment.Name}' was another experiment here: its tables, figures and report are in {former}");
        }
        var store = folder?.Units ?? (Directory.Exists(ResultFolder.UnitsOf(path)) ? new UnitStore(ResultFolder.UnitsOf(path)) : null);
        bool[] done = [.. named.AsParallel().AsOrdered().Select(name => store?.Find(name, weights: false) is not null)];
        if (Array.IndexOf(done, false) is not (>= 0 and var first))
        {
            terminal.Out.WriteLine(FormattableString.Invariant($"all {units.Count} units are done: 'gather {path}' makes the tables"));
            return ExitCode.Done;
        }
        var perTask = request.PerTask ?? TaskPlan.PerTask(Seconds(units[first], names.Of(units[first].Pipeline), store, data, run,
            terminal, stop.Token), units[first].Pipeline.Model.AsDeep is not null ? 1 : request.Workers);
        if (request.Container is not null && (path + data).AsSpan().ContainsAny(',', ':'))
        {
            throw new CommandException(ExitCode.BadInput, $"error LS0300: a container is told its folders with ',' and ':' between them: " +
                $"'{path}' and '{data}' must have neither");
        }
        var parts = new Parts(request, experiment.Name, path, data, TaskPlan.Of(done, perTask), units.Count);
        return request.Kubernetes is { } kubernetes ? Manifest(parts, kubernetes, terminal)
            : request.IsLocal ? Local(parts, terminal, stop.Token)
            : Job(parts, terminal);
    }

    // What a former job still makes would be made by two.
    private static void CheckJobs(string path, SubmitRequest request)
    {
        if (request.DryRun || request.IsLocal || request.Kubernetes is not null) return;
        var left = SubmittedJobs.Read(path).SelectMany(job => job.Numbers).Where(job => Slurm.Queue(job).Count > 0).ToArray();
        if (left.Length > 0)
        {
            throw new CommandException(ExitCode.BadInput, $"error LS0313: of '{path}' the jobs {string.Join(", ", left)} wait or run: " +
                $"'status {path}' tells how far they are, 'cancel {path}' ends them");
        }
    }

    private static int Manifest(Parts parts, KubernetesOptions options, Terminal terminal)
    {
        var manifest = KubernetesJob.Of(parts.Name, File.ReadAllText(parts.Request.Run.Config), parts.Options, parts.Plan, options);
        if (parts.Request.DryRun)
        {
            terminal.Out.Write(manifest);
            return ExitCode.Done;
        }
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(parts.Path, "kubernetes")).FullName, "job.yaml");
        File.WriteAllText(file, manifest);
        // Which of the parts a pod finds done already only the volume tells.
        terminal.Out.WriteLine(FormattableString.Invariant($"{parts.Plan.Parts} parts: kubectl apply -f {file}"));
        return ExitCode.Done;
    }

    private static int Local(Parts parts, Terminal terminal, CancellationToken stop)
    {
        if (parts.Request.DryRun)
        {
            terminal.Out.WriteLine(parts.Words);
            foreach (var part in parts.Plan.Left) terminal.Out.WriteLine(string.Join(' ', parts.Line(part).Select(SlurmScript.Quoted)));
            return ExitCode.Done;
        }
        parts.Prepare();
        var codes = LocalTasks.Run(parts.Plan, parts.Request.Slurm.Limit, parts.Line, parts.Jobs, stop);
        foreach (var (part, code) in parts.Plan.Left.Zip(codes).Where(task => task.Second is not (ExitCode.Done or ExitCode.Stopped)))
        {
            terminal.Error.WriteLine(FormattableString.Invariant(
                $"part {part}/{parts.Plan.Parts} ended with {code}: {LocalTasks.LogOf(parts.Jobs, part)}"));
        }
        var gathered = GatherCommand.Run(new(parts.Path, [], "", parts.Data, parts.Request.Run.Words ?? []), terminal);
        return codes.FirstOrDefault(code => code is not (ExitCode.Done or ExitCode.Stopped), gathered);
    }

    private static int Job(Parts parts, Terminal terminal)
    {
        var (options, here, file) = (parts.Request.Slurm, Directory.GetCurrentDirectory(), Path.Combine(parts.Jobs, "job.sbatch"));
        var script = SlurmScript.Of(parts.Name, parts.Jobs, here, parts.Line("auto"), parts.Plan, options);
        string[] after = ["--parsable", $"--job-name={parts.Name}-gather", $"--output={Path.Combine(parts.Jobs, "gather.log")}",
            .. options.Options.Where(option => option.Name is "partition" or "account").Select(option => $"--{option.Name}={option.Value}"),
            "--wrap", $"cd {SlurmScript.Quoted(here)}; " +
            string.Join(' ', parts.Program.Concat(["gather", parts.Path, "--data", parts.Data]).Select(SlurmScript.Quoted))];
        if (parts.Request.DryRun)
        {
            terminal.Out.Write($"# {parts.Words}\n# {file}:\n{script}# sbatch --parsable job.sbatch, and then:\n" +
                $"# sbatch --dependency=afterany:JOB {string.Join(' ', after.Select(SlurmScript.Quoted))}\n");
            return ExitCode.Done;
        }
        parts.Prepare();
        File.WriteAllText(file, script);
        // Slurm says NUMBER, or NUMBER;CLUSTER.
        var array = Slurm.Call("sbatch", "--parsable", file).Split(';')[0];
        string? gather = null;
        try
        {
            gather = Slurm.Call("sbatch", [$"--dependency=afterany:{array}", .. after]).Split(';')[0];
        }
        finally
        {
            // The array is there, whatever became of the other.
            SubmittedJobs.Add(parts.Path, new(array, gather, parts.Plan.Parts, parts.Plan.Array));
        }
        terminal.Out.WriteLine($"{parts.Words} are submitted as job {array}; job {gather} gathers after it. " +
            $"'status {parts.Path}' tells how far they are");
        return ExitCode.Done;
    }

    // The parts of an experiment, and what runs them.
    private sealed record Parts(SubmitRequest Request, string Name, string Path, string Data, TaskPlan Plan, int Units)
    {
        /// <summary>The folder of the files of what runs them.</summary>
        public string Jobs => SubmittedJobs.FolderOf(Path);

        // As it is now: what is edited later is for later.
        private string Config => System.IO.Path.Combine(Jobs, "config.yaml");

        /// <summary>How many there are, in words.</summary>
        public string Words => FormattableString.Invariant($"{Plan.Units} of {Units} units in {Plan.Left.Count} of {Plan.Parts} parts");

        /// <summary>How the program is started: in an image that sees the results and the data, or as here.</summary>
        public Items<string> Program => Request.Container is not { } image ? Own
            : ["apptainer", "run", .. Request.Slurm.AsksForCards ? (string[])["--nv"] : [], "--bind",
                string.Join(',', Bound), image];

        // The results are made before the tasks begin; a folder of data that is not there nobody reads.
        private string[] Bound => Directory.Exists(Data) ? [System.IO.Path.GetFullPath(Request.Run.Output), Data]
            : [System.IO.Path.GetFullPath(Request.Run.Output)];

        // By the file that this program is, or by a dotnet.
        private static Items<string> Own
        {
            get
            {
                var (host, program) = (Environment.ProcessPath ?? "dotnet", typeof(SubmitCommand).Assembly);
                return System.IO.Path.GetFileNameWithoutExtension(host) == "dotnet" ? [host, program.Location]
                    : program == System.Reflection.Assembly.GetEntryAssembly() ? [host] : ["dotnet", program.Location];
            }
        }

        /// <summary>What the command line of a part has of that of all.</summary>
        public Items<string> Options => Items.From<string>(
        [
            // Who asks for cards wants them, all of them, and not the CPU where there are none.
            "--device", Request.Run.Device == Devices.Auto && (Request.Slurm.AsksForCards || Request.Kubernetes?.Gpus is not null)
                ? Devices.Cuda : Request.Run.Device,
            .. Request.Run.Overrides.SelectMany(change => (string[])["--set", change]),
            .. Request.Run.Seeds is { } seeds
                ? (string[])["--seeds", FormattableString.Invariant($"{seeds.From}..{seeds.From + seeds.Count - 1}")] : [],
            "--workers", Request.Workers.ToString(CultureInfo.InvariantCulture),
            .. Request.Run.Smoke ? (string[])["--smoke"] : [], .. Request.Run.Exact ? (string[])["--exact"] : [],
        ]);

        /// <summary>The command line of a part.</summary>
        public Items<string> Line(int part) => Line(part.ToString(CultureInfo.InvariantCulture));

        /// <summary>The same of the part that a scheduler says: auto.</summary>
        public Items<string> Line(string part) => Items.From<string>([.. Program, "run", Config, "--output",
            System.IO.Path.GetFullPath(Request.Run.Output), "--data", Data, "--shard", FormattableString.Invariant($"{part}/{Plan.Parts}"),
            .. Options]);

        /// <summary>Writes down of which config they are and of which program.</summary>
        public void Prepare()
        {
            Directory.CreateDirectory(Jobs);
            File.WriteAllText(Config, File.ReadAllText(Request.Run.Config));
            File.WriteAllText(System.IO.Path.Combine(Jobs, "version.txt"), RunInfo.ProgramVersion + "\n");
        }
    }

    // About how long a unit takes, from a moment of it; one that is done in that moment is kept.
    private static double Seconds(RunUnit unit, UnitIdentity identity, UnitStore? store, string data, RunRequest run, Terminal terminal,
        CancellationToken stop)
    {
        if (!run.Quiet)
            terminal.Error.WriteLine(FormattableString.Invariant($"trying '{unit.Label}', seed {unit.Seed}, for {Trial.TotalSeconds} s"));
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        over.CancelAfter(Trial);
        var watch = Stopwatch.StartNew();
        var context = RunContext.Default.WithDevice(Devices.First(run.Device, [unit], TextWriter.Null)).WithDataFolder(data)
            .WithCancellation(over.Token);
        var result = Runner.Run(unit.Pipeline, DatasetFactory.Load(unit.Pipeline.Dataset, data), context);
        if (stop.IsCancellationRequested) throw new CommandException(ExitCode.Stopped, "stopped: nothing is submitted");
        if (result.End.IsOwnEnd) store?.Keep(identity, result);
        return watch.Elapsed.TotalSeconds * (result.End.IsOwnEnd ? 1
            : result.LastIteration == 0 ? double.PositiveInfinity : (double)unit.Pipeline.Horizon.Steps / result.LastIteration);
    }
}
