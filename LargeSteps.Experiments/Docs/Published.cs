using System.Globalization;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Docs;

/// <summary>The published numbers: what <c>docs/published.yaml</c> says.</summary>
/// <param name="Text">What stands above the tables, in Markdown.</param>
/// <param name="Experiments">The experiments, in the order of the page.</param>
internal sealed record Published(string Text, Items<PublishedExperiment> Experiments);

/// <summary>The published numbers of one experiment.</summary>
/// <param name="Config">Its config, without folder and ending.</param>
/// <param name="Text">What is to be known of it, in Markdown.</param>
/// <param name="Runs">Its runs that have published numbers; of an experiment without any it is empty.</param>
/// <param name="Surfaces">Its loss surfaces that have some.</param>
/// <param name="OnCpu">Whether it is what a CPU trains in minutes, with deep networks that are small.</param>
/// <param name="ImagesAtHand">How many training images there were where the published numbers were made, of a part of a dataset: with
/// others at hand the mean and deviation of all are others. Null: all.</param>
internal sealed record PublishedExperiment(string Config, string Text, Items<PublishedRun> Runs, Items<PublishedSurface> Surfaces,
    bool OnCpu = false, int? ImagesAtHand = null)
{
    /// <summary>What is claimed of several of its runs together, or of a figure.</summary>
    public Items<PublishedClaim> Claims { get; init; } = [];
}

/// <summary>The published numbers of one run.</summary>
/// <param name="Run">The label of the run.</param>
/// <param name="At">The iteration at which they were measured; null: at the last measurement.</param>
/// <param name="Class">Whether it can be reproduced.</param>
/// <param name="Values">Of the published seed; compared to as many digits as the class asks for.</param>
/// <param name="Exact">The same, compared in all digits that were published: ranks, counts, percentages.</param>
/// <param name="Seeds">Over seeds; null where nothing was published.</param>
internal sealed record PublishedRun(string Run, long? At, RunClass Class, Items<PublishedValue> Values, Items<PublishedValue> Exact,
    PublishedSeeds? Seeds)
{
    /// <summary>What is said of its curvature at the edge of stability.</summary>
    public Items<PublishedPlateau> Plateaus { get; init; } = [];

    /// <summary>The run, and the step where one is named.</summary>
    public string Name => At is { } step ? string.Create(CultureInfo.InvariantCulture, $"{Run}, step {step:N0}") : Run;
}

/// <summary>A published value.</summary>
/// <param name="Metric">The name of the metric.</param>
/// <param name="Value">The value.</param>
internal sealed record PublishedValue(string Metric, PublishedNumber Value);

/// <summary>Where a curvature stays that comes to the edge of stability: its mean from a step on, over the survivors, in parts of the edge
/// at the step size of each measurement: of <c>sharpness</c> that of the optimizer, of <c>batch_sharpness</c> and
/// <c>critical_sharpness</c> 2/η.</summary>
/// <param name="Metric">The curvature.</param>
/// <param name="From">The step from which on it is there.</param>
/// <param name="Value">Its mean, in parts of the edge.</param>
/// <param name="Within">How far ours may be from it, in parts of it.</param>
internal sealed record PublishedPlateau(string Metric, long From, PublishedNumber Value, double Within)
{
    /// <summary>The metrics that come to an edge: the curvature along the last step and that of batches to 2/η, whatever the
    /// optimizer.</summary>
    public static Items<string> Metrics { get; } = ["sharpness", "batch_sharpness", "critical_sharpness"];

    /// <summary>The mean in words.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{Metric} / edge, from step {From:N0}");

    /// <summary>What is asked.</summary>
    public string Asked => string.Create(CultureInfo.InvariantCulture, $"within {100 * Within:G3} %");

    /// <summary>The edge of a pipeline as a function of the step size; null: it has none.</summary>
    public Func<double, double>? EdgeOf(Pipeline pipeline) => Metric != "sharpness" ? rate => 2 / rate
        : StabilityEdge.Of(pipeline) is { } edge ? edge.At : null;

    /// <summary>The mean of runs with one pipeline but for their seeds; NaN where none has come to its end.</summary>
    public double Of(IReadOnlyCollection<UnitResult> seeds)
    {
        double[] means = [.. seeds.Where(r => ResultFrames.Survived(r.AtEnd)).Select(r => (r.Result, Edge: EdgeOf(r.Unit.Pipeline)!))
            .Select(r => (r.Result.Measurements.Where(m => m.Iteration >= From), r.Edge, Column: r.Result.Metrics.AsSpan().IndexOf(Metric)))
            .Select(r => r.Item1.Average(m => m.Values[r.Column] / r.Edge(m.LearningRate)))];
        return means.Length == 0 ? double.NaN : means.Average();
    }
}

/// <summary>What the published program gave over the seeds 0, 1, ….</summary>
/// <param name="Count">The number of seeds.</param>
/// <param name="Alive">Those that completed alive.</param>
/// <param name="Dead">Those that completed dead; null where nobody counted.</param>
/// <param name="Means">Metrics over those alive.</param>
internal sealed record PublishedSeeds(int Count, int Alive, int? Dead, Items<PublishedSpread> Means);

/// <summary>A metric over the survivors.</summary>
/// <param name="Metric">The name of the metric.</param>
/// <param name="Mean">Its mean.</param>
internal sealed record PublishedSpread(string Metric, PublishedMean Mean);

/// <summary>The published numbers of a loss surface.</summary>
/// <param name="Figure">The file of the figure in the config.</param>
/// <param name="Class">Whether they can be reproduced.</param>
/// <param name="Values">The numbers, by the names of <see cref="SurfaceNumbers"/>.</param>
internal sealed record PublishedSurface(string Figure, RunClass Class, Items<PublishedValue> Values);

/// <summary>Whether two builds of one program give the same numbers of a run.</summary>
internal abstract record RunClass
{
    private protected RunClass() { }

    private protected abstract void Close();

    /// <summary>They do, to a number of decimal digits.</summary>
    public static RunClass Reproduces(int digits) => new ReproducesClass(digits);

    /// <summary>Rounding is seen, but only behind a number of decimal digits.</summary>
    public static RunClass MildlyChaotic(int digits) => new MildlyChaoticClass(digits);

    /// <summary>Rounding changes the path, and whether the run survives.</summary>
    public static RunClass Chaotic { get; } = new ChaoticClass();

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<ReproducesClass, TResult> reproduces, Func<MildlyChaoticClass, TResult> mildlyChaotic,
        Func<ChaoticClass, TResult> chaotic) => this switch
        {
            ReproducesClass r => reproduces(r),
            MildlyChaoticClass m => mildlyChaotic(m),
            ChaoticClass c => chaotic(c),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    /// <summary>Whether two builds agree.</summary>
    public bool MustReproduce => Match(reproduces => true, mild => false, chaotic => false);

    /// <summary>The digits that are asked for; null: none.</summary>
    public int? Asked => Match<int?>(reproduces => reproduces.Digits, mild => mild.Digits, chaotic => null);

    /// <summary>The class in words.</summary>
    public string Words => Match(reproduces => "reproduces", mild => "mildly chaotic", chaotic => "chaotic");
}

/// <summary>Two builds agree to a number of decimal digits.</summary>
internal sealed record ReproducesClass(int Digits) : RunClass { private protected override void Close() { } }

/// <summary>Rounding is seen, but only behind a number of decimal digits.</summary>
internal sealed record MildlyChaoticClass(int Digits) : RunClass { private protected override void Close() { } }

/// <summary>Rounding changes the path, and whether the run survives.</summary>
internal sealed record ChaoticClass : RunClass { private protected override void Close() { } }
