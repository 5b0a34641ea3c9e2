using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using LargeSteps.Numerics;
using TorchSharp;

namespace LargeSteps.Running;

/// <summary>What makes runs of deep networks, one at a time: those of an experiment are spread over several.</summary>
/// <param name="Device">The device, in libtorch's words: <c>cpu</c>, <c>cuda:0</c>.</param>
/// <param name="Threads">How many threads libtorch has for it on the CPU; null: as many as it takes by itself. Another number gives other
/// last digits.</param>
public sealed record DeviceWorker(string Device, int? Threads = null)
{
    /// <summary>The device with its threads: <c>cpu:2</c>, <c>cuda:0</c>.</summary>
    public string Name => Threads is { } threads ? FormattableString.Invariant($"{Device}:{threads}") : Device;

    /// <summary>Has work done by several, each on a thread of its own, and waits until all is done. What the work of one throws ends the
    /// others after the piece that they are at, and is thrown.</summary>
    internal static void Share<T>(IEnumerable<T> work, IReadOnlyList<DeviceWorker> workers, Action<T, DeviceWorker> make)
    {
        var (left, failure) = (new ConcurrentQueue<T>(work), (ExceptionDispatchInfo?)null);
        var threads = workers.Take(left.Count).Select((worker, i) => new Thread(() => Make(worker))
        {
            Name = FormattableString.Invariant($"{worker.Name} ({i})"),
            IsBackground = true,
        }).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        failure?.Throw();

        void Make(DeviceWorker worker)
        {
            try
            {
                if (worker.Threads is { } count)
                {
                    NativeLibraries.EnsureLoaded();
                    // Of this thread: others keep theirs.
                    torch.set_num_threads(count);
                }
                while (failure is null && left.TryDequeue(out var piece)) make(piece, worker);
            }
            catch (Exception e)
            {
                failure ??= ExceptionDispatchInfo.Capture(e);
            }
        }
    }
}
