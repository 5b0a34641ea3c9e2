using CsCheck;
using LargeSteps.Numerics;

namespace LargeSteps.Tests.Numerics;

public class SingularValuesTests
{
    [Theory]
    [InlineData(30, 30)]
    [InlineData(60, 25)]
    [InlineData(25, 60)]
    public void They_agree_with_the_eigenvalues_of_the_Gram_matrix(int rows, int columns)
    {
        var x = TestMatrices.Gaussian(rows, columns, 1);
        var values = SingularValues.OfJacobi(x);
        var squares = SymmetricEigen.ValuesOf(TestMatrices.Gram(rows < columns ? TestMatrices.Transpose(x) : x));
        Assert.Equal(Math.Min(rows, columns), values.Length);
        for (var i = 0; i < values.Length; i++) Assert.Equal(squares[^(i + 1)], values[i] * values[i], 1e-13 * squares[^1]);
    }

    [Fact]
    public void Scaled_orthogonal_columns_have_their_scales_to_full_relative_accuracy()
    {
        const int n = 40;
        var random = new Random(2);
        var d = Enumerable.Range(0, n).Select(_ => Math.Pow(10, -200 * random.NextDouble())).ToArray();
        var values = SingularValues.OfJacobi(TestMatrices.ScaleColumns(TestMatrices.From(n, n, (i, j) => (i == j ? 1 : 0) - 2.0 / n), d));
        Array.Sort(d);
        for (var i = 0; i < n; i++) TestMatrices.Close(d[^(i + 1)], values[i], 1e-13);
    }

    [Fact]
    public void With_wide_gaps_they_are_the_scales_times_the_distances_of_each_column_from_those_before_it() =>
        Gen.Select(Gen.Int[0, 1_000_000], Gen.Int[2, 12], Gen.Int[0, 10]).Sample((seed, n, extra) =>
        {
            // The relative error of this limit is (gap · cond)², here far below rounding.
            var x = TestMatrices.Gaussian(n + extra + 5, n, seed);
            var d = Enumerable.Range(0, n).Select(i => Math.Pow(10, -16 * i)).ToArray();
            var columns = Enumerable.Range(0, n).Select(j => TestMatrices.Transpose(x).Row(j).ToArray()).ToArray();
            var values = SingularValues.OfJacobi(TestMatrices.ScaleColumns(x, d));
            for (var j = 0; j < n; j++)
            {
                var norm = Vectors.Norm(columns[j]);
                TestMatrices.Close(d[j] * norm, values[j], 1e-12);
                Vectors.Scale(columns[j], 1 / norm);
                for (var k = j + 1; k < n; k++) Vectors.AddScaled(columns[k], -Vectors.Dot(columns[j], columns[k]), columns[j]);
            }
        }, iter: 30);

    [Fact]
    public void A_power_of_two_scales_them_and_a_permutation_of_the_columns_keeps_them()
    {
        var x = TestMatrices.ScaleColumns(TestMatrices.Gaussian(12, 9, 3), [.. Enumerable.Range(0, 9).Select(i => Math.Pow(7, -i))]);
        var values = SingularValues.OfJacobi(x);
        Assert.Equal(values.Select(v => Math.ScaleB(v, 700)),
            SingularValues.OfJacobi(TestMatrices.From(12, 9, (i, j) => Math.ScaleB(x[i, j], 700))));
        var permuted = SingularValues.OfJacobi(TestMatrices.From(12, 9, (i, j) => x[i, (j * 4 + 2) % 9]));
        for (var i = 0; i < 9; i++) TestMatrices.Close(values[i], permuted[i], 1e-13);
    }

    [Fact]
    public void Deficient_and_trivial_matrices()
    {
        Assert.Empty(SingularValues.OfJacobi(new(3, 0, [])));
        Assert.Equal([0.0, 0.0], SingularValues.OfJacobi(new(2, 3, new double[6])));
        var x = TestMatrices.Gaussian(10, 4, 4);
        var repeated = SingularValues.OfJacobi(TestMatrices.From(10, 8, (i, j) => x[i, j % 4]));
        var values = SingularValues.OfJacobi(x);
        for (var i = 0; i < 4; i++)
        {
            TestMatrices.Close(Math.Sqrt(2) * values[i], repeated[i], 1e-13);
            Assert.True(repeated[i + 4] < 1e-14 * values[0]);
        }
        Assert.Throws<ArgumentException>(() => SingularValues.OfJacobi(new(1, 1, [double.PositiveInfinity])));
    }
}
