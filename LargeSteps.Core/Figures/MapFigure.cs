namespace LargeSteps.Figures;

/// <summary>
/// Whether training converges, and how fast, over two values of a run: it is trained again at each point of a grid, and each point is a
/// cell of an image (Sohl-Dickstein, arXiv 2402.06184). The model is a small one.
/// </summary>
/// <param name="File">The name of the file, without ending.</param>
/// <param name="X">The value on the horizontal axis.</param>
/// <param name="Y">The value on the vertical axis.</param>
public sealed record MapFigure(string File, MapAxis X, MapAxis Y) : ChartFigure(File)
{
    /// <summary>The most cells of a map.</summary>
    internal const int MostCells = 1_000_000;

    /// <summary>The most numbers of an axis: each is checked before anything runs.</summary>
    internal const int MostPoints = 10_000;

    /// <summary>The label of the run that is trained at each point; null: the first.</summary>
    public string? Run { get; init; }

    private protected override void Close() { }
}

/// <summary>A value of a run that takes evenly spaced numbers, the ends included.</summary>
/// <param name="Path">Where it stands, like <c>schedule.rate</c> or <c>optimizer.layer_rates[0]</c>.</param>
/// <param name="From">The first number.</param>
/// <param name="To">The last number, above the first.</param>
/// <param name="Points">How many there are, at least 2.</param>
/// <param name="Logarithmic">Whether their logarithms are evenly spaced.</param>
public sealed record MapAxis(string Path, double From, double To, int Points, bool Logarithmic = false)
{
    /// <summary>The numbers, ascending.</summary>
    internal double[] Values() => [.. Enumerable.Range(0, Points).Select(i => i == Points - 1 ? To
        : Logarithmic ? From * Math.Pow(To / From, (double)i / (Points - 1)) : From + (To - From) * i / (Points - 1))];
}
