using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Models.Deep;
using LargeSteps.Values;

namespace LargeSteps.Training;

/// <summary>
/// The filters of a network: what makes one output channel of a convolution, and a row of the weight of a linear layer. A network whose
/// activations are normalised, or which are ReLU, is the same function whatever the scale of its filters, so that a step is large or small
/// in proportion to them.
/// </summary>
public static class WeightFilters
{
    /// <summary>Where the filters stand in a vector of weights in the order of <see cref="Running.Snapshot"/>; biases and the parameters of
    /// norm layers belong to none.</summary>
    /// <exception cref="ArgumentException">The model is neither a deep network nor a ReLU network.</exception>
    public static Items<Range> Of(ModelSpec model, DatasetSpec dataset) => model.Match(
        diagonal => throw new ArgumentException("A diagonal network has no filters.", nameof(model)),
        relu =>
        {
            var shape = ReluShape.Of(relu, dataset.Features);
            return Items.From(Enumerable.Range(0, shape.Layers)
                .SelectMany(layer => Rows(shape.WeightOffset(layer), shape.Outputs(layer), shape.Inputs(layer))));
        },
        deep =>
        {
            var images = dataset.AsImages ?? throw new ArgumentException("A deep network is trained on images.", nameof(dataset));
            using var network = FlatNetwork.Of(deep, images.Shape, images.Classes);
            var (filters, offset) = (new List<Range>(), 0);
            foreach (var slot in network.Parameters)
            {
                var count = checked((int)slot.Count);
                if (slot.Shape.Length > 1) filters.AddRange(Rows(offset, (int)slot.Shape[0], count / (int)slot.Shape[0]));
                offset = checked(offset + count);
            }
            return Items.From(filters);
        },
        custom => throw new ArgumentException("The filters of a module are not known.", nameof(model)));

    private static IEnumerable<Range> Rows(int offset, int rows, int length) =>
        Enumerable.Range(0, rows).Select(row => (offset + row * length)..(offset + (row + 1) * length));
}
