using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Pipelines;

namespace LargeSteps.Probes;

/// <summary>The probes of diagonal linear networks, made real.</summary>
internal static class DiagonalInstruments
{
    // The names of a diagonal network's metrics do not depend on its weights.
    private static readonly ModelSpec Model = ModelSpec.DiagonalLinear();

    /// <summary>The instrument of a probe.</summary>
    /// <param name="spec">The probe.</param>
    /// <param name="data">The data of the run.</param>
    /// <param name="twin">The twin of the run and the iteration that both are at; only the predictability probe asks for them.</param>
    public static Instrument<DiagonalWeights> Create(ProbeSpec spec, RegressionData data, Func<(DiagonalWeights Weights, long Iteration)>? twin = null) => new(MetricNames.Of(spec, Model), spec.Match(
        losses => Losses(data),
        norm => norm.Of.Match<Measure<DiagonalWeights>>(
            l0 => (w, row) => L0Norm(w, l0.Thresholds, row),
            l1 => (w, row) => row[0] = Sum(w, (u, v) => Math.Abs(u * v)),
            parameters => (w, row) => row[0] = Math.Sqrt(Sum(w, (u, v) => u * u + v * v)),
            balancedness => (w, row) => row[0] = Math.Sqrt(Sum(w, (u, v) => Square(Math.Abs(u) - Math.Abs(v))))),
        rank => JacobianRank(rank.Thresholds, data),
        hessian => (w, row) => HessianEigenvalues(w, hessian.Count, data, row),
        predictability => Predictability(predictability.Tolerance, data, twin ?? throw new ArgumentNullException(nameof(twin))),
        feature => throw new System.Diagnostics.UnreachableException()));

    /// <summary>The training loss ‖X(u⊙v) − y‖²/(2n).</summary>
    public static double Loss(Matrix x, Items<double> y, DiagonalWeights weights)
    {
        var predictor = Predictor(weights);
        double squares = 0;
        for (var i = 0; i < x.Rows; i++) squares += Square(Vectors.Dot(x.Row(i), predictor) - y[i]);
        return squares / (2.0 * x.Rows);
    }

    private static Measure<DiagonalWeights> Losses(RegressionData data) => (weights, row) =>
    {
        row[0] = Loss(data.Features, data.Labels, weights);
        row[1] = data.TestFeatures.Rows == 0 ? double.NaN : Loss(data.TestFeatures, data.TestLabels, weights);
    };

    private static void L0Norm(DiagonalWeights weights, Items<double> thresholds, Span<double> row)
    {
        for (var t = 0; t < thresholds.Count; t++)
        {
            var threshold = thresholds[t];
            row[t] = Sum(weights, (u, v) => Math.Abs(u * v) > threshold ? 1 : 0);
        }
    }

    /// <summary>
    /// The Jacobian of the outputs on X' (the first 2d test samples) is φ = [X'⊙u, X'⊙v]; φφᵀ = X'·diag(u² + v²)·X'ᵀ, so it
    /// has the singular values of X'·diag(√(u² + v²)).
    /// </summary>
    private static Measure<DiagonalWeights> JacobianRank(Items<double> thresholds, RegressionData data)
    {
        var rows = Math.Min(2 * data.Dimensions, data.TestFeatures.Rows);
        var counter = new ScaledRank(new Matrix(rows, data.Dimensions, data.TestFeatures.AsSpan()[..(rows * data.Dimensions)].ToArray()));
        var scale = new double[data.Dimensions];
        var ranks = new int[thresholds.Count];
        return (weights, row) =>
        {
            for (var j = 0; j < scale.Length; j++) scale[j] = double.Hypot(weights.U[j], weights.V[j]);
            counter.Count(scale, thresholds.AsSpan(), ranks);
            for (var t = 0; t < ranks.Length; t++) row[t] = ranks[t];
        };
    }

    private static void HessianEigenvalues(DiagonalWeights weights, int count, RegressionData data, Span<double> row)
    {
        var eigenvalues = SymmetricEigen.ValuesOf(Hessian(data, weights));
        for (var i = 0; i < count; i++) row[i] = eigenvalues[^(i + 1)];
        row[count] = eigenvalues[0];
    }

    /// <summary>
    /// The Hessian of the training loss, 2d × 2d over (u, v): with A = XᵀX/n and r = Xᵀ(X(u⊙v) − y)/n, the blocks are
    /// v vᵀ⊙A for (u, u), v uᵀ⊙A + diag(r) for (u, v), and u uᵀ⊙A for (v, v).
    /// </summary>
    internal static Matrix Hessian(RegressionData data, DiagonalWeights weights)
    {
        var (x, d, n) = (data.Features, data.Dimensions, data.Samples);
        var predictor = Predictor(weights);
        var gradient = new double[d];
        var gram = new double[d * d];
        for (var i = 0; i < n; i++)
        {
            var row = x.Row(i);
            Vectors.AddScaled(gradient, (Vectors.Dot(row, predictor) - data.Labels[i]) / n, row);
            for (var j = 0; j < d; j++) Vectors.AddScaled(gram.AsSpan(j * d, d), row[j] / n, row);
        }
        double[] w = [.. weights.V, .. weights.U];
        var hessian = new double[4 * d * d];
        for (var j = 0; j < 2 * d; j++)
            for (var k = 0; k < 2 * d; k++)
                hessian[j * 2 * d + k] = w[j] * w[k] * gram[j % d * d + k % d] + (j % d == k % d && j != k ? gradient[j % d] : 0);
        return new Matrix(2 * d, 2 * d, hessian);
    }

    private static Measure<DiagonalWeights> Predictability(double tolerance, RegressionData data, Func<(DiagonalWeights Weights, long Iteration)> twin)
    {
        var horizon = double.NaN;
        return (weights, row) =>
        {
            var (other, iteration) = twin();
            double distance = 0;
            for (var j = 0; j < weights.Dimensions; j++) distance += Square(weights.U[j] - other.U[j]) + Square(weights.V[j] - other.V[j]);
            row[0] = Math.Sqrt(distance / Sum(weights, (u, v) => u * u + v * v));
            var loss = Loss(data.Features, data.Labels, weights);
            row[1] = Math.Abs(loss - Loss(data.Features, data.Labels, other)) / loss;
            // A twin that has diverged (NaN) has left as well.
            if (double.IsNaN(horizon) && !(row[1] <= tolerance)) horizon = iteration;
            row[2] = horizon;
        };
    }

    private static double[] Predictor(DiagonalWeights weights)
    {
        var predictor = new double[weights.Dimensions];
        for (var j = 0; j < predictor.Length; j++) predictor[j] = weights.U[j] * weights.V[j];
        return predictor;
    }

    private static double Sum(DiagonalWeights weights, Func<double, double, double> term)
    {
        double sum = 0;
        for (var j = 0; j < weights.Dimensions; j++) sum += term(weights.U[j], weights.V[j]);
        return sum;
    }

    private static double Square(double x) => x * x;
}
