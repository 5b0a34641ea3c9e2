using LargeSteps.Numerics;
using static TorchSharp.torch;

namespace LargeSteps.Training;

/// <summary>Products with second and third derivatives by autograd. Weights and directions are tensors of the same shapes, in the same
/// order; results are in the scope of the caller, null where the outputs do not depend on the weights.</summary>
/// <param name="derivatives">By what the network is differentiated.</param>
internal readonly struct AutogradProducts(Derivatives derivatives)
{
    /// <summary>Jᵀ A J v: J the derivative of the outputs by the weights, A the second derivative of the loss by the outputs.</summary>
    /// <param name="outputs">The outputs, with their graph.</param>
    /// <param name="loss">The loss of outputs.</param>
    /// <param name="weights">The weights that the graph leads to.</param>
    /// <param name="direction">v.</param>
    public Tensor?[] GaussNewton(Tensor outputs, Func<Tensor, Tensor> loss, IList<Tensor> weights, IList<Tensor> direction)
    {
        var along = Along(outputs, weights, direction);
        var at = outputs.detach().requires_grad_();
        // The loss is ours.
        var slope = Derivatives.OfOurs.WithGraph(loss(at), at);
        var curved = Derivatives.OfOurs.Of(slope, at, along);
        return derivatives.Of([outputs], weights, [curved]);
    }

    /// <summary>The derivative of each sample's loss in a direction.</summary>
    /// <param name="outputs">The outputs, a row a sample, with their graph.</param>
    /// <param name="loss">The mean of the samples' losses.</param>
    /// <param name="weights">The weights that the graph leads to.</param>
    /// <param name="direction">The direction.</param>
    public Tensor Slopes(Tensor outputs, Func<Tensor, Tensor> loss, IList<Tensor> weights, IList<Tensor> direction)
    {
        var along = Along(outputs, weights, direction);
        var at = outputs.detach().requires_grad_();
        var n = outputs.shape[0];
        // Held: a scalar that nobody holds can be collected while libtorch reads it.
        using TorchSharp.Scalar count = n;
        return Derivatives.OfOurs.Of(loss(at), at).mul(along).reshape(n, -1).sum(1).mul_(count);
    }

    /// <summary>∇(uᵀHu), H the Hessian of a loss.</summary>
    /// <param name="loss">The loss, with its graph.</param>
    /// <param name="weights">The weights that the graph leads to.</param>
    /// <param name="direction">u.</param>
    public Tensor?[] CurvatureGradient(Tensor loss, IList<Tensor> weights, IList<Tensor> direction)
    {
        var used = Used(derivatives.WithGraph([loss], weights), direction);
        // A gradient, or a Hessian, that is the same everywhere.
        if (used.Of.Length == 0) return new Tensor?[weights.Count];
        var products = Used(derivatives.WithGraph(used.Of, weights, used.Along), direction);
        return products.Of.Length == 0 ? new Tensor?[weights.Count]
            : derivatives.Of([products.Of.Zip(products.Along, (of, along) => of.mul(along).sum()).Aggregate((a, b) => a.add(b))], weights);
    }

    // J v, by the derivative of Jᵀz by z.
    private Tensor Along(Tensor outputs, IList<Tensor> weights, IList<Tensor> direction)
    {
        var z = zeros_like(outputs, requires_grad: true);
        var used = Used(derivatives.WithGraph([outputs], weights, [z]), direction);
        return used.Of.Length == 0 ? zeros_like(outputs, requires_grad: false)
            : derivatives.Of(used.Of, [z], used.Along, retainGraph: true)[0] ?? zeros_like(outputs, requires_grad: false);
    }

    /// <summary>The derivatives that can be differentiated again, and the parts of a direction that belong to them.</summary>
    public static (Tensor[] Of, Tensor[] Along) Used(Tensor?[] derivatives, IList<Tensor> direction)
    {
        var used = derivatives.Zip(direction).Where(pair => pair.First is { requires_grad: true }).ToArray();
        return ([.. used.Select(pair => pair.First!)], [.. used.Select(pair => pair.Second)]);
    }
}
