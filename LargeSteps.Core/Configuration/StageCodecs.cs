using System.Text.Json.Nodes;
using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;

namespace LargeSteps.Configuration;

/// <summary>How datasets stand in YAML.</summary>
internal static class DatasetCodec
{
    private static readonly Case<SparseRegression> Sparse = new("sparse_regression",
        "Linear regression without noise: standard normal features x, labels ⟨θ, x⟩ of a predictor θ ≥ 0 of norm 1 whose first " +
        "coordinates alone are nonzero.", f =>
    {
        var samples = f.Required("samples", Codecs.Count(), d => d.Samples, "n, the number of training samples");
        var dimensions = f.Required("dimensions", Codecs.Count(), d => d.Dimensions, "d, the number of features");
        var support = f.Required("support", Codecs.Count(), d => d.Support,
            "r, the number of nonzero coordinates of the predictor, at most d");
        var test = f.Optional("test_samples", Codecs.Count(0), d => d.TestSamples, 1000, "the number of test samples");
        var seed = f.Optional("seed", Codecs.Seed, d => d.Seed, 0u, "the seed of NumPy's stream that draws the data");
        return v => new(v.Get(samples), v.Get(dimensions), v.Get(support), v.Get(test), v.Get(seed));
    }, "samples: 80, dimensions: 200, support: 20");

    private static readonly Case<RegressionPoints> Points = new("regression_points",
        "The published one-dimensional regression: 12 points, which are the test samples too.", _ => _ =>
        (RegressionPoints)DatasetSpec.RegressionPoints);

    private static readonly Case<RealLabels> Real = new("real", "The teacher's outputs.", _ => _ => (RealLabels)TeacherLabels.Real);
    private static readonly Case<SignLabels> Sign = new("sign", "1 where the teacher's output is not negative, −1 elsewhere.",
        _ => _ => (SignLabels)TeacherLabels.Sign);

    private static readonly Codec<TeacherLabels> Labels = new NamedUnionCodec<TeacherLabels>("kind of labels", l => l.Match(Real.Write,
        Sign.Write), Real, Sign);

    private static readonly Case<TeacherStudent> Teacher = new("teacher_student",
        "Inputs on the unit sphere, drawn uniformly, with the outputs of a random ReLU network, the teacher.", f =>
    {
        var samples = f.Required("samples", Codecs.Count(), d => d.Samples, "n, the number of training samples");
        var inputs = f.Required("inputs", Codecs.Count(), d => d.Inputs, "d, the number of features");
        var teacher = f.Required("teacher", Codecs.List(Codecs.Count(max: 100_000), 1), d => d.Teacher,
            "the widths of the teacher's hidden layers");
        var biases = f.Optional("biases", Codecs.Flag, d => d.Biases, false, "whether the teacher's layers have biases");
        var unit = f.Optional("unit_teacher", Codecs.Flag, d => d.UnitTeacher, false,
            "normalise the rows of the teacher's first layer, and take the signs of its output weights");
        var test = f.Optional("test_samples", Codecs.Count(0), d => d.TestSamples, 1000, "the number of test samples");
        var seed = f.Required("seed", Codecs.Seed, d => d.Seed,
            "the seed of the streams that draw the data (NumPy) and the teacher (libtorch)");
        var labels = f.Optional("labels", Labels, d => d.Labels, TeacherLabels.Real, "what the labels are of the teacher's outputs");
        return v => new(v.Get(samples), v.Get(inputs), v.Get(teacher), v.Get(biases), v.Get(unit), v.Get(test), v.Get(seed), v.Get(labels));
    }, "samples: 15, inputs: 2, teacher: [3], unit_teacher: true, seed: 1");

    // As many as fit into a file that may have a megabyte, with room for the rest of an experiment.
    private const int MostNumbersOfATable = 40_000;

    private static readonly Codec<Matrix> Rows = Codecs.List(Codecs.List(Codecs.Number, 1))
        .Where(rows => rows.All(row => row.Count == rows[0].Count), "must have rows of one length")
        .As(rows => Matrix.FromRows(rows.Select(row => row.ToArray())), x => Items.From(Enumerable.Range(0, x.Rows)
            .Select(i => Items.From(x.Row(i).ToArray()))));

