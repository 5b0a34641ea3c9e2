using System.Text.Json.Nodes;
using LargeSteps.Datasets.Images;
using LargeSteps.Forms;
using LargeSteps.Models.Deep;
using LargeSteps.Values;

namespace LargeSteps.Configuration;

/// <summary>How image datasets and deep networks stand in YAML.</summary>
internal static class DeepCodecs
{
    private static readonly Codec<double> Part = Codecs.Number.Where(x => x is > 0 and <= 1, "must be above 0 and at most 1",
        new() { ["exclusiveMinimum"] = 0, ["maximum"] = 1 });

    private static readonly Codec<double> Held = Codecs.Number.Where(
        x => x is > 0 and < 1 || (x is >= 1 and <= int.MaxValue && x == Math.Floor(x)),
            "must be a fraction between 0 and 1, or a whole number of images", new() { ["exclusiveMinimum"] = 0 });

    private static readonly Codec<StaticLabelNoise> Noise =
        new RecordCodec<StaticLabelNoise>("Wrong labels of the training set, drawn once.", f =>
    {
        var fraction = f.Required("fraction", Part, n => n.Fraction, "the fraction of the labels that are wrong");
        var kind = f.Optional("kind", Codecs.Word("kind of label noise", "symmetric", "asymmetric").As(
            word => word == "symmetric" ? LabelNoiseKind.Symmetric : LabelNoiseKind.Asymmetric, kind => kind == LabelNoiseKind.Symmetric
                ? "symmetric" : "asymmetric"),
            n => n.Kind, LabelNoiseKind.Symmetric, "whether a wrong label names any other class, or the one that is most like it");
        var seed = f.Optional("seed", Codecs.Seed, n => n.Seed, 0u, "the seed of NumPy's stream that draws them");
        return v => new(v.Get(fraction), v.Get(kind), v.Get(seed));
    });

    /// <summary>Where files of one's own lie: they are looked at for the shape and the numbers of their images.</summary>
    private sealed class Looked(string key, Func<string, Outcome<ImageSource>> look) : Codec<OwnImages>
    {
        internal override OwnImages Read(Node node, Report report)
        {
            var before = report.Count;
            var path = Codecs.Text.Read(node, report);
            return report.Count > before ? null! : report.Once((key, path), () => look(path)).Match(source => (OwnImages)source, problems =>
            {
                foreach (var problem in problems) report.Add(node, problem.Code, $"{problem.File}: {problem.Message}");
                return null!;
            });
        }

        internal override Node Write(OwnImages value) => Codecs.Text.Write(value.Written.Text);

        internal override JsonObject Schema() => Codecs.Text.Schema();

        public static Alternative<OwnImages> At(string key, Func<string, Outcome<ImageSource>> look, string description) =>
            Alternative<OwnImages>.Of(key, new Looked(key, look), own => own, description);
    }

    private static readonly Codec<Standardisation> Standards = OneOf("standardisation", ("none", Standardisation.None),
        ("per_pixel", Standardisation.PerPixel), ("per_channel", Standardisation.PerChannel));

    private static readonly Codec<ImageSource> Own = new RecordCodec<OwnImages>("Images of one's own.", f =>
    {
        var place = f.OneOf(own => (own.Written.Key, Codecs.Text.Write(own.Written.Text)), own => own,
            Looked.At("folder", path => ImageSource.OfFolder(path),
                "a folder with JPEG or PNG files of one size in train/CLASS and test/CLASS, or in CLASS"),
            Looked.At("arrays", path => ImageSource.OfArrays(path),
                "a file .npz, or a folder of files .npy, with x_train, y_train, x_test and y_test as Keras has them"));
        var flips = f.Optional("flips", Codecs.Flag, own => own.Flips, false,
            "whether a mirrored image is one of its class still: augment then flips");
        return v => v.Get(place) with { Mirrored = v.Get(flips) };
    }).As<ImageSource>(own => own, source => (OwnImages)source);

    private static readonly Codec<ImageSource> Source = Codecs.WordOr("source of images",
        source => ImageSource.Named(source.Name) == source ? source.Name : null,
        [.. ImageSource.All.Select(source => (source.Name, source))], Own);

