using LargeSteps.Numerics;

namespace LargeSteps.Tests.Numerics;

public class MatrixTests
{
    private static readonly Matrix Example = new(2, 3, [1, 2, 3, 4, 5, 6]);

    [Fact]
    public void Rows_follow_each_other()
    {
        Assert.Equal([4.0, 5.0, 6.0], Example.Row(1).ToArray());
        Assert.Equal(3.0, Example[0, 2]);
        Assert.Equal(6, Example.AsSpan().Length);
        Assert.Equal("Matrix 2×3", Example.ToString());
    }

    [Fact]
    public void Arrays_and_rows_become_a_matrix()
    {
        Assert.Equal(Example, Matrix.From(new double[,] { { 1, 2, 3 }, { 4, 5, 6 } }));
        Assert.Equal(Example, Matrix.FromRows([[1, 2, 3], [4, 5, 6]]));
        Assert.Equal(new(0, 3, []), Matrix.From(new double[0, 3]));
        Assert.Equal(new(0, 0, []), Matrix.FromRows([]));
    }

    [Fact]
    public void Rows_of_differing_length_throw() =>
        Assert.Contains("Row 1 has 1 values, row 0 has 2.",
            Assert.Throws<ArgumentException>(() => Matrix.FromRows([[1, 2], [3], [4]])).Message, StringComparison.Ordinal);

    [Fact]
    public void Equality_is_of_shape_and_values()
    {
        Matrix same = new(2, 3, [1, 2, 3, 4, 5, 6]);
        Assert.Equal(Example, same);
        Assert.Equal(Example.GetHashCode(), same.GetHashCode());
        Assert.NotEqual(Example, new(3, 2, [1, 2, 3, 4, 5, 6]));
        Assert.NotEqual(Example, new(2, 3, [1, 2, 3, 4, 5, 7]));
        Assert.False(Example.Equals(null));
    }

    [Fact]
    public void A_wrong_length_or_position_throws()
    {
        Assert.Throws<ArgumentException>(() => new Matrix(2, 2, [1, 2, 3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Matrix(-1, 0, []));
        Assert.Throws<ArgumentOutOfRangeException>(() => Example[0, 3]);
        Assert.Throws<ArgumentOutOfRangeException>(() => Example[2, 0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => Example.Row(-1).Length);
    }
}
