using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>
/// A twin run beside the run, on the same samples, from initial weights (1 + Perturbation)·w: <c>twin_distance</c> is
/// ‖w − w'‖/‖w‖, <c>twin_loss_difference</c> is |L − L'|/L of the training losses, and <c>predictability_horizon</c> the first measured
/// iteration at which that exceeded Tolerance (NaN before): no reproduction can be expected to agree for longer.
/// </summary>
/// <param name="Perturbation">The relative change of the initial weights: a few roundings, like 1e-13 in float64 and 1e-7 in
/// float32.</param>
/// <param name="Tolerance">The relative difference of the training losses that ends the agreement.</param>
public sealed record Predictability(double Perturbation = 1e-13, double Tolerance = 1e-3) : Probe
{
    private const double RoundingOfFloat32 = 1e-7;

    internal static Form<Predictability> Kind { get; } = new("predictability",
        "A twin run from initial weights that differ by rounding, which tells how long any reproduction can " +
        "agree (twin_distance, twin_loss_difference, predictability_horizon).", f =>
    {
        var perturbation = f.Optional("perturbation", Codecs.Positive, p => p.Perturbation, 1e-13,
            "the relative change of the initial weights; in float32 at least 1e-7");
        var tolerance = f.Optional("tolerance", Codecs.Positive, p => p.Tolerance, 1e-3,
            "the relative difference of the training losses that ends the agreement");
        return v => new(v.Get(perturbation), v.Get(tolerance));
    });

    /// <inheritdoc/>
    protected override double? TwinPerturbation => Perturbation;

    /// <inheritdoc/>
    protected override Needs Needs => Needs.Twin | Needs.Curvature;

    /// <inheritdoc/>
    protected override Items<string> Columns(ProbeTarget run) => ["twin_distance", "twin_loss_difference", "predictability_horizon"];

    /// <inheritdoc/>
    protected override IEnumerable<Problem> Problems(ProbeTarget run)
    {
        if (Perturbation < RoundingOfFloat32
            && run.Model.Match(diagonal => false, relu => relu.Precision.Match(bits32 => true, bits64 => false),
            deep => true, custom => false))
        {
            yield return new("", "LS0220",
                $"a perturbation of {NumberText.Invariant(Perturbation)} is lost in the rounding of float32, and the twin would be the " +
                $"run itself: take at least 1e-7");
        }
    }

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run)
    {
        var (loss, horizon) = (run.Loss(), double.NaN);
        return new((view, row) =>
        {
            var (weights, twin) = (view.Weights, view.Twin!);
            row[0] = weights.Less(twin).Norm / weights.Norm;
            var own = loss.Value(weights);
            row[1] = Math.Abs(own - loss.Value(twin)) / own;
            // A twin that has diverged (NaN) has left as well.
            if (double.IsNaN(horizon) && !(row[1] <= Tolerance)) horizon = view.Iteration;
            row[2] = horizon;
        })
        {
            Save = () => NumberText.Invariant(horizon),
            Restore = text => horizon = double.Parse(text, System.Globalization.CultureInfo.InvariantCulture),
        };
    }

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
