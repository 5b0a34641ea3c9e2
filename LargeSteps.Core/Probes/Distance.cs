using LargeSteps.Forms;
using LargeSteps.Numerics;

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
        var moved = new double[start.Count];
        return new((view, row) =>
        {
            view.Weights.Values.AsSpan().CopyTo(moved);
            Vectors.AddScaled(moved, -1, start.AsSpan());
            row[0] = Vectors.Norm(moved);
        });
    }

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
