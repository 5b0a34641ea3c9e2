using System.Runtime.InteropServices;
using LargeSteps.Numerics;
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
                Try(network, statistics, input);
                var draws = before.ne(get_rng_state()).any().item<bool>();
                set_rng_state(before);
                return !draws ? null
                    : $"the network '{model.Architecture}' draws numbers of libtorch as it runs, for which it has no stream; a module has one";
            }
        }
        catch (ExternalException e)
        {
            return $"the network '{model.Architecture}' cannot be differentiated: {e.Message.Split('\n')[0].Trim()}";
        }
        catch (ModelException e)
        {
            return e.Message;
        }
        // The run says so.
        catch (NativeLibraryException)
        {
            return null;
        }
    }

    // In evaluation and in training, there with its derivative.
    private static void Try(FlatNetwork network, NormStatistics statistics, ImageShape input)
    {
        var images = zeros([2, input.Channels, input.Height, input.Width]);
        using (no_grad())
            network.Forward(network.Initial(0), statistics, images, training: false, features: network.FeatureBlocks > 0);
        var weights = network.Initial(0).requires_grad_();
        var logits = network.Forward(weights, statistics, images, training: true).Logits;
        // Unlike autograd.grad, which ends the process, this tells of operations in place that spoil the derivative.
        if (logits.requires_grad) logits.sum().backward();
    }
}
