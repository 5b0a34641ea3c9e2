using LargeSteps.Models;
using LargeSteps.Numerics;

namespace LargeSteps.Training.Diagonal;

/// <summary>The weights of a diagonal linear network: u and v, d coordinates each.</summary>
internal sealed record DiagonalWeights(double[] U, double[] V)
{
    public int Dimensions => U.Length;

    public static DiagonalWeights Create(DiagonalLinear spec, int dimensions)
    {
        var weights = new DiagonalWeights(new double[dimensions], new double[dimensions]);
        Array.Fill(weights.U, spec.U);
        Array.Fill(weights.V, spec.V);
        if (spec.Deviation == 0) return weights;
        var random = new NumpyRandom(spec.Seed);
        foreach (var part in (double[][])[weights.U, weights.V])
            for (var j = 0; j < dimensions; j++) part[j] += spec.Deviation * random.StandardNormal();
        return weights;
    }

    /// <summary>All of them times a factor.</summary>
    public DiagonalWeights Scaled(double factor) => new(Array.ConvertAll(U, u => u * factor), Array.ConvertAll(V, v => v * factor));

    /// <summary>u and then v, as a snapshot has them.</summary>
    public IEnumerable<double> Flat => U.Concat(V);

    /// <summary>The weights of such a sequence.</summary>
    public static DiagonalWeights OfFlat(double[] flat) => new(flat[..(flat.Length / 2)], flat[(flat.Length / 2)..]);

    public DiagonalWeights Copy() => new([.. U], [.. V]);

    public void CopyTo(DiagonalWeights other)
    {
        U.CopyTo(other.U, 0);
        V.CopyTo(other.V, 0);
    }
}
