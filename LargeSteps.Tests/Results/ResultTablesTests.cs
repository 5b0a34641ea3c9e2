using System.Globalization;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Tests.Results;

public class ResultTablesTests
{
    [Fact]
    public void The_summary_has_each_seed_and_the_statistics_of_the_survivors()
    {
        var summary = ResultFrames.Summary(SeedResults.Two);
        Assert.Equal(["run", "seed", "outcome", "last_iteration", "alive", "dead", "diverged", "stopped", "loss", "none"],
            summary.Columns.Select(column => column.Name));
        Assert.Equal(
        [
            ["a", "0", "completed", 30L, null, null, null, null, 4.0],
            ["a", "1", "completed", 30L, null, null, null, null, 8.0],
            ["a", "2", "diverged", 15L, null, null, null, null, null],
            ["a", "3", "completed", 30L, null, null, null, null, 9.0],
            ["a", "count", "3/4", null, 3L, 0L, 1L, 0L, 3.0],
            ["a", "mean", "3/4", null, 3L, 0L, 1L, 0L, 7.0],
            ["a", "std", "3/4", null, 3L, 0L, 1L, 0L, Math.Sqrt(7)],
            ["a", "median", "3/4", null, 3L, 0L, 1L, 0L, 8.0],
            ["a", "min", "3/4", null, 3L, 0L, 1L, 0L, 4.0],
            ["a", "max", "3/4", null, 3L, 0L, 1L, 0L, 9.0],
            ["b < c", "7", "diverged", 5L, null, null, null, null, null],
        ], summary.Rows.Select(row => row.Take(9).ToArray<object?>()));
    }

    [Fact]
    public void A_run_without_survivors_has_no_statistics()
    {
        var summary = ResultFrames.Summary([SeedResults.Diverged("a", 0, 5, 1), SeedResults.Diverged("a", 1, 6, 1)]);
        Assert.Equal(8, summary.Rows.Count);
        Assert.Equal(0.0, summary.Rows[2][8]);
        Assert.All(summary.Rows.Skip(3), row => Assert.Equal(("0/2", null), ((string)row[2], row[8])));
    }

    [Fact]
    public void A_single_survivor_has_no_deviation_and_an_even_number_a_median_between_two()
    {
        var one = ResultFrames.Summary([SeedResults.Completed("a", 0, 3), SeedResults.Diverged("a", 1, 6, 1)]);
        Assert.Equal([1.0, 3.0, null, 3.0, 3.0, 3.0], one.Rows.Skip(2).Select(row => row[8]));
        var two = ResultFrames.Summary([SeedResults.Completed("a", 0, 3), SeedResults.Completed("a", 1, 6)]);
        Assert.Equal(4.5, two.Rows.Single(row => (string)row[1] == "median")[8]);
    }

    [Fact]
    public void The_dead_are_counted_beside_the_living_and_are_in_no_statistics()
    {
        Items<UnitResult> results = [SeedResults.Completed("a", 0, 3), SeedResults.Dead("a", 1, 100), SeedResults.Completed("a", 2, 5),
            SeedResults.Diverged("a", 3, 6, 1)];
        var summary = ResultFrames.Summary(results);
        Assert.Equal(["a", "1", "dead", 30L, null, null, null, null, null], summary.Rows[1].Take(9));
        Assert.Equal(["a", "mean", "2/4", null, 2L, 1L, 1L, 0L, 4.0], summary.Rows[5].Take(9));
        Assert.Contains("2/4, 1 dead", ConsoleTable.Of(results), StringComparison.Ordinal);
        Assert.Contains("dead", ConsoleTable.Of([SeedResults.Dead("a", 1, 100)]), StringComparison.Ordinal);
        var report = HtmlReport.Of(SeedResults.Experiment, results, [], [], null);
        Assert.Contains("<li>a: 2 of 4 seeds survived, 1 dead, 1 diverged</li>", report, StringComparison.Ordinal);
        Assert.Contains("4 with their seeds: 2 survived, 1 dead.", report, StringComparison.Ordinal);
        var info = System.Text.Json.JsonDocument.Parse(Json(new RunInfo("cpu", 1, 1), results)).RootElement;
        Assert.Equal(["completed", "dead", "completed", "diverged"], info.GetProperty("runs").EnumerateArray()
            .Select(run => run.GetProperty("outcome").GetString()));
        Assert.Equal("""{"run":"a","seeds":4,"alive":2,"dead":1,"diverged":1,"stopped":0,"failed":0}""",
            System.Text.Json.JsonSerializer.Serialize(info.GetProperty("survival")[0]));
    }

