using CsCheck;
using LargeSteps.Datasets;
using LargeSteps.Figures;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Tests;

/// <summary>
/// Generators of every case of every union. Their ranges fit together: any dataset goes with any optimizer, and no moment of a
/// schedule is after the shortest run.
/// </summary>
internal static class Generators
{
    private const int ShortestRun = 1000;

    public static Gen<double> Positive { get; } = Gen.OneOf(
        Gen.Double[1e-3, 1e3], Gen.Select(Gen.Int[1, 99], Gen.Int[-12, 3], (digits, exponent) => digits * Math.Pow(10, exponent)),
            Gen.Int[1, 20].Select(n => (double)n));

    public static Gen<double> InsideUnit { get; } = Gen.OneOf(Gen.Double[0.001, 0.999], Gen.Int[1, 9].Select(n => n / 10.0));

    public static Gen<DatasetSpec> Dataset { get; } = Gen.OneOf(
        Gen.Select(Gen.Int[20, 100], Gen.Int[20, 50], Gen.Int[1, 20], Gen.Int[1, 1000], Gen.UInt, DatasetSpec.SparseRegression),
        Gen.Const(DatasetSpec.RegressionPoints),
        Gen.Select(Gen.Int[20, 100], Gen.Int[20, 50], Gen.Int[1, 9].Array[1, 3], Gen.Bool, Gen.Bool, Gen.UInt,
            Gen.OneOf(Gen.Const(TeacherLabels.Real), Gen.Const(TeacherLabels.Sign)),
            (samples, inputs, teacher, biases, unit, seed, labels) => DatasetSpec.TeacherStudent(samples, inputs, Items.From(teacher),
                biases, unit, seed: seed, labels: labels)));

    public static Gen<ModelSpec> Model { get; } = Gen.Select(
        Positive, Gen.OneOf(Gen.Const(0.0), Positive.Select(x => -x)), Gen.OneOf(Gen.Const(0.0), Positive), Gen.UInt,
        (u, v, deviation, seed) => ModelSpec.DiagonalLinear(u, v, deviation, seed));

    public static Gen<Engine> Engines { get; } = Gen.OneOf<Engine>(Engine.ClosedForm, Engine.Autograd);

    public static Gen<Duration> Moment { get; } = Gen.OneOf(
        Gen.Long[1, ShortestRun - 1].Select(Duration.Steps), Gen.Double[0.001, 9.9].Select(Duration.Epochs),
            InsideUnit.Select(Duration.Fraction));

    public static Gen<Growth> Growths { get; } = Gen.OneOf(
        Gen.Select(Gen.OneOf(Gen.Const(0.0), Positive), Positive, Growth.Power), Positive.Select(Growth.Exponential));

    public static Gen<Drop> Drops { get; } = Gen.Select(Moment, Positive, (at, by) => new Drop(at, by));

    private static Gen<Schedule> SimpleSchedules { get; } = Gen.OneOf(
        Positive.Select(Schedule.Constant),
        Gen.Select(Positive, Growths, Moment, Schedule.WarmUp),
        Positive.Select(Schedule.Cosine),
        Positive.Select(Schedule.InvertedCosine),
        Gen.Select(Positive, Gen.Nullable(InsideUnit, 0.5), Schedule.Cyclic));

    public static Gen<Schedule> Schedules { get; } = Gen.Recursive<Schedule>((depth, inner) => depth >= 3 ? SimpleSchedules : Gen.OneOf(
        SimpleSchedules,
        Gen.Select(inner, Drops.Array[1, 3], (schedule, drops) => schedule.DividedAt(drops)),
        Gen.Select(inner, Moment, inner, (first, at, then) => first.JoinedAt(at, then)),
        Gen.Select(inner, Positive, (schedule, factor) => schedule.ScaledBy(factor)),
        inner.Select(schedule => schedule.AtEndOfStep())));

    private static Gen<LabelNoise> Noises { get; } = Gen.OneOf(
        Positive.Select(LabelNoise.Gaussian), Gen.Const(LabelNoise.Matched), Gen.Select(Positive, Gen.Null(Moment, 0.5),
            LabelNoise.AtLevel),
        Schedules.Select(LabelNoise.Scheduled));

