using LargeSteps.Configuration;
using LargeSteps.Datasets;
using LargeSteps.Datasets.Images;
using LargeSteps.Figures;
using LargeSteps.Forms;
using LargeSteps.Models;
using LargeSteps.Models.Deep;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Tests.Datasets.Images;
using LargeSteps.Values;
using TorchSharp;

namespace LargeSteps.Tests.Docs;

/// <summary>The C# code of docs/extending.md.</summary>
public sealed class ExtendingGuideTests
{
    [Fact]
    public void Images_are_ones_own() => TemporaryFolder.In(files =>
    {
        var folder = OwnImagesData.Pets(Path.Combine(files, "pets"));
        var file = OwnImagesData.Put(files, "digits.npz", OwnImagesData.Npz(OwnImagesData.Digits));
        // <doc>
        Outcome<ImageSource> pets = ImageSource.OfFolder(folder, flips: true);
        Outcome<ImageSource> digits = ImageSource.OfArrays(file);
        var mine = ImageSource.Of("stripes", LabelledImages.Of(
            new ImageShape(Channels: 1, Height: 1, Width: 2), [255, 0, 0, 255, 250, 9], labels: [0, 1, 0]));
        DatasetSpec dataset = DatasetSpec.Images(mine);
        // </doc>
        Assert.Equal((6, 3, 3), (pets.OrThrow().TrainingImages, digits.OrThrow().TrainingImages, dataset.TrainingSamples));
    });

    [Fact]
    public void An_architecture_is_ones_own()
    {
        var dataset = DatasetSpec.Images(ImageSource.Shapes);
        // <doc>
        var small = Architecture.Of("small", b => NetworkBuilder.Chain(
            b.Convolution("conv", b.Input.Channels, b.Width), b.BatchNorm("bn", b.Width), NetworkBuilder.Relu,
            NetworkBuilder.Block((pass, x) => torch.nn.functional.max_pool2d(x, 2)),
            NetworkBuilder.Pool, b.Linear("linear", b.Width, b.Classes)), defaultWidth: 8, featureBlocks: 1);
        var pipeline = Pipeline.Of(
            dataset, ModelSpec.DeepNetwork(small, seed: 1), Schedule.Constant(0.1),
            OptimizerSpec.Sgd(steps: 40, batchSize: 4, seed: 0, Sampling.Shuffled),
            ProbePlan.Of(Cadence.Every(10), new Losses(), new Sharpness(Samples: 4, Tolerance: 0.01, MaxIterations: 50)));
        // </doc>
        var result = Runner.Run(pipeline.WithDataset(TinyDeep.Images));
        Assert.Equal(RunEnd.Completed, result.End);
        Assert.True(result.Last("sharpness") > 0);
    }

    [Fact]
    public void A_probe_is_ones_own_on_every_model()
    {
        foreach (var model in (ModelSpec[])[ModelSpec.DiagonalLinear(0.4, 0.1), ModelSpec.ReluNetwork([4], Initialisation.Default)])
        {
            var run = Runner.Run(Pipeline.Of(DiagonalCases.Small, model, Schedule.Constant(0.01), OptimizerSpec.GradientDescent(5),
                ProbePlan.Of(Cadence.Every(1), new Losses(), new GradientAlignment())));
            // Gradient descent goes against the gradient.
            Assert.All(run.Values("gradient_alignment").Skip(1), cosine => Assert.Equal(-1, cosine, 1e-5));
        }
        var deep = Runner.Run(TinyDeep.Pipeline(6, null, new Losses(), new GradientAlignment()));
        Assert.All(deep.Values("gradient_alignment").Skip(1), cosine => Assert.InRange(cosine, -1, 1));
    }

    [Fact]
    public void A_probe_of_ones_own_stands_in_YAML()
    {
        const string text = """
            dataset:   { kind: sparse_regression, samples: 20, dimensions: 30, support: 3 }
            model:     { kind: diagonal_linear }
            schedule:  { kind: constant, rate: 0.1 }
            optimizer: { kind: gd, steps: 10 }
            probes:    { at: { every: 1 }, measure: [losses, { gradient_alignment: { samples: 5 } }] }
            name: mine
            """;
        // <doc>
        Outcome<Experiment> read = ExperimentYaml.Parse(text, "mine.yaml", [GradientAlignment.Kind]);
        // </doc>
        var experiment = read.OrThrow();
        Assert.Equal(new GradientAlignment(5), experiment.Shared.Probes!.Measure[1]);
        Assert.Equal(experiment, ExperimentYaml.Parse(ExperimentYaml.Write(experiment), "mine.yaml", [GradientAlignment.Kind]).OrThrow());
        Assert.Empty(experiment.Checked().Match(_ => [], problems => problems));
        Assert.Equal("LS0104", ExperimentYaml.Parse(text, "mine.yaml").Match(_ => "", problems => problems[0].Code));
        var missing = ExperimentYaml.Parse(text.Replace("samples: 5", "samples: -5", StringComparison.Ordinal), "mine.yaml",
            [GradientAlignment.Kind]).Match(_ => "", problems => problems[0].ToString());
        Assert.StartsWith("mine.yaml(5,83): error LS0106: '-5' must be at least 1", missing, StringComparison.Ordinal);
        var word = ExperimentYaml.Parse(text.Replace("gradient_al", "gradient_el", StringComparison.Ordinal), "mine.yaml",
            [GradientAlignment.Kind]).Match(_ => "", problems => problems[0].Message);
        Assert.Equal("there is no probe 'gradient_elignment'; did you mean 'gradient_alignment'?", word);
    }

