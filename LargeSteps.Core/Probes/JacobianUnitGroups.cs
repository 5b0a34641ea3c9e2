using LargeSteps.Forms;
using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>
/// <c>jacobian_unit_groups</c>, for one hidden layer and one output: of each unit the squared norms, over all training samples, of the
/// output's gradients by its w₁, its b₁ where there is one, and its w₂. Units for which these two or three numbers correlate by more than
/// the threshold count once; the number of units left. Published threshold: 0.999.
/// </summary>
/// <param name="Threshold">The Pearson correlation above which two units are one.</param>
public sealed record JacobianUnitGroups(double Threshold) : Probe
{
    internal static Form<JacobianUnitGroups> Kind { get; } = new("jacobian_unit_groups",
        "One hidden layer: the number of hidden units, those with the same gradients counted once.", f =>
    {
        var threshold = f.Optional("threshold", Codecs.Positive, p => p.Threshold, 0.999,
            "the correlation above which two units count as one");
        return v => new(v.Get(threshold));
    });

    /// <inheritdoc/>
    protected override Needs Needs => Needs.HiddenLayers;

    /// <inheritdoc/>
    protected override IEnumerable<Problem> Problems(ProbeTarget run) => OfHiddenLayers.One(run);

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run)
    {
        var data = run.Data!;
        double[] inputs = [.. Enumerable.Range(0, data.Samples).Select(i => Vectors.Dot(data.Features.Row(i), data.Features.Row(i)))];
        return OfHiddenLayers.Measured((layers, row) =>
        {
            var (layer, count) = (layers.OnTraining(1), layers.HasBias(0) ? 3 : 2);
            var norms = new double[count * layer.Units];
            for (var j = 0; j < layer.Units; j++)
            {
                var (weight, active, inputSquares, squares) = (layers.Weight(1)[j], 0, 0.0, 0.0);
                var unit = layer.Unit(j);
                for (var i = 0; i < unit.Length; i++)
                {
                    if (!(unit[i] > 0)) continue;
                    active++;
                    inputSquares += inputs[i];
                    squares += unit[i] * unit[i];
                }
                var gradients = norms.AsSpan(count * j, count);
                gradients[0] = weight * weight * inputSquares;
                if (count == 3) gradients[1] = weight * weight * active;
                gradients[^1] = squares;
            }
            row[0] = UnitDeduplication.Deduplicate(norms, layer.Units, count, count, Threshold).Units;
        });
    }

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