    // Plain steps, Polyak's momentum, Nesterov's, Adam, AdamW.
    private static Gen<UpdateRule> Rules { get; } =
        Gen.Select(OfGradients, Gen.Int[0, 4], InsideUnit, Positive, (rule, kind, factor, epsilon) =>
        kind == 0 || rule.Sharpness is { PerSample: true } ? rule : kind <= 2 ? rule.WithMomentum(factor, nesterov: kind == 2)
            : rule.WithAdam(new(factor, 0.99, epsilon, Decoupled: kind == 4)));

    private static Gen<UpdateRule> OfGradients => Gen.Select(
        Gen.OneOf(Gen.Const(0.0), Positive), Gen.OneOf(Gen.Const(0.0), InsideUnit), Gen.Bool, Gen.Nullable(InsideUnit, 0.5),
        Gen.Null(Gen.Select(Positive, Gen.Bool, Gen.Bool, Gen.Bool, (radius, perSample, outer, only) => new SharpnessAware(radius,
            perSample, perSample && outer, perSample && only && !outer, !perSample && only)), 0.5),
        Gen.Null(Gen.Select(Gen.Long[1, 1000], Positive, (steps, rate) => new WarmStart(steps, rate)), 0.5),
        Gen.Null(Noises, 0.5),
        (decay, balancing, normalized, averaging, sharpness, warmStart, noise) => new UpdateRule(decay, balancing, normalized, averaging,
            sharpness, warmStart, noise));

    private static Gen<Duration> Lengths { get; } = Gen.OneOf(
        Gen.Long[ShortestRun, 1_000_000_000].Select(Duration.Steps), Gen.Double[ShortestRun, 1e6].Select(Duration.Epochs));

    public static Gen<OptimizerSpec> Optimizer { get; } = Gen.OneOf(
        Gen.Select(Lengths, Rules, Gen.UInt, (length, rule, seed) => (OptimizerSpec)new GradientDescent(length, rule, seed)),
        Gen.Select(Gen.Int[1, 20], Lengths, Gen.UInt, Rules, (batch, length, seed, rule) => (OptimizerSpec)new Sgd(
            batch, length, seed, seed % 2 == 0 ? Sampling.WithReplacement : Sampling.WithoutReplacement, rule.LabelNoise is null
                or GaussianLabelNoise or ScheduledLabelNoise ? rule : rule.WithLabelNoise(null))));

    public static Gen<Cadence> Cadences { get; } = Gen.Select(Gen.OneOf(
        Gen.Select(Gen.Int[0, 200], Gen.Int[2, 300], Cadence.Evenly),
        Gen.Select(Gen.Long[1, 10_000], Gen.Bool, Cadence.Every),
        Gen.Select(Gen.Double[0.1, 100], Gen.Bool, Cadence.EveryEpochs),
        Gen.Select(Gen.Int[0, 200], Gen.Int[2, 300], Cadence.Logarithmic)), Gen.Frequency((3, Gen.Const(false)), (1, Gen.Const(true))),
            (at, after) => at.WithAfter(after));

    private static Gen<double[]> Thresholds { get; } = Gen.OneOf(Gen.Const(0.0), Positive).ArrayUnique[1, 3];

    // One probe of each kind, in any order: the same metric is not measured twice.
    private static Gen<Probe[]> Probes { get; } = Gen.SelectMany(
        Gen.Select(Thresholds, Thresholds, Gen.Int[1, 40]),
        (l0, rank, count) => Gen.Shuffle(
            new Probe[]
            {
                new Losses(), new L0Norm(Items.From(l0)), new L1Norm(), new ParameterNorm(), new Balancedness(),
                new JacobianRank(Items.From(rank)), new HessianEigenvalues(count), new Predictability(),
                new Sharpness(count % 2 == 0 ? null : count, rank.Length / 10.0, count), new Bounce(), new GradientNorm(),
                new GradientNoise(count % 2 == 0 ? null : Math.Min(count, 12)), new Seconds(),
            }, 1, 13));

