using System.Globalization;
using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Probes;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Pipelines;

/// <summary>What must hold between the parts of a pipeline, beyond what each part demands of itself.</summary>
internal static class PipelineChecks
{
    /// <summary>The most steps that a run can have.</summary>
    internal const long MaxSteps = 1_000_000_000_000;

    /// <summary>The most bytes that what an experiment measures can take: all of it is in memory when its tables are made.</summary>
    internal const double MaxBytes = 8e9;

    internal const double MostGb = MaxBytes / 1e9;

    /// <summary>The bytes that the measurements of a run take, its snapshots, and the iterates of other runs that it looks at.</summary>
    internal static double BytesOf(Pipeline pipeline)
    {
        // Iteration, epoch, step size and what holds a row together.
        const int row = 10;
        if (pipeline.Horizon.Steps is < 1 or > MaxSteps) return 0;
        var count = pipeline.Probes.At.AtMost(pipeline.Horizon);
        var kept = pipeline.Probes.Snapshots?.Match(all => count, ends => 2, chosen => chosen.Numbers.Count) ?? 0;
        var metrics = pipeline.Probes.Columns(pipeline.Target).Count;
        var parameters = pipeline.Model.Parameters(pipeline.Dataset.Features) ?? 0;
        return sizeof(double) * ((double)count * (row + metrics) + (double)kept * parameters) + BytesLookedAt(pipeline, parameters);
    }

    /// <summary>The bytes of the iterates of other runs that a run looks at.</summary>
    /// <param name="pipeline">The run.</param>
    /// <param name="parameters">P, how many weights the model has.</param>
    internal static double BytesLookedAt(Pipeline pipeline, long parameters) => pipeline.Probes.Others.Distinct().Sum(of =>
        sizeof(double) * (double)(of.Projection ?? parameters) * (of.Step is null ? pipeline.Probes.At.AtMost(pipeline.Horizon) : 1));

    /// <summary>All problems of a pipeline.</summary>
    public static Items<Problem> Problems(Pipeline pipeline) =>
        Items.From(OptimizerProblems(pipeline.Optimizer).Concat(DatasetProblems(pipeline.Dataset, pipeline)).Concat(ModelProblems(pipeline))
            .Concat(ScheduleProblems(pipeline)).Concat(ProbeProblems(pipeline)).Concat(ChunkProblems(pipeline))
            .Concat(FlowProblems(pipeline.Optimizer)).Concat(LayerProblems(pipeline))
            .Concat(ForkChecks.Problems(pipeline)));

    private static IEnumerable<Problem> FlowProblems(OptimizerSpec optimizer) => optimizer.Rule.Flow is not { } flow
        || (optimizer.Batch is null && optimizer.Rule == UpdateRule.Plain.WithFlow(flow)) ? []
        : [new("optimizer", "LS0217", "gradient_flow is that of the full gradient, with no other rule")];

    private static IEnumerable<Problem> LayerProblems(Pipeline pipeline)
    {
        var rule = pipeline.Optimizer.Rule;
        if (rule.LayerRates.Count == 0) yield break;
        var layers = pipeline.Model.Match<int?>(diagonal => 2, relu => relu.Hidden.Count + 1, deep => null, custom => null);
        if (layers is null)
        {
            yield return new("optimizer.layer_rates", "LS0217", "layer_rates belong to diagonal_linear and relu_network");
        }
        else if (layers != rule.LayerRates.Count)
        {
            yield return new("optimizer.layer_rates", "LS0215",
                FormattableString.Invariant($"{layers} layers need {layers} factors, found {rule.LayerRates.Count}"));
        }
        if (rule.Sharpness is { PerSample: true })
            yield return new("optimizer.layer_rates", "LS0205", "a perturbation for each sample goes with one step size for all layers");
    }

    private static IEnumerable<Problem> ChunkProblems(Pipeline pipeline) => pipeline.Optimizer.Microbatch is null
        || pipeline.Model.AsDeep is not null ? []
        : [new("optimizer.microbatch", "LS0217", "chunks of images belong to a deep_network")];

