using TorchSharp;

namespace LargeSteps.Numerics;

/// <summary>
/// Whether a CUDA device rounds float32 numbers to TF32, of 10 bits of mantissa, before it multiplies them, in matrix products and
/// convolutions. libtorch has one setting for the whole process: who wants it the other way waits until nobody is inside any more, so that
/// what a run computes does not depend on those on other devices. First come, first served.
/// </summary>
internal static class Tf32
{
    private static readonly object Gate = new();
    private static long _tickets, _served;
    private static int _inside;
    private static bool _allowed;

    // What this thread is inside of; null: nothing.
    [ThreadStatic]
    private static bool? _mine;

    /// <summary>Sets it until the region is left, by the same thread. A region within one that has set it likewise is that one.</summary>
    /// <param name="onCard">Whether the device is a CUDA device; on others nothing is done.</param>
    /// <param name="allowed">Whether numbers may be rounded.</param>
    /// <exception cref="InvalidOperationException">The thread is inside of a region that has set it the other way.</exception>
    public static IDisposable? Enter(bool onCard, bool allowed)
    {
        if (!onCard || _mine == allowed) return null;
        if (_mine is not null) throw new InvalidOperationException("A region of TF32 lies within one that has set it the other way.");
        lock (Gate)
        {
            var ticket = _tickets++;
            while (ticket != _served || (_inside > 0 && _allowed != allowed)) Monitor.Wait(Gate);
            _served++;
            if (_inside++ == 0)
            {
                _allowed = allowed;
                (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32) = (allowed, allowed);
            }
            Monitor.PulseAll(Gate);
        }
        _mine = allowed;
        return new Region();
    }

    private sealed class Region : IDisposable
    {
        public void Dispose()
        {
            _mine = null;
            lock (Gate)
            {
                _inside--;
                Monitor.PulseAll(Gate);
            }
        }
    }
}
