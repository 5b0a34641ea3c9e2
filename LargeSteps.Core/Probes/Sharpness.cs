using LargeSteps.Forms;
using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>
/// <c>sharpness</c>: the largest eigenvalue λ of the Hessian H of the training loss, by the Lanczos iteration on products H·v; and
/// <c>sharpness_residual</c>: ‖Hv − λv‖/|λ| for the unit eigenvector v found, so that an eigenvalue of H lies within that part of λ.
/// Gradient descent on a quadratic with curvature above 2/η diverges. A ReLU counts with its piecewise-linear derivative: its kinks have no
/// curvature.
/// </summary>
/// <param name="Samples">The Hessian of the loss of the first so many training samples; null: of all, of a deep network that
/// is not trained on the full batch of the first 512.</param>
/// <param name="Tolerance">The residual at which the iteration ends.</param>
/// <param name="MaxIterations">The most products of one measurement; the residual then says how far it came.</param>
/// <param name="Eigenvalues">How many eigenvalues, the largest first: the second is <c>sharpness_2</c>. The iteration goes on until the
/// residual of each is small enough, and <c>sharpness_residual</c> is the largest of them.</param>
public sealed record Sharpness(int? Samples = null, double Tolerance = 1e-6, int MaxIterations = 100, int Eigenvalues = 1) : Probe
{
    internal static Form<Sharpness> Kind { get; } = new("sharpness",
        "The largest eigenvalue of the Hessian of the training loss by the Lanczos iteration, and its relative residual (sharpness, " +
        "sharpness_residual).", f =>
    {
        var samples = TrainingPart.Samples(f, p => p.Samples);
        var (tolerance, iterations) = TrainingPart.Iteration(f, p => p.Tolerance, p => p.MaxIterations, 1e-6);
        var eigenvalues = f.Optional("eigenvalues", Codecs.Count(max: 100), p => p.Eigenvalues, 1,
            "how many of the largest eigenvalues: sharpness, sharpness_2 and so on");
        return v => new(v.Get(samples), v.Get(tolerance), v.Get(iterations), v.Get(eigenvalues));
    });

    /// <inheritdoc/>
    protected override Needs Needs => Needs.Curvature;

    /// <inheritdoc/>
    protected override Items<string> Columns(ProbeTarget run) =>
    [
        "sharpness", .. Enumerable.Range(2, Eigenvalues - 1).Select(i => FormattableString.Invariant($"sharpness_{i}")),
        "sharpness_residual",
    ];

    /// <inheritdoc/>
    protected override IEnumerable<Problem> Problems(ProbeTarget run) => TrainingPart.Problems(Key, Samples, run);

    /// <inheritdoc/>
    protected override Probe Smaller(SmokeLimits limits) => this with
    {
        Samples = limits.Of(Samples),
        MaxIterations = Math.Min(MaxIterations, limits.Products),
    };

    /// <inheritdoc/>
    protected override string? Title(string column) => column switch
    {
        "sharpness" => "sharpness λ₁",
        "sharpness_residual" => "residual of the sharpness",
        _ => column.StartsWith("sharpness_", StringComparison.Ordinal) && column["sharpness_".Length..].All(char.IsAsciiDigit)
            ? $"eigenvalue λ{Subscript(column["sharpness_".Length..])}" : null,
    };

    private static string Subscript(string digits) => string.Concat(digits.Select(digit => (char)('₀' + (digit - '0'))));

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run)
    {
        var (lanczos, loss) = (new Lanczos(MaxIterations), run.Loss(Samples));
        return new((view, row) =>
        {
            using var curvature = loss.Curvature(view.Weights);
            // The start is the same each time, so that a measurement depends on nothing but the iterate.
            if (Eigenvalues > 1)
            {
                row[^1] = lanczos.LargestOf(curvature.Order, curvature.Times, row[..^1], Tolerance);
                return;
            }
            var found = lanczos.Largest(curvature.Order, curvature.Times, Tolerance);
            row[0] = found.Value;
            row[1] = double.IsNaN(found.Value) ? double.NaN : found.Residual == 0 ? 0 : found.Residual / Math.Abs(found.Value);
        });
    }

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