    private static IEnumerable<Problem> DatasetProblems(DatasetSpec dataset, Pipeline pipeline)
    {
        var (samples, problems) = dataset.Match<(int, Problem[])>(
            sparse => (sparse.Samples, [.. SparseProblems(sparse)]),
            points => (dataset.TrainingSamples, []),
            teacher => (teacher.Samples, []),
            memory => (memory.Data.Samples, [.. TableProblems(memory.Data)]),
            images => (images.TrainingImages, []));
        foreach (var problem in problems) yield return problem;
        if (pipeline.Optimizer.Batch is { } batch && batch > samples)
        {
            yield return new("optimizer.batch_size", "LS0203",
                FormattableString.Invariant($"batch size {batch} is larger than the {samples} training samples"));
        }
    }

    private static IEnumerable<Problem> TableProblems(RegressionData data)
    {
        if (data.Samples == 0)
            yield return new("dataset.features", "LS0212", "there are no samples");
        if (data.Labels.Count != data.Samples)
        {
            yield return new("dataset.labels", "LS0212",
                FormattableString.Invariant($"{data.Samples} samples have {data.Labels.Count} labels"));
        }

        if (data.TestLabels.Count != data.TestFeatures.Rows)
        {
            yield return new("dataset.test_labels", "LS0212",
                FormattableString.Invariant($"{data.TestFeatures.Rows} test samples have {data.TestLabels.Count} labels"));
        }

        if (data.TestFeatures.Columns != data.Dimensions)
        {
            yield return new("dataset.test_features", "LS0212",
                FormattableString.Invariant($"test samples have {data.TestFeatures.Columns} features, training samples {data.Dimensions}"));
        }

        foreach (var (key, values, columns) in new[]
        {
            ("features", data.Features.AsSpan().ToArray(), data.Dimensions), ("labels", data.Labels.AsSpan().ToArray(), 1),
            ("test_features", data.TestFeatures.AsSpan().ToArray(), data.TestFeatures.Columns), ("test_labels", data.TestLabels.AsSpan()
                .ToArray(), 1),
        })
        {
            if (Array.FindIndex(values, x => !double.IsFinite(x)) is not (>= 0 and var first)) continue;
            var rows = values.Index().Where(x => !double.IsFinite(x.Item)).Select(x => x.Index / columns).Distinct().Count();
            yield return new($"dataset.{key}", "LS0212", string.Create(CultureInfo.InvariantCulture,
                $"row {first / columns + 1}{(rows > 1 ? FormattableString.Invariant($" and {rows - 1} more") : "")} of {key} has " +
                $"{(double.IsNaN(values[first]) ? "no value (NaN)" : "an infinite value")}"));
        }
    }

    private static IEnumerable<Problem> SparseProblems(SparseRegression sparse)
    {
        if (sparse.Support > sparse.Dimensions)
        {
            yield return new("dataset.support", "LS0202",
                FormattableString.Invariant($"support {sparse.Support} is larger than dimensions {sparse.Dimensions}"));
        }

        foreach (var (key, rows) in new[] { ("samples", sparse.Samples), ("test_samples", sparse.TestSamples) })
        {
            if ((long)rows * sparse.Dimensions > Array.MaxLength)
            {
                yield return new($"dataset.{key}", "LS0212",
                    FormattableString.Invariant(
                    $"{rows} samples of {sparse.Dimensions} dimensions are more than {Array.MaxLength} numbers"));
            }
        }
    }

    // Rules that keep their vectors under one name would be one another's.
    private static IEnumerable<Problem> OwnRuleProblems(UpdateRule rule)
    {
        if (rule.Own.Count == 0) yield break;
        string[] names = [.. rule.Chain(ofFactors: false, []).SelectMany(each => each.State)];
        foreach (var own in rule.Own)
        {
            if (own.Key.Length == 0) yield return new("optimizer", "LS0217", "a rule of the program's own has no key");
            if (OwnParts.Unfit(own) is { } unfit)
                yield return new("optimizer", "LS0217", $"the rule '{own.Key}' {unfit}; what a rule keeps between steps is in its State");
            foreach (var name in own.State.Where(name => name.Length == 0 || names.Count(other => other == name) > 1).Distinct())
            {
                yield return new("optimizer", "LS0217", name.Length == 0 ? $"the rule '{own.Key}' keeps a vector without a name"
                    : $"the rule '{own.Key}' keeps a vector under the name '{name}', and so does another rule, or itself again");
            }
        }
    }

