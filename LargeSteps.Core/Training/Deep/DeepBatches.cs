using System.Globalization;
using LargeSteps.Datasets.Images;
using LargeSteps.Numerics;
using LargeSteps.Probes;
using LargeSteps.Values;
using static TorchSharp.torch;

namespace LargeSteps.Training.Deep;

/// <summary>
/// The images of a deep network's run: the batches of its steps, in the order of the run's seed, and those of its measurements, which are
/// drawn from the seed and the iteration and take nothing from the steps.
/// </summary>
internal sealed class DeepBatches : IDisposable
{
    /// <summary>The key of the number of the batch in its epoch, in <see cref="State"/>.</summary>
    public const string BatchKey = "batch";

    // Of losses, and of features, where the run says no less.
    private const int UsualBatch = 500, UsualFeatureBatch = 512;
    // Of the choice of training images whose losses are measured.
    private const uint ChoiceSeed = 0;

    private readonly DeviceImages _train, _test;
    private readonly DeviceImages? _validation;
    private readonly ImageBatches _steps;
    private readonly ImageBatchOptions _options;
    private readonly Dictionary<int, int[]> _choices = [];
    private readonly bool _whole;
    private readonly ImageOrder _order;
    private readonly int _most;

    /// <param name="data">The images.</param>
    /// <param name="dataset">Whether they are augmented, and how.</param>
    /// <param name="batchSize">The images of a step; null: all, in their order, unless they are augmented or their labels noisy.</param>
    /// <param name="seed">The seed of the sampling.</param>
    /// <param name="labelNoise">Whether steps have label noise.</param>
    /// <param name="device">In libtorch's words.</param>
    /// <param name="order">The order of the steps' images; null: that of the seed.</param>
    /// <param name="chunk">The most images that are looked at together, but for those of a step; null: as usual.</param>
    public DeepBatches(ImageSet data, ImageDataset dataset, int? batchSize, uint seed, bool labelNoise, string device,
        ImageOrder? order = null, int? chunk = null)
    {
        var format = new TensorFormat();
        _train = DeviceImages.On(device, data.Train, data.Classes, format);
        _test = DeviceImages.On(device, data.Test, data.Classes, format);
        _validation = data.Validation is { } held ? DeviceImages.On(device, held, data.Classes, format) : null;
        _whole = batchSize is null && !dataset.Augment && !labelNoise;
        _most = chunk ?? int.MaxValue;
        _options = new ImageBatchOptions(batchSize ?? data.Train.Count, Seed: seed);
        if (dataset.Augment) _options = _options.Augmented(dataset.Source);
        _options = _options with { LabelNoise = labelNoise };
        _steps = new ImageBatches(_train, _options, _order = order ?? ImageOrder.Shuffled(seed));
    }

    /// <summary>Where the batches of the steps stand, as texts.</summary>
    public IReadOnlyDictionary<string, string> State
    {
        get
        {
            var state = _steps.State;
            return new Dictionary<string, string>
            {
                ["order"] = state.Order.Text,
                ["augmentation"] = state.Augmentation.Text,
                ["label_noise"] = state.LabelNoise.Text,
                ["epoch"] = state.Epoch.ToString(CultureInfo.InvariantCulture),
                [BatchKey] = state.Batch.ToString(CultureInfo.InvariantCulture),
            };
        }
        set => _steps.State = new(
            NumpyRandomState.Parse(value["order"]), NumpyRandomState.Parse(value["augmentation"]),
            NumpyRandomState.Parse(value["label_noise"]), long.Parse(value["epoch"], CultureInfo.InvariantCulture),
            int.Parse(value[BatchKey], CultureInfo.InvariantCulture));
    }

    /// <summary>Goes on where batches of another size stood, with the next epoch.</summary>
    /// <param name="state">Their state.</param>
    /// <param name="batchSize">Their size; null: all images.</param>
    public void GoOnAfter(IReadOnlyDictionary<string, string> state, int? batchSize)
    {
        State = new Dictionary<string, string>(state) { [BatchKey] = "0" };
        // Of whole batches nothing was drawn.
        if (state["epoch"] == "0" && state[BatchKey] == "0") return;
        using var before = new ImageBatches(_train, _options with { BatchSize = batchSize ?? _train.Count }, _order);
        before.State = _steps.State with { Batch = before.BatchesPerEpoch };
        using var scope = NewDisposeScope();
        before.Next();
        _steps.State = before.State with { Batch = 0 };
    }

