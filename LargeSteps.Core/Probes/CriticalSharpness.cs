using LargeSteps.Forms;
using LargeSteps.Optimizers;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>
/// <c>critical_sharpness</c>: λ_c = 2/η_c, η_c the smallest step size at which the last step would have raised the training loss
/// (arXiv 2601.16979): by bracketing and bisection along that step, whatever rule has made it, with some ten to twenty evaluations of the
/// loss. On a quadratic, of gradient descent, it is gᵀHg/‖g‖². Not a number before the first step, and where no step size raises the loss,
/// or each does.
/// </summary>
/// <param name="Samples">The loss of the first so many training samples; null: of all, of a deep network that is
/// not trained on the full batch of the first 512.</param>
/// <param name="Tolerance">How exactly η_c is known, relative to it.</param>
public sealed record CriticalSharpness(int? Samples = null, double Tolerance = 0.01) : Probe
{
    // A step is tried up to 2²⁰ times as large and as small as it was.
    private const int MostDoublings = 20;

    internal static Form<CriticalSharpness> Kind { get; } = new("critical_sharpness",
        "2/η_c, η_c the smallest step size at which the last step would have raised the training loss, by bisection.", f =>
    {
        var samples = TrainingPart.Samples(f, p => p.Samples);
        var tolerance = f.Optional("tolerance", Codecs.BelowOne.Where(x => x > 0, "must be above 0"), p => p.Tolerance, 0.01,
            "how exactly η_c is known, relative to it");
        return v => new(v.Get(samples), v.Get(tolerance));
    });

    /// <inheritdoc/>
    protected override Needs Needs => Needs.Curvature | Needs.EarlierIterates;

    /// <inheritdoc/>
    protected override IEnumerable<Problem> Problems(ProbeTarget run) => TrainingPart.Problems(Key, Samples, run);

    /// <inheritdoc/>
    protected override Probe Smaller(SmokeLimits limits) => this with { Samples = limits.Of(Samples) };

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run)
    {
        var loss = run.Loss(Samples);
        return new((view, row) => row[0] = view.Earlier(1) is not { } before ? double.NaN
            : 2 / (view.Run.RateAt(view.Iteration - 1) * Critical(loss, before, view.Weights.Less(before))));
    }

    // The smallest multiple of a step that raises the loss, to the tolerance.
    private double Critical(ILoss loss, ParameterVector before, ParameterVector step)
    {
        var start = loss.Value(before);
        // What is not finite has been raised.
        bool Raises(double multiple)
        {
            var place = before.Zeros();
            place.Set(before);
            place.Add(multiple, step);
            return !(loss.Value(place) <= start);
        }

        double falls = 1, raises = 1;
        if (Raises(1))
        {
            for (var i = 0; i <= MostDoublings && Raises(falls); i++) (raises, falls) = (falls, falls / 2);
            if (Raises(falls)) return double.NaN;
        }
        else
        {
            for (var i = 0; i <= MostDoublings && !Raises(raises); i++) (falls, raises) = (raises, raises * 2);
            if (!Raises(raises)) return double.NaN;
        }
        while (raises - falls > Tolerance * raises)
        {
            var middle = (falls + raises) / 2;
            if (Raises(middle)) raises = middle;
            else falls = middle;
        }
        return (falls + raises) / 2;
    }

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
