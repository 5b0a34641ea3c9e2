using System.Runtime.InteropServices;

namespace LargeSteps.Models.Deep;

/// <summary>Memory outside of the heap, on a boundary of 64 bytes, with whatever lay there.</summary>
internal readonly unsafe struct Workspace<T>(long count) : IDisposable where T : unmanaged
{
    /// <summary>The first number.</summary>
    public T* Data { get; } = (T*)NativeMemory.AlignedAlloc(checked((nuint)count * (nuint)sizeof(T)), 64);

    /// <summary>Sets all to zero.</summary>
    public void Clear() => NativeMemory.Clear(Data, (nuint)count * (nuint)sizeof(T));

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.AlignedFree(Data);
}
