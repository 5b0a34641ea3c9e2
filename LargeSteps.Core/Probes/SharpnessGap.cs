using LargeSteps.Forms;
using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>
/// <c>sharpness_gap</c>: 2/η − λ₁, how far the sharpness stays below the edge of gradient descent, and what it should be of SGD:
/// ηβσ²/(4α), <c>sharpness_gap_predicted</c> (arXiv 2604.21016). Its terms are <c>sharpness_gap_alpha</c>, α = −∇L·∇λ₁, progressive
/// sharpening; <c>sharpness_gap_beta</c>, β = ‖∇λ₁‖², self-stabilisation; and <c>sharpness_gap_noise</c>, σ² = the variance of the gradient
/// of a batch along the unit eigenvector u of λ₁. ∇λ₁ = ∇³L(u, u).
/// </summary>
/// <param name="Samples">The loss of the first so many training samples; null: of all, of a deep network that is not trained on the full
/// batch of the first 512.</param>
/// <param name="Tolerance">The relative residual of λ₁ at which the iteration ends.</param>
/// <param name="MaxIterations">The most products of one measurement.</param>
public sealed record SharpnessGap(int? Samples = null, double Tolerance = 1e-4, int MaxIterations = 100) : Probe
{
    internal static Form<SharpnessGap> Kind { get; } = new("sharpness_gap",
        "The distance of the sharpness from 2/η, its terms, and what they predict of SGD (sharpness_gap, sharpness_gap_alpha, " +
        "sharpness_gap_beta, sharpness_gap_noise, sharpness_gap_predicted).", f =>
    {
        var samples = TrainingPart.Samples(f, p => p.Samples);
        var (tolerance, iterations) = TrainingPart.Iteration(f, p => p.Tolerance, p => p.MaxIterations, 1e-4);
        return v => new(v.Get(samples), v.Get(tolerance), v.Get(iterations));
    });

    /// <inheritdoc/>
    protected override Needs Needs => Needs.Curvature;

    /// <inheritdoc/>
    protected override Items<string> Columns(ProbeTarget run) => [Key, Key + "_alpha", Key + "_beta", Key + "_noise", Key + "_predicted"];

    /// <inheritdoc/>
    protected override IEnumerable<Problem> Problems(ProbeTarget run) =>
        TrainingPart.Problems(Key, Samples, run).Concat(PlainSteps.Problems(Key, run));

    /// <inheritdoc/>
    protected override Probe Smaller(SmokeLimits limits) => this with
    {
        Samples = limits.Of(Samples),
        MaxIterations = Math.Min(MaxIterations, limits.Products),
    };

    /// <inheritdoc/>
    protected override string? Title(string column) => column switch
    {
        "sharpness_gap" => "2/η − λ₁",
        "sharpness_gap_alpha" => "progressive sharpening α",
        "sharpness_gap_beta" => "self-stabilisation β",
        "sharpness_gap_noise" => "variance of the batch gradient along u₁",
        "sharpness_gap_predicted" => "ηβσ²/(4α)",
        _ => null,
    };

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run)
    {
        var (lanczos, loss) = (new Lanczos(MaxIterations), run.Loss(Samples));
        return new((view, row) =>
        {
            var (weights, rate) = (view.Weights, view.Run.RateAt(view.Iteration));
            var (values, vectors) = TopEigenvectors.Of(lanczos, loss, weights, 1, Tolerance);
            var (lambda, u) = (values[0], vectors[0]);
            var slope = loss.CurvatureGradient(weights, u);
            row[0] = 2 / rate - lambda;
            row[1] = -loss.Gradient(weights).Dot(slope);
            row[2] = slope.Dot(slope);
            row[3] = GradientNoise.OfBatch(loss.Slopes(weights, u), view.Run);
            row[4] = rate * row[2] * row[3] / (4 * row[1]);
        });
    }

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
