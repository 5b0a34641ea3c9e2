using LargeSteps.Values;

namespace LargeSteps.Models.Deep;

public abstract partial record Architecture
{
    /// <summary>Hidden layers of given widths on the pixels, channel by channel, with an activation after each, and a linear layer;
    /// drawn as PyTorch draws linear layers by default, weight and bias. See <see cref="LayerOptions"/>.</summary>
    public static Architecture FullyConnected { get; } = new FullyConnectedNetwork();
}

/// <summary>A fully connected network.</summary>
internal sealed record FullyConnectedNetwork() : Architecture("fully_connected")
{
    private static readonly Items<int> Usual = [200, 200];

    internal override bool IsComposed => true;

    internal override int BlocksOf(LayerOptions options) => (options.Widths ?? Usual).Count;

    internal override Layer Build(NetworkBuilder b)
    {
        var (from, layers, biases) = (b.Input.Length, new List<Layer>(), b.Options.Biases ?? true);
        foreach (var (i, width) in (b.Options.Widths ?? Usual).Index())
        {
            var name = FormattableString.Invariant($"hidden{i + 1}");
            var linear = b.LinearByOptions(name, from, width, biases);
            layers.Add(NetworkBuilder.Block(NetworkBuilder.Chain(linear, b.Options.Activated)));
            from = width;
        }
        return NetworkBuilder.Chain([.. layers, b.LinearByOptions("output", from, b.Classes, biases)]);
    }
}
