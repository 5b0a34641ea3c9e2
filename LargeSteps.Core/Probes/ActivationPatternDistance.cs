using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary><c>activation_pattern_distance</c>: the part of all (sample, hidden unit) whose 1[z &gt; 0] is not that of the initial weights;
/// one hidden layer.</summary>
public sealed record ActivationPatternDistance : Probe
{
    internal static Form<ActivationPatternDistance> Kind { get; } = new("activation_pattern_distance",
        "One hidden layer: the fraction of activations that have switched on or off since the start.", _ => _ => new());

    /// <inheritdoc/>
    protected override Needs Needs => Needs.HiddenLayers;

    /// <inheritdoc/>
    protected override IEnumerable<Problem> Problems(ProbeTarget run) => OfHiddenLayers.One(run);

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run)
    {
        var first = Patterns(run.HiddenLayers!);
        return OfHiddenLayers.Measured((layers, row) =>
        {
            var now = Patterns(layers);
            var changed = 0;
            for (var k = 0; k < now.Length; k++) changed += now[k] != first[k] ? 1 : 0;
            row[0] = changed / (double)now.Length;
        });
    }

    private static bool[] Patterns(IHiddenLayers layers)
    {
        var patterns = new List<bool>();
        for (var l = 1; l <= layers.Count; l++)
        {
            var layer = layers.OnTraining(l);
            for (var j = 0; j < layer.Units; j++)
                foreach (var a in layer.Unit(j)) patterns.Add(a > 0);
        }
        return [.. patterns];
    }

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
