namespace LargeSteps.Numerics;

/// <summary>
/// A native library that LargeSteps needs does not load. The message names the library, what is missing and what to do.
/// </summary>
public sealed class NativeLibraryException : Exception
{
    /// <summary>An exception whose message is for the user of the program.</summary>
    internal NativeLibraryException(string message)
        : base(message)
    {
    }

    /// <summary>The same, with the loader's own exception.</summary>
    internal NativeLibraryException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
