using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using LargeSteps.Datasets;
using LargeSteps.Figures;
using LargeSteps.Formats;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Training;
using LargeSteps.Values;
using Microsoft.Data.Analysis;

namespace LargeSteps.Experiments.Results;

/// <summary>
/// The losses of surfaces as tables, <c>FILE.csv</c>. Those of small models are evaluated each time, which takes less than a table takes to
/// be checked. Those of deep networks take minutes, and so a stamp lies beside their table, <c>FILE.stamp</c>: the hash of everything that
/// the losses depend on, and that of the table's bytes. Where both fit, the table is taken.
/// </summary>
/// <param name="folder">Their folder, which is made where it is not there.</param>
/// <param name="results">The results whose losses are shown: what their units have read is part of what losses depend on.</param>
/// <param name="context">The device, the folder of the images, and what stops an evaluation; asked for where one is due.</param>
/// <param name="log">Told how far an evaluation is; null: nobody.</param>
internal sealed class SurfaceTables(string folder, Items<UnitResult> results, Func<RunContext> context, TextWriter? log)
{
    /// <summary>How many rows of a map are made at a time; null: one for each core.</summary>
    public int? Workers { get; init; }

    /// <summary>Whether nothing is evaluated or written: what the folder does not have is not there.</summary>
    public bool OnlyKept { get; init; }

    /// <summary>Whether an evaluation was stopped.</summary>
    public bool Stopped { get; private set; }

    /// <summary>The losses of a model that is no deep network.</summary>
    public static LossSurface Small(SurfaceFigure figure, Pipeline of, WeightPlane plane) =>
        LossSurface.Of(of.Model, DatasetFactory.Create(of.Dataset), plane, figure.Grid);

    /// <summary>The losses of a figure, which are then a table in the folder; null where the evaluation was stopped, which leaves the
    /// folder as it was.</summary>
    public LossSurface? Of(SurfaceFigure figure, Pipeline of, WeightPlane plane)
    {
        if (of.Model.AsDeep is not { } model)
        {
            if (OnlyKept) return Read(PathOf(figure, "csv"), figure.Grid);
            var losses = Small(figure, of, plane);
            Write(figure, losses);
            return losses;
        }
        string table = PathOf(figure, "csv"), stamp = PathOf(figure, "stamp"), inputs = Inputs(figure, NameOf(of), plane);
        if (File.Exists(stamp) && File.Exists(table) && File.ReadAllText(stamp) == Stamp(inputs, table)
            && Read(table, figure.Grid) is { } known)
        {
            return known;
        }

        if (OnlyKept) return null;
        try
        {
            var with = context();
            var images = DatasetFactory.Load(of.Dataset, with.DataFolder).Images;
            if (!ShowsTest(figure)) images = images with { Test = images.Test.First(0) };
            var losses = LossSurface.Of(
                model, images, plane, figure.Grid, figure.Samples ?? LossSurface.DefaultSamples, with.Device, log is null ? null
                    : new Tenths($"surface {figure.File}", figure.Grid.Points, log), with.Cancellation);
            Write(figure, losses);
            WholeFile.Write(stamp, path => File.WriteAllText(path, Stamp(inputs, table)));
            return losses;
        }
        catch (OperationCanceledException)
        {
            Stopped = true;
            return null;
        }
    }

    /// <summary>The map of a figure, which is then a table in the folder; null where its training was stopped, which keeps the rows that
    /// are done.</summary>
    public TrainabilityMap? Of(MapFigure figure, Pipeline of)
    {
        string table = PathOf(figure, "csv"), stamp = PathOf(figure, "stamp"), rows = PathOf(figure, "rows"), inputs = Inputs(figure, of);
        if (File.Exists(stamp) && File.Exists(table) && File.ReadAllText(stamp) == Stamp(inputs, table)
            && Column(table, 2, figure.X.Points * figure.Y.Points) is { } cells)
        {
            return new(Items.From(figure.X.Values()), Items.From(figure.Y.Values()), cells);
        }
        if (OnlyKept) return null;
        WholeFile.DeleteAbandoned(Directory.CreateDirectory(folder).FullName);
        var kept = MapRows.Read(rows, inputs, figure.X.Points);
        var done = new MapRows(inputs, kept, TimeProvider.System);
        var told = new Tenths($"map {figure.File}", figure.Y.Points, log);
        try
        {
            var map = TrainabilityMap.Of(figure, of, kept, (number, cells) =>
            {
                done.Add(number, cells, rows);
                told.Report(done.Count);
            }, Workers, context().Cancellation);
            WholeFile.Write(table, path => DataFrame.SaveCsv(Table(map), path, ',', header: true, new UTF8Encoding(false),
                CultureInfo.InvariantCulture));
            WholeFile.Write(stamp, path => File.WriteAllText(path, Stamp(inputs, table)));
            File.Delete(rows);
            return map;
        }
        catch (OperationCanceledException)
        {
            done.Write(rows);
            Stopped = true;
            return null;
        }
    }

