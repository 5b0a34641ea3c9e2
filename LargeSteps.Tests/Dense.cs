using LargeSteps.Datasets;
using LargeSteps.Models.Dense;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Probes;

namespace LargeSteps.Tests;

/// <summary>A published problem of fully connected networks: data, student, length, seeds.</summary>
internal sealed record DenseProblem(RegressionData Data, DenseWeights<float> Start, long Steps, uint Seed, double Threshold)
{
    public DenseShape Shape => Start.Shape;

    /// <summary>The points that the Jacobian is taken on.</summary>
    public Matrix Points => Data.Dimensions == 1
        ? JacobianPoints.Uniform(Data, Shape.Parameters, Steps, 1, Seed, _ => false)
        : JacobianPoints.FirstTest(Shape, Data);

    public ClosedFormDense<float> Engine(DenseRule? rule = null) => new(Start, Data, rule ?? DenseRule.Plain, 1, Seed);

    /// <summary>The published run with everything that the published tables hold.</summary>
    public DenseResult Run(DenseRate rate, params Instrument<DenseWeights<float>>[] more)
    {
        using var engine = Engine();
        return DenseExperiment.Run(engine, [DenseInstruments<float>.Losses(Shape, Data), .. more], rate, Steps, DenseExperiment.Published);
    }
}

/// <summary>Problems and networks of the tests.</summary>
internal static class Dense
{
    public static DenseProblem Regression { get; } = Make(
        DenseProblems.RegressionPoints(), new([1, 100, 1], [true, false]), 3, (s, t) => DenseInitialisers.Blanc(s, 2.5, 2.5, 4, t), 31_623, 0.999);

    public static DenseProblem TwoLayer { get; } = Make(
        DenseProblems.TeacherStudent(DenseShape.Of(false, 2, 3, 1), TeacherForm.UnitRowsAndSigns, 15, 1000, 1),
        DenseShape.Of(false, 2, 20, 1), 0, (s, t) => DenseInitialisers.Gaussian(s, [0.5, 0], t), 14_126, 0.99);

    public static DenseProblem ThreeLayer { get; } = Make(
        DenseProblems.TeacherStudent(DenseShape.Of(true, 5, 2, 2, 1), TeacherForm.Gaussian, 50, 1000, 6),
        DenseShape.Of(true, 5, 10, 10, 1), 5, (s, t) => DenseInitialisers.Gaussian(s, [0.8, 0.8, 0.8], t), 10_001, 0.99);

    /// <summary>A training set, which is its own test set.</summary>
    public static RegressionData Data(double[][] x, params double[] y) => Diagonal.Data(x, y);

    /// <summary>Weights with given parameters, in PyTorch's order.</summary>
    public static DenseWeights<double> Weights(DenseShape shape, params double[] values) => new(shape, values);

    /// <summary>‖a − b‖ / ‖b‖ in the maximum norm.</summary>
    public static double Distance<T>(DenseWeights<T> a, DenseWeights<T> b) where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T> =>
        a.Values.Zip(b.Values, (p, q) => Math.Abs(double.CreateTruncating(p) - double.CreateTruncating(q))).Max() / b.Values.Max(v => Math.Abs(double.CreateTruncating(v)));

    /// <summary>What an instrument says.</summary>
    public static double[] Measure(Instrument<DenseWeights<double>> instrument, DenseWeights<double> weights)
    {
        var row = new double[instrument.Metrics.Count];
        instrument.Measure(weights, row);
        return row;
    }

    private static DenseProblem Make(
        RegressionData data, DenseShape shape, uint seed, Func<DenseShape, TorchRandom, DenseWeights<float>> draw, long steps, double threshold)
    {
        using var random = new TorchRandom(seed);
        return new DenseProblem(data, draw(shape, random), steps, seed, threshold);
    }
}
