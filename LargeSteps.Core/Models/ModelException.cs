namespace LargeSteps.Models;

/// <summary>A module or a network that a program gave does not fit its data; the message is for whoever wrote it.</summary>
public sealed class ModelException : InvalidOperationException
{
    /// <summary>Something that is wrong with it.</summary>
    internal ModelException(string message) : base(message) { }

    /// <summary>Something that is wrong with it, as libtorch found it.</summary>
    internal ModelException(string message, Exception inner) : base(message, inner) { }
}
