using BenchmarkDotNet.Attributes;
using LargeSteps.Datasets;
using LargeSteps.Models.Dense;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;

namespace LargeSteps.Benchmarks;

/// <summary>A thousand steps of the ReLU networks of the paper.</summary>
[MemoryDiagnoser]
public class DenseBenchmarks
{
    private const int Steps = 1000;

    private readonly IEngine<DenseWeights<float>>[] _closedForm = [.. DenseWork.All.Select(work => work.ClosedForm())];
    private readonly IEngine<DenseWeights<float>> _autograd = DenseWork.All[^1].Autograd();

    [Benchmark(OperationsPerInvoke = Steps)]
    public double Regression1dClosedForm() => DenseWork.Run(_closedForm[0], Steps, DenseWork.All[0].Rate);

    [Benchmark(OperationsPerInvoke = Steps)]
    public double TwoLayerClosedForm() => DenseWork.Run(_closedForm[1], Steps, DenseWork.All[1].Rate);

    [Benchmark(OperationsPerInvoke = Steps)]
    public double ThreeLayerClosedForm() => DenseWork.Run(_closedForm[2], Steps, DenseWork.All[2].Rate);

    [Benchmark(OperationsPerInvoke = Steps)]
    public double ThreeLayerAutograd() => DenseWork.Run(_autograd, Steps, DenseWork.All[2].Rate);
}

/// <summary>An experiment of the paper's ReLU networks, at its small step size.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Steps">The steps of its runs.</param>
/// <param name="Rate">The step size.</param>
/// <param name="Seed">The seed of the sampling.</param>
/// <param name="Data">The data.</param>
/// <param name="Start">The initial weights.</param>
internal sealed record DenseWork(string Name, int Steps, double Rate, uint Seed, RegressionData Data, DenseWeights<float> Start)
{
    /// <summary>regression_1d, two_layer, three_layer.</summary>
    public static IReadOnlyList<DenseWork> All { get; } =
    [
        new("regression_1d", 31_623, 0.0002, 3, DenseProblems.RegressionPoints(), Draw(3, new([1, 100, 1], [true, false]), (s, t) => DenseInitialisers.Blanc(s, 2.5, 2.5, 4, t))),
        new("two_layer", 14_126, 0.13, 0, DenseProblems.TeacherStudent(DenseShape.Of(false, 2, 3, 1), TeacherForm.UnitRowsAndSigns, 15, 1000, 1),
            Draw(0, DenseShape.Of(false, 2, 20, 1), (s, t) => DenseInitialisers.Gaussian(s, [0.5, 0], t))),
        new("three_layer", 10_001, 0.011, 5, DenseProblems.TeacherStudent(DenseShape.Of(true, 5, 2, 2, 1), TeacherForm.Gaussian, 50, 1000, 6),
            Draw(5, DenseShape.Of(true, 5, 10, 10, 1), (s, t) => DenseInitialisers.Gaussian(s, [0.8, 0.8, 0.8], t))),
    ];

    public IEngine<DenseWeights<float>> ClosedForm() => new ClosedFormDense<float>(Start, Data, DenseRule.Plain, 1, Seed);

    public IEngine<DenseWeights<float>> Autograd() => AutogradDense<float>.On("cpu", Start, Data, DenseRule.Plain, 1, Seed);

    public static double Run(IEngine<DenseWeights<float>> engine, long steps, double rate)
    {
        double loss = 0;
        for (long k = 0; k < steps; k++) loss = engine.Step(rate);
        return loss;
    }

    private static DenseWeights<float> Draw(uint seed, DenseShape shape, Func<DenseShape, TorchRandom, DenseWeights<float>> draw)
    {
        NativeLibraries.EnsureLoaded();
        using var random = new TorchRandom(seed);
        return draw(shape, random);
    }
}
