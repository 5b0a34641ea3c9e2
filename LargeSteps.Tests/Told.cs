namespace LargeSteps.Tests;

/// <summary>Calls a function at once, where it is told; <see cref="Progress{T}"/> does so later.</summary>
internal sealed class Told<T>(Action<T> tell) : IProgress<T>
{
    public void Report(T value) => tell(value);
}
