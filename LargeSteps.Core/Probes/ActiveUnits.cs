using LargeSteps.Forms;

namespace LargeSteps.Probes;

/// <summary><c>active_units</c>: the units of the last hidden layer of a ReLU network that are active on some training sample.</summary>
public sealed record ActiveUnits : Probe
{
    internal static Form<ActiveUnits> Kind { get; } = new("active_units",
        "ReLU networks: how many units of the last hidden layer are active on some training sample.", _ => _ => new());

    /// <inheritdoc/>
    public override string Key => Kind.Name;

    /// <inheritdoc/>
    public override Needs Needs => Needs.HiddenLayers;

    /// <inheritdoc/>
    public override Instrument Prepare(RunView run) => OfHiddenLayers.Measured((layers, row) =>
    {
        var layer = layers.OnTraining(layers.Count);
        row[0] = Enumerable.Range(0, layer.Units).Count(j => layer.Unit(j).ContainsAnyExcept(0));
    });

    /// <inheritdoc/>
    public override IForm<Probe> Form => Kind;
}
