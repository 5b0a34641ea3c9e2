using LargeSteps.Forms;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>Names of columns that several probes have.</summary>
internal static class ColumnNames
{
    /// <summary>The columns that every table has besides its metrics.</summary>
    public static readonly Items<string> Others = ["run", "seed", "iteration", "epoch", "learning_rate", "outcome",
        "last_iteration", "alive", "dead", "diverged", "stopped", "survival"];

    /// <summary>Why a column cannot have a name; null: it can.</summary>
    public static string? Problem(string name) => string.IsNullOrWhiteSpace(name) || Others.Contains(name)
        ? $"a probe needs a name of its own for its column, not '{name}'"
        : name.ToList().FindIndex(letter => !char.IsLetterOrDigit(letter) && !"_.+-".Contains(letter)) is var wrong and >= 0
        ? $"the column '{name}' has a '{name[wrong]}': names of columns are letters, digits, '_', '.', '+' and '-'" : null;

    /// <summary>The name for the first threshold, and for each further one the name with the threshold: <c>l0_norm,
    /// l0_norm_0.001</c>.</summary>
    public static Items<string> ForThresholds(string name, Items<double> thresholds) =>
        Items.From(thresholds.Select((threshold, i) => i == 0 ? name : $"{name}_{NumberText.Invariant(threshold)}"));

    /// <summary>The heading of such a column: the words, and in parentheses what stands behind the name; null for any other
    /// column.</summary>
    public static string? TitleOf(string column, string name, string words) => column == name ? words
        : column.StartsWith(name + "_", StringComparison.Ordinal) ? $"{words} ({column[(name.Length + 1)..]})" : null;

    /// <summary>The name for a single hidden layer; for several <c>name_layer1, name_layer2, …</c>.</summary>
    public static Items<string> ForLayers(string name, int layers) => layers == 1 ? [name]
        : Items.From(Enumerable.Range(1, layers).Select(layer => FormattableString.Invariant($"{name}_layer{layer}")));
}

/// <summary>What is random in a measurement is drawn from its iteration, so that it takes nothing from the steps.</summary>
internal static class MeasurementSeed
{
    /// <summary>The seed of a measurement. A prime spreads the iterations over the seeds, and
    /// an odd number keeps iteration 0 apart from the steps.</summary>
    public static uint Of(long iteration) => unchecked((uint)((iteration + 1) * 2_654_435_761));
}

/// <summary>The factors u and v of a diagonal network, which stand one behind the other in the weights.</summary>
internal readonly ref struct Factors
{
    public Factors(RunView view)
    {
        var weights = HostVector<double>.Of(view.Weights);
        U = weights.AsSpan(0, weights.Length / 2);
        V = weights.AsSpan(weights.Length / 2);
    }

    public ReadOnlySpan<double> U { get; }

    public ReadOnlySpan<double> V { get; }
}

/// <summary>Probes of the loss on a part of the training samples.</summary>
internal static class TrainingPart
{
    /// <summary>The key <c>samples</c>.</summary>
    public static Field<int?> Samples<T>(Fields<T> fields, Func<T, int?> get) => fields.NullableValue("samples", Codecs.Count(), get,
        "the loss of the first so many training samples instead of all (deep networks that are not trained on the full batch: instead of " +
        "512)");

    /// <summary>The keys <c>tolerance</c> and <c>max_iterations</c> of a Lanczos iteration.</summary>
    public static (Field<double> Tolerance, Field<int> Iterations) Iteration<T>(Fields<T> fields, Func<T, double> tolerance,
        Func<T, int> iterations, double usual) => (
        fields.Optional("tolerance", Codecs.BelowOne, tolerance, usual, "the relative residual at which the iteration ends"),
        fields.Optional("max_iterations", Codecs.Count(max: 10_000), iterations, 100,
            "the most products with a vector of a measurement"));

    /// <summary>Whether there are so many samples.</summary>
    public static IEnumerable<Problem> Problems(string key, int? samples, ProbeTarget run)
    {
        var there = run.Dataset.TrainingSamples;
        if (samples > there)
        {
            yield return new($"{key}.samples", "LS0203", FormattableString.Invariant(
                $"{key} of {samples} samples is asked for, and there are {there} training samples"));
        }
    }
}

/// <summary>Probes of what is known of plain steps alone.</summary>
internal static class PlainSteps
{
    /// <summary>Whether steps are w ← w − ηg.</summary>
    public static IEnumerable<Problem> Problems(string key, ProbeTarget run) =>
        run.Optimizer.Rule is { Balancing: 0 } rule && rule.IsMadeOf(known => known with { Averaging = rule.Averaging }) ? []
        : [new("", "LS0214", $"{key} is that of plain steps w − ηg: without momentum, Adam, SAM, layer_rates and the like")];
}

/// <summary>The largest eigenvalues of a Hessian with their eigenvectors.</summary>
internal static class TopEigenvectors
{
    /// <summary>The values, descending, and a unit vector for each.</summary>
    public static (double[] Values, ParameterVector[] Vectors) Of(Lanczos lanczos, ILoss loss, ParameterVector at, int count,
        double tolerance)
    {
        using var hessian = loss.Curvature(at);
        var values = new double[count];
        var vectors = lanczos.Eigenvectors(hessian.Order, hessian.Times, values, tolerance);
        return (values, [.. vectors.Select(vector => hessian.VectorOf(vector))]);
    }
}

/// <summary>Writes what is measured of hidden layers into a row.</summary>
internal delegate void MeasureLayers(IHiddenLayers layers, Span<double> row);

/// <summary>Probes of hidden layers.</summary>
internal static class OfHiddenLayers
{
    /// <summary>What measures them; a run that has diverged has no features, and NaN in every column.</summary>
    public static Instrument Measured(MeasureLayers measure) => new((view, row) =>
    {
        row.Fill(double.NaN);
        if (view.Weights.IsFinite) measure(view.HiddenLayers!, row);
    });

    /// <summary>Whether there is only one.</summary>
    public static IEnumerable<Problem> One(ProbeTarget run) => run.Model.Match<Problem[]>(
        diagonal => [], relu => relu.Hidden.Count > 1 ? [new("", "LS0214", "the probe is defined for one hidden layer")] : [],
        deep => [], custom => []);
}

/// <summary>What the models offer to probes.</summary>
internal static class Offers
{
    private const Needs Common = Needs.Losses | Needs.Curvature | Needs.EarlierIterates | Needs.Twin;

    private static readonly (Needs Need, string Words)[] Words =
    [
        (Needs.Features, "features"), (Needs.HiddenLayers, "hidden layers of ReLU units"),
        (Needs.Jacobian, "the Jacobian of one output"), (Needs.Factors, "the factors u and v"), (Needs.Twin, "a twin"),
    ];

    /// <summary>What a probe needs that its model has not, in words; null: nothing.</summary>
    public static string? Missing(Probe probe, ProbeTarget run)
    {
        var offered = run.Model.Match(
            diagonal => Common | Needs.Jacobian | Needs.Factors,
            relu => Common | Needs.Jacobian | Needs.Features | Needs.HiddenLayers,
            deep => Common | Needs.Features,
            custom => custom.Features is null ? Common : Common | Needs.Features);
        var missing = Words.Where(word => (probe.Asks & ~offered & word.Need) != 0).Select(word => word.Words).ToArray();
        if (missing.Length == 0) return null;
        var model = run.Model.Match(diagonal => "diagonal_linear", relu => "relu_network", deep => "deep_network", custom =>
            "custom module");
        return $"{probe.Key} looks at {string.Join(" and ", missing)}, which a {model} does not have";
    }
}
