using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary><c>gradient_norm</c>: the Euclidean norm of the gradient of the training loss by all parameters.</summary>
/// <param name="Samples">The loss of the first so many training samples; null: of all, of a deep network that is
/// not trained on the full batch of the first 512.</param>
public sealed record GradientNorm(int? Samples = null) : Probe
{
    internal static Form<GradientNorm> Kind { get; } = new("gradient_norm",
        "The norm of the gradient of the training loss.", f =>
    {
        var samples = TrainingPart.Samples(f, p => p.Samples);
        return v => new(v.Get(samples));
    });

    /// <inheritdoc/>
    protected override Needs Needs => Needs.Curvature;

    /// <inheritdoc/>
    protected override IEnumerable<Problem> Problems(ProbeTarget run) => TrainingPart.Problems(Key, Samples, run);

    /// <inheritdoc/>
    protected override Probe Smaller(SmokeLimits limits) => this with { Samples = limits.Of(Samples) };

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run)
    {
        var loss = run.Loss(Samples);
        return new((view, row) => row[0] = loss.Gradient(view.Weights).Norm);
    }

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