    private static IEnumerable<Problem> OptimizerProblems(OptimizerSpec optimizer)
    {
        foreach (var problem in OwnRuleProblems(optimizer.Rule)) yield return problem;
        if (optimizer.Rule.Sharpness is { OuterDerivative: true, PerSample: false })
            yield return new("optimizer.sam.outer_derivative", "LS0205", "the outer derivative belongs to per_sample: true");
        if (optimizer.Rule.Sharpness is { LossDerivativeOnly: true } only && (!only.PerSample || only.OuterDerivative))
        {
            yield return new("optimizer.sam.loss_derivative_only", "LS0205",
                "loss_derivative_only belongs to per_sample: true, without outer_derivative");
        }

        if (optimizer.Rule.Sharpness is { PerSample: true, Normalized: true })
        {
            yield return new("optimizer.sam.normalized", "LS0205",
                "normalized belongs to the perturbation of a batch: not with per_sample");
        }

        if (optimizer.Rule is { Sharpness.PerSample: true } and ({ Momentum: not 0 } or { Adam: not null } or { Own: not [] }))
        {
            yield return new("optimizer.sam.per_sample", "LS0205",
                "a perturbation for each sample goes with plain steps: without momentum or adam");
        }

        if (optimizer.Rule is { Nesterov: true, Momentum: 0 })
            yield return new("optimizer.nesterov", "LS0205", "nesterov is a kind of momentum, and there is none");
        if (optimizer.Rule is { Adam: not null, Momentum: not 0 })
            yield return new("optimizer.momentum", "LS0205", "adam has a momentum of its own, beta1");
        if (optimizer.Batch is not null && optimizer.Rule.LabelNoise is { IsOfTwin: true })
        {
            yield return new("optimizer.label_noise", "LS0205",
                "noise as strong as that of SGD is for its twin, full-batch gradient descent: kind: gd");
        }
    }

    private static IEnumerable<Problem> ScheduleProblems(Pipeline pipeline)
    {
        if (pipeline.Optimizer.Length.IsFraction) yield break;
        var horizon = pipeline.Horizon;
        if (horizon.Steps is < 1 or > MaxSteps)
        {
            yield return new("optimizer.epochs", "LS0206", horizon.Steps < 1 ? "the run is shorter than one step"
                : FormattableString.Invariant($"the run has more than {MaxSteps} steps"));
            yield break;
        }
        foreach (var (path, own) in ((string, Schedule?)[])[("schedule", pipeline.Schedule),
            ("optimizer.label_noise.schedule", pipeline.Optimizer.Rule.LabelNoise?.OwnSchedule)])
        {
            if (own is null) continue;
            foreach (var problem in own.OwnProblems(horizon)) yield return new(path, "LS0106", problem);
        }
        foreach (var (path, moment) in pipeline.Schedule.Moments("schedule")
            .Concat(pipeline.Optimizer.Rule.LabelNoise?.Moments("optimizer.label_noise") ?? []))
        {
            var (key, late, problem) = moment.Match(
                steps => ("step", steps.Count >= horizon.Steps,
                    FormattableString.Invariant($"step {steps.Count} comes after the last step of the run, which is {horizon.Steps - 1}")),
                epochs => ("epoch", horizon.Exactly(epochs) >= 1,
                    FormattableString.Invariant(
                    $"epoch {epochs.Count} is not before the end of the run, which is epoch {horizon.EpochsAt(horizon.Steps)}")),
                fraction => ("fraction", fraction.Part >= 1,
                    FormattableString.Invariant($"fraction {fraction.Part} is not before the end of the run, which is 1")));
            if (late) yield return new($"{path}.{key}", "LS0207", problem);
        }
    }

