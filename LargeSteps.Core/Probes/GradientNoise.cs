using LargeSteps.Forms;
using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>
/// <c>gradient_noise_trace</c>: the mean over single samples of the squared norm of their gradient, (1/n) Σ ‖∇ℓ_i‖². Less the squared
/// <see cref="GradientNorm"/> it is the trace of the covariance of the gradients of SGD with one sample. Of deep networks batch norm takes
/// its running statistics, since one image has none. <c>gradient_noise_1</c>, <c>gradient_noise_2</c>, … are the variances of the gradient
/// of a batch of the run's size along the eigenvectors of the largest eigenvalues of the Hessian, where they are asked for; there batch
/// norm takes the statistics of the samples.
/// </summary>
/// <param name="Samples">The first so many training samples; null: all, of a deep network that is not trained on the
/// full batch the first 512.</param>
/// <param name="Eigenvectors">Along how many eigenvectors; 0: none.</param>
public sealed record GradientNoise(int? Samples = null, int Eigenvectors = 0) : Probe
{
    // Of the eigenvectors: their residual, and the products that they may take.
    private const double Residual = 1e-4;
    private const int MostProducts = 200;

    internal static Form<GradientNoise> Kind { get; } = new("gradient_noise",
        "The mean over single training samples of the squared norm of their gradient (gradient_noise_trace), and the variances of a " +
        "batch's gradient along eigenvectors of the Hessian (gradient_noise_1, …).", f =>
    {
        var samples = TrainingPart.Samples(f, p => p.Samples);
        var eigenvectors = f.Optional("eigenvectors", Codecs.Count(0, max: 100), p => p.Eigenvectors, 0,
            "along how many eigenvectors of the largest eigenvalues of the Hessian");
        return v => new(v.Get(samples), v.Get(eigenvectors));
    });

    /// <inheritdoc/>
    protected override Needs Needs => Needs.Curvature;

    /// <inheritdoc/>
    protected override Items<string> Columns(ProbeTarget run) =>
        ["gradient_noise_trace", .. Enumerable.Range(1, Eigenvectors).Select(i => FormattableString.Invariant($"gradient_noise_{i}"))];

    /// <inheritdoc/>
    protected override IEnumerable<Problem> Problems(ProbeTarget run) => TrainingPart.Problems(Key, Samples, run);

    /// <inheritdoc/>
    protected override Probe Smaller(SmokeLimits limits) => this with { Samples = limits.Of(Samples) };

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run)
    {
        var lanczos = Eigenvectors > 0 ? new Lanczos(MostProducts) : null;
        return new((view, row) =>
        {
            Trace(view, row);
            if (lanczos is null) return;
            var loss = view.Loss(Samples);
            var (_, directions) = TopEigenvectors.Of(lanczos, loss, view.Weights, Eigenvectors, Residual);
            for (var i = 0; i < directions.Length; i++) row[i + 1] = OfBatch(loss.Slopes(view.Weights, directions[i]), view.Run);
        });
    }

    /// <summary>The variance of the mean over a batch of a run, of values of the first samples: without replacement less by
    /// (n − B)/(n − 1).</summary>
    internal static double OfBatch(double[] values, ProbeTarget run)
    {
        var (mean, n) = (values.Average(), (double)run.Dataset.TrainingSamples);
        var (variance, batch) = (values.Average(v => (v - mean) * (v - mean)), Math.Min(run.Optimizer.Batch ?? n, n));
        return variance / batch * (run.Optimizer.Sampled is { IsWithReplacement: true } || n == 1 ? 1 : (n - batch) / (n - 1));
    }

    private void Trace(RunView view, Span<double> row)
    {
        var (weights, squares, count) = (view.Weights, 0.0, 0);
        foreach (var loss in view.SampleLosses(Samples))
        {
            var gradient = loss.Gradient(weights);
            squares += gradient.Dot(gradient);
            count++;
        }
        row[0] = squares / count;
    }

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
