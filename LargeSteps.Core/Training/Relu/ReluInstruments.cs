using System.Numerics;
using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Training.Relu;

/// <summary>
/// The probes of fully connected networks, made real. Features are the ReLU activations of a hidden layer on the training samples. A metric that is one
/// of each hidden layer has <c>_layer1</c>, <c>_layer2</c>, … behind its name where there are several. Each instrument has a workspace of its own; none is thread-safe.
/// </summary>
/// <typeparam name="T">The precision of the network: activations are computed in it, everything after them in double.</typeparam>
internal static class ReluInstruments<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary><c>train_loss</c> and <c>test_loss</c>: means over the samples; NaN without test samples.</summary>
    public static Instrument<ReluWeights<T>> Losses(ReluShape shape, RegressionData data, ReluLoss loss = ReluLoss.Squared)
    {
        var train = new ReluForward<T>(shape, data.Features);
        var test = new ReluForward<T>(shape, data.TestFeatures);
        T[] labels = [.. data.Labels.Select(T.CreateTruncating)], testLabels = [.. data.TestLabels.Select(T.CreateTruncating)];
        return new(["train_loss", "test_loss"], (weights, row) =>
        {
            row[0] = Loss(train, labels, weights, loss);
            row[1] = test.Points == 0 ? double.NaN : Loss(test, testLabels, weights, loss);
        });
    }

    /// <summary><c>feature_sparsity</c> of each hidden layer: what <see cref="UnitDeduplication"/> leaves. Published threshold: 0.99, in one dimension 0.999.</summary>
    public static Instrument<ReluWeights<T>> Sparsity(ReluShape shape, RegressionData data, double threshold)
    {
        var forward = new ReluForward<T>(shape, data.Features);
        var features = new double[forward.Stride * shape.Widths.Max()];
        return new(Names("feature_sparsity", shape), (weights, row) =>
        {
            if (NotFinite(weights, row)) return;
            forward.Evaluate(weights);
            for (var l = 1; l <= shape.Hidden; l++)
            {
                Widen(forward, l, shape.Widths[l], features);
                row[l - 1] = UnitDeduplication.Count(features, shape.Widths[l], forward.Points, forward.Stride, threshold).Sparsity;
            }
        });
    }

    /// <summary>
    /// <c>active_percent</c> of each hidden layer: nonzero activations, in percent; with one hidden layer and one output, activations times the
    /// output weight, so that a unit without one does not count.
    /// </summary>
    public static Instrument<ReluWeights<T>> ActivePercent(ReluShape shape, RegressionData data)
    {
        var forward = new ReluForward<T>(shape, data.Features);
        return new(Names("active_percent", shape), (weights, row) =>
        {
            if (NotFinite(weights, row)) return;
            forward.Evaluate(weights);
            for (var l = 1; l <= shape.Hidden; l++)
            {
                var active = 0;
                for (var j = 0; j < shape.Widths[l]; j++)
                {
                    var weight = shape.Hidden == 1 && shape.Widths[^1] == 1 ? weights.Weight(1)[j] : T.One;
                    foreach (var a in forward.Unit(l, j))
                        if (a * weight != T.Zero) active++;
                }
                row[l - 1] = 100 * (active / ((double)forward.Points * shape.Widths[l]));
            }
        });
    }

    /// <summary><c>active_units</c>: units of the last hidden layer that are positive on some training sample.</summary>
    public static Instrument<ReluWeights<T>> ActiveUnits(ReluShape shape, RegressionData data)
    {
        var forward = new ReluForward<T>(shape, data.Features);
        return new(["active_units"], (weights, row) =>
        {
            if (NotFinite(weights, row)) return;
            forward.Evaluate(weights);
            row[0] = Enumerable.Range(0, shape.Widths[^2]).Count(j => forward.Unit(shape.Hidden, j).ContainsAnyExcept(T.Zero));
        });
    }

    /// <summary><c>feature_nuclear_norm</c>: the sum of the singular values of relu(z)⊙w₂, n × m, for one output.</summary>
    public static Instrument<ReluWeights<T>> FeatureNuclearNorm(ReluShape shape, RegressionData data)
    {
        var forward = new ReluForward<T>(shape, data.Features);
        var (units, last) = (shape.Widths[^2], shape.Layers - 1);
        var features = new double[forward.Stride * units];
        return new(["feature_nuclear_norm"], (weights, row) =>
        {
            if (NotFinite(weights, row)) return;
            forward.Evaluate(weights);
            Widen(forward, last, units, features);
            for (var j = 0; j < units; j++)
                Vectors.Scale(features.AsSpan(j * forward.Stride, forward.Stride), double.CreateTruncating(weights.Weight(last)[j]));
            row[0] = SingularValuesOf(features, units, forward.Points, forward.Stride).Sum();
        });
    }

    /// <summary><c>weight_nuclear_norm</c>: the sum of the singular values of diag(|w₂|)·w₁, for one hidden layer and one output.</summary>
    public static Instrument<ReluWeights<T>> WeightNuclearNorm(ReluShape shape)
    {
        if (shape.Hidden != 1) throw new ArgumentException("The weight nuclear norm is of a network with one hidden layer.", nameof(shape));
        var (units, inputs) = (shape.Widths[1], shape.Widths[0]);
        var products = new double[units * inputs];
        return new(["weight_nuclear_norm"], (weights, row) =>
        {
            if (NotFinite(weights, row)) return;
            for (var k = 0; k < products.Length; k++)
                products[k] = double.CreateTruncating(weights.Weight(0)[k]) * Math.Abs(double.CreateTruncating(weights.Weight(1)[k / inputs]));
            row[0] = SingularValuesOf(products, units, inputs, inputs).Sum();
        });
    }

    /// <summary>
    /// <c>feature_entropy_rank</c>: −Σ p log p for the singular values of the last hidden layer's features on given points, rows normalised, p = σ/Σσ.
    /// Published: on the points of the Jacobian.
    /// </summary>
    public static Instrument<ReluWeights<T>> FeatureEntropyRank(ReluShape shape, Matrix points)
    {
        var forward = new ReluForward<T>(shape, points);
        var units = shape.Widths[^2];
        var features = new double[forward.Stride * units];
        return new(["feature_entropy_rank"], (weights, row) =>
        {
            if (NotFinite(weights, row)) return;
            forward.Evaluate(weights);
            Widen(forward, shape.Hidden, units, features);
            UnitDeduplication.NormaliseRows(features, units, forward.Points, forward.Stride);
            var values = SingularValuesOf(features, units, forward.Points, forward.Stride);
            var sum = values.Sum();
            row[0] = -values.Where(v => v > 0).Sum(v => v / sum * Math.Log(v / sum));
        });
    }

    /// <summary><c>activation_pattern_distance</c>: the part of all (sample, hidden unit) whose 1[z &gt; 0] is not that of the initial weights.</summary>
    public static Instrument<ReluWeights<T>> ActivationPatternDistance(ReluShape shape, RegressionData data, ReluWeights<T> initial)
    {
        var forward = new ReluForward<T>(shape, data.Features);
        var units = shape.Widths.Skip(1).Take(shape.Hidden).Sum();
        bool[] first = new bool[units * data.Samples], now = new bool[first.Length];
        Patterns(initial, first);
        return new(["activation_pattern_distance"], (weights, row) =>
        {
            if (NotFinite(weights, row)) return;
            Patterns(weights, now);
            var changed = 0;
            for (var k = 0; k < now.Length; k++) changed += now[k] != first[k] ? 1 : 0;
            row[0] = changed / (double)now.Length;
        });

        void Patterns(ReluWeights<T> weights, bool[] into)
        {
            forward.Evaluate(weights);
            var k = 0;
            for (var l = 1; l <= shape.Hidden; l++)
                for (var j = 0; j < shape.Widths[l]; j++)
                    foreach (var a in forward.Unit(l, j)) into[k++] = a > T.Zero;
        }
    }

    /// <summary><c>parameter_norm</c>: the norm of all weights, and of the biases on request. The published programs leave the biases out.</summary>
    public static Instrument<ReluWeights<T>> ParameterNorm(bool biases = false) => new(["parameter_norm"], (weights, row) =>
    {
        double squares = 0;
        for (var l = 0; l < weights.Shape.Layers; l++)
        {
            foreach (var w in weights.Weight(l)) squares += Square(w);
            if (!biases) continue;
            foreach (var b in weights.Bias(l)) squares += Square(b);
        }
        row[0] = Math.Sqrt(squares);
    });

    /// <summary>
    /// <c>jacobian_rank</c>: #{σ_i/σ_1 &gt; τ} of the output's gradients on given points. Published: τ = 1e-4 and the first P test samples, in one
    /// dimension <see cref="JacobianPoints.Uniform"/>.
    /// </summary>
    /// <param name="shape">The network.</param>
    /// <param name="points">A point a row.</param>
    /// <param name="thresholds">τ, each at least 1e-6; behind the name of the metric where there are several.</param>
    public static Instrument<ReluWeights<T>> JacobianRank(ReluShape shape, Matrix points, Items<double> thresholds)
    {
        var jacobian = new ReluJacobian(shape, points);
        var names = thresholds.Count == 1 ? ["jacobian_rank"] : Items.From(thresholds.Select(t => $"jacobian_rank_{NumberText.Invariant(t)}"));
        return new(names, (weights, row) => jacobian.Ranks(weights, thresholds.AsSpan(), row));
    }

    /// <summary>
    /// <c>jacobian_unit_groups</c>, for one hidden layer and one output: of each unit the squared norms, over all samples, of the output's gradients by its
    /// w₁, its b₁ where there is one, and its w₂. Units for which these two or three numbers are correlated count once, as in
    /// <see cref="UnitDeduplication"/> but without dividing rows; the number of units left. Published threshold: 0.999.
    /// </summary>
    public static Instrument<ReluWeights<T>> JacobianUnitGroups(ReluShape shape, RegressionData data, double threshold)
    {
        if (shape.Hidden != 1 || shape.Widths[^1] != 1) throw new ArgumentException("The unit groups are of a network with one hidden layer and one output.", nameof(shape));
        var forward = new ReluForward<T>(shape, data.Features);
        var (units, count) = (shape.Widths[1], shape.Biases[0] ? 3 : 2);
        var norms = new double[count * units];
        double[] inputs = [.. Enumerable.Range(0, data.Samples).Select(i => Vectors.Dot(data.Features.Row(i), data.Features.Row(i)))];
        return new(["jacobian_unit_groups"], (weights, row) =>
        {
            if (NotFinite(weights, row)) return;
            forward.Evaluate(weights);
            for (var j = 0; j < units; j++)
            {
                var (square, active, inputSquares, squares) = (Square(weights.Weight(1)[j]), 0, 0.0, 0.0);
                var unit = forward.Unit(1, j);
                for (var i = 0; i < unit.Length; i++)
                {
                    if (!(unit[i] > T.Zero)) continue;
                    active++;
                    inputSquares += inputs[i];
                    squares += Square(unit[i]);
                }
                var gradients = norms.AsSpan(count * j, count);
                gradients[0] = square * inputSquares;
                if (shape.Biases[0]) gradients[1] = square * active;
                gradients[^1] = squares;
            }
            row[0] = UnitDeduplication.Deduplicate(norms, units, count, count, threshold).Units;
        });
    }

    private static double Loss(ReluForward<T> forward, T[] labels, ReluWeights<T> weights, ReluLoss loss)
    {
        forward.Evaluate(weights);
        double sum = 0;
        for (var i = 0; i < labels.Length; i++)
        {
            if (loss == ReluLoss.Squared)
            {
                var e = forward.Outputs[i] - labels[i];
                sum += double.CreateTruncating(e * e);
                continue;
            }
            var margin = double.CreateTruncating(labels[i] * forward.Outputs[i]);
            sum += double.LogP1(Math.Exp(-Math.Abs(margin))) + Math.Max(-margin, 0);
        }
        return sum / labels.Length;
    }

    private static double Square(T x) => double.CreateTruncating(x) * double.CreateTruncating(x);

    private static Items<string> Names(string metric, ReluShape shape) =>
        shape.Hidden == 1 ? [metric] : Items.From(Enumerable.Range(1, shape.Hidden).Select(l => FormattableString.Invariant($"{metric}_layer{l}")));

    /// <summary>Fills the row with NaN where a weight is not finite: a run that has diverged has no features.</summary>
    private static bool NotFinite(ReluWeights<T> weights, Span<double> row)
    {
        if (weights.IsFinite()) return false;
        row.Fill(double.NaN);
        return true;
    }

    private static void Widen(ReluForward<T> forward, int layer, int units, double[] into)
    {
        var from = forward.Activations(layer);
        for (var k = 0; k < units * forward.Stride; k++) into[k] = double.CreateTruncating(from[k]);
    }

    /// <summary>Singular values from the smaller Gram matrix, ascending: enough for sums over them, which small ones hardly change.</summary>
    private static double[] SingularValuesOf(double[] values, int rows, int columns, int stride)
    {
        var order = Math.Min(rows, columns);
        var gram = new double[order * order];
        if (rows <= columns)
        {
            for (var i = 0; i < rows; i++)
                for (var j = i; j < rows; j++) gram[i * order + j] = Vectors.Dot(values.AsSpan(i * stride, columns), values.AsSpan(j * stride, columns));
        }
        else
        {
            for (var k = 0; k < rows; k++)
                for (var i = 0; i < columns; i++) Vectors.AddScaled(gram.AsSpan(i * order, order), values[k * stride + i], values.AsSpan(k * stride, columns));
        }
        return Array.ConvertAll(SymmetricEigen.ValuesOf(new Matrix(order, order, gram)), v => Math.Sqrt(Math.Max(v, 0)));
    }
}
