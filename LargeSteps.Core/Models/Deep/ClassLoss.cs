using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Models.Deep;

/// <summary>What a deep network minimises: a mean over samples.</summary>
public enum ClassLoss
{
    /// <summary>The cross-entropy of the logits f.</summary>
    CrossEntropy,

    /// <summary>½ Σ (f − y)² over the outputs, y 1 for the class of the sample and 0 for the others.</summary>
    Squared,

    /// <summary>The same without ½.</summary>
    SquaredFull,
}

/// <summary>The losses in libtorch's operations.</summary>
internal static class ClassLosses
{
    /// <summary>The loss of logits, float32, in the scope of the caller.</summary>
    /// <param name="loss">Which.</param>
    /// <param name="logits">n × classes.</param>
    /// <param name="labels">n classes, int64.</param>
    /// <param name="sum">The sum over samples in place of the mean.</param>
    public static Tensor Of(this ClassLoss loss, Tensor logits, Tensor labels, bool sum = false)
    {
        if (loss == ClassLoss.CrossEntropy)
            return nn.functional.cross_entropy(logits, labels, reduction: sum ? nn.Reduction.Sum : nn.Reduction.Mean);
        using Scalar factor = (loss == ClassLoss.Squared ? 0.5 : 1) / (sum ? 1 : labels.shape[0]);
        var e = logits.sub(nn.functional.one_hot(labels, logits.shape[1]).to(logits.dtype));
        return e.mul(e).sum().mul(factor);
    }
}