    public static readonly Form<ImageDataset> Images =
        new("images", "Images with classes: a published dataset, generated ones, or one's own.", f =>
    {
        var source = f.Required("source", Source, d => d.Source,
            "which images; uniform_noise, gaussians_binary and shapes are generated; those in files of one's own are a mapping");
        var samples = f.NullableValue("samples", Codecs.Count(), d => d.Options.TrainingImages,
            "the first so many training images; without it all. Images that lie class by class are taken in turns, a class after " +
            "the other");
        var test = f.NullableValue("test_samples", Codecs.Count(), d => d.Options.TestImages,
            "the first so many test images, in the same order as for samples; without it all");
        var classes = f.Nullable("classes", Codecs.List(Codecs.Count(0, max: 999)), d => d.Options.Classes,
            "the classes whose images are used, by their numbers: the first becomes class 0, the next 1, and so on; samples and " +
            "test_samples count their images; without it all");
        var fraction = f.Optional("fraction", Part, d => d.Options.Fraction, 1.0,
            "the part of the training images that is used, the first ones as for samples");
        var standardise = f.Optional("standardise", Standards, d => d.Options.Standardise, Standardisation.None,
            "per_pixel: each value less its mean, over its standard deviation, both over the whole training split that is there, of test " +
            "images too; per_channel: each channel by the mean and the deviation that are published of CIFAR-10");
        var held = f.NullableValue("validation", Held, d => d.Options.Validation,
            "what is held out of those training images, a fraction of them below 1 or how many: a fixed draw, of each class in " +
            "proportion; losses then has validation_loss and validation_error");
        var grey = f.Optional("grey", Codecs.Flag, d => d.Options.Grey, false,
            "grey images, of one channel: the mean of red, green and blue");
        var augment = f.Optional("augment", Codecs.Flag, d => d.Augment, false,
            "random crops with a padding of 4, and random flips where the images allow it");
        var noise = f.Nullable("label_noise", Noise, d => d.Options.LabelNoise, "wrong labels of the training set, drawn once");
        var partial = f.Optional("allow_partial", Codecs.Flag, d => d.Options.AllowPartial, false,
            "also take files with fewer images than were published; samples and test_samples say how many there must be");
        var seed = f.Optional("seed", Codecs.Seed, d => d.Options.Seed, 0u, "the seed of generated images");
        return v => new(
            v.Get(source), new ImageOptions(v.Get(grey), v.Get(partial), v.Get(fraction), v.Get(samples), v.Get(test), v.Get(noise),
                v.Get(seed), v.Get(held))
            { Standardise = v.Get(standardise), Classes = v.Get(classes) }, v.Get(augment));
    }, "source: cifar10, augment: true");

    private static Codec<T> OneOf<T>(string what, params (string Word, T Value)[] words) where T : struct, Enum =>
        Codecs.Word(what, [.. words.Select(word => word.Word)]).As(text => words.First(word => word.Word == text).Value,
            value => words.First(word => word.Value.Equals(value)).Word);

    private static readonly Codec<Activation> Activations = OneOf("activation", ("relu", Activation.Relu), ("tanh", Activation.Tanh),
        ("elu", Activation.Elu), ("gelu", Activation.Gelu), ("silu", Activation.Silu), ("hardtanh", Activation.Hardtanh),
        ("softplus", Activation.Softplus), ("identity", Activation.Identity));

    private static readonly Codec<ClassLoss> Losses = OneOf("loss", ("cross_entropy", ClassLoss.CrossEntropy),
        ("squared", ClassLoss.Squared), ("squared_full", ClassLoss.SquaredFull));

    private static readonly Codec<NormalInitialisation> Initialisations = OneOf("initialisation", ("he", NormalInitialisation.He),
        ("xavier", NormalInitialisation.Xavier));

    private static readonly Codec<Pooling> Poolings = OneOf("pooling", ("max", Pooling.Max), ("average", Pooling.Average));

    private static readonly Codec<Convolutions> Ways = OneOf("way of convolutions", ("winograd", Convolutions.Winograd),
        ("direct", Convolutions.Direct));

