using LargeSteps.Experiments.Results;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Tests.Commands;

namespace LargeSteps.Tests.Results;

public class LiveMeasurementsTests
{
    private static readonly RunUnit Unit = new("a \"quoted\" label\u2028", 3, SeedResults.Pipeline);

    [Fact]
    public void What_was_measured_is_read_back_and_goes_when_the_unit_is_done() => In((folder, live, clock) =>
    {
        live.Report(new UnitStarted(Unit));
        live.Report(Row(0, 1.5));
        Assert.Empty(LiveFolder.Units(folder));
        clock.Seconds = 2;
        live.Report(Row(10, double.NaN));
        live.Report(Row(20, 1e-300));
        var unit = Assert.Single(LiveFolder.Units(folder));
        Assert.Equal((Unit.Label, 3u, "name", 30L), (unit.Run, unit.Seed, unit.Name, unit.Steps));
        Assert.Equal<long>([0, 10], unit.Result.Measurements.Map(m => m.Iteration));
        Assert.Equal(["loss", "none"], unit.Result.Metrics);
        clock.Seconds = 4;
        live.Report(Row(30, double.PositiveInfinity));
        unit = Assert.Single(LiveFolder.Units(folder));
        Assert.Equal<double>([1.5, double.NaN, 1e-300, double.NaN], unit.Result.Values("loss"));
        Assert.Equal<double>([0, 5, 10, 15], unit.Result.Measurements.Map(m => m.Epoch));
        live.Report(new UnitFinished(Unit, SeedResults.Completed("a", 3, 1).Result, Kept: false));
        Assert.Empty(LiveFolder.Units(folder));
    });

    [Fact]
    public void A_unit_that_was_stopped_stays_to_be_seen_and_goes_on() => In((folder, live, clock) =>
    {
        live.Report(new UnitStarted(Unit));
        live.Report(Row(0, 1));
        live.Report(Row(10, 2));
        live.Report(new UnitFinished(Unit, SeedResults.Completed("a", 3).Result with { End = RunEnd.Stopped(11) }, Kept: false));
        live.Dispose();
        Assert.Equal<long>([0, 10], Assert.Single(LiveFolder.Units(folder)).Result.Measurements.Map(m => m.Iteration));

        // Cut in the middle of a line by a kill, and continued from a checkpoint before it.
        var file = Assert.Single(Directory.GetFiles(LiveFolder.Of(folder), "*.jsonl"));
        File.WriteAllText(file, File.ReadAllText(file)[..^20]);
        Assert.Equal<long>([0], Assert.Single(LiveFolder.Units(folder)).Result.Measurements.Map(m => m.Iteration));
        using var next = Live(folder, clock, []);
        next.Report(new UnitStarted(Unit));
        clock.Seconds += 2;
        next.Report(Row(0, 1));
        clock.Seconds += 2;
        next.Report(Row(10, 2));
        var rows = Assert.Single(LiveFolder.Units(folder)).Result;
        Assert.Equal<long>([0, 10], rows.Measurements.Map(m => m.Iteration));
        Assert.Equal<double>([1, 2], rows.Values("loss"));
    });

    [Fact]
    public void What_is_left_of_units_that_are_done_goes_when_the_next_program_begins() => In((folder, live, clock) =>
    {
        live.Report(new UnitStarted(Unit));
        clock.Seconds = 2;
        live.Report(Row(0, 1));
        Assert.Single(LiveFolder.Units(folder));
        using (Live(folder, clock, [])) Assert.Single(LiveFolder.Units(folder));
        using (Live(folder, clock, ["name"])) Assert.Empty(LiveFolder.Units(folder));
    });

    [Fact]
    public void Of_thousands_of_rows_in_a_second_some_are_written_and_the_last() => In((folder, live, clock) =>
    {
        live.Report(new UnitStarted(Unit));
        for (var i = 0; i < 10_000; i++) live.Report(Row(i, i));
        clock.Seconds = 2;
        live.Report(Row(10_000, 10_000));
        var rows = Assert.Single(LiveFolder.Units(folder)).Result.Measurements;
        Assert.InRange(rows.Count, 400, 600);
        Assert.Equal(10_000, rows[^1].Iteration);
    });

    [Fact]
    public void A_folder_that_cannot_be_written_costs_a_word_and_nothing_else() => TemporaryFolder.In(folder =>
    {
        File.WriteAllText(LiveFolder.Of(folder), "no folder");
        var (clock, error) = (new Clock(), new StringWriter());
        using var live = new LiveMeasurements(LiveFolder.Of(folder), 1, () => new HashSet<string>(), _ => "name", clock, error);
        live.Report(new UnitStarted(Unit));
        for (var i = 0; i < 5; i++)
        {
            clock.Seconds += 2;
            live.Report(Row(i, i));
        }
        Assert.Equal(1, error.ToString().Split("warning LS0309").Length - 1);
    });

