using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Training.Diagonal;
using LargeSteps.Values;

namespace LargeSteps.Tests;

/// <summary>Problems, engines and the published pipelines of diagonal networks.</summary>
internal static class DiagonalCases
{
    public const long PublishedSteps = 100_001;

    /// <summary>The last iteration that the published programs measure.</summary>
    public const long LastMeasured = 99_599;

    public static DatasetSpec SgdData { get; } = DatasetSpec.SparseRegression(80, 200, 20);

    public static DatasetSpec GdData { get; } = DatasetSpec.SparseRegression(40, 100, 20);

    /// <summary>Fourteen samples of ten dimensions: no whole number of vectors, nor of rows taken four at a time.</summary>
    public static DatasetSpec Small { get; } = DatasetSpec.SparseRegression(14, 10, 3, testSamples: 30, seed: 4);

    /// <summary>The probes of the published tables, the rank at 1e-10 and 1e-4.</summary>
    public static ProbePlan PublishedProbes(Cadence at) => ProbePlan.Of(
        at, new Losses(), new JacobianRank([1e-10, 1e-4]), new L0Norm([1e-50]), new L1Norm(), new ParameterNorm(),
            new Balancedness());

    public static Pipeline Sgd(DatasetSpec data, Schedule schedule, ProbePlan probes, uint seed = 1, long steps = PublishedSteps) =>
        Pipeline.Of(data, ModelSpec.DiagonalLinear(), schedule, OptimizerSpec.Sgd(steps, seed: seed), probes);

    public static Pipeline Gd(DatasetSpec data, Schedule schedule, ProbePlan probes, long steps = PublishedSteps) =>
        Pipeline.Of(data, ModelSpec.DiagonalLinear(), schedule, OptimizerSpec.GradientDescent(steps), probes);

    /// <summary>A training set, which is its own test set.</summary>
    public static RegressionData Data(double[][] x, params double[] y)
    {
        var features = new Matrix(x.Length, x[0].Length, [.. x.SelectMany(row => row)]);
        return RegressionData.Of(features, Items.From(y), features, Items.From(y));
    }

    public static IEngine<DiagonalWeights> Create(Engine engine, ModelSpec model, RegressionData data, OptimizerSpec optimizer) =>
        model.Match(diagonal => engine.Match<IEngine<DiagonalWeights>>(
            closedForm => new DiagonalEngine(DiagonalWeights.Create(diagonal, data.Dimensions), data, optimizer),
            autograd => DiagonalAutogradEngine.On("cpu", DiagonalWeights.Create(diagonal, data.Dimensions), data, optimizer)),
                relu => throw new ArgumentException("not diagonal", nameof(model)), deep => throw new ArgumentException("not diagonal",
                nameof(model)), custom => throw new ArgumentException("not diagonal", nameof(model)));

    /// <summary>What a probe says of weights.</summary>
    public static double[] Measure(Probe probe, RegressionData data, DiagonalWeights weights)
    {
        var run = Pipeline.Of(DatasetSpec.InMemory(data), ModelSpec.DiagonalLinear(), Schedule.Constant(1),
        OptimizerSpec.GradientDescent(1),
            ProbePlan.Of(Cadence.Every(1), probe)).Target;
        using var view = new DiagonalView(run, data, part => new DiagonalTrainingLoss(part));
        view.See(0, weights);
        using var instrument = Instrument.Of(probe, view);
        var row = new double[probe.ColumnsIn(run).Count];
        instrument.Measure(view, row);
        return row;
    }

    /// <summary>‖a − b‖ / ‖b‖ in the maximum norm over u and v.</summary>
    public static double Distance(DiagonalWeights a, DiagonalWeights b)
    {
        double[] x = [.. a.U, .. a.V], y = [.. b.U, .. b.V];
        return x.Zip(y, (p, q) => Math.Abs(p - q)).Max() / y.Max(Math.Abs);
    }

    public static double RelativeError(double expected, double actual) => expected == actual ? 0 : Math.Abs(actual / expected - 1);

    /// <summary>The values of a metric by iteration.</summary>
    public static IReadOnlyDictionary<long, double> ByIteration(RunResult result, string metric) =>
        result.Measurements.Zip(result.Values(metric), (m, value) => (m.Iteration, value)).ToDictionary();

    /// <summary>A line of numbers for whoever runs a test with its output shown.</summary>
    public static void Note(FormattableString line) => TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant(line));
}
