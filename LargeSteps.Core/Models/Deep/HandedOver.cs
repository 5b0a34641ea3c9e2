using static TorchSharp.torch;

namespace LargeSteps.Models.Deep;

/// <summary>
/// What the backward passes of our own functions hand over to libtorch, which keeps what it needs of it: given back when the next layer is
/// through, not when the scope of the whole pass is. One for all layers of a pass.
/// </summary>
internal sealed class HandedOver
{
    private Tensor?[] _last = [];

    /// <summary>Hands derivatives over, out of the innermost scope, in the place of those before.</summary>
    /// <param name="derivatives">One for each argument; null for those that have none.</param>
    public List<Tensor> Hand(params Tensor?[] derivatives)
    {
        foreach (var before in _last) before?.Dispose();
        _last = derivatives;
        foreach (var derivative in derivatives) derivative?.MoveToOuterDisposeScope();
        // TorchSharp takes null for an argument without a derivative, and does not say so.
        return [.. derivatives.Select(derivative => derivative!)];
    }
}
