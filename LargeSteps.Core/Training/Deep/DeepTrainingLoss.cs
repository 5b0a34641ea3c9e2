using LargeSteps.Models.Deep;
using LargeSteps.Optimizers;
using LargeSteps.Probes;
using static TorchSharp.torch;

namespace LargeSteps.Training.Deep;

/// <summary>The mean loss of a batch as a function of the weights, in float32, in chunks of the engine's.</summary>
/// <param name="engine">The network.</param>
/// <param name="batch">The batch, in the scope of the caller.</param>
/// <param name="running">Whether batch norm takes its running statistics; otherwise those of the batch.</param>
internal sealed class DeepTrainingLoss(DeepEngine engine, Func<DeepBatch> batch, bool running) : ILoss
{
    public double Value(ParameterVector at)
    {
        using var scope = NewDisposeScope();
        using var computing = engine.Computing(ofCurvature: true);
        using var noGradient = no_grad();
        var (loss, all) = (0.0, batch());
        foreach (var part in Parts(all)) loss += Of(TensorVector.Of(at), part).item<float>() * Share(part, all);
        return loss;
    }

    public ParameterVector Gradient(ParameterVector at)
    {
        using var scope = NewDisposeScope();
        using var computing = engine.Computing(ofCurvature: true);
        var weights = TensorVector.Of(at).detach().requires_grad_();
        return Mean(weights, part => engine.Network.Derivatives.Of(Of(weights, part), weights));
    }

    public ICurvature Curvature(ParameterVector at)
    {
        using var scope = NewDisposeScope();
        using var computing = engine.Computing(ofCurvature: true);
        return new LossCurvature(engine.Network, TensorVector.Of(at), batch(), engine.Chunk, running ? engine.Statistics : null)
        { Computing = () => engine.Computing(ofCurvature: true) };
    }

    public ICurvature GaussNewton(ParameterVector at)
    {
        using var scope = NewDisposeScope();
        return new GaussNewtonProducts(engine.Network, TensorVector.Of(at), batch(), engine.Chunk, (weights, part) =>
            Logits(weights, part.Images))
        { Computing = () => engine.Computing(ofCurvature: true) };
    }

    public double[] Slopes(ParameterVector at, ParameterVector direction)
    {
        using var scope = NewDisposeScope();
        using var computing = engine.Computing(ofCurvature: true);
        var (weights, v, slopes) = (TensorVector.Of(at).detach().requires_grad_(), TensorVector.Of(direction), new List<double>());
        foreach (var part in Parts(batch()))
        {
            using var inner = NewDisposeScope();
            slopes.AddRange(Products.Slopes(Logits(weights, part.Images), outputs => engine.Network.ClassLoss.Of(outputs,
                part.Labels), [weights], [v]).to(ScalarType.Float64).cpu().data<double>());
        }
        return [.. slopes];
    }

    public ParameterVector CurvatureGradient(ParameterVector at, ParameterVector direction)
    {
        using var scope = NewDisposeScope();
        using var computing = engine.Computing(ofCurvature: true);
        var (weights, v) = (TensorVector.Of(at).detach().requires_grad_(), TensorVector.Of(direction));
        return Mean(weights, part =>
            Products.CurvatureGradient(Of(weights, part, derivatives: 3), [weights], [v])[0] ?? zeros_like(v));
    }

    private AutogradProducts Products => new(engine.Network.Derivatives);

    private TensorVector Mean(Tensor weights, Func<DeepBatch, Tensor> of) =>
        new(engine.Network, batch().Mean(engine.Chunk, weights, of).MoveToOuterDisposeScope());

    private IEnumerable<DeepBatch> Parts(DeepBatch all) => engine.Chunk is { } chunk ? all.Chunks(chunk) : [all];

    private static double Share(DeepBatch part, DeepBatch all) => (double)part.Labels.shape[0] / all.Labels.shape[0];

    private Tensor Logits(Tensor weights, Tensor images)
    {
        if (running)
        {
            return engine.Network.Forward(weights, engine.Statistics, images, training: false, precision: DeepPrecision.Float32).Logits;
        }

        using var aside = engine.Network.NewStatistics(weights.device);
        return engine.Network.Forward(weights, aside, images, training: true, precision: DeepPrecision.Float32,
            derivatives: 2).Logits;
    }

    private Tensor Of(Tensor weights, DeepBatch part, int derivatives = 1)
    {
        var (images, labels) = part;
        if (running)
        {
            return engine.Network.Loss(weights, engine.Statistics, images, labels, training: false,
                precision: DeepPrecision.Float32, derivatives: derivatives);
        }

        using var aside = engine.Network.NewStatistics(weights.device);
        return engine.Network.Loss(weights, aside, images, labels, training: true, precision: DeepPrecision.Float32,
            derivatives: derivatives);
    }
}
