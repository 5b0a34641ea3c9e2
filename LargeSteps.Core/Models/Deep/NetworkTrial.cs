using LargeSteps.Numerics;
using LargeSteps.Values;
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
                try
                {
                    var dependence = Dependence(network, statistics, input);
                    return before.ne(get_rng_state()).any().item<bool>()
                        ? $"the network '{model.Architecture}' draws numbers of libtorch as it runs, for which it has no stream; " +
                            "a module has one"
                        : dependence;
                }
                finally
                {
                    set_rng_state(before);
                }
            }
        }
        // What the run itself may do, on another device.
        catch (RunException e) when (e.InnerException is not { } told || !CpuAlone.IsToldBy(told))
        {
            return e.Message;
        }
        catch (RunException)
        {
            return null;
        }
        // The run says so.
        catch (NativeLibraryException)
        {
            return null;
        }
    }

    // Tries it in evaluation and in training, each with its derivatives; what is wrong where it depends on a parameter in neither.
    private static string? Dependence(FlatNetwork network, NormStatistics statistics, ImageShape input)
    {
        var images = arange(2 * input.Channels * input.Height * input.Width, dtype: ScalarType.Float32).sin()
            .reshape(2, input.Channels, input.Height, input.Width);
        HashSet<int> unused = [.. Enumerable.Range(0, network.Parameters.Count)];
        foreach (var training in (bool[])[false, true])
        {
            var (weights, pieces) = (network.Initial(0).requires_grad_(), new List<Tensor>());
            var logits = network.Forward(weights, statistics, images, training, features: !training && network.FeatureBlocks > 0,
                pieces: pieces).Logits;
            if (!logits.requires_grad) continue;
            var slopes = network.Derivatives.Of([logits.sum()], pieces);
            unused.RemoveWhere(piece => slopes[piece] is not null);
        }
        return unused.Count == 0 ? null : unused.Count == network.Parameters.Count
            ? $"the outputs of the network '{network.Architecture}' do not depend on its parameters: there is no gradient"
            : $"the network '{network.Architecture}' does not depend on its parameter '{network.Parameters[unused.Min()].Name}'";
    }
}
