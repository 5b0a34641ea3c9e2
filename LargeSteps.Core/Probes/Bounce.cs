using LargeSteps.Forms;
using LargeSteps.Optimizers;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>
/// How the last two steps before the measured iterate w_k go together; NaN for k &lt; 2. <c>bounce_cosine</c>: the cosine of the angle
/// between w_{k−1} − w_{k−2} and w_k − w_{k−1}; 1 where the run goes straight on, −1 where it bounces from one side of a valley to the
/// other.
/// <c>bounce_midpoint_gap</c>: L((w_{k−1} + w_k)/2) − (L(w_{k−1}) + L(w_k))/2, the training loss half-way less its mean at the ends of the
/// last step. On a quadratic it is −sᵀHs/8 for the step s, so it is negative wherever L is convex along the step; with the iterates on
/// opposite slopes its size is the depth of the valley between them.
/// </summary>
/// <param name="Samples">The loss of the first so many training samples; null: of all, of a deep network that is
/// not trained on the full batch of the first 512.</param>
public sealed record Bounce(int? Samples = null) : Probe
{
    internal static Form<Bounce> Kind { get; } = new("bounce",
        "The cosine of the angle between the last two steps, and the training loss half-way through the last one less its mean at the " +
        "ends (bounce_cosine, bounce_midpoint_gap).", f =>
    {
        var samples = TrainingPart.Samples(f, p => p.Samples);
        return v => new(v.Get(samples));
    });

    /// <inheritdoc/>
    protected override Needs Needs => Needs.EarlierIterates | Needs.Curvature;

    /// <inheritdoc/>
    protected override Items<string> Columns(ProbeTarget run) => ["bounce_cosine", "bounce_midpoint_gap"];

    /// <inheritdoc/>
    protected override IEnumerable<Problem> Problems(ProbeTarget run) => TrainingPart.Problems(Key, Samples, run);

    /// <inheritdoc/>
    protected override Probe Smaller(SmokeLimits limits) => this with { Samples = limits.Of(Samples) };

    /// <inheritdoc/>
    protected override string? Title(string column) => column switch
    {
        "bounce_cosine" => "cosine of successive steps",
        "bounce_midpoint_gap" => "train loss half-way less at the ends of a step",
        _ => null,
    };

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run)
    {
        var loss = run.Loss(Samples);
        return new((view, row) =>
        {
            row.Fill(double.NaN);
            if (view.Earlier(1) is not { } previous || view.Earlier(2) is not { } before) return;
            var current = view.Weights;
            ParameterVector last = current.Less(previous), earlier = previous.Less(before);
            row[0] = last.Dot(earlier) / (last.Norm * earlier.Norm);
            row[1] = loss.Value(current.HalfWayTo(previous)) - (loss.Value(current) + loss.Value(previous)) / 2;
        });
    }

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