    private static IEnumerable<Problem> ProbeProblems(Pipeline pipeline)
    {
        if (pipeline.Probes.Averaged && pipeline.Optimizer.Rule.Averaging is null)
            yield return new("probes.averaged", "LS0208", "the averaged iterate is measured, but the optimizer has no averaging");
        if (pipeline.Horizon.Steps is >= 1 and <= MaxSteps && pipeline.Probes.At.AtMost(pipeline.Horizon) is var count
            && (count > Cadence.MaxMeasurements || BytesOf(pipeline) > MaxBytes))
        {
            yield return new("probes.at", "LS0227", string.Create(CultureInfo.InvariantCulture,
                $"{count} measurements are asked for, of {BytesOf(pipeline) / 1e9:G3} GB; the most is {Cadence.MaxMeasurements}, of " +
                $"{MostGb:G3} GB"));
        }

        foreach (var problem in SnapshotProblems(pipeline)) yield return problem;
        var (run, measured) = (pipeline.Target, new HashSet<string>());
        for (var i = 0; i < pipeline.Probes.Measure.Count; i++)
        {
            var (probe, path) = (pipeline.Probes.Measure[i], FormattableString.Invariant($"probes.measure[{i}]"));
            if (Offers.Missing(probe, run) is { } missing)
            {
                yield return new(path, "LS0214", missing);
                continue;
            }
            if (OwnParts.Unfit(probe) is { } unfit)
                yield return new(path, "LS0210", $"the probe '{probe.Key}' {unfit}; what a probe keeps is in its Instrument");
            if (probe.Asks.HasFlag(Needs.Twin) && pipeline.Probes.TwinPerturbation is null)
                yield return new(path, "LS0214", $"{probe.Key} asks for a twin, and nobody says by what its weights differ: TwinPerturbation");
            foreach (var problem in probe.ProblemsIn(run))
                yield return problem with { Path = problem.Path.Length == 0 ? path : $"{path}.{problem.Path}" };
            if (probe.LooksAt is { } other)
                foreach (var problem in OtherRun.Problems(pipeline, other, $"{path}.{probe.Key}")) yield return problem;
            foreach (var problem in OfColumns(probe, run, path, measured)) yield return problem;
            if ((probe.Asks & (Needs.EarlierIterates | Needs.Twin)) != 0
                && (pipeline.Probes.Averaged || pipeline.Probes.Valley is not null))
            {
                yield return new(path, "LS0213", $"{probe.Key} looks at the iterates themselves: not with averaged or valley_projection");
            }
        }
    }

    /// <summary>The probes of a program's own that cannot be asked what they are; of others nothing is known then.</summary>
    public static Items<Problem> OfOwnProbes(Pipeline pipeline)
    {
        var (run, probes) = (pipeline.Target, pipeline.Probes.Measure);
        if (probes.All(probe => OwnParts.IsOurs(probe.GetType()))) return [];
        return Items.From(probes.Index().Where(probe => !OwnParts.IsOurs(probe.Item.GetType()))
            .Select(each => (each.Index, each.Item, Wrong: OwnParts.Thrown(() => Asked(each.Item)))).Where(each => each.Wrong is not null)
            .Select(each => new Problem(FormattableString.Invariant($"probes.measure[{each.Index}]"), "LS0210",
                $"the probe {each.Item.GetType().Name} cannot be asked what it is: {each.Wrong}")));

        string? Asked(Probe probe)
        {
            _ = (probe.Asks, probe.PerturbationOfTwin, probe.LooksAt);
            if (string.IsNullOrEmpty(probe.Key)) return "it has no Key";
            if (probe.ColumnsIn(run) is null) return "it has no Columns";
            return probe.ProblemsIn(run)?.All(problem => problem is not null) == true ? null : "it has a problem that is null";
        }
    }

    private static IEnumerable<Problem> OfColumns(Probe probe, ProbeTarget run, string path, HashSet<string> measured)
    {
        foreach (var column in probe.ColumnsIn(run))
        {
            if (ColumnNames.Problem(column) is { } unfit) yield return new(path, "LS0210", unfit);
            else if (!measured.Add(column))
                yield return new(path, "LS0210", $"'{column}' is measured twice");
        }
    }

    private static IEnumerable<Problem> SnapshotProblems(Pipeline pipeline)
    {
        if (pipeline.Probes.Snapshots?.Numbered is not { } numbers || pipeline.Horizon.Steps is < 1
            or > MaxSteps)
        {
            yield break;
        }

        var count = pipeline.Probes.At.Count(pipeline.Horizon);
        for (var i = 0; i < numbers.Count; i++)
        {
            if (numbers[i] >= count)
            {
                yield return new(FormattableString.Invariant($"probes.snapshots.measurements[{i}]"), "LS0225",
                    FormattableString.Invariant($"there is no measurement {numbers[i]}: the run has {count}, counted from 0"));
            }
        }
    }

    private static IEnumerable<Problem> ModelProblems(Pipeline pipeline) => pipeline.Model.Match(
        diagonal => OfSmallModels(pipeline), relu => OfSmallModels(pipeline).Concat(OfReluNetwork(pipeline, relu)), deep =>
            DeepChecks.Problems(pipeline, deep), custom => OfCustomModel(pipeline));

