using LargeSteps.Numerics;
using LargeSteps.Probes;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Training;

/// <summary>
/// The probes of the dynamics of one run, made real: they see more of it than its iterate. The run says <see cref="BeforeStep"/> before
/// each step.
/// </summary>
/// <typeparam name="TIterate">The weights as the probes see them.</typeparam>
internal sealed class RunDynamics<TIterate> : IDisposable
{
    private readonly int _samples;
    private readonly Func<Range, ITrainingLoss> _lossOn;
    private readonly Func<TIterate, double[]> _parameters;
    private readonly Func<TIterate> _current;
    private readonly Func<TIterate>? _twin;
    private readonly Func<long, Func<Items<double>>, ProbeView>? _view;
    // The iterations whose iterate the bounce probe will ask for; null where nobody asks.
    private readonly HashSet<long>? _kept;
    private readonly Dictionary<Range, ITrainingLoss> _losses = [];
    private double[] _previous = [], _beforePrevious = [];
    private long _iteration;

    /// <summary>The dynamics of a run.</summary>
    /// <param name="plan">What is measured.</param>
    /// <param name="horizon">The length of the run.</param>
    /// <param name="samples">The number of training samples.</param>
    /// <param name="lossOn">Creates the loss on some of them.</param>
    /// <param name="parameters">An iterate's parameters in the order of the loss, in an array of its own.</param>
    /// <param name="current">The iterate of the run.</param>
    /// <param name="twin">The iterate of its twin; only <see cref="Predictability"/> asks for it.</param>
    /// <param name="view">What custom probes see at an iteration; only they ask for it.</param>
    public RunDynamics(
        ProbePlan plan, Horizon horizon, int samples, Func<Range, ITrainingLoss> lossOn, Func<TIterate, double[]> parameters,
            Func<TIterate> current, Func<TIterate>? twin = null,
        Func<long, Func<Items<double>>, ProbeView>? view = null)
    {
        (_samples, _lossOn, _parameters, _current, _twin, _view) = (samples, lossOn, parameters, current, twin, view);
        if (plan.Measure.Any(probe => probe is DynamicsProbe { Of: Bounce }))
            _kept = [.. plan.At.Iterations(horizon).SelectMany(k => (long[])[k - 2, k - 1])];
    }

    /// <summary>The perturbation of the twin that a plan asks for; null: none.</summary>
    public static double? PerturbationOf(ProbePlan plan) => plan.Measure.OfType<DynamicsProbe>().Select(p => p.Of).OfType<Predictability>()
        .FirstOrDefault()?.Perturbation;

    /// <summary>Keeps the iterate where a measurement after one or two more steps needs it.</summary>
    public void BeforeStep()
    {
        if (_kept is not null && _kept.Contains(_iteration)) (_beforePrevious, _previous) = (_previous, _parameters(_current()));
        _iteration++;
    }

    /// <summary>What fills the columns of a probe.</summary>
    public Measure<TIterate> Of(DynamicsSpec spec) => spec.Match(
        hessian => HessianEigenvaluesOf(LossOn(null), hessian.Count),
        predictability => PredictabilityOf(LossOn(null), predictability.Tolerance, _twin
            ?? throw new InvalidOperationException("The run has no twin.")),
        sharpness => SharpnessOf(LossOn(sharpness.Samples), sharpness),
        bounce => BounceOf(LossOn(bounce.Samples)),
        gradientNorm => GradientNormOf(LossOn(gradientNorm.Samples)),
        gradientNoise => GradientNoiseOf(gradientNoise.Samples ?? _samples),
        // The step loop has the clock.
        seconds => (_, row) => row[0] = double.NaN);

    /// <summary>What fills the column of a custom probe.</summary>
    public Measure<TIterate> Of(CustomProbe custom)
    {
        var view = _view ?? throw new InvalidOperationException("The run shows itself to no probe.");
        return (iterate, row) => row[0] = custom.Measure(view(_iteration, () => Items.Of<double>(_parameters(iterate))));
    }

    public void Dispose()
    {
        foreach (var loss in _losses.Values) loss.Dispose();
    }

    private ITrainingLoss LossOn(int? samples) => LossOn(..(samples ?? _samples));

