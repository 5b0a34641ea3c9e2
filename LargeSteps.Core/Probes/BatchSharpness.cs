using LargeSteps.Forms;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>
/// <c>batch_sharpness</c>: B = E[gᵀHg/‖g‖²], g and H the gradient and the Hessian of the loss of a random batch of the run's own
/// size (Andreyev and Beneventano, arXiv 2412.20553): at the edge of stochastic stability it is 2/η. Batches are drawn until the standard
/// error of the mean, <c>batch_sharpness_error</c>, is small enough; <c>batch_sharpness_batches</c> says how many. Of gradient descent
/// the one batch is all samples. Of deep networks batch norm takes the statistics of the batch.
/// </summary>
/// <param name="Tolerance">The standard error over the mean at which no more batches are drawn.</param>
/// <param name="MaxBatches">The most batches of a measurement; the error then says how far it came.</param>
/// <param name="Variants">What else is measured of the same batches.</param>
public sealed record BatchSharpness(double Tolerance = 0.005, int MaxBatches = 1000, Items<BatchSharpnessVariant>? Variants = null) : Probe
{
    private static readonly Codec<BatchSharpnessVariant> VariantWord = Codecs.Word("variant", [.. Enum.GetValues<BatchSharpnessVariant>()
        .Select(Word)]).As(word => Enum.GetValues<BatchSharpnessVariant>().First(variant => Word(variant) == word), Word);

    // Of fewer batches the error itself is too uncertain.
    private const int LeastBatches = 10;
    // Of the largest eigenvalue of a batch's Hessian: the mean over batches is uncertain by more.
    private const double LargestResidual = 1e-3;
    private const int LargestProducts = 100;

    internal static Form<BatchSharpness> Kind { get; } = new("batch_sharpness",
        "The mean over random batches of the curvature of their loss along their own gradient, its standard error, the number of " +
        "batches (batch_sharpness, batch_sharpness_error, batch_sharpness_batches), and variants of it.", f =>
    {
        var tolerance = f.Optional("tolerance", Codecs.BelowOne, p => p.Tolerance, 0.005,
            "the standard error, relative to the mean, at which no more batches are drawn");
        var batches = f.Optional("max_batches", Codecs.Count(LeastBatches), p => p.MaxBatches, 1000, "the most batches of a measurement");
        var variants = f.Nullable("variants", Codecs.List(VariantWord), p => p.Variants,
            "also of the same batches: ratio, E[gᵀHg]/E‖g‖²; gauss_newton, that matrix for H; momentum, E[sᵀHs/sᵀg] along the " +
            "step s = βv + g; largest, the mean of the largest eigenvalue of the Hessian of a batch");
        return v => new(v.Get(tolerance), v.Get(batches), v.Get(variants));
    });

    /// <inheritdoc/>
    protected override Needs Needs => Has(BatchSharpnessVariant.Momentum) ? Needs.Curvature | Needs.EarlierIterates : Needs.Curvature;

    /// <inheritdoc/>
    protected override Items<string> Columns(ProbeTarget run) =>
        [Key, Key + "_error", Key + "_batches", .. Asked.Select(variant => $"{Key}_{Word(variant)}")];

    /// <inheritdoc/>
    protected override IEnumerable<Problem> Problems(ProbeTarget run)
    {
        if (Asked.Distinct().Count() < Asked.Count) yield return new($"{Key}.variants", "LS0204", "a variant is named once");
        var rule = run.Optimizer.Rule;
        if (Has(BatchSharpnessVariant.Momentum) && (rule.Momentum == 0
            || !rule.IsMadeOf(known => known with { Momentum = rule.Momentum, Averaging = rule.Averaging })))
        {
            yield return new($"{Key}.variants", "LS0214",
                "the variant momentum looks along the step of Polyak's momentum: optimizer: { momentum: 0.9 }");
        }
    }

    /// <inheritdoc/>
    protected override Probe Smaller(SmokeLimits limits) => this with { MaxBatches = LeastBatches };