    [Fact]
    public void An_update_rule_is_ones_own_on_every_model()
    {
        var rule = UpdateRule.Plain.WithOwn(new Lion());
        var run = Runner.Run(Pipeline.Of(DiagonalCases.Small, ModelSpec.DiagonalLinear(0.4, 0.1), Schedule.Constant(0.01),
            OptimizerSpec.GradientDescent(20).WithRule(rule), ProbePlan.Of(Cadence.Every(1), new Losses())
                .WithSnapshots(SnapshotSpec.All)));
        Assert.All(run.Snapshots[0].Weights.Zip(run.Snapshots[1].Weights), pair =>
            Assert.Equal(0.01, Math.Abs(pair.First - pair.Second), 1e-12));
        Assert.True(run.Last("train_loss") < run.Values("train_loss")[0]);
        Assert.Equal(RunEnd.Completed, Runner.Run(TinyDeep.Pipeline(3, rule)).End);
    }

    [Fact]
    public void A_figure_shows_metrics_of_ones_own()
    {
        var pipeline = Pipeline.Of(DiagonalCases.Small, ModelSpec.DiagonalLinear(0.4, 0.1), Schedule.Constant(0.01),
            OptimizerSpec.GradientDescent(5), ProbePlan.Of(Cadence.Every(1), new Losses(), new GradientAlignment()));
        // <doc>
        var figure = FigureSpec.Curves("alignment", MetricPanels.Of("train_loss", "gradient_alignment").WithLogY("train_loss"));
        var experiment = Experiment.Of("alignment", pipeline).WithFigures(figure);
        // </doc>
        Assert.Empty(experiment.Checked().Match(_ => [], problems => problems));
        var unknown = experiment.WithFigures(FigureSpec.Curves("alignment", "gradient_alinment")).Checked();
        Assert.Equal("LS0109", unknown.Match(_ => "", problems => problems[0].Code));
    }

    [Fact]
    public void A_schedule_is_ones_own()
    {
        // <doc>
        var square = Schedule.Of("0.1·(1 − t²)", t => 0.1 * (1 - t * t));
        var composed = square.JoinedAt(Duration.Fraction(0.5), Schedule.Constant(0.01)).ScaledBy(2);
        // </doc>
        var horizon = new Horizon(100, 1);
        Assert.Equal([0.2, 0.02], new[] { 0, 0.75 }.Select(composed.Function(horizon)), (a, b) => Math.Abs(a - b) < 1e-15);
    }
}

// <doc>
/// <summary>gradient_alignment: the cosine of the gradient and the last step.</summary>
public sealed record GradientAlignment(int? Samples = null) : Probe
{
    public static Form<GradientAlignment> Kind { get; } = new("gradient_alignment", "The cosine of the gradient and the last step.", f =>
    {
        var samples = f.NullableValue("samples", Codecs.Count(), p => p.Samples, "the loss of the first so many training samples");
        return v => new(v.Get(samples));
    });

    protected override IForm<Probe> Form => Kind;

    protected override Needs Needs => Needs.EarlierIterates | Needs.Curvature;

    protected override Instrument Prepare(RunView run)
    {
        var loss = run.Loss(Samples);
        return new((view, row) =>
        {
            if (view.Earlier(1) is not { } previous)
            {
                row[0] = double.NaN;
                return;
            }
            ParameterVector step = view.Weights.Less(previous), gradient = loss.Gradient(previous);
            row[0] = step.Dot(gradient) / (step.Norm * gradient.Norm);
        });
    }
}
// </doc>

// <doc>
/// <summary>Lion (arXiv 2302.06675): signs of a mix of the gradient and its mean.</summary>
public sealed record Lion(double Beta1 = 0.9, double Beta2 = 0.99) : StepRule
{
    public override string Key => "lion";

    public override Items<string> State => ["lion_mean"];

    public override void Direct(StepState step)
    {
        var (mean, mix) = (step.Kept("lion_mean"), step.Direction.Zeros());
        mix.Add(Beta1, mean);
        mix.Add(1 - Beta1, step.Direction);
        mean.Scale(Beta2);
        mean.Add(1 - Beta2, step.Direction);
        var squares = mix.Zeros();
        squares.AddSquares(1, mix);
        mix.DivideByRoots(1, squares, offset: 1e-30);
        step.Direction.Set(mix);
    }
}
// </doc>
