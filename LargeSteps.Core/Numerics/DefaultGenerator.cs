namespace LargeSteps.Numerics;

/// <summary>libtorch's default generator, which is one for the process.</summary>
internal static class DefaultGenerator
{
    /// <summary>Is held while the generator is set, or while it is watched whether somebody draws from it.</summary>
    public static readonly Lock Gate = new();
}