    /// <inheritdoc/>
    protected override string? Title(string column) => column switch
    {
        "batch_sharpness_error" => "standard error of the batch sharpness",
        "batch_sharpness_batches" => "batches of the batch sharpness",
        "batch_sharpness_ratio" => "batch sharpness, E[gᵀHg]/E‖g‖²",
        "batch_sharpness_gauss_newton" => "batch sharpness of the Gauss–Newton matrix",
        "batch_sharpness_momentum" => "batch sharpness along the step",
        "batch_sharpness_largest" => "mean λ₁ of a batch",
        _ => null,
    };

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run)
    {
        var lanczos = Has(BatchSharpnessVariant.Largest) ? new Lanczos(LargestProducts) : null;
        return new((view, row) =>
        {
            var n = view.Run.Dataset.TrainingSamples;
            var size = view.Run.Optimizer.Batch ?? n;
            var velocity = Has(BatchSharpnessVariant.Momentum) ? Velocity(view) : null;
            var batches = new List<BatchCurvature>();
            if (size >= n)
            {
                batches.Add(Measured(view.Loss(n), view, velocity, lanczos));
                row[1] = 0;
            }
            else
            {
                var random = new NumpyRandom(MeasurementSeed.Of(view.Iteration));
                do
                {
                    batches.Add(view.OnBatch(random.Choice(n, size), loss => Measured(loss, view, velocity, lanczos)));
                    var values = batches.ConvertAll(batch => batch.Along);
                    row[1] = values.Count < 2 ? double.NaN : Statistics.Deviation(values) / Math.Sqrt(values.Count);
                }
                while (batches.Count < LeastBatches
                    || (batches.Count < MaxBatches && row[1] > Tolerance * Math.Abs(batches.Average(batch => batch.Along))));
            }
            (row[0], row[2]) = (batches.Average(batch => batch.Along), batches.Count);
            foreach (var (i, variant) in Asked.Index()) row[3 + i] = Of(variant, batches);
        });
    }

    private Items<BatchSharpnessVariant> Asked => Variants ?? [];

    private bool Has(BatchSharpnessVariant variant) => Asked.Contains(variant);

    private static string Word(BatchSharpnessVariant variant) => variant == BatchSharpnessVariant.GaussNewton ? "gauss_newton"
        : variant.ToString().ToLowerInvariant();

    private static double Of(BatchSharpnessVariant variant, List<BatchCurvature> batches) => variant switch
    {
        BatchSharpnessVariant.Ratio => batches.Average(batch => batch.Along * batch.Square) / batches.Average(batch => batch.Square),
        BatchSharpnessVariant.GaussNewton => batches.Average(batch => batch.GaussNewton),
        BatchSharpnessVariant.Momentum => batches.Average(batch => batch.OfStep),
        _ => batches.Average(batch => batch.Largest),
    };

    // v of w ← w − ηv, from the last step: 0 before the first; null where the iterate before it was not kept.
    private static ParameterVector? Velocity(RunView view)
    {
        if (view.Iteration == 0) return view.Weights.Zeros();
        if (view.Earlier(1) is not { } before) return null;
        var velocity = before.Less(view.Weights);
        velocity.Scale(1 / view.Run.RateAt(view.Iteration - 1));
        return velocity;
    }

    private BatchCurvature Measured(ILoss loss, RunView view, ParameterVector? velocity, Lanczos? lanczos)
    {
        var at = view.Weights;
        var gradient = loss.Gradient(at);
        double square = gradient.Dot(gradient), along, ofStep = double.NaN, largest = double.NaN, gaussNewton = double.NaN;
        using (var hessian = loss.Curvature(at))
        {
            along = gradient.Dot(hessian.Times(gradient)) / square;
            if (velocity is not null)
            {
                var step = gradient.Zeros();
                step.Set(gradient);
                step.Add(view.Run.Optimizer.Rule.Momentum, velocity);
                ofStep = step.Dot(hessian.Times(step)) / step.Dot(gradient);
            }
            if (lanczos is not null) largest = lanczos.Largest(hessian.Order, hessian.Times, LargestResidual).Value;
        }
        if (Has(BatchSharpnessVariant.GaussNewton))
        {
            using var matrix = loss.GaussNewton(at);
            gaussNewton = gradient.Dot(matrix.Times(gradient)) / square;
        }
        return new(along, square, ofStep, largest, gaussNewton);
    }

    // Of one batch: gᵀHg/‖g‖², not a number where the gradient is zero, ‖g‖², sᵀHs/sᵀg, λ₁(H) and gᵀGg/‖g‖².
    private readonly record struct BatchCurvature(double Along, double Square, double OfStep, double Largest, double GaussNewton);

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}

/// <summary>What else <see cref="BatchSharpness"/> measures; g, H and G are gradient, Hessian and Gauss–Newton matrix of a
/// batch.</summary>
public enum BatchSharpnessVariant
{
    /// <summary>E[gᵀHg]/E‖g‖².</summary>
    Ratio,

    /// <summary>E[gᵀGg/‖g‖²].</summary>
    GaussNewton,

    /// <summary>E[sᵀHs/sᵀg] along the step s = βv + g of Polyak's momentum, v the momentum before it.</summary>
    Momentum,

    /// <summary>E[λ₁(H)].</summary>
    Largest,
}
