using LargeSteps.Forms;

namespace LargeSteps.Probes;

/// <summary><c>distance</c>: ‖w − w₀‖, how far the iterate is from the initial weights.</summary>
public sealed record Distance : Probe
{
    internal static Form<Distance> Kind { get; } = new("distance", "The distance of the weights from the initial ones.", _ => _ => new());

    /// <inheritdoc/>
    protected override string? Title(string column) => column == Key ? "distance from the initial weights" : null;

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run)
    {
        var start = run.Weights.Values;
        return new((view, row) => row[0] = Math.Sqrt(view.Weights.Values.Zip(start, (w, w0) => (w - w0) * (w - w0)).Sum()));
    }

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