    private static Gen<SnapshotSpec> Snapshots => Gen.OneOf(
        Gen.OneOf(Gen.Const(SnapshotSpec.All), Gen.Const(SnapshotSpec.Ends)), Gen.Int[0, 3].ArrayUnique[1, 2]
            .Select(SnapshotSpec.Measurements));

    public static Gen<ProbePlan> Plans { get; } = Gen.Select(
        Cadences, Probes, Gen.Bool, Gen.Null(Gen.Select(Gen.Int[1, 5000], Positive, (steps, rate) => new ValleyProjection(steps,
            rate)), 0.5),
        Gen.Null(Snapshots, 0.5),
        (at, probes, averaged, valley, snapshots) => new ProbePlan(at, Items.From(probes), averaged, valley, snapshots));

    public static Gen<Pipeline> Pipelines { get; } = Gen.Select(
            Dataset, Model, Schedules, Optimizer, Plans, Engines,
            (dataset, model, schedule, optimizer, probes, engine) => new Pipeline(dataset, model, schedule, optimizer, probes, engine))
        .Where(pipeline => PipelineChecks.Problems(pipeline).Count == 0);

    // With what YAML and its other readers could take for something else.
    public static Gen<string> Labels { get; } = Gen.OneOf(
        Gen.String[Gen.Char[' ', '~'], 1, 20],
        Gen.OneOf(
            "η = 0.282, ÷4.8 at 10 %", "a: b", "- a", "#1", "a #b", "true", "No", "null", "~", "3", "1e5", ".inf", "'q'", "\"",
                " a ", "🎈", "\u00a0",
            "\uFEFF", "%a", "@", "*a", "&a", "!a", "{", "[", "|", ">", "?", "\\", "---", "...", "<<", "مرحبا"),
        Gen.OneOf("a", "η", "🎈", " ", ":", "#").Array[1, 300].Select(string.Concat));

    private static Gen<string> FileNames { get; } = Gen.OneOf(
        Gen.String[Gen.Char["abcXYZ019_-."], 1, 100].Where(name => name[0] is not ('.' or '-') && name[^1] != '.'),
        Gen.OneOf("true", "null", "n", "1e5", "007", "_", "y", "nan"));

    public static Gen<Experiment> Experiments { get; } = Gen.SelectMany(
        Gen.Select(FileNames, Pipelines, Gen.Bool.Array[6], Gen.Select(Labels, Overlay(Pipelines)).Array[1, 4]),
        (name, pipeline, shared, runs) =>
        {
            var overlays = runs.Select(run => run.Item2).ToArray();
            var experiment = new Experiment(
                name,
                new Stages(
                    shared[0] || overlays.Any(o => o.Dataset is null) ? pipeline.Dataset : null,
                    shared[1] || overlays.Any(o => o.Model is null) ? pipeline.Model : null,
                    shared[2] || overlays.Any(o => o.Schedule is null) ? pipeline.Schedule : null,
                    shared[3] || overlays.Any(o => o.Optimizer is null) ? pipeline.Optimizer : null,
                    shared[4] || overlays.Any(o => o.Probes is null) ? pipeline.Probes : null,
                    shared[5] ? pipeline.Engine : null),
                Items.From(runs.DistinctBy(run => run.Item1).Select((run, i) => i == 0 ? Run.Of(run.Item1, run.Item2)
                    : new Run(run.Item1, run.Item2, i == 1 ? run.Item1 : null, [SweptValue.Of("schedule.rate", i), i % 2 == 0
                        ? SweptValue.Of("model.u", 0.1) : SweptValue.Of("model.u", run.Item1)]))),
                []);
            return Gen.Select(Figures(experiment), Gen.Null(SeedRanges, 0.5), Gen.Null(CheckpointPlans, 0.5),
                (figures, seeds, checkpoints) => experiment.WithFigures(figures).WithSeeds(seeds).WithCheckpoints(checkpoints));
        }).Where(experiment => experiment.Resolve().OrThrow().All(run => PipelineChecks.Problems(run.Pipeline).Count == 0)
            && experiment.Resolve().OrThrow().Sum(run => PipelineChecks.BytesOf(run.Pipeline)) * (experiment.Seeds?.Count ?? 1)
                <= PipelineChecks.MaxBytes);