    private static readonly Case<InMemoryData> Table = new("table",
        FormattableString.Invariant($"Samples that stand in the file: at most {MostNumbersOfATable} numbers, labels included."), f =>
    {
        var features = f.Required("features", Rows, d => d.Data.Features, "X, a list of features for each training sample");
        var labels = f.Required("labels", Codecs.List(Codecs.Number), d => d.Data.Labels, "y, a number for each training sample");
        var testFeatures = f.Optional("test_features", Rows, d => d.Data.TestFeatures, new Matrix(0, 0, []),
            "the features of the test samples");
        var testLabels = f.Optional("test_labels", Codecs.List(Codecs.Number), d => d.Data.TestLabels, [], "their labels");
        return v => new(new RegressionData(v.Get(features), v.Get(labels), v.Get(testFeatures) is { Rows: > 0 } test ? test
            : new Matrix(0, v.Get(features).Columns, []), v.Get(testLabels)));
    }, "features: [[0, 1], [1, 0], [1, 1]], labels: [1, 0, 2]");

    private static int NumbersOf(RegressionData data) =>
        data.Features.AsSpan().Length + data.TestFeatures.AsSpan().Length + data.Labels.Count + data.TestLabels.Count;

    private static bool FitsInAFile(RegressionData data) =>
        NumbersOf(data) <= MostNumbersOfATable
        && data.Features.AsSpan().ToArray().Concat(data.TestFeatures.AsSpan().ToArray()).Concat(data.Labels).Concat(data.TestLabels)
            .All(double.IsFinite);

    // Larger data in memory have no form that could be read again; their hash lets equal pipelines have equal names.
    private static readonly Case<InMemoryData> InMemory = new("in_memory", "Data that only a program can give.", f =>
    {
        f.Required("content", Codecs.Text, d => d.Data.ContentHash(), "the SHA-256 of the data");
        return _ => throw new System.Diagnostics.UnreachableException();
    });

    /// <summary>The kinds, whatever their values.</summary>
    public static UnionCodec<DatasetSpec> Union { get; } = new("dataset", d => d.Match(Sparse.Write, Points.Write, Teacher.Write,
        memory => FitsInAFile(memory.Data) ? Table.Write(memory) : InMemory.Write(memory), DeepCodecs.Images.Write), Sparse, Points,
        Teacher, Table, DeepCodecs.Images);

    public static Codec<DatasetSpec> Codec { get; } = Union.Where(d => d is not InMemoryData memory || NumbersOf(memory.Data) <= MostNumbersOfATable, FormattableString.Invariant(
            $"has too many numbers for a table in a file: at most {MostNumbersOfATable}, labels included"));
}

/// <summary>How models stand in YAML.</summary>
internal static class ModelCodec
{
    private static readonly Case<DiagonalLinear> Diagonal = new("diagonal_linear",
        "A diagonal linear network h(x) = ⟨u⊙v, x⟩ in float64; its loss is the mean of ½(h(x) − y)².", f =>
    {
        var u = f.Optional("u", Codecs.Number, m => m.U, 0.1, "the initial value of u in every coordinate");
        var v = f.Optional("v", Codecs.Number, m => m.V, 0.0, "the initial value of v in every coordinate");
        var deviation = f.Optional("deviation", Codecs.NonNegative, m => m.Deviation, 0.0,
            "σ: σ·N(0, 1) is added to each coordinate of u, then of v");
        var seed = f.Optional("seed", Codecs.Seed, m => m.Seed, 0u, "the seed of NumPy's stream that draws it");
        return values => new(values.Get(u), values.Get(v), values.Get(deviation), values.Get(seed));
    }, "u: 0.1, v: 0");

    private static readonly Case<DefaultInitialisation> Default = new("default", "PyTorch's default: uniform in ±1/√fan-in.",
        _ => _ => (DefaultInitialisation)Initialisation.Default);

    private static readonly Case<GaussianInitialisation> Gaussian = new("gaussian", "Weights scale·randn, biases by default.", f =>
    {
        var scales = f.Required("scales", Codecs.List(Codecs.NonNegative, 1), i => i.Scales,
            "a scale for each layer, the output layer last");
        return v => new(v.Get(scales));
    }, "scales: [0.5, 0]");

    private static readonly Case<BlancInitialisation> Blanc = new("blanc",
        "The published initialisation of the one-dimensional regression.", f =>
    {
        var first = f.Optional("first", Codecs.Number, i => i.First, 2.5, "the weights of the first layer are this times a random sign");
        var bias = f.Optional("bias", Codecs.Number, i => i.Bias, 2.5,
            "the biases of the first layer are this times standard normal numbers");
        var output = f.Optional("output", Codecs.Number, i => i.Output, 4.0, "the output weights are this times standard normal numbers");
        return v => new(v.Get(first), v.Get(bias), v.Get(output));
    });

