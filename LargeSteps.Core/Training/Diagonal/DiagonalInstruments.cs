using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Probes;
using LargeSteps.Values;

namespace LargeSteps.Training.Diagonal;

/// <summary>The probes of diagonal linear networks, made real.</summary>
internal static class DiagonalInstruments
{
    // The names of a diagonal network's metrics do not depend on its weights.
    private static readonly ModelSpec Model = ModelSpec.DiagonalLinear();

    /// <summary>The instrument of a probe.</summary>
    /// <param name="spec">The probe.</param>
    /// <param name="data">The data of the run.</param>
    /// <param name="dynamics">The dynamics of the run; only their probes ask for them.</param>
    public static Instrument<DiagonalWeights> Create(ProbeSpec spec, RegressionData data, RunDynamics<DiagonalWeights>? dynamics = null) => new(MetricNames.Of(spec, Model), spec.Match(
        losses => Losses(data),
        norm => norm.Of.Match<Measure<DiagonalWeights>>(
            l0 => (w, row) => L0Norm(w, l0.Thresholds, row),
            l1 => (w, row) => row[0] = Sum(w, (u, v) => Math.Abs(u * v)),
            parameters => (w, row) => row[0] = Math.Sqrt(Sum(w, (u, v) => u * u + v * v)),
            balancedness => (w, row) => row[0] = Math.Sqrt(Sum(w, (u, v) => Square(Math.Abs(u) - Math.Abs(v)))),
            l2Term => throw new System.Diagnostics.UnreachableException()),
        rank => JacobianRank(rank.Thresholds, data),
        ofRun => (dynamics ?? throw new ArgumentNullException(nameof(dynamics))).Of(ofRun.Of),
        feature => throw new System.Diagnostics.UnreachableException(),
        custom => (dynamics ?? throw new ArgumentNullException(nameof(dynamics))).Of(custom)));

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
