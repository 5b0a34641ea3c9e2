using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;

namespace LargeSteps.Training.Diagonal;

/// <summary>A run of a diagonal linear network.</summary>
internal sealed class DiagonalRun : EngineRun<DiagonalWeights>
{
    private readonly ValleyProjection? _valley;
    private readonly RegressionData _data;

    private DiagonalRun(Pipeline pipeline, RegressionData data, IEngine<DiagonalWeights> engine,
        Func<double, IEngine<DiagonalWeights>> twin, DiagonalView view) : base(pipeline, engine, twin, view) =>
        (_valley, _data) = (pipeline.Probes.Valley, data);

    public static DiagonalRun Of(Pipeline pipeline, DiagonalLinear model, RegressionData data, string device)
    {
        var (start, rule) = (DiagonalWeights.Create(model, data.Dimensions), pipeline.Optimizer.Rule);
        return new(pipeline, data, EngineFrom(start), perturbation => EngineFrom(start.Scaled(1 + perturbation)),
            new DiagonalView(pipeline.Target, data, part => pipeline.Engine.Match<ITrainingLoss>(
                closedForm => new DiagonalTrainingLoss(part), autograd => AutogradTrainingLoss.OfDiagonal(device, part))));

        // A warm start is a run of its own, of plain steps.
        HostVector<double> Begun(DiagonalWeights from)
        {
            using var warm = new DiagonalEngine(from, data,
                pipeline.Optimizer.WithRule(UpdateRule.Plain.WithWarmStart(rule.WarmStart)));
            var begun = warm.Current;
            return new([.. begun.U, .. begun.V]);
        }

        IEngine<DiagonalWeights> EngineFrom(DiagonalWeights from) => pipeline.Engine.Match<IEngine<DiagonalWeights>>(
            closedForm => DiagonalEngine.Knows(rule) ? new DiagonalEngine(from, data, pipeline.Optimizer)
                : ChainOf(new DiagonalEngine(from, data, pipeline.Optimizer.WithRule(UpdateRule.Plain)), from),
            autograd => DiagonalEngine.Knows(rule) ? DiagonalAutogradEngine.On(device, from, data, pipeline.Optimizer)
                : ChainOf(AutogradBatches.OfDiagonal(device, pipeline.Optimizer, data), from));

        ChainEngine<DiagonalWeights> ChainOf(IBatchLoss batches, DiagonalWeights from) => new(batches,
            Chain.Of(rule, ofFactors: true, Begun(from), [data.Dimensions, data.Dimensions]),
            w => new(HostVector<double>.Of(w)[..data.Dimensions], HostVector<double>.Of(w)[data.Dimensions..]));
    }

    public override bool IsFinite() => double.IsFinite(DiagonalScores.Of(_data.Features, _data.Labels, Current));

    protected override DiagonalWeights Measured(DiagonalWeights iterate) =>
        _valley is { } valley ? DiagonalEngine.Descend(iterate, _data, valley) : iterate;
}
