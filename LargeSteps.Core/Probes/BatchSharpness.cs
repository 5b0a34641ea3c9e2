using LargeSteps.Forms;
using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>
/// <c>batch_sharpness</c>: B = E[gᵀHg/‖g‖²], g and H the gradient and the Hessian of the loss of a random batch of the run's own size
/// (Andreyev and Beneventano, arXiv 2412.20553): at the edge of stochastic stability it is 2/η. Batches are drawn until the standard error
/// of the mean, <c>batch_sharpness_error</c>, is small enough; <c>batch_sharpness_batches</c> says how many. Of gradient descent the one
/// batch is all samples. Of deep networks batch norm takes the statistics of the batch.
/// </summary>
/// <param name="Tolerance">The standard error over the mean at which no more batches are drawn.</param>
/// <param name="MaxBatches">The most batches of a measurement; the error then says how far it came.</param>
public sealed record BatchSharpness(double Tolerance = 0.005, int MaxBatches = 1000) : Probe
{
    // Of fewer batches the error itself is too uncertain.
    private const int LeastBatches = 10;

    internal static Form<BatchSharpness> Kind { get; } = new("batch_sharpness",
        "The mean over random batches of the curvature of their loss along their own gradient, its standard error and the number of " +
        "batches (batch_sharpness, batch_sharpness_error, batch_sharpness_batches).", f =>
    {
        var tolerance = f.Optional("tolerance", Codecs.BelowOne, p => p.Tolerance, 0.005,
            "the standard error, relative to the mean, at which no more batches are drawn");
        var batches = f.Optional("max_batches", Codecs.Count(LeastBatches), p => p.MaxBatches, 1000, "the most batches of a measurement");
        return v => new(v.Get(tolerance), v.Get(batches));
    });

    /// <inheritdoc/>
    protected override Needs Needs => Needs.Curvature;

    /// <inheritdoc/>
    protected override Items<string> Columns(ProbeTarget run) => [Key, Key + "_error", Key + "_batches"];

    /// <inheritdoc/>
    protected override Probe Smaller(SmokeLimits limits) => this with { MaxBatches = LeastBatches };

    /// <inheritdoc/>
    protected override string? Title(string column) => column switch
    {
        "batch_sharpness_error" => "standard error of the batch sharpness",
        "batch_sharpness_batches" => "batches of the batch sharpness",
        _ => null,
    };

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run) => new((view, row) =>
    {
        var n = view.Run.Dataset.TrainingSamples;
        var size = view.Run.Optimizer.Batch ?? n;
        if (size >= n)
        {
            (row[0], row[1], row[2]) = (Curvature(view.Loss(n), view), 0, 1);
            return;
        }
        var (random, values) = (new NumpyRandom(MeasurementSeed.Of(view.Iteration)), new List<double>());
        do
        {
            values.Add(view.OnBatch(random.Choice(n, size), loss => Curvature(loss, view)));
            row[0] = values.Average();
            row[1] = values.Count < 2 ? double.NaN : Statistics.Deviation([.. values]) / Math.Sqrt(values.Count);
        }
        while (values.Count < LeastBatches || (values.Count < MaxBatches && row[1] > Tolerance * Math.Abs(row[0])));
        row[2] = values.Count;
    });

    // gᵀHg/‖g‖²; not a number where the gradient is zero.
    private static double Curvature(ILoss loss, RunView view)
    {
        var gradient = loss.Gradient(view.Weights);
        using var hessian = loss.Curvature(view.Weights);
        double[] g = [.. gradient.Values], product = new double[g.Length];
        hessian.Times(g, product);
        return Vectors.Dot(g, product) / Vectors.Dot(g, g);
    }

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
