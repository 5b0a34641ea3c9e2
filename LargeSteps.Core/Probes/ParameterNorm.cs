using LargeSteps.Forms;

namespace LargeSteps.Probes;

/// <summary><c>parameter_norm</c>: √(‖u‖² + ‖v‖²); of ReLU networks ‖w‖ without the biases, of others with all parameters.</summary>
public sealed record ParameterNorm : Probe
{
    internal static Form<ParameterNorm> Kind { get; } = new("parameter_norm",
        "The norm of the weights: √(‖u‖² + ‖v‖²) of diagonal networks, without the biases of ReLU networks.", _ => _ => new());

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run) => new((view, row) => row[0] = view.ParameterNorm);

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
