using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Training.Modules;
using LargeSteps.Values;

namespace LargeSteps.Training.Diagonal;

/// <summary>A run of a diagonal linear network.</summary>
internal sealed class DiagonalRun : EngineRun<DiagonalWeights>
{
    private readonly ValleyProjection? _valley;
    private readonly RegressionData _data;

    private DiagonalRun(Pipeline pipeline, RegressionData data, IEngine<DiagonalWeights> engine,
        Func<double, IEngine<DiagonalWeights>> twin, DiagonalView view) : base(pipeline, engine, twin, view) =>
        (_valley, _data) = (pipeline.Probes.Valley, data);

    public static DiagonalRun Of(Pipeline pipeline, DiagonalLinear model, RegressionData data, string device)
    {
        var (start, rule) = (DiagonalWeights.Create(model, data.Dimensions), pipeline.Optimizer.Rule);
        return new(pipeline, data, EngineFrom(start), perturbation => EngineFrom(start.Scaled(1 + perturbation)),
            new DiagonalView(pipeline.Target, data, part => pipeline.Engine.Match<ITrainingLoss>(
                closedForm => new DiagonalTrainingLoss(part), autograd => AutogradTrainingLoss.OfDiagonal(device, part))));

        // A warm start is a run of its own, of plain steps.
        HostVector<double> Begun(DiagonalWeights from)
        {
            using var warm = new ClosedFormDiagonal(from, data,
                pipeline.Optimizer.WithRule(UpdateRule.Plain.WithWarmStart(rule.WarmStart)));
            var begun = warm.Current;
            return new([.. begun.U, .. begun.V]);
        }

        IEngine<DiagonalWeights> EngineFrom(DiagonalWeights from) => pipeline.Engine.Match<IEngine<DiagonalWeights>>(
            closedForm => ClosedFormDiagonal.Knows(rule) ? new ClosedFormDiagonal(from, data, pipeline.Optimizer)
                : ChainOf(new ClosedFormDiagonal(from, data, pipeline.Optimizer.WithRule(UpdateRule.Plain)), from),
            autograd => ClosedFormDiagonal.Knows(rule) ? AutogradDiagonal.On(device, from, data, pipeline.Optimizer)
                : ChainOf(AutogradBatches.OfDiagonal(device, pipeline.Optimizer, data), from));

        ChainEngine<DiagonalWeights> ChainOf(IBatchLoss batches, DiagonalWeights from) => new(batches,
            new Chain(rule.Chain(ofFactors: true), rule.Sharpness, Begun(from)),
            w => new(HostVector<double>.Of(w)[..data.Dimensions], HostVector<double>.Of(w)[data.Dimensions..]));
    }

    public override bool IsFinite() => double.IsFinite(DiagonalLoss.Of(_data.Features, _data.Labels, Current));

    protected override DiagonalWeights Measured(DiagonalWeights iterate) =>
        _valley is { } valley ? ClosedFormDiagonal.Descend(iterate, _data, valley) : iterate;
}

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
        () => new(DiagonalLoss.Of(Data.Features, Data.Labels, Iterate)), () => new(DiagonalLoss.OfTest(Data, Iterate)));

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

/// <summary>The loss of diagonal networks.</summary>
internal static class DiagonalLoss
{
    /// <summary>‖X(u⊙v) − y‖²/(2n).</summary>
    public static double Of(Matrix x, Items<double> y, DiagonalWeights weights)
    {
        var predictor = new double[weights.Dimensions];
        for (var j = 0; j < predictor.Length; j++) predictor[j] = weights.U[j] * weights.V[j];
        double squares = 0;
        for (var i = 0; i < x.Rows; i++)
        {
            var e = Vectors.Dot(x.Row(i), predictor) - y[i];
            squares += e * e;
        }
        return squares / (2.0 * x.Rows);
    }

    /// <summary>The same on the test samples; NaN where there are none.</summary>
    public static double OfTest(RegressionData data, DiagonalWeights weights) =>
        data.TestFeatures.Rows == 0 ? double.NaN : Of(data.TestFeatures, data.TestLabels, weights);
}
