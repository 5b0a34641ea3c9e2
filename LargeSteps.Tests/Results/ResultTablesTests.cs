using System.Globalization;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using LargeSteps.Experiments.Results;
using LargeSteps.Pipelines;
using LargeSteps.Running;

namespace LargeSteps.Tests.Results;

public class ResultTablesTests
{
    [Fact]
    public void The_summary_has_each_seed_and_the_statistics_of_the_survivors()
    {
        var summary = ResultFrames.Summary(SeedResults.Two);
        Assert.Equal(["run", "seed", "outcome", "last_iteration", "alive", "dead", "diverged", "loss", "none"], summary.Columns.Select(column => column.Name));
        Assert.Equal(
        [
            ["a", "0", "completed", 30L, null, null, null, 4.0],
            ["a", "1", "completed", 30L, null, null, null, 8.0],
            ["a", "2", "diverged", 15L, null, null, null, null],
            ["a", "3", "completed", 30L, null, null, null, 9.0],
            ["a", "mean", "3/4", null, 3L, 0L, 1L, 7.0],
            ["a", "std", "3/4", null, 3L, 0L, 1L, Math.Sqrt(7)],
            ["a", "median", "3/4", null, 3L, 0L, 1L, 8.0],
            ["a", "min", "3/4", null, 3L, 0L, 1L, 4.0],
            ["a", "max", "3/4", null, 3L, 0L, 1L, 9.0],
            ["b < c", "7", "diverged", 5L, null, null, null, null],
        ], summary.Rows.Select(row => row.Take(8).ToArray<object?>()));
    }

    [Fact]
    public void A_run_without_survivors_has_no_statistics()
    {
        var summary = ResultFrames.Summary([SeedResults.Diverged("a", 0, 5, 1), SeedResults.Diverged("a", 1, 6, 1)]);
        Assert.Equal(7, summary.Rows.Count);
        Assert.All(summary.Rows.Skip(2), row => Assert.Equal(("0/2", null), ((string)row[2], row[7])));
    }

    [Fact]
    public void A_single_survivor_has_no_deviation_and_an_even_number_a_median_between_two()
    {
        var one = ResultFrames.Summary([SeedResults.Completed("a", 0, 3), SeedResults.Diverged("a", 1, 6, 1)]);
        Assert.Equal([3.0, null, 3.0, 3.0, 3.0], one.Rows.Skip(2).Select(row => row[7]));
        var two = ResultFrames.Summary([SeedResults.Completed("a", 0, 3), SeedResults.Completed("a", 1, 6)]);
        Assert.Equal(4.5, two.Rows.Single(row => (string)row[1] == "median")[7]);
    }

    [Fact]
    public void The_dead_are_counted_beside_the_living_and_are_in_no_statistics()
    {
        Items<UnitResult> results = [SeedResults.Completed("a", 0, 3), SeedResults.Dead("a", 1, 100), SeedResults.Completed("a", 2, 5), SeedResults.Diverged("a", 3, 6, 1)];
        var summary = ResultFrames.Summary(results);
        Assert.Equal(["a", "1", "dead", 30L, null, null, null, null], summary.Rows[1].Take(8));
        Assert.Equal(["a", "mean", "2/4", null, 2L, 1L, 1L, 4.0], summary.Rows[4].Take(8));
        Assert.Contains("2/4, 1 dead", ConsoleTable.Of(results), StringComparison.Ordinal);
        Assert.Contains("dead", ConsoleTable.Of([SeedResults.Dead("a", 1, 100)]), StringComparison.Ordinal);
        var report = HtmlReport.Of(SeedResults.Experiment, results, [], [], null);
        Assert.Contains("<li>a: 2 of 4 seeds survived, 1 dead, 1 diverged</li>", report, StringComparison.Ordinal);
        Assert.Contains("4 with their seeds: 2 survived, 1 dead.", report, StringComparison.Ordinal);
        var info = System.Text.Json.JsonDocument.Parse(new RunInfo("cpu", 1, 1).ToJson(results)).RootElement;
        Assert.Equal(["completed", "dead", "completed", "diverged"], info.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("outcome").GetString()));
        Assert.Equal("""{"run":"a","seeds":4,"alive":2,"dead":1,"diverged":1}""", System.Text.Json.JsonSerializer.Serialize(info.GetProperty("survival")[0]));
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
        SweptValue rate = SweptValue.Of("schedule.rate", 0.28200049), exact = SweptValue.Of("optimizer.normalized", "true"), two = SweptValue.Of("model.u", 2);
        Items<UnitResult> results = [Swept("a", rate, exact), Swept("b", two, SweptValue.Of("optimizer.normalized", 1)), Swept("c")];
        var (metrics, summary) = (ResultFrames.Metrics(results), ResultFrames.Summary(results));
        Assert.Equal(
            ["run", "seed", "iteration", "epoch", "learning_rate", "schedule.rate", "optimizer.normalized", "model.u", "loss", "none"], metrics.Columns.Select(c => c.Name));
        Assert.Equal(
            ["run", "seed", "schedule.rate", "optimizer.normalized", "model.u", "outcome", "last_iteration", "alive", "dead", "diverged", "loss", "none"],
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
        var summary = ResultFrames.Summary([Swept("a", SweptValue.Of("schedule.rate", 0.5)), Swept("a", SweptValue.Of("schedule.rate", 0.5))]);
        Assert.Equal(7, summary.Rows.Count);
        Assert.All(summary.Rows, row => Assert.Equal(0.5, row[2]));
    }

    private static UnitResult Swept(string run, params SweptValue[] swept) =>
        SeedResults.With(SeedResults.Completed(run, 0, 3, 4), swept);

    [Theory]
    [InlineData("de-DE")]
    [InlineData("fa-IR")]
    public void No_culture_changes_a_file(string culture)
    {
        var (expected, actual) = (Written(""), Written(culture));
        Assert.Equal(["metrics.arrow", "metrics.csv", "overview.png", "overview.svg", "report.html", "run.json", "summary.csv"], expected.Keys.Order(StringComparer.Ordinal));
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
            for (var row = 0; row < batch.Length; row++)
                Assert.Equal(csv[row + 1][column], Cell(batch.Column(column), row));
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
            ResultFolder.Create(folder.FullName).WriteResults(experiment, results, new("cpu", 2, 1.5), new SurfaceTables(Path.Combine(folder.FullName, "surfaces"), UnitNamed.Of, () => RunContext.Default, null));
            return folder.GetFiles("*", SearchOption.AllDirectories).ToDictionary(file => file.Name, file => File.ReadAllBytes(file.FullName));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
            folder.Delete(recursive: true);
        }
    }
}