    private static readonly Case<BalancedInitialisation> Balanced = new("balanced",
        "For one hidden layer: the output weight of a unit is plus or minus the norm of its input weights.", f =>
    {
        var scale = f.Optional("scale", Codecs.Positive, i => i.Scale, 1.0, "the input weights are this times standard normal numbers");
        return v => new(v.Get(scale));
    });

    private static readonly Codec<Initialisation> Initial = new NamedUnionCodec<Initialisation>(
        "initialisation", i => i.Match(Default.Write, Gaussian.Write, Blanc.Write, Balanced.Write), Default, Gaussian, Blanc, Balanced);

    private static readonly Case<SquaredLoss> Squared = new("squared", "(h − y)², without ½.", _ => _ => (SquaredLoss)Loss.Squared);
    private static readonly Case<LogisticLoss> Logistic = new("logistic", "log(1 + exp(−y h)) for labels 1 and −1.",
        _ => _ => (LogisticLoss)Loss.Logistic);

    private static readonly Codec<Loss> Losses = new NamedUnionCodec<Loss>("loss", l => l.Match(Squared.Write, Logistic.Write), Squared,
        Logistic);

    private static readonly Case<SinglePrecision> Single = new("float32", "Numbers of 32 bits, as published.",
        _ => _ => (SinglePrecision)Precision.Bits32);
    private static readonly Case<DoublePrecision> Double = new("float64", "Numbers of 64 bits.",
        _ => _ => (DoublePrecision)Precision.Bits64);

    private static readonly Codec<Precision> Precisions = new NamedUnionCodec<Precision>("precision", p => p.Match(Single.Write,
        Double.Write), Single, Double);

    private static readonly Case<ReluNetwork> Relu = new("relu_network", "A fully connected ReLU network with one output.", f =>
    {
        var hidden = f.Required("hidden", Codecs.List(Codecs.Count(max: 100_000), 1), m => m.Hidden, "the widths of the hidden layers");
        var biases = f.Optional("biases", Codecs.List(Codecs.Flag, 2), m => m.Biases, [],
            "whether each layer has biases, the output layer last; without it all have them", inSchema: false);
        var initialisation = f.Optional("initialisation", Initial, m => m.Initialisation, Initialisation.Default, "the initial weights");
        var seed = f.Required("seed", Codecs.Seed, m => m.Seed, "the seed of libtorch's stream that draws the initial weights");
        var loss = f.Optional("loss", Losses, m => m.Loss, Loss.Squared, "what is minimised, as a mean over samples");
        var precision = f.Optional("precision", Precisions, m => m.Precision, Precision.Bits32, "the numbers that it is trained in");
        return v => new(
            v.Get(hidden), v.Get(biases) is { Count: > 0 } each ? each : Items.From(Enumerable.Repeat(true, v.Get(hidden).Count + 1)),
                v.Get(initialisation), v.Get(seed), v.Get(loss), v.Get(precision));
    }, "hidden: [20], biases: [false, false], initialisation: { gaussian: { scales: [0.5, 0] } }, seed: 0");

    // Like data in memory: the name and the seed stand for the module.
    private static readonly Case<CustomModel> Custom = new("custom", "A module that only a program can give.", f =>
    {
        f.Required("name", Codecs.Text, m => m.Name, "the name that stands for the function that creates the module");
        f.Required("seed", Codecs.Seed, m => m.Seed, "the seed of the initial weights");
        return _ => throw new System.Diagnostics.UnreachableException();
    });

    public static Codec<ModelSpec> Codec { get; } = new UnionCodec<ModelSpec>(
        "model", m => m.Match(Diagonal.Write, Relu.Write, DeepCodecs.Network.Write, Custom.Write), Diagonal, Relu, DeepCodecs.Network);
}

/// <summary>How engines stand in YAML: as a word.</summary>
internal static class EngineCodec
{
    private static readonly Case<ClosedFormEngine> ClosedForm = new("closed_form", "Hand-derived gradients in plain C#, on the CPU.",
        _ => _ => (ClosedFormEngine)Engine.ClosedForm);
    private static readonly Case<AutogradEngine> Autograd = new("autograd", "TorchSharp's autograd, on any device.",
        _ => _ => (AutogradEngine)Engine.Autograd);

    public static Codec<Engine> Codec { get; } = new NamedUnionCodec<Engine>("engine", e => e.Match(ClosedForm.Write, Autograd.Write),
        ClosedForm, Autograd);
}

/// <summary>How durations stand in YAML: as one key of the mapping that they belong to.</summary>
internal static class DurationCodec
{
    /// <summary>A moment of a run: a mapping with the one key fraction, step or epoch.</summary>
    public static Codec<Duration> Moment { get; } = new RecordCodec<Duration>("A moment of a run.", f =>
    {
        var moment = MomentOf(f, m => m);
        return v => v.Get(moment);
    });

