using BenchmarkDotNet.Attributes;
using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Training.Relu;

namespace LargeSteps.Benchmarks;

/// <summary>A thousand steps of the ReLU networks of the paper.</summary>
[MemoryDiagnoser]
public class ReluBenchmarks
{
    private const int Steps = 1000;

    private readonly IEngine<ReluWeights<float>>[] _closedForm = [.. ReluWork.All.Select(work => work.ClosedForm())];
    private readonly IEngine<ReluWeights<float>> _autograd = ReluWork.All[^1].Autograd();

    [Benchmark(OperationsPerInvoke = Steps)]
    public double Regression1dClosedForm() => ReluWork.Run(_closedForm[0], Steps, ReluWork.All[0].Rate);

    [Benchmark(OperationsPerInvoke = Steps)]
    public double TwoLayerClosedForm() => ReluWork.Run(_closedForm[1], Steps, ReluWork.All[1].Rate);

    [Benchmark(OperationsPerInvoke = Steps)]
    public double ThreeLayerClosedForm() => ReluWork.Run(_closedForm[2], Steps, ReluWork.All[2].Rate);

    [Benchmark(OperationsPerInvoke = Steps)]
    public double ThreeLayerAutograd() => ReluWork.Run(_autograd, Steps, ReluWork.All[2].Rate);
}

/// <summary>An experiment of the paper's ReLU networks, at its small step size.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Steps">The steps of its runs.</param>
/// <param name="Rate">The step size.</param>
/// <param name="Seed">The seed of the sampling.</param>
/// <param name="Data">The data.</param>
/// <param name="Start">The initial weights.</param>
internal sealed record ReluWork(string Name, int Steps, double Rate, uint Seed, RegressionData Data, ReluWeights<float> Start)
{
    /// <summary>regression_1d, two_layer, three_layer.</summary>
    public static IReadOnlyList<ReluWork> All { get; } =
    [
        new("regression_1d", 31_623, 0.0002, 3, ReluProblems.RegressionPoints(),
        Draw(3, new([1, 100, 1], [true, false]), (s, t) => ReluInitialisers.Blanc(s, 2.5, 2.5, 4, t))),
        new("two_layer", 14_126, 0.13, 0,
        ReluProblems.TeacherStudent(ReluShape.Of(false, 2, 3, 1), TeacherForm.UnitRowsAndSigns, 15, 1000, 1),
            Draw(0, ReluShape.Of(false, 2, 20, 1), (s, t) => ReluInitialisers.Gaussian(s, [0.5, 0], t))),
        new("three_layer", 10_001, 0.011, 5, ReluProblems.TeacherStudent(ReluShape.Of(true, 5, 2, 2, 1), TeacherForm.Gaussian, 50, 1000, 6),
            Draw(5, ReluShape.Of(true, 5, 10, 10, 1), (s, t) => ReluInitialisers.Gaussian(s, [0.8, 0.8, 0.8], t))),
    ];

    public IEngine<ReluWeights<float>> ClosedForm() => new ReluEngine<float>(Start, Data, UpdateRule.Plain, 1, Seed);

    public IEngine<ReluWeights<float>> Autograd() => ReluAutogradEngine<float>.On("cpu", Start, Data, UpdateRule.Plain, 1, Seed);

    public static double Run(IEngine<ReluWeights<float>> engine, long steps, double rate)
    {
        double loss = 0;
        for (long k = 0; k < steps; k++) loss = engine.Step(rate);
        return loss;
    }

    private static ReluWeights<float> Draw(uint seed, ReluShape shape, Func<ReluShape, TorchRandom, ReluWeights<float>> draw)
    {
        NativeLibraries.EnsureLoaded();
        using var random = new TorchRandom(seed);
        return draw(shape, random);
    }
}
