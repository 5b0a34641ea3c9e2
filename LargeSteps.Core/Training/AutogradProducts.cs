using static TorchSharp.torch;

namespace LargeSteps.Training;

/// <summary>Products with second and third derivatives by autograd. Weights and directions are tensors of the same shapes, in the same
/// order; results are in the scope of the caller. What the outputs do not depend on has a tensor without a handle.</summary>
/// <remarks>Both flags of a graph that is to be differentiated again are said by name: without retain_graph it ends the process.</remarks>
internal static class AutogradProducts
{
    /// <summary>Jᵀ A J v: J the derivative of the outputs by the weights, A the second derivative of the loss by the outputs.</summary>
    /// <param name="outputs">The outputs, with their graph.</param>
    /// <param name="loss">The loss of outputs.</param>
    /// <param name="weights">The weights that the graph leads to.</param>
    /// <param name="direction">v.</param>
    public static IList<Tensor> GaussNewton(Tensor outputs, Func<Tensor, Tensor> loss, IList<Tensor> weights, IList<Tensor> direction)
    {
        var along = Along(outputs, weights, direction);
        var at = outputs.detach().requires_grad_();
        var slope = autograd.grad([loss(at)], [at], retain_graph: true, create_graph: true)[0];
        var curved = autograd.grad([slope], [at], [along])[0];
        return autograd.grad([outputs], weights, [curved], allow_unused: true);
    }

    /// <summary>The derivative of each sample's loss in a direction.</summary>
    /// <param name="outputs">The outputs, a row a sample, with their graph.</param>
    /// <param name="loss">The mean of the samples' losses.</param>
    /// <param name="weights">The weights that the graph leads to.</param>
    /// <param name="direction">The direction.</param>
    public static Tensor Slopes(Tensor outputs, Func<Tensor, Tensor> loss, IList<Tensor> weights, IList<Tensor> direction)
    {
        var along = Along(outputs, weights, direction);
        var at = outputs.detach().requires_grad_();
        var n = outputs.shape[0];
        // Held: a scalar that nobody holds can be collected while libtorch reads it.
        using TorchSharp.Scalar count = n;
        return autograd.grad([loss(at)], [at])[0].mul(along).reshape(n, -1).sum(1).mul_(count);
    }

    /// <summary>∇(uᵀHu), H the Hessian of a loss.</summary>
    /// <param name="loss">The loss, with its graph.</param>
    /// <param name="weights">The weights that the graph leads to.</param>
    /// <param name="direction">u.</param>
    public static IList<Tensor> CurvatureGradient(Tensor loss, IList<Tensor> weights, IList<Tensor> direction)
    {
        var gradient = autograd.grad([loss], weights, retain_graph: true, create_graph: true, allow_unused: true);
        var used = gradient.Zip(direction).Where(pair => !pair.First.IsInvalid && pair.First.requires_grad).ToArray();
        if (used.Length == 0) return [.. weights.Select(weight => zeros_like(weight, requires_grad: false))];
        var products = autograd.grad([.. used.Select(pair => pair.First)], weights, [.. used.Select(pair => pair.Second)],
            retain_graph: true, create_graph: true, allow_unused: true);
        var parts = products.Zip(direction).Where(pair => !pair.First.IsInvalid && pair.First.requires_grad)
            .Select(pair => pair.First.mul(pair.Second).sum()).ToArray();
        // A Hessian that is the same everywhere.
        return parts.Length == 0 ? [.. weights.Select(weight => zeros_like(weight, requires_grad: false))]
            : autograd.grad([parts.Aggregate((a, b) => a.add(b))], weights, allow_unused: true);
    }

    // J v, by the derivative of Jᵀz by z.
    private static Tensor Along(Tensor outputs, IList<Tensor> weights, IList<Tensor> direction)
    {
        var z = zeros_like(outputs, requires_grad: true);
        var back = autograd.grad([outputs], weights, [z], retain_graph: true, create_graph: true, allow_unused: true);
        var used = back.Zip(direction).Where(pair => !pair.First.IsInvalid).ToArray();
        return autograd.grad([.. used.Select(pair => pair.First)], [z], [.. used.Select(pair => pair.Second)], retain_graph: true)[0];
    }
}
