using LargeSteps.Forms;
using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>
/// <c>distance</c>: ‖w − w₀‖, how far the iterate is from the initial weights; <c>distance_to</c>: from an iterate of another
/// run, NaN where that has ended before. With a projection an estimate of the same, <c>distance_projected</c> or
/// <c>distance_to_projected</c>, for which d numbers of the other point are kept in place of all weights; its relative standard
/// deviation is about √(1/(2d)).
/// </summary>
/// <param name="To">The iterate of another run; null: the initial weights.</param>
/// <param name="Projection">d, the dimension of the random projection; null: there is none, and the distance is exact.</param>
public sealed record Distance(OtherIterate? To = null, int? Projection = null) : Probe
{
    private const string Name = "distance", Projected = "_projected";

    internal static Form<Distance> Kind { get; } = new(Name,
        "The distance of the weights from the initial ones (distance), or from an iterate of another run (distance_to).", f =>
        {
            var to = OtherIterate.Field(f, p => p.To);
            var projection = f.NullableValue("projection", Codecs.Count(max: 4096), p => p.Projection,
                "d: estimated from so many random projections of the weights (distance_projected, distance_to_projected), which are all " +
                "that is kept of the other point; its relative standard deviation is about √(1/(2d))");
            return v => new(v.Get(to), v.Get(projection));
        });

    /// <inheritdoc/>
    protected override OtherIterate? Other => To is null ? null : To with { Projection = Projection };

    /// <inheritdoc/>
    protected override Items<string> Columns(ProbeTarget run) => [OtherIterate.Column(Name, To, Projection is null ? "" : Projected)];

    /// <inheritdoc/>
    protected override Probe Smaller(SmokeLimits limits) => this with { To = To is null ? null : To with { Step = null } };

    /// <inheritdoc/>
    protected override string? Title(string column) => column == Name || column.StartsWith(Name + "_", StringComparison.Ordinal)
        ? $"distance from {OtherIterate.Words(column, Name)}{(column.EndsWith(Projected, StringComparison.Ordinal) ? ", estimated" : "")}"
        : null;

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run)
    {
        var start = To is null ? Seen(run) : null;
        return new((view, row) =>
        {
            row[0] = double.NaN;
            if ((start ?? view.Other(Other!)) is not { } from) return;
            double[] moved = [.. Seen(view)];
            Vectors.AddScaled(moved, -1, from.AsSpan());
            row[0] = Vectors.Norm(moved);
        });
    }

    private Items<double> Seen(RunView view) => view.Weights.Values is var weights && Projection is { } dimension
        ? Items.From(RandomProjection.Of(weights.AsSpan(), dimension)) : weights;

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