    /// <summary>A moment as a field of a record: fraction, step or epoch.</summary>
    public static Field<Duration> MomentOf<T>(Fields<T> fields, Func<T, Duration> get) => fields.OneOf(
        moment => moment.Match(
            steps => ("step", Codecs.Whole(1).Write(steps.Count)),
            epochs => ("epoch", Codecs.Positive.Write(epochs.Count)),
            fraction => ("fraction", Codecs.InsideUnit.Write(fraction.Part))),
        get,
        Alternative<Duration>.Of("fraction", Codecs.InsideUnit, Duration.Fraction, "the fraction of the run that is over"),
        Alternative<Duration>.Of("step", Codecs.Whole(1), Duration.Steps, "the first step that is concerned, counted from 0"),
        Alternative<Duration>.Of("epoch", Codecs.Positive, Duration.Epochs, "the epochs that are over"));

    /// <summary>A length as a field of a record: steps or epochs.</summary>
    public static Field<Duration> LengthOf<T>(Fields<T> fields, Func<T, Duration> get) => fields.OneOf(
        length => length.Match(
            steps => ("steps", Codecs.Whole(1).Write(steps.Count)),
            epochs => ("epochs", Codecs.Positive.Write(epochs.Count)),
            // No form: reading tells that it has none.
            fraction => ("fraction", Codecs.Number.Write(fraction.Part))),
        get,
        Alternative<Duration>.Of("steps", Codecs.Whole(1, PipelineChecks.MaxSteps), Duration.Steps, "the number of optimisation steps"),
        Alternative<Duration>.Of("epochs", Codecs.Positive, Duration.Epochs, "the number of passes over the training set"));
}

/// <summary>How optimizers stand in YAML.</summary>
internal static class OptimizerCodec
{
    private static readonly Codec<SharpnessAware> Sam = new RecordCodec<SharpnessAware>("Gradients at a perturbed point.", f =>
    {
        var radius = f.Required("radius", Codecs.NonNegative, s => s.Radius, "ρ, the length scale of the perturbation");
        var perSample = f.Optional("per_sample", Codecs.Flag, s => s.PerSample, false,
            "a perturbation for each sample (1-SAM) instead of one for the batch (n-SAM)");
        var outer = f.Optional("outer_derivative", Codecs.Flag, s => s.OuterDerivative, false,
            "1-SAM: differentiate through the perturbation");
        var lossOnly = f.Optional("loss_derivative_only", Codecs.Flag, s => s.LossDerivativeOnly, false,
            "1-SAM: the error of the perturbed point times the derivative of the output at the iterate");
        return v => new(v.Get(radius), v.Get(perSample), v.Get(outer), v.Get(lossOnly));
    });

    private static readonly Codec<WarmStart> Warm = new RecordCodec<WarmStart>("Gradient descent before the run.", f =>
    {
        var steps = f.Required("steps", Codecs.Whole(1, 1_000_000_000), s => s.Steps, "the number of steps");
        var rate = f.Optional("rate", Codecs.Positive, s => s.Rate, 0.01, "their step size");
        return v => new(v.Get(steps), v.Get(rate));
    });

    private static readonly Case<GradientDescent> Gd = new("gd", "Full-batch gradient descent.", f =>
    {
        var length = DurationCodec.LengthOf(f, o => o.Length);
        var rule = RuleOf(f, o => o.Rule);
        var seed = f.Optional("seed", Codecs.Seed, o => o.Seed, 0u, "the seed of NumPy's stream that draws the label noise");
        return v => new(v.Get(length), rule(v), v.Get(seed));
    }, "steps: 100001");

    private static readonly Case<SamplingWithReplacement> Replaced = new("with_replacement",
        "Each sample is drawn from all: NumPy's randint(n); diagonal networks.", _ => _ =>
        (SamplingWithReplacement)Sampling.WithReplacement);
    private static readonly Case<SamplingWithoutReplacement> Different = new("without_replacement",
        "The samples of a step are different: NumPy's choice(n, b, replace=False); ReLU networks.", _ => _ =>
        (SamplingWithoutReplacement)Sampling.WithoutReplacement);
    private static readonly Case<SamplingShuffled> Shuffled = new("shuffled",
        "All samples in a new order each epoch, the incomplete last batch dropped; deep networks.", _ => _ =>
        (SamplingShuffled)Sampling.Shuffled);

