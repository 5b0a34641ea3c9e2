using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Probes;
using LargeSteps.Schedules;

namespace LargeSteps.Pipelines;

/// <summary>Something that is wrong between the parts of a pipeline.</summary>
/// <param name="Path">Where, in the words of the YAML form: <c>schedule.at[0]</c>.</param>
/// <param name="Code">The stable code, <c>LSnnnn</c>.</param>
/// <param name="Message">What is wrong and what would be right.</param>
public sealed record PipelineProblem(string Path, string Code, string Message);

/// <summary>What must hold between the parts of a pipeline, beyond what each part demands of itself.</summary>
public static class PipelineChecks
{
    /// <summary>The most steps that a run can have.</summary>
    internal const long MaxSteps = 1_000_000_000_000;

    /// <summary>All problems of a pipeline.</summary>
    public static Items<PipelineProblem> Problems(Pipeline pipeline) =>
        Items.From(OptimizerProblems(pipeline.Optimizer).Concat(DatasetProblems(pipeline.Dataset, pipeline)).Concat(ModelProblems(pipeline)).Concat(ScheduleProblems(pipeline)).Concat(ProbeProblems(pipeline)));

    private static IEnumerable<PipelineProblem> DatasetProblems(DatasetSpec dataset, Pipeline pipeline)
    {
        var (samples, problems) = dataset.Match<(int, PipelineProblem[])>(
            sparse => (sparse.Samples, [.. SparseProblems(sparse)]),
            points => (12, []),
            teacher => (teacher.Samples, []),
            memory => (memory.Data.Samples, []));
        foreach (var problem in problems) yield return problem;
        if (pipeline.Optimizer is Sgd sgd && sgd.BatchSize > samples)
            yield return new("optimizer.batch_size", "LS0203", FormattableString.Invariant($"batch size {sgd.BatchSize} is larger than the {samples} training samples"));
    }

    private static IEnumerable<PipelineProblem> SparseProblems(SparseRegression sparse)
    {
        if (sparse.Support > sparse.Dimensions)
            yield return new("dataset.support", "LS0202", FormattableString.Invariant($"support {sparse.Support} is larger than dimensions {sparse.Dimensions}"));
        foreach (var (key, rows) in new[] { ("samples", sparse.Samples), ("test_samples", sparse.TestSamples) })
            if ((long)rows * sparse.Dimensions > Array.MaxLength)
                yield return new($"dataset.{key}", "LS0212", FormattableString.Invariant($"{rows} samples of {sparse.Dimensions} dimensions are more than {Array.MaxLength} numbers"));
    }

    private static IEnumerable<PipelineProblem> OptimizerProblems(OptimizerSpec optimizer)
    {
        if (optimizer.Length is RunFraction)
            yield return new("optimizer", "LS0204", "the length of a run is a number of steps or epochs, not a fraction of itself");
        if (optimizer.Rule.Sharpness is { OuterDerivative: true, PerSample: false })
            yield return new("optimizer.sam.outer_derivative", "LS0205", "the outer derivative belongs to per_sample: true");
    }

    private static IEnumerable<PipelineProblem> ScheduleProblems(Pipeline pipeline)
    {
        if (pipeline.Optimizer.Length is RunFraction) yield break;
        var horizon = pipeline.Horizon;
        if (horizon.Steps is < 1 or > MaxSteps)
        {
            yield return new("optimizer.epochs", "LS0206", horizon.Steps < 1 ? "the run is shorter than one step" : FormattableString.Invariant($"the run has more than {MaxSteps} steps"));
            yield break;
        }
        foreach (var (path, moment) in pipeline.Schedule.Moments("schedule"))
        {
            var (key, late, problem) = moment.Match(
                steps => ("step", steps.Count >= horizon.Steps, FormattableString.Invariant($"step {steps.Count} comes after the last step of the run, which is {horizon.Steps - 1}")),
                epochs => ("epoch", horizon.Progress(epochs) >= 1, FormattableString.Invariant($"epoch {epochs.Count} is not before the end of the run, which is epoch {horizon.Steps / horizon.StepsPerEpoch}")),
                fraction => ("fraction", fraction.Part >= 1, FormattableString.Invariant($"fraction {fraction.Part} is not before the end of the run, which is 1")));
            if (late) yield return new($"{path}.{key}", "LS0207", problem);
        }
    }

