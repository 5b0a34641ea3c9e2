using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using LargeSteps.Experiments.Cluster;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Commands;

/// <summary>The verbs for more machines, or more processes, than one.</summary>
internal static class ClusterVerbs
{
    private const string Auto = "auto", Local = "local", SlurmEngine = "slurm", Kubernetes = "kubernetes";

    public static Command[] All(Terminal terminal) => [Submit(terminal), Status(terminal), Cancel(terminal)];

    private static Command Submit(Terminal terminal)
    {
        var run = new RunOptions();
        // The options of sbatch that everybody needs have names of their own.
        (Option<string?> Option, string Name)[] asked =
        [
            (Text("--partition", "NAME", "The partition of the cluster."), "partition"),
            (Text("--time", "TIME", "The time limit of a task, like 02:00:00; one that comes to it goes on in another go."), "time"),
            (Text("--gpus", "N", "The graphics cards of a task."), "gpus"),
            (Text("--cpus", "N", "The cores of a task."), SubmitRequest.CpusOption),
            (Text("--memory", "SIZE", "The memory of a task, like 8G."), "mem"),
            (Text("--account", "NAME", "The account that pays."), "account"),
        ];
        var more = new Option<string[]>("--sbatch")
        {
            Description = "Another option of sbatch, like constraint=a100. Can be given several times.",
            HelpName = "KEY=VALUE"
        };
        var engine = new Option<string>("--engine")
        {
            Description = "slurm: a job array; local: processes on this machine; kubernetes: a manifest of an Indexed Job.",
            HelpName = "ENGINE",
            DefaultValueFactory = _ => SlurmEngine
        };
        engine.AcceptOnlyFromAmong(SlurmEngine, Local, Kubernetes);
        var container = Text("--container", "IMAGE", "The image that has the program as its entry point: for Slurm one of Apptainer, " +
            "like largesteps.sif.");
        var claim = Text("--claim", "NAME", "Kubernetes: the claim of the volume with the results, and data/ beside them.");
        var limit = new Option<int?>("--array-limit")
        {
            Description = "The most tasks at a time. [default: 64; local: one for each core]",
            HelpName = "N",
            CustomParser = result => Count(result)
        };
        var perTask = new Option<string>("--units-per-task")
        {
            Description = "How many units a task makes; auto: so many that it takes some minutes, by a trial of one.",
            HelpName = "N",
            DefaultValueFactory = _ => Auto
        };
        var dry = new Option<bool>("--dry-run")
        {
            Description = "Write the script and the commands, and submit nothing; a unit is tried where nobody says how many a task has."
        };
        var command = new Command("submit", "Divides the units that are not done among tasks of a cluster, or of this machine.");
        command.Arguments.Add(run.Config);
        Option[] all = [.. run.OfParts, engine, limit, perTask, .. asked.Select(option => option.Option), more, container, claim, dry];
        foreach (var option in all) command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetValue(perTask) is { } text && text != Auto && Whole(text) is null)
                result.AddError($"--units-per-task expects a whole number of at least 1, or auto, not '{text}'.");
            // Of a word that is none of them that is told already, and there is no value.
            if (result.GetResult(engine)?.Tokens is [{ Value: Kubernetes }]
                && (result.GetValue(container) is null || result.GetValue(claim) is null))
            {
                result.AddError("--engine kubernetes needs --container and --claim.");
            }
            if (result.GetResult(engine)?.Tokens is [{ Value: Local }] && result.GetValue(container) is not null)
                result.AddError("--engine local runs this program, in no container.");
            foreach (var pair in result.GetValue(more) ?? [])
            {
                if (pair.IndexOf('=', StringComparison.Ordinal) <= 0) result.AddError($"--sbatch expects KEY=VALUE, not '{pair}'.");
                else if (pair.Split('=')[0] is var key && SlurmScript.Own.Contains(key))
                    result.AddError($"--sbatch {key} is what the script says by itself.");
            }
            if (result.GetResult(engine)?.Tokens is [{ Value: Kubernetes or Local } other])
            {
                foreach (var (option, name) in asked.Where(option => option.Name is "partition" or "time" or "account"))
                    if (result.GetValue(option) is not null) Refuse($"--{name}");
                if (result.GetValue(more) is { Length: > 0 }) Refuse("--sbatch");
                void Refuse(string option) => result.AddError($"{option} is for Slurm, and not for --engine {other.Value}.");
            }
            foreach (var value in asked.Select(option => result.GetValue(option.Option)).Concat(result.GetValue(more) ?? []))
                if (value?.AsSpan().ContainsAny('\n', '\r') == true) result.AddError("An option of the job is one line.");
        });
        command.SetAction(parsed =>
        {
            var isLocal = parsed.GetValue(engine) == Local;
            var options = Items.From(asked.Where(option => parsed.GetValue(option.Option) is not null)
                .Select(option => (option.Name, Value: parsed.GetValue(option.Option)!))
                .Concat((parsed.GetValue(more) ?? []).Select(pair => pair.Split('=', 2)).Select(pair => (Name: pair[0], Value: pair[1]))));
            string? Asked(string name) => options.FirstOrDefault(option => option.Name == name).Value;
            var most = parsed.GetValue(limit) ?? (isLocal ? Environment.ProcessorCount : 64);
            var kubernetes = parsed.GetValue(engine) != Kubernetes ? null : new KubernetesOptions(parsed.GetValue(container)!,
                parsed.GetValue(claim)!, Asked(SubmitRequest.CpusOption), Asked("mem"), Asked("gpus"), most);
            return SubmitCommand.Run(new(run.Of(parsed), isLocal, Whole(parsed.GetValue(perTask)!), new(options, most),
                parsed.GetValue(dry), kubernetes, parsed.GetValue(container)), terminal);
        });
        return command;
    }

    private static Command Status(Terminal terminal)
    {
        var folder = new Argument<string>("RESULT_DIR") { Description = "A folder of results, like results/diagonal_sgd." };
        var watch = new Option<bool>("--watch") { Description = "Say it again every few seconds, until nothing is waiting or running." };
        var command = new Command("status", "Tells how many units are done, and what its jobs do.") { folder, watch };
        command.SetAction(parsed => StatusCommand.Run(parsed.GetValue(folder)!, parsed.GetValue(watch), terminal));
        return command;
    }

    private static Command Cancel(Terminal terminal)
    {
        var folder = new Argument<string>("RESULT_DIR") { Description = "A folder of results, like results/diagonal_sgd." };
        var command = new Command("cancel", "Cancels the jobs that were submitted; what is done is kept.") { folder };
        command.SetAction(parsed => StatusCommand.Cancel(parsed.GetValue(folder)!, terminal));
        return command;
    }

    private static Option<string?> Text(string name, string value, string description) => new(name)
    {
        Description = description,
        HelpName = value
    };

    private static int? Count(ArgumentResult result)
    {
        if (Whole(result.Tokens[0].Value) is { } count) return count;
        result.AddError($"--array-limit expects a whole number of at least 1, not '{result.Tokens[0].Value}'.");
        return null;
    }

    private static int? Whole(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;
}
