using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>
/// <c>gradient_noise_trace</c>: the mean over single samples of the squared norm of their gradient, (1/n) Σ ‖∇ℓ_i‖². Less the squared
/// <see cref="GradientNorm"/> it is the trace of the covariance of the gradients of SGD with one sample. Of deep networks batch norm takes
/// its running statistics, since one image has none.
/// </summary>
/// <param name="Samples">The first so many training samples; null: all, of a deep network that is not trained on the
/// full batch the first 512.</param>
public sealed record GradientNoise(int? Samples = null) : Probe
{
    internal static Form<GradientNoise> Kind { get; } = new("gradient_noise",
        "The mean over single training samples of the squared norm of their gradient (gradient_noise_trace).", f =>
    {
        var samples = TrainingPart.Samples(f, p => p.Samples);
        return v => new(v.Get(samples));
    });

    /// <inheritdoc/>
    protected override Needs Needs => Needs.Curvature;

    /// <inheritdoc/>
    protected override Items<string> Columns(ProbeTarget run) => ["gradient_noise_trace"];

    /// <inheritdoc/>
    protected override IEnumerable<Problem> Problems(ProbeTarget run) => TrainingPart.Problems(Key, Samples, run);

    /// <inheritdoc/>
    protected override Probe Smaller(SmokeLimits limits) => this with { Samples = limits.Of(Samples) };

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run) => new((view, row) =>
    {
        var (weights, squares, count) = (view.Weights, 0.0, 0);
        foreach (var loss in view.SampleLosses(Samples))
        {
            var gradient = loss.Gradient(weights);
            squares += gradient.Dot(gradient);
            count++;
        }
        row[0] = squares / count;
    });

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
