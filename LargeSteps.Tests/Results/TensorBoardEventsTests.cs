using System.Globalization;
using LargeSteps.Experiments.Results;
using LargeSteps.Running;
using LargeSteps.Tests.Commands;
using LargeSteps.Tests.Formats;

namespace LargeSteps.Tests.Results;

public class TensorBoardEventsTests
{
    private const string Labels = """
        runs:
          - { label: "lr 1/2", schedule: { kind: constant, rate: 0.01 } }
          - { label: "lr 1_2", schedule: { kind: constant, rate: 0.02 } }
          - { label: "LR 1_2", schedule: { kind: constant, rate: 0.03 } }
          - { label: "..", schedule: { kind: constant, rate: 0.04 } }
          - { label: "copy of first", schedule: { kind: constant, rate: 0.01 } }

        """;

    // Runs of their own, runs that share a pipeline with another label, and seeds: each has what metrics.csv has.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_label_and_seed_has_one_file_with_the_rows_of_the_table(bool kept) => Cli.InFolder(folder =>
    {
        File.WriteAllText(Path.Combine(folder, "small.yaml"), Cli.Small[..Cli.Small.IndexOf("runs:", StringComparison.Ordinal)] + Labels);
        var results = Cli.RunSmall(folder, kept ? [] : ["--tensorboard"]);
        if (kept) Cli.RunSmall(folder, "--resume", "--tensorboard");
        var files = EventFiles(results);
        Assert.Equal(10, files.Length);
        Assert.Equal(10, files.Select(file => Path.GetDirectoryName(file)!.ToUpperInvariant()).Distinct().Count());
        Assert.Equal(
            File.ReadLines(Path.Combine(results, "metrics.csv")).Skip(1).Select(Point).Order(StringComparer.Ordinal),
            files.SelectMany(Rows).Order(StringComparer.Ordinal));
        foreach (var label in (string[])["LR 1_2", "copy of first"])
        {
            Assert.Equal(2, files.Count(file => Path.GetDirectoryName(Path.GetDirectoryName(file)) == Path.Combine(results, "tensorboard",
                label)));
        }

        // What is there already is left as it is.
        var before = Cli.Times(Path.Combine(results, "tensorboard"));
        Cli.RunSmall(folder, "--resume", "--tensorboard");
        Assert.Equal(before, Cli.Times(Path.Combine(results, "tensorboard")));
    });

    [Fact]
    public void A_run_that_has_become_another_replaces_its_events() => Cli.InFolder(folder =>
    {
        var results = Cli.RunSmall(folder, "--tensorboard");
        var former = EventFiles(results).SelectMany(Rows).ToArray();
        Cli.RunSmall(folder, "--set", "schedule.rate=0.04");
        Cli.RunSmall(folder, "--set", "schedule.rate=0.04", "--resume", "--tensorboard");
        var rows = EventFiles(results).SelectMany(Rows).ToArray();
        Assert.Equal(former.Length, rows.Length);
        Assert.Contains(rows, row => row.Split(' ')[1] == "0.04");
    });

    [Fact]
    public void A_run_that_goes_on_has_no_point_twice_and_keeps_those_before() => TemporaryFolder.In(folder =>
    {
        var result = SeedResults.Completed("a", 0, 1, 2, 4, 8);
        var rows = result.Result.Measurements;
        using (var first = new TensorBoardEvents(folder, [result.Unit], TimeProvider.System, TextWriter.Null))
            foreach (var row in rows.Take(3)) Tell(first, Measured(result, row));
        // From a checkpoint between the second and the third measurement.
        using (var second = new TensorBoardEvents(folder, [result.Unit], TimeProvider.System, TextWriter.Null))
        {
            foreach (var row in rows.Skip(2)) Tell(second, Measured(result, row));
            Assert.Equal(["0 0.25 1 NaN", "10 0.25 2 NaN", "20 0.25 4 NaN", "30 0.25 8 NaN"], Rows(Assert.Single(Files(folder))));
            Tell(second, new UnitFinished(result.Unit, result.Result, Kept: false));
        }
        Assert.Equal(["0 0.25 1 NaN", "10 0.25 2 NaN", "20 0.25 4 NaN", "30 0.25 8 NaN"], Rows(Assert.Single(Files(folder))));
    });

    [Fact]
    public void A_run_that_goes_on_without_its_former_events_is_made_whole_at_its_end() => TemporaryFolder.In(folder =>
    {
        var result = SeedResults.Completed("a", 0, 1, 2, 4);
        using var board = new TensorBoardEvents(folder, [result.Unit], TimeProvider.System, TextWriter.Null);
        Tell(board, Measured(result, result.Result.Measurements[2]));
        Tell(board, new UnitFinished(result.Unit, result.Result, Kept: false));
        Assert.Equal(["0 0.25 1 NaN", "10 0.25 2 NaN", "20 0.25 4 NaN"], Rows(Assert.Single(Files(folder))));
    });

    [Fact]
    public void A_file_that_was_cut_off_is_made_whole() => TemporaryFolder.In(folder =>
    {
        var result = SeedResults.Completed("a", 0, 1, 2, 4);
        using var board = new TensorBoardEvents(folder, [result.Unit], TimeProvider.System, TextWriter.Null);
        Tell(board, new UnitFinished(result.Unit, result.Result, Kept: true));
        var file = Assert.Single(Files(folder));
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^5]);
        Tell(board, new UnitFinished(result.Unit, result.Result, Kept: true));
        Assert.Equal(3, Rows(Assert.Single(Files(folder))).Count());
    });

    [Fact]
    public void Each_label_has_a_folder_of_its_own_below_the_one_of_all()
    {
        string[] labels = ["a/b", "a_b", "A_B", ".", "..", "...", "", "CON", "con.x", "x ", "x", "x.", "\0", "../../evil", new('é', 300),
            new string('é', 300) + "!", "\uD800", "漢字", "LPT1", "console"];
        var folders = TensorBoardEvents.FoldersOf(labels);
        Assert.Equal(labels.Length, folders.Values.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.All(folders.Values, name =>
        {
            Assert.Equal(Path.GetFullPath(Path.Combine("/results", name)), Path.Combine(Path.GetFullPath("/results"), name));
            Assert.Equal(Path.GetFileName(name), name);
            Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(name), 1, 200);
            Assert.False(name[^1] is ' ' or '.');
        });
        Assert.Equal(("A_B", "x", "漢字", "console", "_CON"), (folders["A_B"], folders["x"], folders["漢字"], folders["console"],
            folders["CON"]));
        Assert.Equal(folders, TensorBoardEvents.FoldersOf(labels.Reverse()));
    }

    // The iteration, the step size and the metrics of a row, in single precision.
    private static string Point(string row) => string.Join(' ', row.Split(',').Where((_, column) => column is 2 or >= 4)
        .Select(number => float.Parse(number, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture)));

    private static UnitProgressed Measured(UnitResult of, Measurement row) =>
        new(of.Unit, new RunProgress(row.Iteration, 30) { Measured = new(of.Result.Metrics, row) });

    private static void Tell(TensorBoardEvents board, RunEvent value) => board.Report(value);

    private static string[] EventFiles(string results) => Files(Path.Combine(results, "tensorboard"));

    private static string[] Files(string folder) => Directory.GetFiles(folder, "events.out.tfevents.*", SearchOption.AllDirectories);

    // The step and the values of each point.
    private static IEnumerable<string> Rows(string file) => EventFileTests.Events(File.ReadAllBytes(file)).Where(line => line.Contains('='))
        .Select(line => line.Split(' ')).Select(words => string.Join(' ', words.Skip(3)
            .Select(word => word[(word.IndexOf('=', StringComparison.Ordinal) + 1)..]).Prepend(words[2])));
}
