namespace LargeSteps.Numerics;

/// <summary>
/// The version of everything that makes numbers: steps, probes, random streams. It is a part of the name of each result, and is raised
/// whenever a change alters any number, so that results of before are not taken for those of now.
/// </summary>
internal static class NumericsVersion
{
    /// <summary>
    /// The version of this build. 1: libtorch's convolutions. 2: convolutions by Winograd's algorithm. 3: published initial weights of deep
    /// networks, losses over all images, correlations of raw activations, moments to the step, weight decay and balancing of diagonal
    /// networks as published. 4: decays of a joined schedule at the ends of steps, which divide label noise. 5: inner products of deep
    /// networks' vectors in double precision. 6: convolutions without oneDNN where its gradients are wrong. 7: batch norm with the
    /// channels last by sums in double precision, and convolutions by better points of Winograd's transform. 8: modules are
    /// measured with the running statistics of their steps and draw from streams of their own; TF32 is not for curvature. 9: all
    /// convolutions of networks with the channels last are our own where oneDNN's are wrong, in bfloat16 too.
    /// </summary>
    public const int Current = 9;
}