    private static Gen<Seeds> SeedRanges => Gen.Select(
        Gen.UInt, Gen.Int[1, 1000], Gen.Int[1, 7], (from, count, follow) =>
            new Seeds(Math.Min(from, uint.MaxValue - (uint)count + 1), count,
                new Follow((follow & 1) != 0, (follow & 2) != 0, (follow & 4) != 0)));

    private static Gen<CheckpointPlan> CheckpointPlans => Gen.Select(
        Gen.OneOf(Gen.Long[1, 1000].Select(Duration.Steps), Positive.Select(Duration.Epochs)), Gen.Int[1, 9], (every, keep) =>
            new CheckpointPlan(every, keep));

    // Of a diagonal network that keeps all snapshots.
    private static Gen<SurfaceFigure> Surfaces(LabelledPipeline run) =>
        from panels in Gen.Shuffle(new[] { "train_loss", "test_loss" }, 1, 2)
        from plane in Gen.OneOf(
            Gen.Select(Points(run), Points(run), Points(run), SurfacePlane.Through), Gen.Select(Points(run), Gen.UInt, Gen.Bool,
                (origin, seed, plain) => SurfacePlane.Random(origin, seed, plain ? false : null)),
                Gen.Const(SurfacePlane.Principal(run.Label)))
        from ends in Gen.Double[-9, 9].Array[2]
        from points in Gen.Int[2, 200]
        from flags in Gen.Bool.Array[3]
        from animation in Gen.Null(Gen.Select(Gen.Int[1, 999].ArrayUnique[1, 5], Gen.Double[0.02, 9], Gen.Bool, Gen.Bool,
            (frames, seconds, all, film) => new SurfaceAnimation(Items.From(frames.Order()), seconds, all, film)), 0.5)
        select new SurfaceFigure(
            "f", Items.From(panels), plane, new SurfaceGrid(new(ends[0], ends[0] + 1), new(ends[1], ends[1] + 0.5), points), flags[0]
                ? [run.Label] : [], flags[0] && flags[1] ? [run.Label] : [],
            flags[2] ? run.Label : null, animation);

    private static Gen<PlanePoint> Points(LabelledPipeline run) => Gen.OneOf(
        Gen.Const(PlanePoint.Initial), Gen.Const(run.Pipeline.Dataset is SparseRegression ? PlanePoint.Optimum : PlanePoint.Initial),
            Gen.Const(PlanePoint.End(run.Label)),
        Gen.Const(PlanePoint.Measurement(run.Label, 0)));

    private static Gen<FigureStyle> Styles =>
        from texts in Gen.Null(Gen.OneOf(Gen.Const("a title: 3 %"), Gen.Const("Δ")), 0.4).Array[3]
        from size in Gen.Null(Gen.Select(Gen.Int[3000, 5000], Gen.Int[2000, 5000], (width, height) => new FigureSize(width, height)), 0.5)
        from fontSize in Gen.Nullable(Gen.Double[3, 11], 0.5)
        from columns in Gen.Nullable(Gen.Int[1, 9], 0.5)
        from legend in Gen.Enum<LegendPlace>()
        select new FigureStyle
        {
            Title = texts[0],
            XLabel = texts[1],
            YLabel = texts[2],
            Size = size,
            FontSize = fontSize,
            Columns = columns,
            Legend = legend
        };

    private static Gen<Center> Centers => Gen.OneOf(Gen.Const(Center.Median), Gen.Const(Center.Mean));

    private static Gen<Band> Bands => Gen.OneOf(
        Gen.Select(Gen.Double[0, 0.5], Gen.Double[0.5, 1], Band.Quantiles), Gen.OneOf(Gen.Const(Band.Quartiles),
            Gen.Const(Band.StandardDeviation), Gen.Const(Band.None)));

