using LargeSteps.Datasets;
using LargeSteps.Datasets.Images;
using LargeSteps.Models;
using LargeSteps.Probes;
using LargeSteps.Values;
using static TorchSharp.torch;

namespace LargeSteps.Training.Modules;

/// <summary>Samples as a module takes them, in its numbers and on its device: rows of a table with a number each, or images with a class
/// each.</summary>
/// <param name="X">n × d, or n × channels × height × width.</param>
/// <param name="Y">n numbers, or n classes (int64).</param>
internal sealed record ModuleSamples(Tensor X, Tensor Y) : IDisposable
{
    // Of how many images losses are computed at once.
    private const int AtOnce = 500;

    /// <summary>n.</summary>
    public int Count => (int)X.shape[0];

    /// <summary>Chosen samples, in the scope of the caller.</summary>
    public ModuleSamples Of(ReadOnlySpan<int> rows)
    {
        using var scope = NewDisposeScope();
        var chosen = tensor(rows.ToArray(), dtype: int64, device: X.device);
        return new(X.index_select(0, chosen).MoveToOuterDisposeScope(), Y.index_select(0, chosen).MoveToOuterDisposeScope());
    }

    /// <summary>Samples that follow one another: views, in the scope of the caller.</summary>
    public ModuleSamples Slice(long first, long count) => new(X.narrow(0, first, count), Y.narrow(0, first, count));

    /// <summary>The loss of a module in evaluation mode, and of classes the error.</summary>
    public Score Score(ModuleNetwork network)
    {
        using var scope = NewDisposeScope();
        using var computing = network.Computing();
        using var noGradient = no_grad();
        if (network.Classes is null)
            return new(Count == 0 ? double.NaN : network.Loss(network.Evaluate(X), Y).to(float64).item<double>());
        var (loss, wrong) = (0.0, 0L);
        for (var first = 0; first < Count; first += AtOnce)
        {
            using var inner = NewDisposeScope();
            var (x, y) = Slice(first, Math.Min(AtOnce, Count - first));
            var outputs = network.Evaluate(x);
            loss += nn.functional.cross_entropy(outputs, y, reduction: nn.Reduction.Sum).to(float64).item<double>();
            wrong += outputs.argmax(1).ne(y).sum().item<long>();
        }
        return new(loss / Count, (double)wrong / Count);
    }

    public void Dispose()
    {
        X.Dispose();
        Y.Dispose();
    }

    /// <summary>The lengths of a sample: d, or channels, height and width.</summary>
    public static long[] ShapeOf(LoadedData data) => data.AreImages && data.Images.Train.Shape is var shape
        ? [shape.Channels, shape.Height, shape.Width] : [data.Table.Dimensions];

    /// <summary>The training samples of a run, those of the test, and those that are held out of training; the caller's.</summary>
    public static (ModuleSamples Train, ModuleSamples Test, ModuleSamples? Validation) Of(ModuleNetwork network, LoadedData data)
    {
        if (!data.AreImages)
        {
            var table = data.Table;
            return (OfTable(table.Features, table.Labels), OfTable(table.TestFeatures, table.TestLabels), null);
        }
        var images = data.Images;
        return (OfImages(images.Train), OfImages(images.Test), images.Validation is { } held ? OfImages(held) : null);

        ModuleSamples OfTable(Numerics.Matrix features, Items<double> labels)
        {
            using var scope = NewDisposeScope();
            return Kept(network.Make(features), network.Make(labels.AsSpan(), labels.Count));
        }

        ModuleSamples OfImages(LabelledImages some)
        {
            using var scope = NewDisposeScope();
            using var there = DeviceImages.On(network.Device, some, images.Classes, new TensorFormat());
            var all = there.Slice(0, there.Count);
            return Kept(all.Images.to(network.Numbers), all.Labels);
        }

        static ModuleSamples Kept(Tensor x, Tensor y) => new(x.DetachFromDisposeScope(), y.DetachFromDisposeScope());
    }
}
