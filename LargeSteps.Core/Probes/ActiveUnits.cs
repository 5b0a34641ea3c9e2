using LargeSteps.Forms;

namespace LargeSteps.Probes;

/// <summary><c>active_units</c>: the units of the last hidden layer of a ReLU network that are active on some training sample.</summary>
public sealed record ActiveUnits : Probe
{
    internal static Form<ActiveUnits> Kind { get; } = new("active_units",
        "ReLU networks: how many units of the last hidden layer are active on some training sample.", _ => _ => new());

    /// <inheritdoc/>
    protected override Needs Needs => Needs.HiddenLayers;

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run) => OfHiddenLayers.Measured((layers, row) =>
    {
        var layer = layers.OnTraining(layers.Count);
        row[0] = Enumerable.Range(0, layer.Units).Count(j => layer.Unit(j).ContainsAnyExcept(0));
    });

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