    private static Gen<Stages> Overlay(Gen<Pipeline> pipelines) => Gen.Select(pipelines, Gen.Bool.Array[6], (p, own) => new Stages(
        own[0] ? p.Dataset : null, own[1] ? p.Model : null, own[2] ? p.Schedule : null, own[3] ? p.Optimizer : null, own[4] ? p.Probes
            : null, own[5] ? p.Engine : null));

    private static string[] Metrics(Experiment experiment) =>
        [.. experiment.Resolve().OrThrow().SelectMany(run => run.Pipeline.Probes.Columns(run.Pipeline.Target)).Append("learning_rate")
            .Append("survival").Distinct()];

    private static Gen<FigureSpec[]> Figures(Experiment experiment)
    {
        var metrics = Metrics(experiment);
        var swept = experiment.Runs.Count > 1;
        var first = experiment.Resolve().OrThrow()[0];
        var surfaces = first.Pipeline is { Model: DiagonalLinear, Probes.Snapshots: AllSnapshots };
        var functions = experiment.Resolve().OrThrow().All(run => run.Pipeline is { Dataset.Features: 1, Probes.Snapshots: not null });
        return
            from panels in Gen.Shuffle(metrics, 1, Math.Min(4, metrics.Length)).Array[0, 3]
            from files in FileNames.Array[panels.Length]
            from logY in Gen.Bool.Array[4]
            from flags in Gen.Bool.Array[4]
            from center in Centers
            from band in Bands
            from surface in Surfaces(first)
            from style in Styles
            from wide in Gen.Bool
            from limits in Gen.Double[0.1, 0.4].Array[2]
            select panels.Zip(files, (shown, file) =>
            {
                var metricPanels = new MetricPanels(Items.From(shown), [.. shown.Where((_, i) => logY[i])], wide ? null : flags[0],
                    center, band)
                {
                    Percent = [.. shown.Where((_, i) => !logY[i])],
                    YLimits = [.. shown.Skip(1).Select(metric => new PanelLimits(metric, limits[0], wide ? null : limits[0] + limits[1]))],
                    Labels = [.. shown.Where((_, i) => logY[i]).Select(metric => new PanelLabel(metric, $"panel of {metric}"))],
                };
                // Of a figure that shows the results of other folders too, runs have other labels.
                Items<string> results = !wide && flags[2] ? [experiment.Name, "other.1"] : [];
                Items<string> one = wide ? [first.Label] : results.Count > 0 && flags[3] ? [$"{experiment.Name}: {first.Label}"] : [];
                return flags[1] && flags[3]
                    ? new TableFigure(file, [.. shown.Where(metric => metric != "survival").DefaultIfEmpty("learning_rate")],
                        !flags[0] ? null : results.Count > 0 ? $"other.1: {file}" : first.Label,
                        flags[2] ? [Window.End, new("early", 0.1, 0.25)] : [Window.End])
                    { Results = results }
                    : surfaces && flags[3] && flags[0] ? surface with { File = file, Style = style }
                    : functions && flags[2] ? new FunctionFigure(file)
                    {
                        // It shows no results of others.
                        Runs = wide ? [first.Label] : [],
                        Seed = wide ? 7 : null,
                        Together = flags[0],
                        Style = style
                    }
                    : swept && flags[1] && flags[3] && !shown.Contains("survival")
                        ? new SweepFigure(file, "schedule.rate", null, metricPanels)
                        {
                            Last = limits[0],
                            Style = style
                        }
                    : swept && flags[1] ? new SweepFigure(file, "schedule.rate", flags[2] ? "model.u" : null,
                        metricPanels)
                    { Style = style }
                    : (FigureSpec)new CurvesFigure(file, metricPanels, flags[3])
                    {
                        Runs = one,
                        Results = results,
                        Axis = flags[1] ? CurveAxis.Epoch : flags[0] ? CurveAxis.Time : CurveAxis.Iteration,
                        Marks = flags[2],
                        Style = style
                    };
            }).DistinctBy(figure => figure.File, StringComparer.OrdinalIgnoreCase).ToArray();
    }
}
