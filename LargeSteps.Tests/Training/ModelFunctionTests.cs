using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Training;
using LargeSteps.Values;

namespace LargeSteps.Tests.Training;

public class ModelFunctionTests
{
    private static readonly Matrix Points = new(3, 2, [1, 2, -1, 0.5, 3, -4]);

    [Fact]
    public void A_diagonal_network_is_linear_in_the_product_of_u_and_v() =>
        Assert.Equal([1 * 3 * 1 + 2 * 5 * 2, 1 * 3 * -1 + 2 * 5 * 0.5, 1 * 3 * 3 + 2 * 5 * -4],
            ModelFunction.Outputs(ModelSpec.DiagonalLinear(), [1, 2, 3, 5], Points));

    // Two hidden units: relu(x₁ + 2x₂ + 0.5) and relu(3x₁ − x₂ − 1), and 2, −1 of them.
    [Fact]
    public void A_relu_network_takes_its_weights_layer_by_layer_row_by_row_and_then_the_bias()
    {
        var model = ((ReluNetwork)ModelSpec.ReluNetwork([2], Initialisation.Default)).WithBiases([true, false]);
        double[] expected = [2 * 5.5 - 0, 2 * 0.5 - 0, 2 * 0 - 12];
        Assert.Equal(expected, ModelFunction.Outputs(model, [1, 2, 3, -1, 0.5, -1, 2, -1], Points));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void Another_number_of_weights_is_refused(int count) =>
        Assert.Throws<ArgumentException>(() => ModelFunction.Outputs(ModelSpec.DiagonalLinear(), Items.From(new double[count]), Points));
}
