using TorchSharp;

namespace LargeSteps.Numerics;

/// <summary>
/// Whether a CUDA device rounds float32 numbers to TF32, of 10 bits of mantissa, before it multiplies them, in matrix products and
/// convolutions. libtorch has one setting for the whole process: who wants it the other way waits until nobody is inside any more, so that
/// what a run computes does not depend on those on other devices.
/// </summary>
internal static class Tf32
{
    private static readonly object Gate = new();
    private static int _inside, _waiting;
    private static bool _allowed;

    /// <summary>Sets it until the region is left. Regions of one thread do not lie within one another.</summary>
    /// <param name="onCard">Whether the device is a CUDA device; on others nothing is done.</param>
    /// <param name="allowed">Whether numbers may be rounded.</param>
    public static IDisposable? Enter(bool onCard, bool allowed)
    {
        if (!onCard) return null;
        lock (Gate)
        {
            // Nobody overtakes those who wait, which would wait for ever.
            if (_inside > 0 && (_allowed != allowed || _waiting > 0))
            {
                _waiting++;
                do Monitor.Wait(Gate);
                while (_inside > 0 && _allowed != allowed);
                _waiting--;
            }
            if (_inside++ == 0)
            {
                _allowed = allowed;
                (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32) = (allowed, allowed);
            }
        }
        return new Region();
    }

    private sealed class Region : IDisposable
    {
        public void Dispose()
        {
            lock (Gate) if (--_inside == 0) Monitor.PulseAll(Gate);
        }
    }
}
