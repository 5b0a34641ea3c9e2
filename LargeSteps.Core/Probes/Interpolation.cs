using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>
/// The training loss along the line from the iterate to the initial weights, or to an iterate of another run: at the points
/// w + t(w' − w), t evenly from 0 to 1 (<c>interpolation_0</c>, <c>interpolation_0.1</c>, …), and the barrier between the ends,
/// max_t L(w + t(w' − w)) − ((1 − t)L(w) + tL(w')), at those points (<c>interpolation_barrier</c>): two iterates without a
/// barrier are linearly connected (Frankle et al., arXiv 1912.05671). To another run the columns begin with
/// <c>interpolation_to</c>, and are NaN where that has ended before.
/// </summary>
/// <param name="To">The iterate of another run; null: the initial weights.</param>
/// <param name="Points">How many points, with both ends.</param>
/// <param name="Samples">The loss of the first so many training samples; null: of all, of a deep network that is
/// not trained on the full batch of the first 512.</param>
public sealed record Interpolation(OtherIterate? To = null, int Points = 11, int? Samples = null) : Probe
{
    private const string Name = "interpolation";
    private const int MostPoints = 1001;

    internal static Form<Interpolation> Kind { get; } = new(Name,
        "The training loss on the line from the iterate to the initial weights or to an iterate of another run, and the barrier between " +
        "them, the most by which it is above the straight line between the losses at the ends (interpolation_barrier, interpolation_0, " +
        "interpolation_0.1 and so on; to a run interpolation_to_barrier and so on).", f =>
        {
            var to = OtherIterate.Field(f, p => p.To);
            var points = f.Optional("points", Codecs.Count(2, MostPoints), p => p.Points, 11, "how many points, with both ends");
            var samples = TrainingPart.Samples(f, p => p.Samples);
            return v => new(v.Get(to), v.Get(points), v.Get(samples));
        });

    /// <inheritdoc/>
    protected override Needs Needs => Needs.Curvature;

    /// <inheritdoc/>
    protected override OtherIterate? Other => To;

    /// <inheritdoc/>
    protected override Items<string> Columns(ProbeTarget run) =>
    [
        OtherIterate.Column(Name, To, "_barrier"),
        .. Enumerable.Range(0, Points).Select(i => OtherIterate.Column(Name, To, "_" + NumberText.Invariant(Math.Round(T(i), 6)))),
    ];

    /// <inheritdoc/>
    protected override IEnumerable<Problem> Problems(ProbeTarget run) => TrainingPart.Problems(Key, Samples, run);

    /// <inheritdoc/>
    protected override Probe Smaller(SmokeLimits limits) => this with
    {
        To = To is null ? null : To with { Step = null },
        Samples = limits.Of(Samples),
    };

    /// <inheritdoc/>
    protected override string? Title(string column) => !column.StartsWith(Name + "_", StringComparison.Ordinal) ? null
        : column.EndsWith("_barrier", StringComparison.Ordinal) ? $"loss barrier to {OtherIterate.Words(column, Name)}"
        : $"loss at {column[(column.LastIndexOf('_') + 1)..]} of the way to {OtherIterate.Words(column, Name)}";

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run)
    {
        var (loss, start) = (run.Loss(Samples), To is null ? run.Weights.Values : null);
        return new((view, row) =>
        {
            row.Fill(double.NaN);
            if ((start ?? view.Other(To!)) is not { } values) return;
            var (from, end) = (view.Weights, view.WeightsOf(values));
            var (place, way) = (from.Zeros(), end.Less(from));
            for (var i = 0; i < Points; i++)
            {
                place.Set(i == Points - 1 ? end : from);
                if (i < Points - 1) place.Add(T(i), way);
                row[1 + i] = loss.Value(place);
            }
            var (first, last) = (row[1], row[^1]);
            row[0] = 0;
            for (var i = 0; i < Points; i++) row[0] = Math.Max(row[0], row[1 + i] - ((1 - T(i)) * first + T(i) * last));
        });
    }

    private double T(int point) => (double)point / (Points - 1);

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
