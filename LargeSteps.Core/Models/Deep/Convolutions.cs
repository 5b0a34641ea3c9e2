namespace LargeSteps.Models.Deep;

/// <summary>How 3 × 3 convolutions of stride 1 between multiples of 16 channels are made on a CPU, where the channels lie last and the pass
/// is in float32; all others are libtorch's.</summary>
public enum Convolutions
{
    /// <summary>By Winograd's F(4×4, 3×3): a third to four fifths of the time. It errs by some 10⁻⁶ of what it makes, ten times as much as
    /// a direct convolution, and flips some ReLUs by that.</summary>
    Winograd,

    /// <summary>Directly, by libtorch.</summary>
    Direct,
}
