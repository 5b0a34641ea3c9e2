using LargeSteps.Forms;

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

    private static readonly Codec<MapAxis> Axis = new RecordCodec<MapAxis>("A value of a run that takes evenly spaced numbers.", f =>
    {
        var path = f.Required("path", Codecs.Text, a => a.Path, "where it stands, like schedule.rate");
        var from = f.Required("from", Codecs.Number, a => a.From, "the first number");
        var to = f.Required("to", Codecs.Number, a => a.To, "the last number");
        var points = f.Required("points", Codecs.Count(2, MapFigure.MostPoints), a => a.Points, "how many numbers there are");
        var log = f.Optional("log", Codecs.Flag, a => a.Logarithmic, false, "whether their logarithms are evenly spaced");
        return v => new(v.Get(path), v.Get(from), v.Get(to), v.Get(points), v.Get(log));
    }).Where(a => a.From < a.To, "has its first number not below its last").Where(a => !a.Logarithmic || a.From > 0,
        "is logarithmic, and its numbers must be above 0");

    internal static Form<MapFigure> Kind { get; } = new("map",
        "Whether training converges, and how fast, over two values of a run: small models, trained again for each cell of an image.", f =>
    {
        var file = FigureFields.FileOf(f);
        var x = f.Required("x", Axis, m => m.X, "the value on the horizontal axis");
        var y = f.Required("y", Axis, m => m.Y, "the value on the vertical axis");
        var run = f.Nullable("run", Codecs.Text, m => m.Run, "the label of the run that is trained; without it the first");
        var style = FigureFields.StyleOf(f);
        return v => new(v.Get(file), v.Get(x), v.Get(y)) { Run = v.Get(run), Style = style(v) };
    }, "file: convergence, x: { path: schedule.rate, from: 0.1, to: 1, points: 64 }, y: { path: model.u, from: 0.1, to: 1, points: 64 }");

    internal override IForm<FigureSpec> Form => Kind;

    internal override MapFigure? MapThatTrains => this;

    internal override int PanelCount(FigureRuns runs) => 1;

    internal override IEnumerable<string> Problems(FigureRuns runs)
    {
        foreach (var missing in runs.Missing(Run is { } label ? [label] : [])) yield return missing;
        var cells = (double)X.Points * Y.Points;
        if (cells > MostCells) yield return FormattableString.Invariant($"it has {cells} cells, and the most is {MostCells}");
        if (X.Path == Y.Path) yield return "its axes are the same value";
        if (runs.All.FirstOrDefault(run => Run is null || run.Label == Run) is not { } trained) yield break;
        if (!trained.Model.Match(diagonal => true, relu => true, deep => false, custom => false))
            yield return "it trains a network for each cell, and that is for diagonal_linear and relu_network";
        if (trained.Optimizer.Rule.Flow is not null) yield return "a flow has no step size that could be too large";
    }

    internal override FigureSpec? Smaller(FigureLimits limits) => this with
    {
        X = X.Smaller(limits.GridPoints),
        Y = Y.Smaller(limits.GridPoints),
        Run = Run is { } label && limits.Left([label]).Count > 0 ? label : null,
    };
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

    /// <summary>The first of its numbers: whole ones stay whole.</summary>
    internal MapAxis Smaller(int points) => Points <= points ? this : this with { To = Values()[points - 1], Points = points };
}