    public static readonly Form<DeepNetwork> Network = new("deep_network", "A deep network that classifies images.", f =>
    {
        var architecture = f.Required("architecture", Named("architecture", Architecture.Names, Architecture.Named, a => a.Name),
            m => m.Architecture, "a published architecture, or fully_connected or convolutional, whose layers are keys of their own");
        var widths = f.Nullable("widths", Codecs.List(Codecs.Count(max: 100_000)), m => m.Layers.Widths,
            "fully_connected, convolutional: the units, or channels, of the hidden layers; without it [200, 200], or [32, 32]");
        var activation = f.NullableValue("activation", Activations, m => m.Layers.Activation,
            "fully_connected, convolutional: what follows each hidden layer; without it relu");
        var biases = f.NullableValue("biases", Codecs.Flag, m => m.Layers.Biases,
            "fully_connected, convolutional: whether layers have biases; without it true");
        var pooling = f.NullableValue("pooling", Poolings, m => m.Layers.Pooling,
            "convolutional: what is made of 2 × 2 pixels after each activation; without it max");
        var norm = f.NullableValue("batch_norm", Codecs.Flag, m => m.Layers.BatchNorm,
            "convolutional: whether batch norm follows each activation; without it false");
        var initialisation = f.NullableValue("initialisation", Initialisations, m => m.Layers.Initialisation,
            "fully_connected, convolutional: weights from a normal distribution, he of variance 2/inputs, xavier of " +
            "2/(inputs + outputs), and biases of 0; without it PyTorch's default");
        var scale = f.NullableValue("initial_scale", Codecs.Positive, m => m.Layers.InitialScale,
            "by what the weights of an initialisation are multiplied; without it 1");
        var loss = f.Optional("loss", Losses, m => m.Loss, ClassLoss.CrossEntropy,
            "what is minimised, a mean over images: squared is ½ of the sum over classes of (output − 1 or 0)², " +
            "squared_full without ½");
        var width = f.NullableValue("width", Codecs.Count(max: 4096), m => m.Width,
            "w: the stages have w, 2w, 4w and 8w channels; without it the published width");
        var precision = f.Optional("precision", Codecs.Word("precision", "float32", "bfloat16").As(word => word == "bfloat16", b => b
            ? "bfloat16" : "float32"), m => m.BFloat16, false, "the numbers of the forward and backward pass; the weights are float32");
        var channelsLast = f.Optional("channels_last", Codecs.Flag, m => m.ChannelsLast, true,
            "whether the channels of a pixel lie side by side in memory");
        var convolutions = f.Optional("convolutions", Ways, m => m.Convolutions, Convolutions.Winograd,
            "how 3 × 3 convolutions of multiples of 16 channels are made on a CPU, where the channels are last and the numbers float32: " +
            "winograd takes a third to four fifths of the time, and its outputs err by some 1e-6 of their norm, two to three times as " +
            "much as those of direct");
        var tf32 = f.NullableValue("tf32", Codecs.Flag, m => m.Tf32,
            "whether a CUDA device may round float32 numbers to the 10 bits of TF32 before it multiplies them; without it in steps and " +
            "losses, not where gradients and curvature are measured");
        var weights = f.Nullable("weights", Codecs.Text, m => m.Weights, "a file to take the initial weights from: a checkpoint or a .pth");
        var at = f.Nullable("weights_at", Codecs.Text, m => m.WeightsAt,
            "where in that file: the keys of a state_dict with / between them (state_dict, last), or averaged for the averaged weights " +
            "of " +
            "a checkpoint; without it the one that fits");
        var seed = f.Required("seed", Codecs.Seed, m => m.Seed, "the seed of libtorch's stream that draws the initial weights");
        return v => new(v.Get(architecture), v.Get(width), v.Get(precision), v.Get(channelsLast), v.Get(weights), v.Get(seed), v.Get(at))
        {
            Layers = new(v.Get(widths), v.Get(activation), v.Get(biases), v.Get(pooling), v.Get(norm), v.Get(initialisation),
                v.Get(scale)),
            Loss = v.Get(loss),
            Convolutions = v.Get(convolutions),
            Tf32 = v.Get(tf32),
        };
    }, "architecture: resnet18_plain, width: 64, seed: 0");

    private static Codec<T> Named<T>(string what, IEnumerable<string> names, Func<string, T?> named, Func<T, string> name)
        where T : class =>
        Codecs.Word(what, [.. names]).As(word => named(word)!, name);
}
