using System.Numerics;
using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Probes;

namespace LargeSteps.Training.Relu;

/// <summary>What probes see of a fully connected ReLU network. Features are the activations of its hidden layers.</summary>
/// <typeparam name="T">The precision of the network: activations are computed in it, everything after them in double.</typeparam>
/// <param name="run">The run.</param>
/// <param name="shape">The network.</param>
/// <param name="data">Its samples.</param>
/// <param name="loss">Its loss.</param>
/// <param name="lossOf">Creates the loss on some of them.</param>
/// <param name="points">The points of the Jacobian; asked for where a probe needs them.</param>
internal sealed class ReluView<T>(
    ProbeTarget run, ReluShape shape, RegressionData data, ReluLoss loss, Func<RegressionData, ITrainingLoss> lossOf, Lazy<Matrix> points)
    : HostView<ReluWeights<T>>(run), IFeatures, IHiddenLayers, IJacobian where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly ReluScores<T> _scores = new(shape, data, loss);
    private Layers? _training, _onPoints;
    private ReluJacobian? _jacobian;
    private double[]? _weights;

    public override RegressionData Data => data;

    public override double ParameterNorm
    {
        get
        {
            double squares = 0;
            for (var l = 0; l < shape.Layers; l++)
                foreach (var w in Iterate.Weight(l)) squares += double.CreateTruncating(w) * double.CreateTruncating(w);
            return Math.Sqrt(squares);
        }
    }

    public override IFeatures Features => this;

    public override IHiddenLayers HiddenLayers => this;

    public override IJacobian Jacobian
    {
        get
        {
            _jacobian ??= new(shape, points.Value);
            return this;
        }
    }

    public int Count => shape.Hidden;

    public override void See(long iteration, ReluWeights<T> iterate, KeptIterates? kept = null, IEngine<ReluWeights<T>>? twin = null)
    {
        base.See(iteration, iterate, kept, twin);
        _weights = null;
        _training?.Forget();
        _onPoints?.Forget();
    }

    protected override IScores ScoresOfIterate() => new HostScores(() => new(_scores.Train(Iterate)), () => new(_scores.Test(Iterate)));

    public Activations OnTraining(int layer) => (_training ??= new(shape, data.Features)).Of(Iterate, layer);

    public Activations OnJacobianPoints() => (_onPoints ??= new(shape, points.Value)).Of(Iterate, shape.Hidden);

    public ReadOnlySpan<double> Weight(int layer) =>
        (_weights ??= Flat(Iterate)).AsSpan(shape.WeightOffset(layer), shape.Inputs(layer) * shape.Outputs(layer));

    public bool HasBias(int layer) => shape.Biases[layer];

    public void Ranks(ReadOnlySpan<double> thresholds, Span<double> ranks) => _jacobian!.Ranks(Iterate, thresholds, ranks);

    public void Sparsity(FeatureSparsity probe, Span<double> row)
    {
        row.Fill(double.NaN);
        // A run that has diverged has no features.
        if (!Iterate.IsFinite()) return;
        for (var l = 1; l <= shape.Hidden; l++)
        {
            var layer = OnTraining(l);
            row[l - 1] = UnitDeduplication.Count(layer.Values.ToArray(), layer.Units, layer.Points, layer.Stride, probe.Threshold).Sparsity;
        }
    }

    public IEnumerable<Matrix> Products(int samples)
    {
        for (var l = 1; l <= shape.Hidden; l++)
        {
            var layer = OnTraining(l);
            var n = Math.Min(samples, layer.Points);
            var products = new double[n * n];
            for (var unit = 0; unit < layer.Units; unit++)
            {
                var values = layer.Unit(unit)[..n];
                for (var i = 0; i < n; i++) Vectors.AddScaled(products.AsSpan(i * n, n), values[i], values);
            }
            yield return new(n, n, products);
        }
    }

    protected override double[] Flat(ReluWeights<T> iterate) => iterate.As<double>().Values;

    protected override ITrainingLoss LossOf(Range part) => lossOf(data.Part(part));

    protected override ITrainingLoss LossOf(ReadOnlySpan<int> rows) => lossOf(data.Part(rows));

    /// <summary>The activations on some points, evaluated once for each iterate.</summary>
    private sealed class Layers(ReluShape shape, Matrix points)
    {
        private readonly ReluForward<T> _forward = new(shape, points);
        private readonly double[]?[] _wide = new double[]?[shape.Layers + 1];
        private bool _known;

        public void Forget() => _known = false;

        public Activations Of(ReluWeights<T> weights, int layer)
        {
            if (!_known)
            {
                _forward.Evaluate(weights);
                for (var l = 1; l <= shape.Hidden; l++)
                {
                    var (from, into) = (_forward.Activations(l), _wide[l] ??= new double[shape.Widths[l] * _forward.Stride]);
                    for (var k = 0; k < into.Length; k++) into[k] = double.CreateTruncating(from[k]);
                }
                _known = true;
            }
            return new(_wide[layer], shape.Widths[layer], _forward.Points, _forward.Stride);
        }
    }
}