    private static IEnumerable<PipelineProblem> ProbeProblems(Pipeline pipeline)
    {
        if (pipeline.Probes.Averaged && pipeline.Optimizer.Rule.Averaging is null)
            yield return new("probes.averaged", "LS0208", "the averaged iterate is measured, but the optimizer has no averaging");
        var (dimensions, testSamples) = pipeline.Dataset.Match(
            sparse => (sparse.Dimensions, sparse.TestSamples), points => (1, 12), teacher => (teacher.Inputs, teacher.TestSamples), memory => (memory.Data.Dimensions, memory.Data.TestFeatures.Rows));
        var measured = new HashSet<string>();
        for (var i = 0; i < pipeline.Probes.Measure.Count; i++)
        {
            var (probe, path) = (pipeline.Probes.Measure[i], FormattableString.Invariant($"probes.measure[{i}]"));
            if (probe is HessianEigenvaluesProbe hessian && hessian.Count > 2L * dimensions)
            {
                yield return new($"{path}.hessian_eigenvalues.count", "LS0211", FormattableString.Invariant($"the Hessian has {2L * dimensions} eigenvalues, not {hessian.Count}"));
                continue;
            }
            foreach (var twice in MetricNames.Of(probe, pipeline.Model).Where(metric => !measured.Add(metric)))
                yield return new(path, "LS0210", $"'{twice}' is measured twice");
            if (OfOtherModels(probe, pipeline.Model) is { } problem)
                yield return new(path, "LS0214", problem);
            if (probe is PredictabilityProbe && (pipeline.Probes.Averaged || pipeline.Probes.Valley is not null))
                yield return new(path, "LS0213", "predictability compares the iterate itself with its twin: not with averaged or valley_projection");
            if (probe is FeatureProbe { Of: FeatureEntropyRank } && testSamples == 0)
                yield return new(path, "LS0209", "the entropy rank needs test samples, and the dataset has none");
            if (probe is JacobianRankProbe && testSamples == 0)
                yield return new(path, "LS0209", "the Jacobian rank needs test samples, and the dataset has none");
        }
    }

    private static string? OfOtherModels(ProbeSpec probe, ModelSpec model) => model.Match(
        diagonal => probe is FeatureProbe ? "a diagonal network has no hidden units; the probe belongs to relu_network" : null,
        relu => probe switch
        {
            NormProbe { Of: not ParameterNorm } => "the probe belongs to diagonal_linear",
            HessianEigenvaluesProbe or PredictabilityProbe => "the probe is there for diagonal_linear only",
            // Its Jacobian is counted by a Gram matrix, which is blind below the square root of rounding.
            JacobianRankProbe rank when rank.Thresholds.Any(t => t < 1e-6) => "the Jacobian rank of a relu_network takes thresholds of at least 1e-6",
            FeatureProbe { Of: NuclearNorm or ActivationPatternDistance or JacobianUnitGroups } when relu.Hidden.Count > 1 => "the probe is defined for one hidden layer",
            _ => null,
        });

    private static IEnumerable<PipelineProblem> ModelProblems(Pipeline pipeline)
    {
        if (pipeline.Model is not ReluNetwork relu) yield break;
        var layers = relu.Hidden.Count + 1;
        if (pipeline.Optimizer is Sgd { WithReplacement: true })
            yield return new("optimizer", "LS0217", "a relu_network is trained on samples drawn without replacement: with_replacement: false");
        if (pipeline.Optimizer.Rule with { Averaging = null } != UpdateRule.Plain)
            yield return new("optimizer", "LS0217", "of the options of an optimizer, a relu_network knows averaging alone");
        if (pipeline.Probes.Valley is not null)
            yield return new("probes.valley_projection", "LS0217", "the valley projection belongs to diagonal_linear");
        if (relu.Biases.Count != layers)
            yield return new("model.biases", "LS0215", FormattableString.Invariant($"{layers} layers need {layers} values, found {relu.Biases.Count}"));
        if (relu.Initialisation is GaussianInitialisation gaussian && gaussian.Scales.Count != layers)
            yield return new("model.initialisation.gaussian.scales", "LS0215", FormattableString.Invariant($"{layers} layers need {layers} scales, found {gaussian.Scales.Count}"));
        if (relu.Initialisation is BlancInitialisation && layers != 2)
            yield return new("model.initialisation", "LS0216", "the initialisation blanc is for one hidden layer");
    }
}
