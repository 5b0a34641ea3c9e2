using System.Runtime.InteropServices;
using LargeSteps.Values;
using static TorchSharp.torch;

namespace LargeSteps.Numerics;

/// <summary>Derivatives by libtorch; the results are in the scope of the caller.</summary>
/// <remarks>TorchSharp's <c>autograd.grad</c> lets libtorch's errors end the process: an operation in place that spoils a derivative, a
/// second derivative that does not exist. Its <c>autograd.backward</c> makes them exceptions, and leaves what it finds at the tensors that
/// it is asked for.</remarks>
internal abstract class Derivatives
{
    /// <summary>Of networks of this library, which are tried.</summary>
    public static Derivatives OfOurs { get; } = new Direct();

    /// <summary>Of a function of a program's own: what libtorch cannot do is an exception.</summary>
    /// <param name="whose">In words, such as <c>the module 'mine'</c>.</param>
    public static Derivatives OfOwn(string whose) => new Caught(whose);

    /// <summary>The derivatives of outputs by tensors that need a gradient. A gradient that a tensor has already stays its own.</summary>
    /// <param name="outputs">What is differentiated; of one number each, but where <paramref name="along"/> is given.</param>
    /// <param name="by">Tensors of the graph.</param>
    /// <param name="along">What the derivatives are multiplied by, in the shapes of the outputs; null: ones.</param>
    /// <param name="retainGraph">Whether the graph is kept.</param>
    /// <returns>For each, in order; null: the outputs do not depend on it.</returns>
    /// <exception cref="RunException">libtorch cannot differentiate a function of a program's own.</exception>
    public abstract Tensor?[] Of(IList<Tensor> outputs, IList<Tensor> by, IList<Tensor>? along = null, bool retainGraph = false);

    /// <summary>The same with a graph of their own, so that they can be differentiated again.</summary>
    /// <param name="outputs">What is differentiated.</param>
    /// <param name="by">Tensors of the graph.</param>
    /// <param name="along">What the derivatives are multiplied by; null: ones.</param>
    /// <exception cref="RunException">As of <see cref="Of(IList{Tensor}, IList{Tensor}, IList{Tensor}, bool)"/>.</exception>
    public virtual Tensor?[] WithGraph(IList<Tensor> outputs, IList<Tensor> by, IList<Tensor>? along = null) =>
        // Both flags by name: without retain_graph a graph that is to be differentiated again ends the process.
        Found(autograd.grad(outputs, by, along, retain_graph: true, create_graph: true, allow_unused: true));

    /// <summary>The derivative of one output by all weights in one tensor.</summary>
    /// <exception cref="RunException">Also, the output does not depend on them.</exception>
    public Tensor Of(Tensor output, Tensor by, Tensor? along = null, bool retainGraph = false) =>
        Of([output], [by], along is null ? null : [along], retainGraph)[0] ?? throw Independent();

    /// <summary>The same with a graph of its own.</summary>
    /// <exception cref="RunException">Also, the output does not depend on them.</exception>
    public Tensor WithGraph(Tensor output, Tensor by) => WithGraph([output], [by])[0] ?? throw Independent();

    private protected virtual RunException Independent() => new("the outputs do not depend on the parameters: there is no gradient");

    // What is not there is a tensor without a handle.
    private static Tensor?[] Found(IList<Tensor> gradients) => [.. gradients.Select(gradient => gradient.IsInvalid ? null : gradient)];

    private sealed class Direct : Derivatives
    {
        public override Tensor?[] Of(IList<Tensor> outputs, IList<Tensor> by, IList<Tensor>? along, bool retainGraph) =>
            Found(autograd.grad(outputs, by, along, retain_graph: retainGraph, allow_unused: true));
    }

    private sealed class Caught(string whose) : Derivatives
    {
        public override Tensor?[] Of(IList<Tensor> outputs, IList<Tensor> by, IList<Tensor>? along, bool retainGraph)
        {
            // A module may keep what it likes there, and libtorch adds to what it finds. What is no leaf has nothing, and warns who asks.
            Tensor?[] own = [.. by.Select(tensor => tensor.is_leaf ? tensor.grad : null)];
            try
            {
                foreach (var tensor in by.Where(tensor => tensor.is_leaf)) tensor.grad = null;
                autograd.backward(outputs, along, retain_graph: retainGraph, inputs: by);
                return [.. by.Select(tensor => tensor.grad)];
            }
            catch (ExternalException e) when (!OutOfMemory.IsToldBy(e))
            {
                throw new RunException($"{whose} cannot be differentiated: {e.Message.Split('\n')[0].Trim()}", e);
            }
            finally
            {
                foreach (var (tensor, gradient) in by.Zip(own)) tensor.grad = gradient;
            }
        }

        // autograd.backward warns of graphs that it makes. What it can differentiate, autograd.grad can.
        public override Tensor?[] WithGraph(IList<Tensor> outputs, IList<Tensor> by, IList<Tensor>? along)
        {
            _ = Of(outputs, by, along, retainGraph: true);
            return base.WithGraph(outputs, by, along);
        }

        private protected override RunException Independent() =>
            new($"the outputs of {whose} do not depend on its parameters: there is no gradient");
    }
}