    [Fact]
    public void Results_that_are_deleted_meanwhile_are_not_made_again() => TemporaryFolder.In(folder =>
    {
        var (results, clock) = (Directory.CreateDirectory(Path.Combine(folder, "results")).FullName, new Clock());
        using var live = Live(results, clock, []);
        live.Report(new UnitStarted(Unit));
        clock.Seconds = 2;
        live.Report(Row(0, 1));
        Assert.Single(LiveFolder.Units(results));
        Directory.Delete(LiveFolder.Of(results), recursive: true);
        clock.Seconds = 4;
        live.Report(Row(10, 2));
        Assert.Equal(10, Assert.Single(LiveFolder.Units(results)).Result.Measurements[^1].Iteration);
        Directory.Delete(results, recursive: true);
        clock.Seconds = 6;
        live.Report(Row(20, 3));
        Assert.False(Directory.Exists(results));
    });

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"run\":1}")]
    [InlineData("{\"run\":\"a\",\"seed\":-1,\"steps\":5,\"metrics\":[\"loss\"]}")]
    [InlineData("{\"run\":\"a\",\"seed\":1,\"steps\":5,\"metrics\":[\"loss\"]}")]
    [InlineData("{\"run\":\"a\",\"seed\":1,\"steps\":5,\"metrics\":[\"loss\"]}\n{\"iteration\":0,\"epoch\":\"x\",\"learning_rate\":1,\"values\":[1]}")]
    [InlineData("{\"run\":\"a\",\"seed\":1,\"steps\":5,\"metrics\":[\"loss\"]}\n{\"iteration\":0,\"epoch\":0,\"learning_rate\":1,\"values\":[1,2]}")]
    public void A_damaged_file_shows_nothing(string text) => TemporaryFolder.In(folder =>
    {
        Directory.CreateDirectory(LiveFolder.Of(folder));
        File.WriteAllText(Path.Combine(LiveFolder.Of(folder), "x.jsonl"), text);
        File.WriteAllText(Path.Combine(LiveFolder.Of(folder), "elsewhere-1.json"), text);
        Assert.Empty(LiveFolder.Units(folder));
        Assert.Empty(LiveFolder.Programs(folder, DateTimeOffset.UtcNow));
    });

    [Fact]
    public void A_program_that_was_killed_is_not_at_work()
    {
        TemporaryFolder.In(folder =>
        {
            Directory.CreateDirectory(LiveFolder.Of(folder));
            const string text = """{"host":"h","process":1,"began":"2026-01-01T00:00:00+00:00","units":10,"kept":2,"done":3,"running":[{"run":"a","seed":0,"iteration":50,"steps":100}]}""";
            var (own, gone, far) = (Name(Environment.MachineName, Environment.ProcessId), Name(Environment.MachineName, int.MaxValue),
                Name("another.machine", int.MaxValue));
            foreach (var file in (string[])[own, gone, far]) File.WriteAllText(file, text);
            var now = DateTimeOffset.UtcNow;
            Assert.Equal(2, LiveFolder.Programs(folder, now).Count());
            Assert.Empty(LiveFolder.Programs(folder, now.AddMinutes(2)));
            var program = LiveFolder.Programs(folder, now).First();
            Assert.Equal((10, 2, 3, 0.5), (program.Units, program.Kept, program.Done, program.Fraction));
            // 3.5 of 8 in 35 minutes: 45 more.
            Assert.Equal(TimeSpan.FromMinutes(45), program.Remaining(program.Began.AddMinutes(35)));

            string Name(string host, int process) => Path.Combine(LiveFolder.Of(folder), $"{host}-{process}.json");
        });
    }

    [Fact]
    public void A_run_leaves_nothing_behind() => Cli.InFolder(folder =>
        Assert.False(Directory.Exists(LiveFolder.Of(Cli.RunSmall(folder)))));

    private static UnitProgressed Row(long iteration, double loss) => new(Unit, new RunProgress(iteration, 30, new(
        ["loss", "none"], new Measurement(iteration, iteration / 2.0, 0.25, [loss, double.NaN]))));

    private static LiveMeasurements Live(string folder, Clock clock, HashSet<string> done) =>
        new(LiveFolder.Of(folder), 1, () => done, _ => "name", clock, TextWriter.Null);

    private static void In(Action<string, LiveMeasurements, Clock> test) => TemporaryFolder.In(folder =>
    {
        var clock = new Clock();
        using var live = Live(folder, clock, []);
        test(folder, live, clock);
    });
}