    /// <summary>The table of a map: a row for each cell.</summary>
    private static DataFrame Table(TrainabilityMap map) => new(
        new DoubleDataFrameColumn("x", map.Y.SelectMany(_ => map.X)),
        new DoubleDataFrameColumn("y", map.Y.SelectMany(y => map.X.Select(_ => y))),
        new DoubleDataFrameColumn("convergence", map.Cells));

    // Of results that are kept nowhere, the pipeline says what it can.
    private string NameOf(Pipeline of) => results.FirstOrDefault(result => result.Unit.Pipeline == of)?.Name ?? new UnitIdentity(of, [],
        Numerics.NumericsVersion.Current).Name;

    /// <summary>Writes the table of losses: a row for each point of the grid. None: where there is no plane.</summary>
    public void Write(SurfaceFigure figure, LossSurface? losses)
    {
        if (OnlyKept) return;
        WholeFile.DeleteAbandoned(Directory.CreateDirectory(folder).FullName);
        WholeFile.Write(PathOf(figure, "csv"), path => DataFrame.SaveCsv(Table(losses ?? new([], [], [], [])), path, ',', header: true,
            new UTF8Encoding(false), CultureInfo.InvariantCulture));
    }

    /// <summary>The table of losses.</summary>
    public static DataFrame Table(LossSurface losses) => new(
        new DoubleDataFrameColumn("x", losses.Y.SelectMany(_ => losses.X)),
        new DoubleDataFrameColumn("y", losses.Y.SelectMany(y => losses.X.Select(_ => y))),
        new DoubleDataFrameColumn("train_loss", losses.Train),
        new DoubleDataFrameColumn("test_loss", losses.Test));

    // What is not shown of a deep network is not evaluated.
    private static bool ShowsTest(SurfaceFigure figure) => figure.Panels.Contains("test_loss");

    /// <summary>The table of a figure, which need not be there.</summary>
    public string TableOf(FigureSpec figure) => PathOf(figure, "csv");

    private string PathOf(FigureSpec figure, string ending) => Path.Combine(folder, $"{figure.File}.{ending}");

    // Null where there is no table, or not that of the grid: of a run that ended before its plane it has no rows.
    private static LossSurface? Read(string table, SurfaceGrid grid)
    {
        var (x, y) = (Items.From(grid.Values(grid.X)), Items.From(grid.Values(grid.Y)));
        return Column(table, 2, x.Count * y.Count) is { } train && Column(table, 3, x.Count * y.Count) is { } test ? new(x, y, train, test)
            : null;
    }

    private static Items<double>? Column(string table, int number, int rows)
    {
        if (!File.Exists(table)) return null;
        var values = new List<double>();
        foreach (var line in File.ReadLines(table).Skip(1))
        {
            var cells = line.Split(',');
            if (cells.Length <= number || !double.TryParse(cells[number], CultureInfo.InvariantCulture, out var value)) return null;
            values.Add(value);
        }
        return values.Count == rows ? Items.From(values) : null;
    }

    // Whatever the run measures, its losses are those of its steps; small models read no files.
    private static string Inputs(MapFigure figure, Pipeline of) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        FormattableString.Invariant($"{TrainabilityMap.Version} {new UnitIdentity(of.WithProbes(Unmeasured), [],
            Numerics.NumericsVersion.Current).Name} {Said(figure.X)} {Said(figure.Y)}"))));

    private static readonly ProbePlan Unmeasured = ProbePlan.Of(Cadence.Every(1), new Losses());

    private static string Said(MapAxis axis) =>
        FormattableString.Invariant($"{axis.Path} {axis.From:R} {axis.To:R} {axis.Points} {axis.Logarithmic}");

    private static string Inputs(SurfaceFigure figure, string unit, WeightPlane plane)
    {
        var (grid, samples) = (figure.Grid, figure.Samples ?? LossSurface.DefaultSamples);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(FormattableString.Invariant(
            $"{unit} {grid.X.From:R} {grid.X.To:R} {grid.Y.From:R} {grid.Y.To:R} {grid.Points} {samples} {ShowsTest(figure)}\n")));
        foreach (var weights in (Items<double>[])[plane.Origin, plane.First, plane.Second])
        {
            hash.AppendData(
            MemoryMarshal.AsBytes(weights.AsSpan()));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string Stamp(string inputs, string table) =>
        $"{inputs}\n{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(table)))}\n";

    /// <summary>A line for every tenth of the rows.</summary>
    private sealed class Tenths(string what, int rows, TextWriter? log) : IProgress<int>
    {
        private int _told = -1;

        public void Report(int value)
        {
            if (_told >= 10 * value / rows) return;
            _told = 10 * value / rows;
            log?.WriteLine(FormattableString.Invariant($"{what}: {value} of {rows} rows"));
        }
    }
}
