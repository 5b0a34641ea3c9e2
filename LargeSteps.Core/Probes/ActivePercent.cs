using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary><c>active_percent</c> (with several hidden layers a column for each): the percentage of nonzero activations of a ReLU network,
/// with one hidden layer times the output weight, so that a unit without one does not count.</summary>
public sealed record ActivePercent : Probe
{
    internal static Form<ActivePercent> Kind { get; } = new("active_percent",
        "ReLU networks: the percentage of nonzero activations, a column for each hidden layer.", _ => _ => new());

    /// <inheritdoc/>
    protected override Needs Needs => Needs.HiddenLayers;

    /// <inheritdoc/>
    protected override Items<string> Columns(ProbeTarget run) => run.Model.Match(
        diagonal => [Key], relu => ColumnNames.ForLayers(Key, relu.Hidden.Count), deep => [Key], custom => [Key]);

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run) => OfHiddenLayers.Measured((layers, row) =>
    {
        for (var l = 1; l <= layers.Count; l++)
        {
            var (layer, active) = (layers.OnTraining(l), 0);
            for (var j = 0; j < layer.Units; j++)
            {
                if (layers.Count == 1 && layers.Weight(1)[j] == 0) continue;
                foreach (var a in layer.Unit(j))
                    if (a != 0) active++;
            }
            row[l - 1] = 100 * (active / ((double)layer.Points * layer.Units));
        }
    });

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