    private static readonly Case<SamplingPublished> AsPublished = new("published",
        "Shuffled epochs in the order of the published program's loader, without label noise; deep networks.", f =>
    {
        var every = f.Optional("evaluated_every", Codecs.Count(), s => s.EvaluatedEvery, 200,
            "after how many steps that program evaluates its network, which draws from the same stream");
        return v => new(v.Get(every));
    });

    private static readonly Codec<Sampling> Samplings = new NamedUnionCodec<Sampling>("sampling", s => s.Match(Replaced.Write,
        Different.Write, Shuffled.Write, AsPublished.Write), Replaced, Different, Shuffled, AsPublished);

    private static readonly Case<Sgd> Stochastic = new("sgd", "Stochastic gradient descent.", f =>
    {
        var batch = f.Optional("batch_size", Codecs.Count(), o => o.BatchSize, 1, "samples in a step");
        var length = DurationCodec.LengthOf(f, o => o.Length);
        var seed = f.Required("seed", Codecs.Seed, o => o.Seed, "the seed of NumPy's stream that draws the samples");
        var sampling = f.Optional("sampling", Samplings, o => o.Sampling, Sampling.WithReplacement,
            "how the samples of a step are drawn; without it as the model takes them: with_replacement for diagonal_linear, "
            + "without_replacement for relu_network, shuffled for deep_network",
            inSchema: false);
        var rule = RuleOf(f, o => o.Rule);
        return v => new(v.Get(batch), v.Get(length), v.Get(seed), v.Get(sampling), rule(v));
    }, "batch_size: 1, steps: 100001, seed: 1");

    public static Codec<OptimizerSpec> Codec { get; } = new UnionCodec<OptimizerSpec>("optimizer", o => o.Match(Gd.Write, Stochastic.Write),
        Gd, Stochastic);

    private static Func<Values, UpdateRule> RuleOf<T>(Fields<T> f, Func<T, UpdateRule> get)
    {
        var decay = f.Optional("weight_decay", Codecs.NonNegative, o => get(o).WeightDecay, 0.0,
            "λ: the step is along g + λw in place of the gradient g; of diagonal networks, as published, λw is taken off beside the step, " +
            "whatever the step size");
        var balancing = f.Optional("balancing", Codecs.BelowOne, o => get(o).Balancing, 0.0,
            "b, diagonal networks: a step takes b·u off u where |u| > |v|, and adds it elsewhere; likewise v");
        var normalized = f.Optional("normalized", Codecs.Flag, o => get(o).Normalized, false,
            "diagonal networks: divide the gradients of u and of v by their norms, where both are above 0");
        var averaging = f.NullableValue("averaging", Codecs.BelowOne, o => get(o).Averaging,
            "a: the average of the iterates, w̄ ← aw̄ + (1 − a)w after each step, is kept for probes");
        var sam = f.Nullable("sam", Sam, o => get(o).Sharpness,
            "diagonal networks: sharpness-aware minimisation, gradients at a perturbed point");
        var warm = f.Nullable("warm_start", Warm, o => get(o).WarmStart,
            "diagonal networks: gradient descent before the run; its steps are no iterations");
        var noise = f.Optional("label_noise", LabelNoiseCodec.Codec, o => get(o).LabelNoise, null,
            "noise on the labels of each step; 0: none");
        var momentum = f.Optional("momentum", Codecs.BelowOne, o => get(o).Momentum, 0.0, "μ, deep networks: the step is along m ← μm + g");
        return v => new(v.Get(decay), v.Get(balancing), v.Get(normalized), v.Get(averaging), v.Get(sam), v.Get(warm), v.Get(noise),
            v.Get(momentum));
    }
}

/// <summary>How label noise stands in YAML: a number, the word matched, or a mapping.</summary>
internal sealed class LabelNoiseCodec : Codec<LabelNoise?>
{
    private const string MatchedWord = "matched";

    private static readonly Codec<LevelLabelNoise> Level =
        new RecordCodec<LevelLabelNoise>("The noise that SGD with one sample makes where its loss has stabilised, for gradient " +
        "descent.", f =>
    {
        var loss = f.Required("level", Codecs.Positive, n => n.Loss, "δ, the training loss of that level");
        var until = f.Nullable("until", DurationCodec.Moment, n => n.Until, "when the noise ends; without it with the run");
        return v => new(v.Get(loss), v.Get(until));
    })
        {
            Example = "level: 0.05, until: { fraction: 0.5 }",
        };

    private static readonly Codec<ScheduledLabelNoise> Scheduled =
        new RecordCodec<ScheduledLabelNoise>("Noise with a schedule of its own, whatever the learning rate does.", f =>
    {
        var schedule = f.Required("schedule", ScheduleCodec.Inner, n => n.Schedule,
            "σ, or the probability, over the run, as a step size would be; rate is its size");
        return v => new(v.Get(schedule));
    })
        {
            Example = "schedule: { kind: piecewise_10_100, rate: 0.2 }",
        };

