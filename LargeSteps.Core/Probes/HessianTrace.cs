using LargeSteps.Forms;
using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>
/// <c>hessian_trace</c>: the trace of the Hessian of the training loss by Hutchinson's estimate, the mean of vᵀHv over random vectors v of
/// ±1, and its standard error, <c>hessian_trace_error</c>. The vectors are drawn anew in each measurement, by its iteration.
/// </summary>
/// <param name="Vectors">How many vectors.</param>
/// <param name="Samples">The loss of the first so many training samples; null: of all, of a deep network that is
/// not trained on the full batch of the first 512.</param>
public sealed record HessianTrace(int Vectors = 20, int? Samples = null) : Probe
{
    internal static Form<HessianTrace> Kind { get; } = new("hessian_trace",
        "The trace of the Hessian of the training loss by Hutchinson's estimate, and its standard error (hessian_trace, " +
        "hessian_trace_error).", f =>
    {
        var vectors = f.Optional("vectors", Codecs.Count(2), p => p.Vectors, 20, "how many products with random vectors of ±1");
        var samples = TrainingPart.Samples(f, p => p.Samples);
        return v => new(v.Get(vectors), v.Get(samples));
    });

    /// <inheritdoc/>
    protected override Needs Needs => Needs.Curvature;

    /// <inheritdoc/>
    protected override Items<string> Columns(ProbeTarget run) => [Key, Key + "_error"];

    /// <inheritdoc/>
    protected override IEnumerable<Problem> Problems(ProbeTarget run) => TrainingPart.Problems(Key, Samples, run);

    /// <inheritdoc/>
    protected override Probe Smaller(SmokeLimits limits) => this with { Vectors = 2, Samples = limits.Of(Samples) };

    /// <inheritdoc/>
    protected override string? Title(string column) => column == "hessian_trace_error" ? "standard error of the trace of the Hessian"
        : column == "hessian_trace" ? "trace of the Hessian" : null;

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run)
    {
        var loss = run.Loss(Samples);
        return new((view, row) =>
        {
            using var hessian = loss.Curvature(view.Weights);
            var random = new NumpyRandom(MeasurementSeed.Of(view.Iteration));
            double[] vector = new double[hessian.Order], product = new double[hessian.Order];
            var values = new double[Vectors];
            for (var i = 0; i < values.Length; i++)
            {
                foreach (ref var v in vector.AsSpan()) v = (random.NextUInt32() & 1) == 0 ? -1 : 1;
                hessian.Times(vector, product);
                values[i] = Numerics.Vectors.Dot(vector, product);
            }
            (row[0], row[1]) = (values.Average(), Statistics.Deviation(values) / Math.Sqrt(values.Length));
        });
    }

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
