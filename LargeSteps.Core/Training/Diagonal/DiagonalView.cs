using LargeSteps.Datasets;
using LargeSteps.Numerics;
using LargeSteps.Probes;

namespace LargeSteps.Training.Diagonal;

/// <summary>What probes see of a diagonal linear network: the weights are u and then v.</summary>
/// <param name="run">The run.</param>
/// <param name="data">Its samples.</param>
/// <param name="lossOf">Creates the loss on some of them.</param>
internal sealed class DiagonalView(ProbeTarget run, RegressionData data, Func<RegressionData, ITrainingLoss> lossOf)
    : HostView<DiagonalWeights>(run)
{
    private TestJacobian? _jacobian;

    public override RegressionData Data => data;

    public override double ParameterNorm
    {
        get
        {
            var (u, v) = (Iterate.U, Iterate.V);
            double squares = 0;
            for (var j = 0; j < u.Length; j++) squares += u[j] * u[j] + v[j] * v[j];
            return Math.Sqrt(squares);
        }
    }

    protected override IScores ScoresOfIterate() => new HostScores(
        () => new(DiagonalScores.Of(Data.Features, Data.Labels, Iterate)), () => new(DiagonalScores.OfTest(Data, Iterate)));

    public override IJacobian Jacobian => _jacobian ??= new(this);

    protected override double[] Flat(DiagonalWeights iterate) => [.. iterate.U, .. iterate.V];

    protected override ITrainingLoss LossOf(Range part) => lossOf(data.Part(part));

    protected override ITrainingLoss LossOf(ReadOnlySpan<int> rows) => lossOf(data.Part(rows));

    /// <summary>
    /// The Jacobian of the outputs on X' (the first 2d test samples) is φ = [X'⊙u, X'⊙v]; φφᵀ = X'·diag(u² + v²)·X'ᵀ, so it
    /// has the singular values of X'·diag(√(u² + v²)).
    /// </summary>
    private sealed class TestJacobian : IJacobian
    {
        private readonly DiagonalView _view;
        private readonly ScaledRank _counter;
        private readonly double[] _scale;

        public TestJacobian(DiagonalView view)
        {
            var (data, rows) = (view.Data, Math.Min(2 * view.Data.Dimensions, view.Data.TestFeatures.Rows));
            _view = view;
            _counter = new(new Matrix(rows, data.Dimensions, data.TestFeatures.AsSpan()[..(rows * data.Dimensions)].ToArray()));
            _scale = new double[data.Dimensions];
        }

        public void Ranks(ReadOnlySpan<double> thresholds, Span<double> ranks)
        {
            var (u, v) = (_view.Iterate.U, _view.Iterate.V);
            for (var j = 0; j < _scale.Length; j++) _scale[j] = double.Hypot(u[j], v[j]);
            var counts = new int[thresholds.Length];
            _counter.Count(_scale, thresholds, counts);
            for (var t = 0; t < counts.Length; t++) ranks[t] = counts[t];
        }
    }
}
