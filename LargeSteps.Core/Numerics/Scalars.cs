using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Numerics;

/// <summary>Numbers that go with tensors.</summary>
internal static class Scalars
{
    /// <summary>
    /// A number for tensors of a type. libtorch refuses one that the type has no room for; here it is infinite, so that a step of that size
    /// diverges as it does in double precision.
    /// </summary>
    public static Scalar Of(double value, ScalarType type) => type == ScalarType.Float64 || Math.Abs(value) <= float.MaxValue ? value
        : value * double.PositiveInfinity;
}
