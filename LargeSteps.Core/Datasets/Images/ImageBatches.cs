using LargeSteps.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace LargeSteps.Datasets.Images;

/// <summary>The batches of a run.</summary>
/// <param name="BatchSize">B, the images of a batch.</param>
/// <param name="Padding">The zeros around an image of which a window of its own size is cut out at random; 0: none.</param>
/// <param name="Flip">Whether an image is mirrored from left to right with probability ½, after it is cut out.</param>
/// <param name="LabelNoise">Whether labels may be replaced at random, see <see cref="ImageBatches.Next"/>.</param>
/// <param name="Seed">The seed of all draws.</param>
internal sealed record ImageBatchOptions(int BatchSize, int Padding = 0, bool Flip = false, bool LabelNoise = false, uint Seed = 0)
{
    /// <summary>The published augmentation of a source: 4 zeros around and flips, as far as they suit it.</summary>
    public ImageBatchOptions Augmented(ImageSource source) => this with { Padding = source.Crops ? 4 : 0, Flip = source.Flips };
}

/// <summary>Where <see cref="ImageBatches"/> stand, with value equality.</summary>
/// <param name="Order">The stream of the order, at the beginning of the epoch.</param>
/// <param name="Augmentation">The stream of windows and flips, at the beginning of the epoch.</param>
/// <param name="LabelNoise">The stream of the label noise, at the beginning of the epoch.</param>
/// <param name="Epoch">The epoch, counted from 0.</param>
/// <param name="Batch">How many batches of it are out.</param>
internal sealed record ImageBatchesState(NumpyRandomState Order, NumpyRandomState Augmentation, NumpyRandomState LabelNoise, long Epoch,
    int Batch);

/// <summary>
/// The shuffled, augmented batches of images on a device, epoch after epoch; the incomplete last one of an epoch is dropped. What is random
/// is drawn for a whole epoch by the processor and brought to the device at its beginning, so that no step waits for the device, and so
/// that the batches are the same, bit for bit, on every device. Order, augmentation and label noise have streams of their own: none changes
/// when another is switched on. Not thread-safe.
/// </summary>
/// <remarks>
/// With seed s the order of each epoch is <c>permutation(n)</c> of <c>numpy(s)</c>. From <c>numpy(s xor 0x9E3779B9)</c> come for each image
/// of the epoch, in its order, the row and the column of the window, <c>randint(2·padding + 1)</c> each, and whether it is flipped,
/// <c>randint(2)</c>; from <c>numpy(s xor 0x85EBCA6B)</c> a number of 24 bits in [0, 1) and a class, <c>randint(classes)</c>.
/// </remarks>
internal sealed class ImageBatches : IDisposable
{
    // What the streams beside the order have for the seed: the run's, with other bits of it turned over for each.
    private const uint AugmentationStream = 0x9E3779B9, LabelNoiseStream = 0x85EBCA6B;
    // A float32 in [0, 1) has the upper 24 of 32 random bits.
    private const int BitsBelowFloat = 8;
    private const float FloatSteps = 1 << 24;

    private readonly DeviceImages _images;
    private readonly ImageBatchOptions _options;
    private readonly Func<NumpyRandom, long, int, int[]> _drawOrder;
    // Where the pixels of an image that is not flipped, and of one that is, lie in the padded plane: 2 × H·W.
    private readonly Tensor? _places;
    private readonly Scalar _one = 1;
    private NumpyRandom _order, _augmentation, _noise;
    private ImageBatchesState? _drawn;
    private long _epoch;
    private int _batch;
    // Of the epoch, an entry for each image in its order: the image, the first place of its window, whether it is flipped; the number and
    // class of the noise.
    private Tensor? _rows, _windows, _flips, _thresholds, _classes;

    /// <summary>Batches from their beginning.</summary>
    /// <exception cref="ArgumentException">There are not enough images for a batch, or the batch size or the padding is out of
    /// range.</exception>
    public ImageBatches(DeviceImages images, ImageBatchOptions options) : this(images, options, ImageOrder.Shuffled(options.Seed)) { }