    public static Codec<LabelNoise?> Codec { get; } = new LabelNoiseCodec();

    public override LabelNoise? Read(Node node, Report report)
    {
        if (node is MappingNode mapping) return mapping.Find("schedule") is null ? Level.Read(node, report) : Scheduled.Read(node, report);
        if (node is ScalarNode { Text: var text } && text.Length > 0 && char.IsAsciiLetter(text[0]))
        {
            if (text != MatchedWord) report.Add(node, "LS0104",
                $"label noise is a number, the word {MatchedWord}, or a mapping with a level or a schedule, not {node.Description}");
            return LabelNoise.Matched;
        }
        return Codecs.NonNegative.Read(node, report) is var deviation && deviation > 0 ? LabelNoise.Gaussian(deviation) : null;
    }

    public override Node Write(LabelNoise? value) => value?.Match(
        gaussian => Codecs.NonNegative.Write(gaussian.Deviation), matched => new ScalarNode(MatchedWord, Plain: true), Level.Write,
            Scheduled.Write) ?? Codecs.NonNegative.Write(0);

    public override JsonObject Schema()
    {
        var number = Codecs.NonNegative.Schema();
        number["description"] = "σ: σ·N(0, 1) is added to each label of a step; it is divided by the factors of the decays that are over. " +
            "Deep networks: the probability that a label of the batch is drawn anew, which stays the same";
        return new()
        {
            ["oneOf"] = new JsonArray(number, new JsonObject
            {
                ["const"] = MatchedWord,
                ["description"] = "for gradient descent: in each step as strong as the noise of SGD with one sample"
            }, Level.Schema(),
            Scheduled.Schema())
        };
    }
}

/// <summary>How probes stand in YAML.</summary>
internal static class ProbeCodec
{
    private static readonly Case<LossesProbe> Losses = new("losses",
        "train_loss and test_loss; of deep networks also train_error and test_error, the fractions of wrong classes, and validation_loss " +
        "and validation_error where images are held out.", f =>
    {
        var averaged = f.Optional("averaged", Codecs.Flag, p => p.Averaged, false,
            "deep networks: the same of the averaged weights besides, as train_loss_averaged and so on");
        var images = f.NullableValue("training_images", Codecs.Count(), p => p.TrainingImages,
            "deep networks: of how many training images, without augmentation, 10000 where nothing is said; of more than that, a random " +
            "choice that is the same in every run");
        var batches = f.NullableValue("training_batches", Codecs.Count(), p => p.TrainingBatches,
            "deep networks: of so many shuffled batches of the run's own size instead, augmented as in training; published: 5");
        var test = f.NullableValue("test_images", Codecs.Count(), p => p.TestImages,
            "deep networks: of the first so many test images, published: 10000; without it of all");
        f.Exclusive("training_images", "training_batches");
        return v => new(v.Get(averaged), v.Get(images), v.Get(batches), v.Get(test));
    });
    private static readonly Case<L0Norm> L0 = new("l0_norm",
        "Diagonal networks: the number of coordinates of u⊙v above a threshold, in magnitude.", f =>
    {
        var thresholds = Thresholds(f, n => n.Thresholds, 1e-50, "the threshold, or several: a column for each");
        return v => new(v.Get(thresholds));
    });
    private static readonly Case<L1Norm> L1 = new("l1_norm", "Diagonal networks: ‖u⊙v‖₁.", _ => _ => new());
    private static readonly Case<ParameterNorm> Parameters = new("parameter_norm",
        "The norm of the weights: √(‖u‖² + ‖v‖²) of diagonal networks, without the biases of ReLU networks.", _ => _ => new());
    private static readonly Case<L2Term> L2 = new("l2_term", "Deep networks: ½λ‖w‖², what weight decay adds to the loss.", _ => _ => new());
    private static readonly Case<Balancedness> Balance = new("balancedness", "Diagonal networks: ‖|u| − |v|‖₂.", _ => _ => new());
    private static readonly Case<JacobianRankProbe> Rank = new("jacobian_rank",
        "Diagonal and ReLU networks: the number of singular values of the Jacobian of the test outputs above the threshold times the " +
        "largest.", f =>
    {
        var thresholds = Thresholds(f, p => p.Thresholds, 1e-10,
            "the threshold, or several: a column for each; of ReLU networks at least 1e-6, and by default 1e-4");
        return v => new(v.Get(thresholds));
    });

