using LargeSteps.Numerics;
using LargeSteps.Values;
using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Models.Deep;

/// <summary>Tries networks that nobody has tried before.</summary>
internal static class NetworkTrial
{
    /// <summary>What is wrong with the network of a model, found out on two images; null: nothing.</summary>
    public static string? Fault(DeepNetwork model, ImageShape input, int classes)
    {
        try
        {
            using var network = FlatNetwork.Of(model, input, classes);
            using var scope = NewDisposeScope();
            using var statistics = network.NewStatistics(CPU);
            lock (DefaultGenerator.Gate)
            {
                var before = get_rng_state();
                var unused = Unused(network, statistics, input);
                var draws = before.ne(get_rng_state()).any().item<bool>();
                set_rng_state(before);
                return draws
                    ? $"the network '{model.Architecture}' draws numbers of libtorch as it runs, for which it has no stream; a module has one"
                    : unused is null ? null : $"the network '{model.Architecture}' does not depend on its parameter '{unused}'";
            }
        }
        catch (RunException e)
        {
            return e.Message;
        }
        // The run says so.
        catch (NativeLibraryException)
        {
            return null;
        }
    }

    // Tries it in evaluation and in training, there with its derivative; a parameter on which it depends in neither, or null.
    private static string? Unused(FlatNetwork network, NormStatistics statistics, ImageShape input)
    {
        var count = 2 * input.Channels * input.Height * input.Width;
        var images = arange(count, dtype: ScalarType.Float32).sin().reshape(2, input.Channels, input.Height, input.Width);
        var initial = network.Initial(0);
        Tensor evaluated;
        using (no_grad())
            evaluated = network.Forward(initial, statistics, images, training: false, features: network.FeatureBlocks > 0).Logits;
        var weights = initial.clone().requires_grad_();
        var trained = network.Forward(weights, statistics, images, training: true).Logits;
        // Where there are no parameters at all the run says so.
        if (!trained.requires_grad) return null;
        var gradient = network.Derivatives.Of([trained.sum()], [weights])[0]!;
        using var noGradient = no_grad();
        var (slopes, flat) = (network.Named(gradient), initial.clone());
        foreach (var (i, (name, _, view)) in network.Named(flat).Index())
        {
            // A slope can be 0 by chance, such as that of a bias before batch norm.
            if (view.numel() == 0 || slopes[i].View.count_nonzero().item<long>() > 0) continue;
            using var kept = view.clone();
            using Scalar no = double.NaN;
            view.fill_(no);
            using var aside = network.NewStatistics(CPU);
            if (Same(evaluated, training: false) && Same(trained, training: true)) return name;
            view.copy_(kept);

            bool Same(Tensor before, bool training) => network.Forward(flat, aside, images, training).Logits.ne(before).any()
                .item<bool>() is false;
        }
        return null;
    }
}