    private static IEnumerable<Problem> OfSmallModels(Pipeline pipeline)
    {
        if (pipeline.Optimizer.Sampled is { IsByEpoch: true })
            yield return new("optimizer.sampling", "LS0217", "shuffled samples belong to a deep_network, and to a module on images");
        if (pipeline.Dataset.AsImages is not null)
            yield return new("dataset", "LS0218", "images belong to a deep_network, or to a module");
    }

    /// <summary>The options of an optimizer that have a meaning for diagonal networks alone.</summary>
    internal static IEnumerable<Problem> OfFactorsAlone(UpdateRule rule)
    {
        if (rule.Balancing != 0)
            yield return new("optimizer.balancing", "LS0217", "the balancing penalty is one of the factors u and v of diagonal_linear");
        if (rule.WarmStart is not null)
            yield return new("optimizer.warm_start", "LS0217", "a warm start belongs to diagonal_linear");
        if (rule.Sharpness is { PerSample: true })
            yield return new("optimizer.sam.per_sample", "LS0217", "a perturbation for each sample belongs to diagonal_linear");
    }

    private static IEnumerable<Problem> OfCustomModel(Pipeline pipeline)
    {
        foreach (var problem in OfFactorsAlone(pipeline.Optimizer.Rule)) yield return problem;
        if (pipeline.Dataset.AsImages is { } images)
        {
            foreach (var problem in DeepChecks.OfImages(images)) yield return problem;
            if (images.Augment)
                yield return new("dataset.augment", "LS0217", "the images of a custom module are taken as they are");
            if (pipeline.Optimizer.Rule.LabelNoise is not null)
                yield return new("optimizer.label_noise", "LS0217", "the labels of a custom module's images are taken as they are");
        }
        if (pipeline.Optimizer.Sampled is { PublishedEvery: not null })
            yield return new("optimizer.sampling", "LS0217", "the published order belongs to a deep_network");
        if (pipeline.Probes.Valley is not null)
            yield return new("probes.valley_projection", "LS0217", "the valley projection belongs to diagonal_linear");
        if (pipeline.Engine.IsClosedForm)
            yield return new("engine", "LS0221", "a custom module has no gradients in closed form; leave the engine out, or say autograd");
    }

    private static IEnumerable<Problem> OfReluNetwork(Pipeline pipeline, ReluNetwork relu)
    {
        var layers = relu.Hidden.Count + 1;
        if (pipeline.Optimizer.Sampled is { IsWithReplacement: true })
        {
            yield return new("optimizer.sampling", "LS0217",
                "a relu_network is trained on samples drawn without replacement: sampling: without_replacement");
        }

        foreach (var problem in OfFactorsAlone(pipeline.Optimizer.Rule)) yield return problem;
        if (relu.Loss.IsLogistic && pipeline.Optimizer.Rule.LabelNoise is not null)
            yield return new("optimizer.label_noise", "LS0217", "Gaussian label noise goes with the squared loss");
        if (relu.Loss.IsLogistic && !pipeline.Dataset.HasSigns)
        {
            yield return new("model.loss", "LS0218",
                "the logistic loss needs labels 1 and −1, and the dataset has others; a teacher has them with labels: sign");
        }

        if (pipeline.Probes.Valley is not null)
            yield return new("probes.valley_projection", "LS0217", "the valley projection belongs to diagonal_linear");
        if (relu.Biases.Count != layers)
        {
            yield return new("model.biases", "LS0215",
                FormattableString.Invariant($"{layers} layers need {layers} values, found {relu.Biases.Count}"));
        }

        if (relu.Initialisation.Match<Problem?>(@default => null,
            gaussian => gaussian.Scales.Count == layers ? null : new("model.initialisation.gaussian.scales", "LS0215",
                FormattableString.Invariant($"{layers} layers need {layers} scales, found {gaussian.Scales.Count}")),
            blanc => OfOneHiddenLayer("blanc"), balanced => OfOneHiddenLayer("balanced")) is { } unfit)
        {
            yield return unfit;
        }

        Problem? OfOneHiddenLayer(string kind) => layers == 2 ? null
            : new("model.initialisation", "LS0216", $"the initialisation {kind} is for one hidden layer");
    }
}