    /// <summary>The batch of the next step.</summary>
    /// <param name="labelNoise">The probability with which a label is drawn anew.</param>
    public DeepBatch Next(double labelNoise) => _whole ? FirstOf(_train.Count) : Of(_steps.Next(labelNoise));

    /// <summary>The training images of a measurement, as the probe asks for them.</summary>
    public IEnumerable<DeepBatch> Training(int? images, int? batches, long iteration)
    {
        if (batches is { } some) return Drawn(iteration, some);
        var count = images ?? Losses.DefaultTrainingImages;
        return count >= _train.Count ? InOrder(_train, _train.Count, UsualBatch)
            : Chosen(_train, _choices.TryGetValue(count, out var choice) ? choice
                : _choices[count] = [.. new NumpyRandom(ChoiceSeed).Choice(_train.Count, count).Order()]);
    }

    /// <summary>The images of an epoch of a measurement, augmented as in training.</summary>
    public IEnumerable<Tensor> Epoch(long iteration) => Drawn(iteration, _steps.BatchesPerEpoch).Select(batch => batch.Images);

    /// <summary>The test images of a measurement, as the probe asks for them.</summary>
    public IEnumerable<DeepBatch> Test(int? images) => InOrder(_test, Math.Min(images ?? _test.Count, _test.Count), UsualBatch);

    /// <summary>The images that are held out of training; null where there are none.</summary>
    public IEnumerable<DeepBatch>? Validation() => _validation is null ? null : InOrder(_validation, _validation.Count, UsualBatch);

    /// <summary>The first training images with their classes, without augmentation.</summary>
    public IEnumerable<DeepBatch> FirstInParts(int samples) => InOrder(_train, Math.Min(samples, _train.Count), UsualFeatureBatch);

    /// <summary>The first training images, without augmentation.</summary>
    public IEnumerable<Tensor> First(int samples) => FirstInParts(samples)
        .Select(batch => batch.Images);

    /// <summary>The first training images in one batch, without augmentation; in the scope of the caller.</summary>
    public DeepBatch FirstOf(int samples) => Of(_train.Slice(0, Math.Min(samples, _train.Count)));

    /// <summary>Chosen training images in one batch, without augmentation; in the scope of the caller.</summary>
    public DeepBatch Of(ReadOnlySpan<int> rows) => Of(_train.Select(Items.Of(rows)));

    /// <summary>How many training images there are.</summary>
    public int Count => _train.Count;

    /// <summary>The first training images one by one, without augmentation.</summary>
    public IEnumerable<DeepBatch> Singles(int samples) => InOrder(_train, Math.Min(samples, _train.Count), 1);

    public void Dispose()
    {
        _steps.Dispose();
        _train.Dispose();
        _test.Dispose();
        _validation?.Dispose();
    }

    private IEnumerable<DeepBatch> Drawn(long iteration, int count)
    {
        using var batches = new ImageBatches(_train,
            _options with { LabelNoise = false, Seed = _options.Seed ^ MeasurementSeed.Of(iteration) });
        for (var i = 0; i < Math.Min(count, batches.BatchesPerEpoch); i++)
        {
            var batch = Of(batches.Next());
            foreach (var part in batch.Chunks(_most))
            {
                yield return part;
                Dispose(part);
            }
            Dispose(batch);
        }
    }

    private IEnumerable<DeepBatch> Chosen(DeviceImages images, int[] choice)
    {
        foreach (var rows in choice.Chunk(Math.Min(UsualBatch, _most)))
        {
            var batch = Of(images.Select(Items.From(rows)));
            yield return batch;
            Dispose(batch);
        }
    }

    private IEnumerable<DeepBatch> InOrder(DeviceImages images, int count, int usual)
    {
        var batchSize = Math.Min(usual, _most);
        for (var first = 0; first < count; first += batchSize)
        {
            var batch = Of(images.Slice(first, Math.Min(batchSize, count - first)));
            yield return batch;
            Dispose(batch);
        }
    }

    // No scope: whoever takes the batches may have opened and closed some meanwhile.
    private static void Dispose(DeepBatch batch)
    {
        batch.Images.Dispose();
        batch.Labels.Dispose();
    }

    private static DeepBatch Of(ImageBatch batch) => new(batch.Images, batch.Labels);
}
