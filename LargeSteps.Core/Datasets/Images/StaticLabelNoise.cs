using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

/// <summary>Which other class a wrong label names.</summary>
public enum LabelNoiseKind
{
    /// <summary>Any other class, each as likely as the others.</summary>
    Symmetric,

    /// <summary>
    /// The class with which it is most easily confused. CIFAR-10: truck → car, bird → plane, cat ↔ dog, deer → horse, the others stay
    /// right. Elsewhere: class + 1, and the first after the last.
    /// </summary>
    Asymmetric,
}

/// <summary>
/// Labels that are wrong once and for all. Of n training labels round(Fraction·n), drawn without replacement, are chosen by <c>choice</c>
/// of <c>numpy(Seed)</c>; in the order in which they were drawn each gets another class (symmetric: from the same stream,
/// <c>randint(classes − 1)</c> among the others).
/// </summary>
/// <param name="Fraction">The fraction of labels that are chosen, 0 to 1.</param>
/// <param name="Kind">Which class they get.</param>
/// <param name="Seed">The seed of the choice.</param>
public sealed record StaticLabelNoise(double Fraction, LabelNoiseKind Kind = LabelNoiseKind.Symmetric, uint Seed = 0)
{
    /// <summary>The labels with the noise.</summary>
    /// <param name="labels">The right labels.</param>
    /// <param name="source">Where they are from; of CIFAR-10 the asymmetric noise has its own rule.</param>
    /// <param name="classes">How many classes there are; null: those of the source.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is not within 0 to 1.</exception>
    internal Items<int> Apply(Items<int> labels, ImageSource source, int? classes = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Fraction);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Fraction, 1);
        var random = new NumpyRandom(Seed);
        var noisy = labels.AsSpan().ToArray();
        foreach (var i in random.Choice(noisy.Length, (int)Math.Round(Fraction * noisy.Length)))
            noisy[i] = Kind == LabelNoiseKind.Symmetric ? Other(noisy[i], classes ?? source.Classes, random) : source.Confused(noisy[i]);
        return Items.From(noisy);
    }

    private static int Other(int label, int classes, NumpyRandom random) =>
        random.NextInt(classes - 1) is var other && other < label ? other : other + 1;
}