    private static readonly Case<FeatureSparsity> Sparsity = new("feature_sparsity",
        "The fraction of nonzero activations, units that go together counted once; a column for each hidden layer or block.", f =>
    {
        var threshold = f.Optional("threshold", Codecs.Positive, p => p.Threshold, 0.99,
            "the correlation above which two units count as one");
        var samples = f.Optional("samples", Codecs.Count(2), p => p.Samples, 10_752, "deep networks: the first so many training images");
        var units = f.Optional("units", Codecs.Count(2), p => p.Units, 1000,
            "deep networks: how many units of a block are looked at for correlations");
        var rows = f.Optional("rows", Codecs.Word("choice of rows", "raw", "normalised").As(word => word == "normalised",
            normalised => normalised ? "normalised" : "raw"),
            p => p.NormalisedRows, false,
                "deep networks: correlations of activations as they are (as published), or divided for each image by their norm");
        return v => new(v.Get(threshold), v.Get(samples), v.Get(units), v.Get(rows));
    });
    private static readonly Case<ActivePercent> Active = new("active_percent",
        "ReLU networks: the percentage of nonzero activations, a column for each hidden layer.", _ => _ => new());
    private static readonly Case<ActiveUnits> Units = new("active_units",
        "ReLU networks: how many units of the last hidden layer are active on some training sample.", _ => _ => new());
    private static readonly Case<NuclearNorm> Nuclear = new("nuclear_norm",
        "One hidden layer: the sums of the singular values of the activations times the output weights (feature_nuclear_norm), and of the " +
        "hidden weights times the magnitudes of the output weights (weight_nuclear_norm).", _ => _ => new());
    private static readonly Case<FeatureEntropyRank> EntropyRank = new("feature_entropy_rank",
        "ReLU networks: −Σ p log p, p = σ/Σσ, of the singular values σ of the normalised activations of the last hidden layer.", _ => _ =>
        new());
    private static readonly Case<ActivationPatternDistance> PatternDistance = new("activation_pattern_distance",
        "One hidden layer: the fraction of activations that have switched on or off since the start.", _ => _ => new());
    private static readonly Case<JacobianUnitGroups> Groups = new("jacobian_unit_groups",
        "One hidden layer: the number of hidden units, those with the same gradients counted once.", f =>
    {
        var threshold = f.Optional("threshold", Codecs.Positive, p => p.Threshold, 0.999,
            "the correlation above which two units count as one");
        return v => new(v.Get(threshold));
    });

    // Like data in memory: the name stands for the function.
    private static readonly Case<CustomProbe> Custom = new("custom", "A function that only a program can give.", f =>
    {
        f.Required("name", Codecs.Text, p => p.Name, "the name of the column, which stands for the function");
        return _ => throw new System.Diagnostics.UnreachableException();
    });

    private static readonly Codec<ProbeSpec> Probe = new NamedUnionCodec<ProbeSpec>(
        "probe",
        probe => probe.Match(Losses.Write, norm => norm.Of.Match(L0.Write, L1.Write, Parameters.Write, Balance.Write, L2.Write), Rank.Write,
            dynamics => DynamicsCodec.Write(dynamics.Of),
            feature => feature.Of.Match(Sparsity.Write, Active.Write, Units.Write, Nuclear.Write, EntropyRank.Write, PatternDistance.Write,
                Groups.Write),
            Custom.Write),
        [Losses, Of(L0), Of(L1), Of(Parameters), Of(Balance), Of(L2), Rank, .. DynamicsCodec.Cases.Select(OfDynamics),
        OfFeature(Sparsity), OfFeature(Active), OfFeature(Units), OfFeature(Nuclear), OfFeature(EntropyRank), OfFeature(PatternDistance),
            OfFeature(Groups)]);

