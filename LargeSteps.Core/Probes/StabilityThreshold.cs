using LargeSteps.Forms;
using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>
/// <c>stability_threshold</c>: the largest step size η* at which SGD with the run's batch size is stable in the mean square at an
/// interpolating minimum (Mulayoff and Michaeli, arXiv 2306.07850): the spectral radius of E[(I − ηH_b)⊗(I − ηH_b)] is at most 1 up to
/// η* = 2/λ_max(C⁺D), C = (H⊗I + I⊗H)/2 and D = (1 − p) H⊗H + (p/n) Σ Hᵢ⊗Hᵢ with p = (n − B)/(B(n − 1)), Hᵢ the Hessian of sample i and H
/// their mean. Batches are drawn without replacement; with replacement p = 1/B. Gradient descent has p = 0 and η* = 2/λ₁.
/// </summary>
/// <remarks>At an interpolating minimum Hᵢ is the Gauss–Newton matrix of the sample, which is taken everywhere: of one output it has rank
/// one, Hᵢ = hᵢhᵢᵀ. What is orthogonal to all hᵢ does not move, so that all is done in the space of the hᵢ, at most
/// n-dimensional.</remarks>
public sealed record StabilityThreshold : Probe
{
    // Of symmetric matrices of so many rows the operator is applied hundreds of times.
    private const int MostSamples = 200;
    // Relative to the largest eigenvalue of H: below it a direction is none.
    private const double Rank = 1e-12;
    private const double Residual = 1e-8;
    private const int MostProducts = 300;

    internal static Form<StabilityThreshold> Kind { get; } = new("stability_threshold",
        "Tables: the largest step size at which SGD of the run's batch size is stable in the mean square around the iterate, taken as an " +
        "interpolating minimum (stability_threshold).", _ => _ => new());

    /// <inheritdoc/>
    protected override Needs Needs => Needs.Curvature;

    /// <inheritdoc/>
    protected override IEnumerable<Problem> Problems(ProbeTarget run)
    {
        foreach (var problem in PlainSteps.Problems(Key, run)) yield return problem;
        if (run.Dataset.AsImages is not null)
        {
            yield return new("", "LS0214", "stability_threshold is that of models with one output, which learn a table");
        }
        else if (run.Dataset.TrainingSamples > MostSamples)
        {
            yield return new("", "LS0211", FormattableString.Invariant(
                $"stability_threshold of {run.Dataset.TrainingSamples} samples is too much work, the most is {MostSamples}"));
        }
    }

    /// <inheritdoc/>
    protected override string? Title(string column) => column == Key ? "stability threshold η*" : null;

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run)
    {
        var lanczos = new Lanczos(MostProducts);
        return new((view, row) =>
        {
            var factors = Factors(view);
            var n = factors.Length;
            double batch = Math.Min(view.Run.Optimizer.Batch ?? n, n);
            var p = batch >= n || n == 1 ? 0 : view.Run.Optimizer.Sampled is { IsWithReplacement: true } ? 1 / batch
                : (n - batch) / (batch * (n - 1));
            row[0] = Of(factors, p, lanczos);
        });
    }

    /// <summary>η* of Hᵢ = hᵢhᵢᵀ.</summary>
    internal static double Of(double[][] factors, double p, Lanczos lanczos)
    {
        var n = factors.Length;
        // H = (1/n) Σ hᵢhᵢᵀ has the eigenvalues of the Gram matrix of hᵢ/√n; in its eigenbasis hᵢ has the coordinates √(nλ_k) v_k(i).
        var gram = new double[n * n];
        for (var i = 0; i < n; i++)
            for (var j = 0; j <= i; j++) gram[i * n + j] = gram[j * n + i] = Vectors.Dot(factors[i], factors[j]) / n;
        if (!double.IsFinite(Vectors.MaxAbs(gram))) return double.NaN;
        var eigen = SmallEigen.Of(new Matrix(n, n, gram));
        var rank = eigen.Values.Count(value => value > Rank * eigen.Values[0]);
        if (rank == 0) return double.PositiveInfinity;
        double[] lambda = eigen.Values[..rank];
        var h = new double[n][];
        for (var i = 0; i < n; i++) h[i] = [.. lambda.Select((value, k) => Math.Sqrt(n * value) * eigen.Vectors[k, i])];
        // C⁻½ D C⁻½ on symmetric matrices; C is diagonal in this basis, (λ_k + λ_l)/2.
        var (q, result) = (new double[rank * rank], new double[rank * rank]);
        var found = lanczos.Largest(rank * rank, (from, to) =>
        {
            for (var k = 0; k < rank; k++)
                for (var l = 0; l < rank; l++) q[k * rank + l] = (from[k * rank + l] + from[l * rank + k]) / 2 / Root(k, l);
            for (var k = 0; k < rank; k++)
                for (var l = 0; l < rank; l++) result[k * rank + l] = (1 - p) * lambda[k] * q[k * rank + l] * lambda[l];
            foreach (var hi in h)
            {
                if (p == 0) break;
                var weight = 0.0;
                for (var k = 0; k < rank; k++) weight += hi[k] * Vectors.Dot(q.AsSpan(k * rank, rank), hi);
                for (var k = 0; k < rank; k++) Vectors.AddScaled(result.AsSpan(k * rank, rank), p / n * weight * hi[k], hi);
            }
            for (var k = 0; k < rank; k++)
                for (var l = 0; l < rank; l++) to[k * rank + l] = result[k * rank + l] / Root(k, l);
        }, Residual);
        return 2 / found.Value;

        double Root(int k, int l) => Math.Sqrt((lambda[k] + lambda[l]) / 2);
    }

    // Hᵢz/√(zᵀHᵢz) is hᵢ but for its sign, which does not count.
    private static double[][] Factors(RunView view)
    {
        var (factors, random) = (new List<double[]>(), new NumpyRandom(0));
        double[]? z = null;
        foreach (var loss in view.SampleLosses())
        {
            using var matrix = loss.GaussNewton(view.Weights);
            if (z is null)
            {
                z = new double[matrix.Order];
                random.StandardNormal(z);
            }
            var product = new double[matrix.Order];
            matrix.Times(z, product);
            var square = Vectors.Dot(z, product);
            if (square > 0) Vectors.Scale(product, 1 / Math.Sqrt(square));
            factors.Add(product);
        }
        return [.. factors];
    }

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
