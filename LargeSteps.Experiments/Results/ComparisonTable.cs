using System.Globalization;
using LargeSteps.Figures;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Results;

/// <summary>A comparison of runs as a table for the eye: a row for each run and window, a column for each metric.</summary>
internal sealed class ComparisonTable(TableFigure table, Items<Compared> cells)
{
    public string File => table.File;

    public Items<Compared> Cells => cells;

    public string Legend =>
        "means over the seeds that survived ± standard errors"
            + (table.Against is { } run ? $"; in brackets how many standard errors the mean is from that of '{run}'" : "");

    public string[] Header => [.. Windowed ? ["run", "window"] : new[] { "run" }, "survived", .. table.Metrics];

    public IReadOnlyList<string[]> Rows =>
    [
        .. cells.GroupBy(c => (c.Run, c.Window)).Select(row => (string[])
        [
            .. Windowed ? [row.Key.Run, row.Key.Window] : new[] { row.Key.Run },
            Survivors(row.First()),
            .. row.Select(Cell),
        ]),
    ];

    /// <summary>The same as texts.</summary>
    public TextTable Text => new(File, Header, Rows, Legend);

    private static string Survivors(Compared of) => (of.Seeds, of.Stopped) switch
    {
        (_, 0) => FormattableString.Invariant($"{of.Survivors}/{of.Seeds}"),
        (0, _) => "stopped",
        _ => FormattableString.Invariant($"{of.Survivors}/{of.Seeds}, {of.Stopped} stopped"),
    };

    private bool Windowed => table.Windows is not [{ IsEnd: true }];

    private static string Cell(Compared cell) =>
        double.IsNaN(cell.Mean) ? "–"
        : Uncertain(cell.Mean, cell.StandardError) + (cell.StandardErrors is { } z
        ? z.ToString(" (+0.0); (−0.0)", CultureInfo.InvariantCulture) : "");

    /// <summary>A number with its error, of which two digits are shown: <c>0.0522 ± 0.0012</c>, <c>(3.97 ± 0.55)e-8</c>.</summary>
    public static string Uncertain(double mean, double error)
    {
        if (double.IsNaN(error) || error == 0)
        {
            return NumberText.Invariant(double.Parse(mean.ToString("G4", CultureInfo.InvariantCulture),
            CultureInfo.InvariantCulture));
        }

        var exponent = mean == 0 ? 0 : (int)Math.Floor(Math.Log10(Math.Abs(mean)));
        var scale = exponent is < -4 or > 5 ? exponent : 0;
        var decimals = Math.Clamp(1 - (int)Math.Floor(Math.Log10(error)) + scale, 0, 15);
        string Scaled(double value) => (value / Math.Pow(10, scale)).ToString("F" + decimals.ToString(CultureInfo.InvariantCulture),
            CultureInfo.InvariantCulture);
        return scale == 0 ? $"{Scaled(mean)} ± {Scaled(error)}"
            : FormattableString.Invariant($"({Scaled(mean)} ± {Scaled(error)})e{scale}");
    }
}