    private ITrainingLoss LossOn(Range samples) => _losses.TryGetValue(samples, out var loss) ? loss : _losses[samples] = _lossOn(samples);

    private Measure<TIterate> HessianEigenvaluesOf(ITrainingLoss loss, int count) => (iterate, row) =>
    {
        loss.MoveTo(_parameters(iterate));
        var hessian = Hessian(loss);
        row.Fill(double.NaN);
        if (!double.IsFinite(Vectors.MaxAbs(hessian.AsSpan()))) return;
        var eigenvalues = SymmetricEigen.ValuesOf(hessian);
        for (var i = 0; i < count; i++) row[i] = eigenvalues[^(i + 1)];
        row[count] = eigenvalues[0];
    };

    /// <summary>The Hessian of a loss at its point, P × P, from P products.</summary>
    internal static Matrix Hessian(ITrainingLoss loss)
    {
        var order = loss.Parameters;
        var (values, unit) = (new double[(long)order * order], new double[order]);
        for (var j = 0; j < order; j++)
        {
            unit[j] = 1;
            loss.HessianProduct(unit, values.AsSpan(j * order, order));
            unit[j] = 0;
        }
        return new Matrix(order, order, values);
    }

    private Measure<TIterate> SharpnessOf(ITrainingLoss loss, Sharpness spec)
    {
        var lanczos = new Lanczos(spec.MaxIterations);
        return (iterate, row) =>
        {
            loss.MoveTo(_parameters(iterate));
            // The start is the same each time, so that a measurement depends on nothing but the iterate.
            var found = lanczos.Largest(loss.Parameters, loss.HessianProduct, spec.Tolerance);
            row[0] = found.Value;
            row[1] = double.IsNaN(found.Value) ? double.NaN : found.Residual == 0 ? 0 : found.Residual / Math.Abs(found.Value);
        };
    }

    private Measure<TIterate> GradientNormOf(ITrainingLoss loss)
    {
        var gradient = new double[loss.Parameters];
        return (iterate, row) =>
        {
            loss.MoveTo(_parameters(iterate));
            loss.Gradient(gradient);
            row[0] = Vectors.Norm(gradient);
        };
    }

    private Measure<TIterate> GradientNoiseOf(int samples)
    {
        ITrainingLoss[] single = [.. Enumerable.Range(0, samples).Select(i => LossOn(i..(i + 1)))];
        var gradient = new double[single[0].Parameters];
        return (iterate, row) =>
        {
            var (weights, squares) = (_parameters(iterate), 0.0);
            foreach (var loss in single)
            {
                loss.MoveTo(weights);
                loss.Gradient(gradient);
                squares += Vectors.Dot(gradient, gradient);
            }
            row[0] = squares / samples;
        };
    }

    private Measure<TIterate> BounceOf(ITrainingLoss loss) => (iterate, row) =>
    {
        row.Fill(double.NaN);
        if (_iteration < 2) return;
        var current = _parameters(iterate);
        double[] last = Difference(current, _previous), before = Difference(_previous, _beforePrevious);
        row[0] = Vectors.Dot(last, before) / (Vectors.Norm(last) * Vectors.Norm(before));
        var middle = current.Zip(_previous, (a, b) => a + (b - a) / 2).ToArray();
        row[1] = loss.MoveTo(middle) - (loss.MoveTo(current) + loss.MoveTo(_previous)) / 2;
    };

    private Measure<TIterate> PredictabilityOf(ITrainingLoss training, double tolerance, Func<TIterate> twin)
    {
        var horizon = double.NaN;
        return (iterate, row) =>
        {
            double[] weights = _parameters(iterate), other = _parameters(twin());
            row[0] = Vectors.Norm(Difference(weights, other)) / Vectors.Norm(weights);
            var loss = training.MoveTo(weights);
            row[1] = Math.Abs(loss - training.MoveTo(other)) / loss;
            // A twin that has diverged (NaN) has left as well.
            if (double.IsNaN(horizon) && !(row[1] <= tolerance)) horizon = _iteration;
            row[2] = horizon;
        };
    }

    private static double[] Difference(double[] a, double[] b)
    {
        double[] difference = [.. a];
        Vectors.AddScaled(difference, -1, b);
        return difference;
    }
}
