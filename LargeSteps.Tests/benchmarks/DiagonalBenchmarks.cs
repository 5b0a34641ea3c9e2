using BenchmarkDotNet.Attributes;
using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Training.Diagonal;

namespace LargeSteps.Benchmarks;

/// <summary>A thousand steps of the diagonal networks of the paper, and a measurement of the Jacobian's rank.</summary>
[MemoryDiagnoser]
public class DiagonalBenchmarks
{
    private const int Steps = 1000;

    private readonly DiagonalEngine _sgd = DiagonalWork.Sgd(), _gd = DiagonalWork.Gd();
    private readonly DiagonalAutogradEngine _autograd = DiagonalWork.AutogradSgd();
    private readonly ScaledRank _rank = new(new Matrix(400, 200, DatasetFactory.Create(DatasetSpec.SparseRegression(80, 200,
        20)).TestFeatures.AsSpan()[..80000].ToArray()));
    private readonly double[] _scales = [.. Enumerable.Range(0, 200).Select(j => Math.Pow(10, -j / 8.0))];
    private readonly int[] _ranks = new int[2];

    [Benchmark(OperationsPerInvoke = Steps)]
    public double SgdClosedForm() => DiagonalWork.Run(_sgd, Steps, 0.25);

    [Benchmark(OperationsPerInvoke = Steps)]
    public double GdClosedForm() => DiagonalWork.Run(_gd, Steps, 2);

    [Benchmark(OperationsPerInvoke = Steps)]
    public double SgdAutograd() => DiagonalWork.Run(_autograd, Steps, 0.25);

    [Benchmark]
    public int JacobianRank()
    {
        _rank.Count(_scales, [1e-15, 1e-10], _ranks);
        return _ranks[0];
    }
}

/// <summary>The engines of the paper's two diagonal experiments.</summary>
internal static class DiagonalWork
{
    private static readonly DiagonalLinear Model = new(0.1, 0);

    public static DiagonalEngine Sgd() => ClosedForm(DatasetSpec.SparseRegression(80, 200, 20), OptimizerSpec.Sgd(1));

    public static DiagonalEngine Gd() => ClosedForm(DatasetSpec.SparseRegression(40, 100, 20), OptimizerSpec.GradientDescent(1));

    public static DiagonalAutogradEngine AutogradSgd() =>
        DiagonalAutogradEngine.On("cpu", DiagonalWeights.Create(Model, 200),
            DatasetFactory.Create(DatasetSpec.SparseRegression(80, 200, 20)), OptimizerSpec.Sgd(1));

    public static double Run(IEngine<DiagonalWeights> engine, long steps, double rate)
    {
        double loss = 0;
        if (engine is IManySteps { MakesMany: true } many) return many.MakeSteps(0, steps, _ => rate);
        for (long k = 0; k < steps; k++) loss = engine.Step(rate);
        return loss;
    }

    private static DiagonalEngine ClosedForm(DatasetSpec dataset, OptimizerSpec optimizer)
    {
        var data = DatasetFactory.Create(dataset);
        return new DiagonalEngine(DiagonalWeights.Create(Model, data.Dimensions), data, optimizer);
    }
}