    [Fact]
    public void Statistics_are_of_those_that_have_a_value_and_their_number_is_told()
    {
        var values = new[] { 380, double.NaN, 100, double.NaN, 300, double.NaN, 220 };
        Items<UnitResult> results = [.. values.Select((value, seed) => SeedResults.Completed("a", (uint)seed, value))];
        var summary = ResultFrames.Summary(results);
        Assert.Equal([4.0, 250.0, 260.0, 100.0, 380.0], new[] { "count", "mean", "median", "min",
            "max" }.Select(name => (double)summary.Rows.Single(row => (string)row[1] == name)[8]));
        Assert.Matches(@"\na +7/7 +260 \(4\)", ConsoleTable.Of(results).ReplaceLineEndings("\n"));
        Assert.Contains("<td>260 <small>", HtmlReport.Of(SeedResults.Experiment, results, [], [], null), StringComparison.Ordinal);
    }

    [Fact]
    public void Stopped_is_a_word_of_its_own_and_says_nothing_of_survival()
    {
        var stopped = SeedResults.Completed("a", 2, 5, 5, 5);
        stopped = stopped with
        {
            Result = stopped.Result with
            {
                End = RunEnd.Stopped(20),
                Measurements = Items.From(stopped.Result.Measurements.Take(2))
            }
        };
        Items<UnitResult> results = [SeedResults.Completed("a", 0, 3, 3, 3), SeedResults.Completed("a", 1, 4, 4, 4), stopped,
            SeedResults.Diverged("a", 3, 15, 1)];
        Assert.Equal(new Survival(2, 0, 1, 1), Survival.Of(results.Select(r => r.Result)));
        Assert.Contains("2/3, 1 stopped", ConsoleTable.Of(results), StringComparison.Ordinal);
        Assert.Contains("<li>a: 2 of 3 seeds survived, 1 diverged, 1 stopped</li>", HtmlReport.Of(SeedResults.Experiment, results, [], [],
            null), StringComparison.Ordinal);
        var survival = Ensemble.Of(Ensemble.Survival, new CurvesFigure("f", MetricPanels.Of("survival"), ShowSeeds: false), results)
            .Single();
        // Of four at first; after the third has stopped, of three, of which one has diverged.
        Assert.Equal(1, survival.Center[0]);
        Assert.Equal(2 / 3.0, survival.Center[^1]);
    }

    [Fact]
    public void All_metrics_are_in_the_table_in_blocks_that_fit()
    {
        var metrics = Items.From(Enumerable.Range(1, 12).Select(i => FormattableString.Invariant($"metric_number_{i}")));
        var result = new RunResult(metrics, [new(0, 0, 0.1, Items.From(Enumerable.Range(1, 12).Select(i => i + 0.5)))], RunEnd.Completed, 1,
            0, 0);
        var text = ConsoleTable.Of([SeedResults.Completed("a", 0, 3) with { Result = result }], 80);
        Assert.All(text.Split('\n'), line => Assert.True(line.TrimEnd().Length <= 80, line));
        Assert.All(metrics, metric => Assert.Contains(metric, text, StringComparison.Ordinal));
        Assert.All(Enumerable.Range(1, 12), i => Assert.Contains(FormattableString.Invariant($"{i}.5"), text, StringComparison.Ordinal));
    }

    [Fact]
    public void Metrics_have_a_row_for_each_measurement()
    {
        var lines = Lines(Written("")["metrics.csv"]);
        Assert.Equal("run,seed,iteration,epoch,learning_rate,loss,none", lines[0]);
        Assert.Equal("a,0,10,0.5,0.25,2,NaN", lines[2]);
        Assert.Equal(1 + 3 + 3 + 2 + 3 + 1, lines.Length);
    }

