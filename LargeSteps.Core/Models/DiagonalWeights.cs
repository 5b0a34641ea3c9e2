namespace LargeSteps.Models;

/// <summary>The weights of a diagonal linear network: u and v, d coordinates each.</summary>
internal sealed record DiagonalWeights(double[] U, double[] V)
{
    public int Dimensions => U.Length;

    public static DiagonalWeights Create(DiagonalLinear spec, int dimensions)
    {
        var weights = new DiagonalWeights(new double[dimensions], new double[dimensions]);
        Array.Fill(weights.U, spec.U);
        Array.Fill(weights.V, spec.V);
        return weights;
    }

    public DiagonalWeights Copy() => new([.. U], [.. V]);

    public void CopyTo(DiagonalWeights other)
    {
        U.CopyTo(other.U, 0);
        V.CopyTo(other.V, 0);
    }
}
