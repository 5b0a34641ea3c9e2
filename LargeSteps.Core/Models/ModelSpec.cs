namespace LargeSteps.Models;

/// <summary>What learns, and from which initial weights.</summary>
public abstract record ModelSpec
{
    private protected ModelSpec() { }

    private protected abstract void Close();

    /// <summary>A diagonal linear network, see <see cref="Models.DiagonalLinear"/>.</summary>
    public static ModelSpec DiagonalLinear(double u = 0.1, double v = 0) => new DiagonalLinear(u, v);

    /// <summary>The same with another seed of the initial weights; a diagonal network draws none.</summary>
    public ModelSpec WithSeed(uint seed) => Match<ModelSpec>(diagonal => diagonal);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<DiagonalLinear, TResult> diagonalLinear) => this switch
    {
        DiagonalLinear d => diagonalLinear(d),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>
/// A diagonal linear network h(x) = ⟨u⊙v, x⟩ in float64 with loss ‖X(u⊙v) − y‖²/(2n);
/// initially u = <paramref name="U"/> and v = <paramref name="V"/> in every coordinate.
/// </summary>
public sealed record DiagonalLinear(double U, double V) : ModelSpec
{
    private protected override void Close() { }
}
