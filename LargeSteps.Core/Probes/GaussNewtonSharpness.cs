using LargeSteps.Forms;
using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>
/// <c>gauss_newton_sharpness</c>: the largest eigenvalue of the Gauss–Newton matrix of the training loss, see
/// <see cref="ILoss.GaussNewton"/>: what is left of <see cref="Sharpness"/> without the curvature of the outputs. At an interpolating
/// minimum of a squared loss both are the same.
/// </summary>
/// <param name="Samples">The loss of the first so many training samples; null: of all, of a deep network that is not trained on the full
/// batch of the first 512.</param>
/// <param name="Tolerance">The residual at which the iteration ends.</param>
/// <param name="MaxIterations">The most products of one measurement.</param>
public sealed record GaussNewtonSharpness(int? Samples = null, double Tolerance = 1e-6, int MaxIterations = 100) : Probe
{
    internal static Form<GaussNewtonSharpness> Kind { get; } = new("gauss_newton_sharpness",
        "The largest eigenvalue of the Gauss–Newton matrix of the training loss by the Lanczos iteration (gauss_newton_sharpness).", f =>
    {
        var samples = TrainingPart.Samples(f, p => p.Samples);
        var (tolerance, iterations) = TrainingPart.Iteration(f, p => p.Tolerance, p => p.MaxIterations, 1e-6);
        return v => new(v.Get(samples), v.Get(tolerance), v.Get(iterations));
    });

    /// <inheritdoc/>
    protected override Needs Needs => Needs.Curvature;

    /// <inheritdoc/>
    protected override IEnumerable<Problem> Problems(ProbeTarget run) => TrainingPart.Problems(Key, Samples, run);

    /// <inheritdoc/>
    protected override Probe Smaller(SmokeLimits limits) => this with
    {
        Samples = limits.Of(Samples),
        MaxIterations = Math.Min(MaxIterations, limits.Products),
    };

    /// <inheritdoc/>
    protected override string? Title(string column) => column == Key ? "sharpness of the Gauss–Newton matrix" : null;

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run)
    {
        var (lanczos, loss) = (new Lanczos(MaxIterations), run.Loss(Samples));
        return new((view, row) =>
        {
            using var matrix = loss.GaussNewton(view.Weights);
            row[0] = lanczos.Largest(matrix.Order, matrix.Times, Tolerance).Value;
        });
    }

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
