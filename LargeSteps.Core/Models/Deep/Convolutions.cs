namespace LargeSteps.Models.Deep;

/// <summary>How 3 × 3 convolutions of stride 1 between multiples of 16 channels are made on a CPU, where the channels lie last and the
/// pass is in float32. All others are libtorch's, or, where libtorch has to do without oneDNN, directly our own.</summary>
public enum Convolutions
{
    /// <summary>By Winograd's F(4×4, 3×3): a third to four fifths of the time. Its outputs err by some 10⁻⁶ of their norm, two to
    /// three times as much as those of a direct convolution.</summary>
    Winograd,

    /// <summary>Directly, as all others.</summary>
    Direct,
}
