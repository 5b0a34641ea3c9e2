using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>The probes that YAML knows.</summary>
internal static class KnownProbes
{
    /// <summary>Their forms, in the order of the reference: a new probe is a file and a line here.</summary>
    public static Items<IForm<Probe>> Forms { get; } =
    [
        Losses.Kind,
        L0Norm.Kind,
        L1Norm.Kind,
        ParameterNorm.Kind,
        Balancedness.Kind,
        L2Term.Kind,
        JacobianRank.Kind,
        HessianEigenvalues.Kind,
        Predictability.Kind,
        Sharpness.Kind,
        Bounce.Kind,
        GradientNorm.Kind,
        GradientNoise.Kind,
        BatchSharpness.Kind,
        CriticalSharpness.Kind,
        GaussNewtonSharpness.Kind,
        HessianTrace.Kind,
        SharpnessGap.Kind,
        StabilityThreshold.Kind,
        Distance.Kind,
        Interpolation.Kind,
        Seconds.Kind,
        FeatureSparsity.Kind,
        FeatureRank.Kind,
        ActivePercent.Kind,
        ActiveUnits.Kind,
        NuclearNorm.Kind,
        FeatureEntropyRank.Kind,
        ActivationPatternDistance.Kind,
        JacobianUnitGroups.Kind,
    ];
}
