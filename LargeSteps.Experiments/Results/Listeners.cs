using LargeSteps.Running;

namespace LargeSteps.Experiments.Results;

/// <summary>Tells several of each event, in their order.</summary>
internal sealed class Listeners(IReadOnlyList<IProgress<RunEvent>> all) : IProgress<RunEvent>
{
    /// <inheritdoc/>
    public void Report(RunEvent value)
    {
        foreach (var each in all) each.Report(value);
    }
}
