using LargeSteps.Forms;
using LargeSteps.Probes;

namespace LargeSteps.Configuration;

/// <summary>How the probes of the dynamics stand in YAML.</summary>
internal static class DynamicsCodec
{
    private static readonly Case<HessianEigenvalues> Hessian = new("hessian_eigenvalues",
        "Diagonal and ReLU networks: the largest eigenvalues of the Hessian of the training loss (hessian_eigenvalue_1, …), and the " +
        "smallest (hessian_eigenvalue_min).", f =>
    {
        var count = f.Optional("count", Codecs.Count(max: 10_000), d => d.Count, 1, "how many of the largest");
        return v => new(v.Get(count));
    });

    private static readonly Case<Predictability> Predictability = new("predictability",
        "Diagonal and ReLU networks: a twin run from initial weights that differ by rounding, which tells how long any reproduction can " +
        "agree (twin_distance, twin_loss_difference, predictability_horizon).", f =>
    {
        var perturbation = f.Optional("perturbation", Codecs.Positive, d => d.Perturbation, 1e-13,
            "the relative change of the initial weights; in float32 at least 1e-7");
        var tolerance = f.Optional("tolerance", Codecs.Positive, d => d.Tolerance, 1e-3,
            "the relative difference of the training losses that ends the agreement");
        return v => new(v.Get(perturbation), v.Get(tolerance));
    });

    private static readonly Case<Sharpness> Sharpness = new("sharpness",
        "The largest eigenvalue of the Hessian of the training loss by the Lanczos iteration, and its relative residual (sharpness, " +
        "sharpness_residual).", f =>
    {
        var samples = SamplesOf(f, d => d.Samples);
        var tolerance = f.Optional("tolerance", Codecs.BelowOne, d => d.Tolerance, 1e-6,
            "the relative residual at which the iteration ends");
        var iterations = f.Optional("max_iterations", Codecs.Count(max: 10_000), d => d.MaxIterations, 100,
            "the most Hessian-vector products of a measurement");
        return v => new(v.Get(samples), v.Get(tolerance), v.Get(iterations));
    });

    private static readonly Case<Bounce> Bounce = new("bounce",
        "The cosine of the angle between the last two steps, and the training loss half-way through the last one less its mean at the " +
        "ends (bounce_cosine, bounce_midpoint_gap).", f =>
    {
        var samples = SamplesOf(f, d => d.Samples);
        return v => new(v.Get(samples));
    });

    private static readonly Case<GradientNorm> Gradient = new("gradient_norm", "The norm of the gradient of the training loss.", f =>
    {
        var samples = SamplesOf(f, d => d.Samples);
        return v => new(v.Get(samples));
    });

    private static readonly Case<GradientNoise> Noise = new("gradient_noise",
        "The mean over single training samples of the squared norm of their gradient (gradient_noise_trace).", f =>
    {
        var samples = SamplesOf(f, d => d.Samples);
        return v => new(v.Get(samples));
    });

    private static readonly Case<Seconds> Seconds = new("seconds",
        "How long the steps so far have taken, without the probes: a column that no two runs share.", _ => _ => new());

    private static Field<int?> SamplesOf<T>(Fields<T> f, Func<T, int?> get) =>
        f.NullableValue("samples", Codecs.Count(), get,
            "the loss of the first so many training samples instead of all (deep networks: instead of 512)");

    public static IReadOnlyList<ICase<DynamicsSpec>> Cases { get; } = [Hessian, Predictability, Sharpness, Bounce, Gradient, Noise,
        Seconds];

    public static (string Name, MappingNode Fields) Write(DynamicsSpec dynamics) =>
        dynamics.Match(Hessian.Write, Predictability.Write, Sharpness.Write, Bounce.Write, Gradient.Write, Noise.Write, Seconds.Write);
}
