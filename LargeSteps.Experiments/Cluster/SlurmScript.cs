using LargeSteps.Values;

namespace LargeSteps.Experiments.Cluster;

/// <summary>What a job asks Slurm for; null: what the cluster gives.</summary>
/// <param name="Options">Options of sbatch, each a name and a value: partition, time, gpus and so on.</param>
/// <param name="Limit">The most tasks at a time.</param>
internal sealed record SlurmOptions(Items<(string Name, string Value)> Options, int Limit)
{
    /// <summary>Whether it asks for graphics cards.</summary>
    public bool AsksForCards => Options.Any(option => option.Name.StartsWith("gpus", StringComparison.Ordinal)
        || (option.Name == "gres" && option.Value.StartsWith("gpu", StringComparison.Ordinal)));
}

/// <summary>The batch script of an array of tasks.</summary>
internal static class SlurmScript
{
    // How often a task may come to its time limit: a unit that makes no progress within it would come again for ever.
    private const int MostTimeouts = 50;

    /// <summary>The options of sbatch that the script says by itself, on which its parts and their logs depend.</summary>
    public static Items<string> Own { get; } = ["array", "signal", "output", "open-mode", "requeue", "no-requeue"];

    /// <summary>The text of the script.</summary>
    /// <param name="name">The experiment's.</param>
    /// <param name="folder">The folder of the job's files, whole.</param>
    /// <param name="working">Where the program is started.</param>
    /// <param name="program">The words of its command line, for one part of all.</param>
    /// <param name="plan">The parts.</param>
    /// <param name="options">What is asked of Slurm.</param>
    public static string Of(string name, string folder, string working, Items<string> program, TaskPlan plan, SlurmOptions options) =>
        FormattableString.Invariant($"""
        #!/bin/bash
        # {name}: each task makes one part of its units and goes on where it was stopped. Made by 'submit'.
        #SBATCH --job-name={name} --open-mode=append --requeue
        #SBATCH --output={Quoted(folder + "/part-%a.log")}
        #SBATCH --array={plan.Array}%{options.Limit}
        #SBATCH --signal=B:USR1@120
        {string.Concat(options.Options.Select(option => $"#SBATCH --{option.Name}={Quoted(option.Value)}\n"))}cd {Quoted(working)}
        {string.Join(' ', program.Select(Quoted))} &
        program=$! why=
        # Two minutes before the time limit the program keeps its state. At a preemption Slurm tells it by itself, and requeues the task.
        trap 'why=time; kill -TERM $program' USR1
        trap 'why=end' TERM
        wait $program; code=$?; while kill -0 $program 2> /dev/null; do wait $program; code=$?; done
        times={Quoted(folder)}/part-$SLURM_ARRAY_TASK_ID.timeouts
        if [ "$why" = time ] && [ $code = 3 ] && [ "$(cat "$times" 2> /dev/null | wc -l)" -lt {MostTimeouts} ]; then
          date >> "$times"; scontrol requeue "$SLURM_ARRAY_JOB_ID"_"$SLURM_ARRAY_TASK_ID"
        fi
        exit $code

        """).ReplaceLineEndings("\n");

    /// <summary>A word as a shell takes it.</summary>
    public static string Quoted(string word) => word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:=,+@%".Contains(c,
        StringComparison.Ordinal)) ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
