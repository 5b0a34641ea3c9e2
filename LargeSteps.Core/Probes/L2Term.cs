using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary><c>l2_term</c>: ½λ‖w‖², what weight decay λ adds to the loss, with all parameters.</summary>
public sealed record L2Term : Probe
{
    internal static Form<L2Term> Kind { get; } = new("l2_term",
        "½λ‖w‖², what weight decay adds to the loss; not of diagonal networks, whose decay stands beside the step.", _ => _ => new());

    /// <inheritdoc/>
    protected override IEnumerable<Problem> Problems(ProbeTarget run) => run.Model.Match<Problem[]>(
        diagonal => [new("", "LS0214", "the weight decay of a diagonal_linear stands beside the step, and is no term of its loss")],
        relu => [], deep => [], custom => []);

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run)
    {
        var decay = run.Run.Optimizer.Rule.WeightDecay;
        return new((view, row) => row[0] = 0.5 * decay * Math.Pow(view.Weights.Norm, 2));
    }

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
