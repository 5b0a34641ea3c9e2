using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using LargeSteps.Numerics;
using TorchSharp;

namespace LargeSteps.Running;

/// <summary>What makes runs of deep networks, one at a time: those of an experiment are spread over several.</summary>
/// <param name="Device">The device, in libtorch's words: <c>cpu</c>, <c>cuda:0</c>.</param>
/// <param name="Threads">How many threads libtorch has for it on the CPU; null: as many as it takes by itself. Another number gives other
/// last digits.</param>
/// <exception cref="ArgumentOutOfRangeException">There are less than one thread.</exception>
public sealed record DeviceWorker(string Device, int? Threads = null)
{
    /// <summary>How many threads libtorch has for it on the CPU; null: as many as it takes by itself.</summary>
    public int? Threads { get; init => field = Checked(value); } = Checked(Threads);

    private static int? Checked(int? threads) => threads is null or > 0 ? threads
        : throw new ArgumentOutOfRangeException(nameof(threads), threads, "a worker has at least one thread");

    /// <summary>The device with its threads: <c>cpu:2</c>, <c>cuda:0</c>.</summary>
    public string Name => Threads is { } threads ? FormattableString.Invariant($"{Device}:{threads}") : Device;

    /// <summary>Has work done by several, each on a thread of its own, and waits until all is done. What the work of one throws ends the
    /// others after the piece that they are at, and is thrown.</summary>
    internal static void Share<T>(IEnumerable<T> work, IReadOnlyList<DeviceWorker> workers, Action<T, DeviceWorker> make)
    {
        var (left, failure) = (new ConcurrentQueue<T>(work), (ExceptionDispatchInfo?)null);
        if (left.IsEmpty) return;
        using var ready = new CountdownEvent(Math.Min(workers.Count, left.Count));
        using var begin = new ManualResetEventSlim();
        var isCounted = workers.Any(worker => worker.Threads is not null);
        if (isCounted) NativeLibraries.EnsureLoaded();
        var others = isCounted ? torch.get_num_threads() : 0;
        var threads = workers.Take(left.Count).Select((worker, i) => new Thread(() => Make(worker))
        {
            Name = FormattableString.Invariant($"{worker.Name} ({i})"),
            IsBackground = true,
        }).ToArray();
        foreach (var thread in threads) thread.Start();
        ready.Wait();
        // What libtorch was told last is what a thread takes that it has not seen yet: these have theirs now, and all others what they had.
        if (isCounted) torch.set_num_threads(others);
        begin.Set();
        foreach (var thread in threads) thread.Join();
        failure?.Throw();

        void Make(DeviceWorker worker)
        {
            try
            {
                try
                {
                    if (isCounted)
                    {
                        // At its first use on a thread libtorch takes what it was told last: what is said before that is lost.
                        _ = torch.get_num_threads();
                        torch.set_num_threads(worker.Threads ?? others);
                    }
                }
                finally
                {
                    ready.Signal();
                }
                begin.Wait();
                while (failure is null && left.TryDequeue(out var piece)) make(piece, worker);
            }
            catch (Exception e)
            {
                failure ??= ExceptionDispatchInfo.Capture(e);
            }
        }
    }
}