    /// <summary>Batches in another order.</summary>
    internal ImageBatches(DeviceImages images, ImageBatchOptions options, ImageOrder order)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.BatchSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.BatchSize, images.Count);
        ArgumentOutOfRangeException.ThrowIfNegative(options.Padding);
        (_images, _options) = (images, options);
        (_order, _drawOrder, _augmentation, _noise) = (order.Begin, order.Draw, new(options.Seed ^ AugmentationStream),
            new(options.Seed ^ LabelNoiseStream));
        BatchesPerEpoch = images.Count / options.BatchSize;
        if (!Augments) return;
        var (height, width, pitch) = (images.Shape.Height, images.Shape.Width, images.Shape.Width + 2 * options.Padding);
        using var scope = NewDisposeScope();
        _places = tensor(
            [.. Places(column => column), .. Places(column => width - 1 - column)], [2, images.Shape.Plane], device: images.Device)
                .DetachFromDisposeScope();

        IEnumerable<long> Places(Func<int, int> from) => Enumerable.Range(0, height).SelectMany(row => Enumerable.Range(0, width)
            .Select(column => (long)row * pitch + from(column)));
    }

    /// <summary>The batches of an epoch.</summary>
    public int BatchesPerEpoch { get; }

    /// <summary>The epoch of the batch that was given last, counted from 0.</summary>
    public long Epoch => _epoch;

    /// <summary>Where the batches stand. Set to a state that was got, they go on from there as they did then.</summary>
    /// <exception cref="ArgumentException">The state is none of such batches.</exception>
    public ImageBatchesState State
    {
        get => _drawn is null
            ? new(_order.State, _augmentation.State, _noise.State, _epoch, _batch)
            : _drawn with { Epoch = _epoch, Batch = _batch };
        set
        {
            if (value.Batch < 0 || value.Batch > BatchesPerEpoch || value.Epoch < 0)
            {
                throw new ArgumentException(
                $"an epoch has {BatchesPerEpoch} batches, not {value.Batch}", nameof(value));
            }

            (_order, _augmentation, _noise) = (NumpyRandom.FromState(value.Order), NumpyRandom.FromState(value.Augmentation),
                NumpyRandom.FromState(value.LabelNoise));
            (_epoch, _batch, _drawn) = (value.Epoch, value.Batch, null);
        }
    }

    /// <summary>The next batch, in the caller's dispose scope.</summary>
    /// <param name="labelNoise">
    /// p: each label of the batch is replaced with this probability, so Binomial(B, p) of them are, by one that is uniform over all
    /// classes. It may differ from step to step and changes no other draw.
    /// </param>
    /// <exception cref="ArgumentException">There is label noise, but the options have none.</exception>
    public ImageBatch Next(double labelNoise = 0)
    {
        if (labelNoise != 0 && !_options.LabelNoise)
        {
            throw new ArgumentException("The options of these batches have no label noise.",
            nameof(labelNoise));
        }

        if (_drawn is null) DrawEpoch();
        if (_batch == BatchesPerEpoch)
        {
            (_epoch, _batch) = (_epoch + 1, 0);
            DrawEpoch();
        }
        using var scope = NewDisposeScope();
        var rows = OfBatch(_rows!);
        var pixels = _images.Pixels.index_select(0, rows);
        var labels = _images.Labels.index_select(0, rows);
        if (Augments) pixels = Augment(pixels);
        if (labelNoise != 0)
        {
            using Scalar p = labelNoise;
            labels = where(OfBatch(_thresholds!).lt(p), OfBatch(_classes!), labels);
        }
        _batch++;
        return DeviceImages.Outward(new ImageBatch(_images.Seen(pixels), labels));
    }

    /// <summary>Gives the memory of the device back, but not the images.</summary>
    public void Dispose()
    {
        DisposeEpoch();
        _places?.Dispose();
        _one.Dispose();
    }

    private bool Augments => _options.Padding > 0 || _options.Flip;

    private Tensor OfBatch(Tensor ofEpoch) => ofEpoch.narrow(0, (long)_batch * _options.BatchSize, _options.BatchSize);

    /// <summary>Windows and flips of all images of a batch at once: each takes its pixels by their places in the padded plane.</summary>
    private Tensor Augment(Tensor pixels)
    {
        var (shape, padding, count) = (_images.Shape, _options.Padding, _options.BatchSize);
        var padded = pixels;
        if (padding > 0)
        {
            padded = zeros([count, shape.Channels, shape.Height + 2 * padding, shape.Width + 2 * padding], pixels.dtype, pixels.device);
            padded.narrow(2, padding, shape.Height).narrow(3, padding, shape.Width).copy_(pixels);
        }
        var places = _places!.index_select(0, OfBatch(_flips!)).add(OfBatch(_windows!).unsqueeze(1), _one);
        return padded.view(count, shape.Channels, -1)
            .gather(2, places.unsqueeze(1).expand(count, shape.Channels, shape.Plane))
            .view(count, shape.Channels, shape.Height, shape.Width);
    }

    private void DrawEpoch()
    {
        _drawn = new(_order.State, _augmentation.State, _noise.State, _epoch, _batch);
        var used = BatchesPerEpoch * _options.BatchSize;
        DisposeEpoch();
        using var scope = NewDisposeScope();
        _rows = OnDevice(Array.ConvertAll(_drawOrder(_order, _epoch, _images.Count)[..used], row => (long)row));
        if (Augments)
        {
            var (windows, flips, positions, pitch) = (new long[used], new long[used], 2 * _options.Padding + 1, _images.Shape.Width
                + 2 * _options.Padding);
            for (var i = 0; i < used; i++)
            {
                // With one position nothing is drawn.
                windows[i] = (long)_augmentation.NextInt(positions) * pitch;
                windows[i] += _augmentation.NextInt(positions);
                if (_options.Flip) flips[i] = _augmentation.NextInt(2);
            }
            (_windows, _flips) = (OnDevice(windows), OnDevice(flips));
        }
        if (_options.LabelNoise)
        {
            var (thresholds, classes) = (new float[used], new long[used]);
            for (var i = 0; i < used; i++)
            {
                (thresholds[i], classes[i]) = ((_noise.NextUInt32() >> BitsBelowFloat) / FloatSteps,
                _noise.NextInt(_images.Classes));
            }

            (_thresholds, _classes) = (tensor(thresholds, device: _images.Device).DetachFromDisposeScope(), OnDevice(classes));
        }
    }

    private Tensor OnDevice(long[] values) => tensor(values, device: _images.Device).DetachFromDisposeScope();

    private void DisposeEpoch()
    {
        foreach (var tensor in (Tensor?[])[_rows, _windows, _flips, _thresholds, _classes]) tensor?.Dispose();
    }
}