    private static readonly Codec<Cadence> At = new RecordCodec<Cadence>("The iterations at which a run is measured, counted from 0.", f =>
    {
        // Written before the second key, since people write them in this order.
        var first = f.Optional("first", Codecs.Count(0), c => c.Match(e => e.First, e => 0, l => l.First), 0,
            "measure each of the first iterations; not with every");
        var rest = f.OneOf<Cadence>(
            c => c.Match(
                e => ("evenly", Codecs.Count(2).Write(e.Points)),
                e => e.Interval.Match(
                    steps => ("every", Codecs.Whole(1).Write(steps.Count)),
                    epochs => ("every_epochs", Codecs.Positive.Write(epochs.Count)),
                    fraction => ("every_fraction", Codecs.Number.Write(fraction.Part))),
                l => ("logarithmic", Codecs.Count(2).Write(l.Points))),
            c => c,
            Alternative<Cadence>.Of("evenly", Codecs.Count(2), n => Cadence.Evenly(0, n),
                "so many points evenly spaced over the run, its end left out"),
            Alternative<Cadence>.Of("every", Codecs.Whole(1), n => Cadence.Every(n), "every so many steps"),
            Alternative<Cadence>.Of("every_epochs", Codecs.Positive, n => Cadence.EveryEpochs(n),
                "every so many passes over the training set"),
            Alternative<Cadence>.Of("logarithmic", Codecs.Count(2), n => Cadence.Logarithmic(0, n),
                "so many points evenly spaced in the logarithm of the iteration"));
        var end = f.Optional("end", Codecs.Flag, c => c.Match(_ => false, e => e.End, _ => false), false,
            "measure the iterate after the last step too; with every or every_epochs");
        var after = f.Optional("after", Codecs.Flag, c => c.After, false,
            "measure after the steps of these iterations, not before them: the tables then count one more");
        foreach (var (key, other) in new[] { ("first", "every"), ("first", "every_epochs"), ("end", "evenly"),
            ("end", "logarithmic") }) f.Exclusive(key, other);
        return v => v.Get(rest).Match(e => Cadence.Evenly(v.Get(first), e.Points), e => e with { End = v.Get(end) },
            l => Cadence.Logarithmic(v.Get(first), l.Points)).WithAfter(v.Get(after));
    })
    {
        Example = "first: 100, evenly: 250",
    };

    private static readonly Codec<ValleyProjection> Valley =
        new RecordCodec<ValleyProjection>("Diagonal networks: gradient descent from a copy of the iterate before it is measured.", f =>
    {
        var steps = f.Optional("steps", Codecs.Count(), p => p.Steps, 2000, "the number of steps");
        var rate = f.Optional("rate", Codecs.Positive, p => p.Rate, 0.5, "their step size");
        return v => new(v.Get(steps), v.Get(rate));
    });

    private static readonly Codec<SnapshotSpec> Snapshots = Codecs.WordOr(
        "choice of snapshots", s => s.Match<string?>(all => "all", ends => "ends", chosen => null), [("all", SnapshotSpec.All),
            ("ends", SnapshotSpec.Ends)],
        new RecordCodec<SnapshotSpec>("Measurements of given numbers.", f =>
        {
            var numbers = f.Required(
                "measurements", Codecs.List(Codecs.Count(0), 1).Where(all => all.Distinct().Count() == all.Count,
                    "names a measurement twice"), s => ((ChosenSnapshots)s).Numbers,
                    "their numbers among the measurements of the run, counted from 0");
            return v => new ChosenSnapshots(v.Get(numbers));
        }));

    public static Codec<ProbePlan> Codec { get; } = new RecordCodec<ProbePlan>("What is measured, and when.", f =>
    {
        var at = f.Required("at", At, p => p.At, "the iterations, each before its step where nothing else is said");
        var measure = f.Required("measure", Codecs.List(Probe, 1), p => p.Measure, "the probes, in the order of their columns");
        var averaged = f.Optional("averaged", Codecs.Flag, p => p.Averaged, false,
            "measure the average of the iterates; the optimizer must keep one");
        var valley = f.Nullable("valley_projection", Valley, p => p.Valley,
            "diagonal networks: measure what gradient descent makes of the iterate, in place of the iterate");
        var snapshots = f.Nullable("snapshots", Snapshots, p => p.Snapshots,
            "the measurements that keep the weights, for figures of them: all, ends (the first and the last), or some by number");
        return v => new(v.Get(at), v.Get(measure), v.Get(averaged), v.Get(valley), v.Get(snapshots));
    })
    {
        Example = "at: { first: 100, evenly: 250 }, measure: [losses, { l0_norm: { threshold: [1e-50, 1e-3] } }, parameter_norm], " +
            "snapshots: ends",
    };

    private static Field<Items<double>> Thresholds<T>(Fields<T> f, Func<T, Items<double>> get, double @default, string description) =>
        f.Optional("threshold", Codecs.OneOrMore(Codecs.NonNegative), get, [@default], description);

    private static Nested<TNorm, ProbeSpec> Of<TNorm>(Case<TNorm> norm) where TNorm : NormSpec => new(norm, n => new NormProbe(n));

    private static Nested<TFeature, ProbeSpec> OfFeature<TFeature>(Case<TFeature> feature) where TFeature : FeatureSpec =>
        new(feature, f => new FeatureProbe(f));

    private static Nested<DynamicsSpec, ProbeSpec> OfDynamics(ICase<DynamicsSpec> dynamics) => new(dynamics, d => new DynamicsProbe(d));
}
