namespace LargeSteps.Models.Deep;

/// <summary>Threads of a kernel.</summary>
internal static class Threads
{
    /// <summary>Makes the tasks 0 to <paramref name="count"/> − 1, so many of them at a time.</summary>
    public static void Run(int threads, int count, Action<int> task)
    {
        if (threads == 1 || count == 1)
        {
            for (var i = 0; i < count; i++) task(i);
        }
        else
        {
            Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, task);
        }
    }
}
