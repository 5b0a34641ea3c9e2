namespace LargeSteps.Values;

/// <summary>What a run cannot be made with, or go on with: a module or a network of a program's own that does not fit its data or cannot
/// be differentiated, a function that gives no step size, a flow of too many parts. The message is for whoever wrote the run.</summary>
public sealed class RunException : InvalidOperationException
{
    /// <summary>Something that is wrong.</summary>
    internal RunException(string message) : base(message) { }

    /// <summary>Something that is wrong, as another found it.</summary>
    internal RunException(string message, Exception inner) : base(message, inner) { }
}
