using System.Runtime.InteropServices;

namespace LargeSteps.Experiments.Commands;

/// <summary>Ctrl-C and SIGTERM: the first asks the runs to stop between two steps; a second one ends the program at once.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private bool _over;
    private readonly PosixSignalRegistration[] _signals;

    public Interruption() => _signals = [On(PosixSignal.SIGINT), On(PosixSignal.SIGTERM)];

    public CancellationToken Token => _stop.Token;

    public void Dispose()
    {
        foreach (var signal in _signals) signal.Dispose();
        // A second signal may be on its way to the handler at this moment.
        lock (_lock)
        {
            _over = true;
            _stop.Dispose();
        }
    }

    /// <summary>Asks the runs to stop; whether they had not been asked before, and there is something to stop.</summary>
    internal bool Stop()
    {
        lock (_lock)
        {
            if (_over || _stop.IsCancellationRequested) return false;
            _stop.Cancel();
            return true;
        }
    }

    private PosixSignalRegistration On(PosixSignal signal) => PosixSignalRegistration.Create(signal, context => context.Cancel = Stop());
}
