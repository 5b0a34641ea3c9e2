using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Training.Relu;

namespace LargeSteps.Tests;

/// <summary>A published problem of fully connected networks: data, student, length, seeds.</summary>
internal sealed record ReluProblem(RegressionData Data, ReluWeights<float> Start, long Steps, uint Seed, double Threshold)
{
    public ReluShape Shape => Start.Shape;

    /// <summary>The points that the Jacobian is taken on.</summary>
    public Matrix Points => Data.Dimensions == 1
        ? JacobianPoints.Uniform(Data, Shape.Parameters, Steps, 1, Seed, _ => false)
        : JacobianPoints.FirstTest(Shape, Data);

    public ReluEngine<float> Engine(UpdateRule? rule = null) => new(Start, Data, rule ?? UpdateRule.Plain, 1, Seed);

    /// <summary>The published run with everything that the published tables hold.</summary>
    public ReluResult Run(ReluRate rate, params ReluInstrument<float>[] more)
    {
        using var engine = Engine();
        return ReluExperiment.Run(engine, [ReluInstruments<float>.Losses(Shape, Data), .. more], rate, Steps, ReluExperiment.Published);
    }
}

/// <summary>Problems and networks of the tests.</summary>
internal static class ReluCases
{
    public static ReluProblem Regression { get; } = Make(
        ReluProblems.RegressionPoints(), new([1, 100, 1], [true, false]), 3, (s, t) => ReluInitialisers.Blanc(s, 2.5, 2.5, 4, t), 31_623,
            0.999);

    public static ReluProblem TwoLayer { get; } = Make(
        ReluProblems.TeacherStudent(ReluShape.Of(false, 2, 3, 1), TeacherForm.UnitRowsAndSigns, 15, 1000, 1),
        ReluShape.Of(false, 2, 20, 1), 0, (s, t) => ReluInitialisers.Gaussian(s, [0.5, 0], t), 14_126, 0.99);

    public static ReluProblem ThreeLayer { get; } = Make(
        ReluProblems.TeacherStudent(ReluShape.Of(true, 5, 2, 2, 1), TeacherForm.Gaussian, 50, 1000, 6),
        ReluShape.Of(true, 5, 10, 10, 1), 5, (s, t) => ReluInitialisers.Gaussian(s, [0.8, 0.8, 0.8], t), 10_001, 0.99);

    /// <summary>A training set, which is its own test set.</summary>
    public static RegressionData Data(double[][] x, params double[] y) => DiagonalCases.Data(x, y);

    /// <summary>Weights with given parameters, in PyTorch's order.</summary>
    public static ReluWeights<double> Weights(ReluShape shape, params double[] values) => new(shape, values);

    /// <summary>‖a − b‖ / ‖b‖ in the maximum norm.</summary>
    public static double Distance<T>(ReluWeights<T> a, ReluWeights<T> b) where T : unmanaged,
        System.Numerics.IBinaryFloatingPointIeee754<T> =>
        a.Values.Zip(b.Values, (p, q) => Math.Abs(double.CreateTruncating(p) - double.CreateTruncating(q)))
            .Max() / b.Values.Max(v => Math.Abs(double.CreateTruncating(v)));

    /// <summary>What an instrument says.</summary>
    public static double[] Measure(ReluInstrument<double> instrument, ReluWeights<double> weights)
    {
        var row = new double[instrument.Metrics.Count];
        instrument.Measure(weights, row);
        return row;
    }

    private static ReluProblem Make(
        RegressionData data, ReluShape shape, uint seed, Func<ReluShape, TorchRandom, ReluWeights<float>> draw, long steps,
            double threshold)
    {
        using var random = new TorchRandom(seed);
        return new ReluProblem(data, draw(shape, random), steps, seed, threshold);
    }
}
