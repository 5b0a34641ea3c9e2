using LargeSteps.Pipelines;

namespace LargeSteps.Running;

/// <summary>What happens while an experiment runs. Events of different units come from different threads.</summary>
public abstract record RunEvent(RunUnit Unit)
{
    private protected abstract void Close();

    /// <summary>In words: <c>large, seed 1: started</c>.</summary>
    public sealed override string ToString() => $"{Unit}: " + Match(started => "started",
        progressed => FormattableString.Invariant($"step {progressed.Progress.Iteration} of {progressed.Progress.Steps}"),
        finished => $"{finished.Result.End}{(finished.Kept ? " (kept)" : "")}");

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<UnitStarted, TResult> started, Func<UnitProgressed, TResult> progressed,
        Func<UnitFinished, TResult> finished) => this switch
        {
            UnitStarted s => started(s),
            UnitProgressed p => progressed(p),
            UnitFinished f => finished(f),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}

/// <summary>A unit begins.</summary>
public sealed record UnitStarted(RunUnit Unit) : RunEvent(Unit) { private protected override void Close() { } }

/// <summary>A unit has made a number of its steps.</summary>
public sealed record UnitProgressed(RunUnit Unit, RunProgress Progress) : RunEvent(Unit) { private protected override void Close() { } }

/// <summary>A unit has its result: it ended, or it was done before and <paramref name="Kept"/>.</summary>
public sealed record UnitFinished(RunUnit Unit, RunResult Result, bool Kept) : RunEvent(Unit)
{
    private protected override void Close() { }
}