    [Fact]
    public void Swept_paths_are_columns_of_numbers_and_of_words()
    {
        SweptValue rate = SweptValue.Of("schedule.rate", 0.28200049), exact = SweptValue.Of("optimizer.normalized", "true"),
            two = SweptValue.Of("model.u", 2);
        Items<UnitResult> results = [Swept("a", rate, exact), Swept("b", two, SweptValue.Of("optimizer.normalized", 1)), Swept("c")];
        var (metrics, summary) = (ResultFrames.Metrics(results), ResultFrames.Summary(results));
        Assert.Equal(
            ["run", "seed", "iteration", "epoch", "learning_rate", "schedule.rate", "optimizer.normalized", "model.u", "loss", "none"],
                metrics.Columns.Select(c => c.Name));
        Assert.Equal(
            ["run", "seed", "schedule.rate", "optimizer.normalized", "model.u", "outcome", "last_iteration", "alive", "dead", "diverged",
                "stopped", "loss", "none"],
            summary.Columns.Select(c => c.Name));
        object?[][] expected = [[0.28200049, "true", null], [null, "1", 2.0], [null, null, null]];
        Assert.Equal(expected.SelectMany(row => new[] { row, row }), metrics.Rows.Select(row => row.Skip(5).Take(3).ToArray<object?>()));
        Assert.Equal(expected, summary.Rows.Select(row => row.Skip(2).Take(3).ToArray<object?>()));
        var files = Files("", SeedResults.Experiment, results);
        Assert.Equal("b,0,10,0.5,0.25,,1,2,4,NaN", Lines(files["metrics.csv"])[4]);
        Assert.Equal("c,0,10,0.5,0.25,,,,4,NaN", Lines(files["metrics.csv"])[6]);
        using var reader = new ArrowFileReader(new MemoryStream(files["metrics.arrow"]));
        using var batch = reader.ReadNextRecordBatch();
        Assert.Equal(["0.28200049", "", ""], new[] { 0, 2, 4 }.Select(row => Cell(batch.Column("schedule.rate"), row)));
        Assert.Equal(["true", "1", ""], new[] { 0, 2, 4 }.Select(row => Cell(batch.Column("optimizer.normalized"), row)));
    }

    [Fact]
    public void Statistics_over_seeds_have_the_swept_values_of_their_run()
    {
        var summary = ResultFrames.Summary([Swept("a", SweptValue.Of("schedule.rate", 0.5)),
            Swept("a", SweptValue.Of("schedule.rate", 0.5))]);
        Assert.Equal(8, summary.Rows.Count);
        Assert.All(summary.Rows, row => Assert.Equal(0.5, row[2]));
    }

    private static string Json(RunInfo info, Items<UnitResult> results)
    {
        using var file = new MemoryStream();
        info.Write(file, results);
        return Encoding.UTF8.GetString(file.ToArray());
    }

    private static UnitResult Swept(string run, params SweptValue[] swept) =>
        SeedResults.With(SeedResults.Completed(run, 0, 3, 4), swept);

    [Theory]
    [InlineData("de-DE")]
    [InlineData("fa-IR")]
    public void No_culture_changes_a_file(string culture)
    {
        var (expected, actual) = (Written(""), Written(culture));
        Assert.Equal(["metrics.arrow", "metrics.csv", "overview.pdf", "overview.png", "overview.svg", "report.html", "run.json",
            "summary.csv"], expected.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected, file => Assert.Equal(file.Value, actual[file.Key]));
    }

    [Fact]
    public void The_arrow_file_has_the_cells_of_the_csv()
    {
        var files = Written("");
        using var reader = new ArrowFileReader(new MemoryStream(files["metrics.arrow"]));
        using var batch = reader.ReadNextRecordBatch();
        var csv = Lines(files["metrics.csv"]).Select(line => line.Split(',')).ToArray();
        Assert.Equal(csv[0], batch.Schema.FieldsList.Select(field => field.Name));
        Assert.Equal(csv.Length - 1, batch.Length);
        for (var column = 0; column < csv[0].Length; column++)
        {
            for (var row = 0; row < batch.Length; row++)
                Assert.Equal(csv[row + 1][column], Cell(batch.Column(column), row));
        }

        Assert.Null(reader.ReadNextRecordBatch());
    }

    private static string Cell(IArrowArray column, int row) => column switch
    {
        _ when column.IsNull(row) => "",
        StringArray texts => texts.GetString(row),
        Int64Array numbers => numbers.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture),
        DoubleArray numbers => numbers.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture),
        _ => throw new ArgumentException(column.GetType().Name, nameof(column)),
    };

    private static string[] Lines(byte[] csv) => Encoding.UTF8.GetString(csv).ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');

    /// <summary>The files of results written under a culture.</summary>
    private static Dictionary<string, byte[]> Written(string culture) => Files(culture, SeedResults.Experiment, SeedResults.Two);

    private static Dictionary<string, byte[]> Files(string culture, Experiment experiment, Items<UnitResult> results)
    {
        var folder = Directory.CreateTempSubdirectory();
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture);
            ResultFolder.Create(folder.FullName).WriteResults(experiment, results, new("cpu", 2, 1.5),
                new SurfaceTables(Path.Combine(folder.FullName, "surfaces"), results, () => RunContext.Default, null),
                new OtherResults(folder.FullName, null));
            return folder.GetFiles("*", SearchOption.AllDirectories).ToDictionary(file => file.Name,
                file => File.ReadAllBytes(file.FullName));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
            folder.Delete(recursive: true);
        }
    }
}
