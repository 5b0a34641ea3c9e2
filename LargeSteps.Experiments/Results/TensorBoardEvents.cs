using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Running.Formats;

namespace LargeSteps.Experiments.Results;

/// <summary>Writes every measurement into TensorBoard's event files as it comes: a folder for each run, below it one for each seed.</summary>
internal sealed class TensorBoardEvents(string folder, TimeProvider clock) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Unit, EventFile> _files = [];

    /// <summary>Tells these files and then somebody else.</summary>
    public IProgress<RunEvent> Before(IProgress<RunEvent>? next) => new Chain(this, next);

    public void Dispose()
    {
        foreach (var file in _files.Values) file.Dispose();
    }

    private void Write(RunEvent value)
    {
        if (value is not UnitProgressed { Unit: var unit, Progress.Measured: { } measured }) return;
        var (row, now) = (measured.Measurement, clock.GetUtcNow());
        lock (_lock)
        {
            if (!_files.TryGetValue(unit, out var file))
            {
                _files[unit] = file = EventFile.Create(Path.Combine(folder, FileNameOf(unit.Label), FormattableString.Invariant($"seed {unit.Seed}")), now);
                // An earlier go at the same run may have measured what comes now.
                file.AddRestart(now, row.Iteration);
            }
            file.Add(now, row.Iteration, measured.Metrics.Zip(row.Values, KeyValuePair.Create).Prepend(KeyValuePair.Create("learning_rate", row.LearningRate)));
        }
    }

    private static string FileNameOf(string label) => string.Concat(label.Select(c => Path.GetInvalidFileNameChars().Contains(c) ? '_' : c));

    private sealed class Chain(TensorBoardEvents board, IProgress<RunEvent>? next) : IProgress<RunEvent>
    {
        public void Report(RunEvent value)
        {
            board.Write(value);
            next?.Report(value);
        }
    }
}
