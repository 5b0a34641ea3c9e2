using LargeSteps.Forms;
using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>
/// <c>hessian_eigenvalue_1</c> … the Count largest eigenvalues of the Hessian of the training loss,
/// descending, and <c>hessian_eigenvalue_min</c>, the smallest. They are those of the whole matrix, P × P; <see cref="Sharpness"/> needs
/// none.
/// </summary>
public sealed record HessianEigenvalues(int Count) : Probe
{
    // 800 MB in double precision, and an hour for its eigenvalues.
    private const long MostParameters = 10_000;

    internal static Form<HessianEigenvalues> Kind { get; } = new("hessian_eigenvalues",
        "Diagonal and ReLU networks: the largest eigenvalues of the Hessian of the training loss (hessian_eigenvalue_1, …), and the " +
        "smallest (hessian_eigenvalue_min).", f =>
    {
        var count = f.Optional("count", Codecs.Count(max: 10_000), p => p.Count, 1, "how many of the largest");
        return v => new(v.Get(count));
    });

    /// <inheritdoc/>
    protected override Needs Needs => Needs.Curvature;

    /// <inheritdoc/>
    protected override Items<string> Columns(ProbeTarget run) =>
    [
        .. Enumerable.Range(1, Count).Select(i => FormattableString.Invariant($"hessian_eigenvalue_{i}")), "hessian_eigenvalue_min",
    ];

    /// <inheritdoc/>
    protected override IEnumerable<Problem> Problems(ProbeTarget run)
    {
        if (run.Model.Parameters(run.Dataset.Features) is not { } parameters)
        {
            yield return new("", "LS0214", "the whole Hessian is that of a diagonal_linear or a relu_network: sharpness needs no matrix");
        }
        else if (Count > parameters)
        {
            yield return new($"{Key}.count", "LS0211",
                FormattableString.Invariant($"the Hessian has {parameters} eigenvalues, not {Count}"));
        }
        else if (parameters > MostParameters)
        {
            yield return new("", "LS0211", FormattableString.Invariant(
                $"the Hessian of {parameters} parameters is too large, the most is {MostParameters}: sharpness needs no matrix"));
        }
    }

    /// <inheritdoc/>
    protected override Probe Smaller(SmokeLimits limits) => this with { Count = Math.Min(Count, limits.Eigenvalues) };

    /// <inheritdoc/>
    protected override string? Title(string column) => column switch
    {
        "hessian_eigenvalue_1" => "largest Hessian eigenvalue",
        "hessian_eigenvalue_min" => "smallest Hessian eigenvalue",
        _ => ColumnNames.TitleOf(column, "hessian_eigenvalue", "Hessian eigenvalue"),
    };

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run)
    {
        var loss = run.Loss();
        return new((view, row) =>
        {
            using var curvature = loss.Curvature(view.Weights);
            var hessian = Matrix(curvature);
            row.Fill(double.NaN);
            if (!double.IsFinite(Vectors.MaxAbs(hessian.AsSpan()))) return;
            var eigenvalues = SymmetricEigen.ValuesOf(hessian);
            for (var i = 0; i < Count; i++) row[i] = eigenvalues[^(i + 1)];
            row[Count] = eigenvalues[0];
        });
    }

    /// <summary>The whole Hessian, P × P, from P products.</summary>
    internal static Matrix Matrix(ICurvature curvature)
    {
        var order = curvature.Order;
        var (values, unit) = (new double[(long)order * order], new double[order]);
        for (var j = 0; j < order; j++)
        {
            unit[j] = 1;
            curvature.Times(unit, values.AsSpan(j * order, order));
            unit[j] = 0;
        }
        return new Matrix(order, order, values);
    }

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
