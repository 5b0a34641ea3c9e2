namespace LargeSteps.Models;

/// <summary>The size of an image.</summary>
/// <param name="Channels">C: 3 for red, green and blue, 1 for grey.</param>
/// <param name="Height">H, the number of rows.</param>
/// <param name="Width">W, the number of columns.</param>
public sealed record ImageShape(int Channels, int Height, int Width)
{
    /// <summary>C·H·W, the number of values of an image.</summary>
    public int Length => Channels * Height * Width;

    /// <summary>H·W, the number of values of a channel.</summary>
    internal int Plane => Height * Width;
}
