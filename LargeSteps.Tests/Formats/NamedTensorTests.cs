using LargeSteps.Formats;

namespace LargeSteps.Tests.Formats;

public class NamedTensorTests
{
    [Fact]
    public void Values_come_back_and_have_their_type()
    {
        var tensor = NamedTensor.Of<float>("w", [2, 3], [1, 2, 3, 4, 5, float.NaN]);
        Assert.Equal((ElementType.Float32, 6, 24), (tensor.Type, tensor.Count, tensor.Bytes.Length));
        Assert.Equal([1, 2, 3, 4, 5, float.NaN], tensor.Values<float>().ToArray());
        Assert.Equal("w: float32 [2, 3]", tensor.ToString());
        Assert.Equal("tensor 'w' is of float32, not of int64",
            Assert.Throws<InvalidOperationException>(() => tensor.Values<long>().Length).Message);
        Assert.Throws<InvalidOperationException>(() => NamedTensor.Of<long>("n", [], [1]).ToFloats());
        Assert.Throws<ArgumentException>(() => NamedTensor.Of<char>("n", [], ['a']));
    }

    [Fact]
    public void Every_floating_point_type_gives_floats()
    {
        float[] expected = [1.5f, -2, 0, float.PositiveInfinity];
        NamedTensor[] tensors =
        [
            NamedTensor.Of<float>("w", [4], expected),
            NamedTensor.Of<double>("w", [4], Array.ConvertAll(expected, x => (double)x)),
            NamedTensor.Of<Half>("w", [4], Array.ConvertAll(expected, x => (Half)x)),
            new("w", ElementType.BFloat16, [4], (byte[])[0xc0, 0x3f, 0x00, 0xc0, 0, 0, 0x80, 0x7f]),
        ];
        Assert.All(tensors, tensor => Assert.Equal(expected, tensor.ToFloats()));
    }

    [Theory]
    [InlineData(5, new long[] { 2, 3 })]
    [InlineData(6, new long[] { -2, -3 })]
    [InlineData(0, new[] { long.MaxValue, long.MaxValue })]
    public void A_shape_of_another_number_of_elements_is_refused(int count, long[] shape) =>
        Assert.Contains("bytes", Assert.Throws<ArgumentException>(() => NamedTensor.Of<float>("w", [.. shape], new float[count])).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Tensors_are_equal_when_their_bytes_are()
    {
        var tensor = NamedTensor.Of<int>("w", [2], [1, 2]);
        Assert.Equal(tensor, NamedTensor.Of<int>("v", [2], [1, 2]).WithName("w"));
        Assert.Equal(tensor.GetHashCode(), NamedTensor.Of<int>("w", [2], [1, 2]).GetHashCode());
        Assert.NotEqual(tensor, NamedTensor.Of<int>("w", [2], [1, 3]));
        Assert.NotEqual(tensor, NamedTensor.Of<int>("w", [1, 2], [1, 2]));
        Assert.NotEqual(tensor, NamedTensor.Of<int>("v", [2], [1, 2]));
        Assert.NotEqual(NamedTensor.Of<byte>("w", [1], [1]), NamedTensor.Of<bool>("w", [1], [true]));
    }
}
