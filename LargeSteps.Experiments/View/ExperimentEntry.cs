
namespace LargeSteps.Experiments.View;

/// <summary>How a folder of results is.</summary>
internal enum ExperimentState
{
    /// <summary>A program is at work in it.</summary>
    Running,

    /// <summary>All of its units are there, and its tables.</summary>
    Done,

    /// <summary>Something is missing, and nobody is at work.</summary>
    Stopped,

    /// <summary>An error ended a run.</summary>
    Failed,

    /// <summary>Its files are not what a run leaves.</summary>
    Unreadable,
}

/// <summary>A folder of results, as a list shows it.</summary>
/// <param name="Path">Where it is below the folder that is looked at, with slashes; empty: it is that folder.</param>
/// <param name="Name">Its name.</param>
/// <param name="State">How it is.</param>
/// <param name="Done">How many units are there.</param>
/// <param name="Units">How many there are to be; null: nobody has written it down.</param>
/// <param name="Started">When its last run began; null: not known.</param>
/// <param name="Duration">How long that took, or has taken; null: not known.</param>
/// <param name="Remaining">How long it has still to go; null: it does not run, or that cannot be said.</param>
/// <param name="Alive">How many units completed alive; null: not known.</param>
/// <param name="Notes">What somebody wrote about it.</param>
internal sealed record ExperimentEntry(string Path, string Name, ExperimentState State, int Done, int? Units, DateTimeOffset? Started,
    TimeSpan? Duration, TimeSpan? Remaining, int? Alive, Notes Notes)
{
    /// <summary>What is wrong with its notes, which then are left as they are; null: nothing.</summary>
    public string? NotesProblem { get; init; }

    /// <summary>Whether its run.json is there and cannot be read, so that nobody knows when and how it ended.</summary>
    public bool IsRunUnreadable { get; init; }

    /// <summary>What changes when there is something new, and not as time goes by.</summary>
    public string Stamp() => (this with { Duration = null, Remaining = null }).ToString();

    /// <summary>The state in a word.</summary>
    public string Word => State switch
    {
        ExperimentState.Running => "running",
        ExperimentState.Done => "done",
        ExperimentState.Stopped => "stopped",
        ExperimentState.Failed => "failed",
        ExperimentState.Unreadable => "unreadable",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
