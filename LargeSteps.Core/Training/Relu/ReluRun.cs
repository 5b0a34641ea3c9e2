using System.Numerics;
using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Values;

namespace LargeSteps.Training.Relu;

/// <summary>A run of a fully connected ReLU network.</summary>
internal sealed class ReluRun<T> : EngineRun<ReluWeights<T>> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly ReluScores<T> _scores;
    private readonly ReluForward<T> _training;

    private ReluRun(Pipeline pipeline, ReluShape shape, RegressionData data, ReluLoss loss, IEngine<ReluWeights<T>> engine,
        Func<double, IEngine<ReluWeights<T>>> twin, ReluView<T> view) : base(pipeline, engine, twin, view) =>
        (_scores, _training) = (new(shape, data, loss), new(shape, data.Features));

    public static ReluRun<T> Of(Pipeline pipeline, ReluNetwork model, RegressionData data, string device)
    {
        // The initial weights are drawn by libtorch, whatever computes the gradients.
        NativeLibraries.EnsureLoaded();
        var shape = ReluShape.Of(model, data.Dimensions);
        using var random = new TorchRandom(model.Seed);
        var start = model.Initialisation.Match(
            usual => ReluInitialisers.Default(shape, random),
            gaussian => ReluInitialisers.Gaussian(shape, gaussian.Scales, random),
            blanc => ReluInitialisers.Blanc(shape, blanc.First, blanc.Bias, blanc.Output, random),
            balanced => ReluInitialisers.Balanced(shape, balanced.Scale, random)).As<T>();
        var (rule, loss) = (pipeline.Optimizer.Rule, model.Loss.Match(squared => ReluLoss.Squared, logistic => ReluLoss.Logistic));
        var (batch, seed) = pipeline.Optimizer.Match(gd => (0, gd.Seed), sgd => (sgd.BatchSize, sgd.Seed));
        var points = new Lazy<Matrix>(() => data.Dimensions == 1
            ? JacobianPoints.Uniform(data, shape.Parameters, pipeline.Horizon.Steps, batch, seed, NoisySteps())
            : JacobianPoints.FirstTest(shape, data));
        return new(pipeline, shape, data, loss, EngineFrom(start),
            perturbation => EngineFrom(new(shape, Array.ConvertAll(start.Values,
                w => T.CreateTruncating(double.CreateTruncating(w) * (1 + perturbation))))),
            new ReluView<T>(pipeline.Target, shape, data, loss, part => pipeline.Engine.Match<ITrainingLoss>(
                closedForm => new ReluTrainingLoss(shape, part, loss),
                autograd => AutogradTrainingLoss.OfRelu(device, shape, part, loss)), points));

        Func<long, bool> NoisySteps()
        {
            var draws = StepNoises.Draws(rule.LabelNoise, pipeline.Horizon);
            return k => draws(pipeline.Horizon.Progress(k));
        }

        IEngine<ReluWeights<T>> EngineFrom(ReluWeights<T> from) => pipeline.Engine.Match<IEngine<ReluWeights<T>>>(
            closedForm => ReluEngine<T>.Knows(rule) ? new ReluEngine<T>(from, data, rule, batch, seed, loss)
                : ChainOf(new ReluEngine<T>(from, data, UpdateRule.Plain, batch, seed, loss), from),
            autograd => ReluEngine<T>.Knows(rule) ? ReluAutogradEngine<T>.On(device, from, data, rule, batch, seed, loss)
                : ChainOf(AutogradBatches.OfRelu<T>(device, pipeline.Optimizer, shape, data, loss), from));

        ChainEngine<ReluWeights<T>> ChainOf(IBatchLoss batches, ReluWeights<T> from) => new(batches,
            Chain.Of(rule, ofFactors: false, new HostVector<T>([.. from.Values]), Items.From(
                Enumerable.Range(0, shape.Layers).Select(l => shape.Outputs(l) * (shape.Inputs(l) + (shape.Biases[l] ? 1 : 0))))),
            w => new(shape, [.. HostVector<T>.Of(w)]));
    }

    public override bool IsFinite() => double.IsFinite(_scores.Train(Current));

    public override bool IsDead => _training.IsDead(Current);
}
