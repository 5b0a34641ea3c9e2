using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Tests.Results;
using LargeSteps.Values;

namespace LargeSteps.Tests.Running;

/// <summary>Results that do not fit into memory together.</summary>
public class UnitResultTests
{
    private static readonly Experiment Experiment = Experiment.Of("seeds", DiagonalCases.Sgd(DiagonalCases.Small, Schedule.Constant(0.25),
            ProbePlan.Of(Cadence.Every(10), new Losses()), steps: 30))
        .WithSeeds(Seeds.OfSampling(0, 5)).WithRuns(Run.Of("a", Stages.None))
        .WithFigures(FigureSpec.Curves("curves", MetricPanels.Of("train_loss")));

    private static Items<RunUnit> Units => LargeSteps.Pipelines.Units.Of(Experiment).Match(units => units,
        problems => throw new InvalidOperationException($"{problems}"));

    [Fact]
    public void What_is_not_in_memory_is_read_again_and_is_the_same() => TemporaryFolder.In(folder =>
    {
        var store = new UnitStore(folder);
        var made = ExperimentRunner.Run(Units, RunContext.Default, 2, store, false, null);
        var names = Items.From(made.Select(r => r.Name!));
        var held = Items.From(new ResultMemory().Read(Units, names, store).Select(r => r!));
        var none = Items.From(new ResultMemory(most: 0).Read(Units, names, store).Select(r => r!));
        Assert.Equal((0, 5), (held.Count(r => r.Store is not null), none.Count(r => r.Store is not null)));
        Assert.All(none, r => Assert.Single(r.AtEnd.Measurements));
        Assert.Equal(made.Select(r => r.Result), none.Select(r => r.Result));
        Assert.Equal(held.Select(r => r.Result), none.Select(r => r.Result));
        Assert.Equal(Text(held), Text(none));
        Assert.Equal($"{Experiment.Figures.Select(figure => Ensembles(figure, held)).First()}", Ensembles(Experiment.Figures[0], none));

        Assert.Equal(held, none);
        var other = none[0] with { Result = made[1].Result };
        Assert.Equal((made[1].Result, false), (other.Result, other == none[0]));
        Assert.Equal(none.Select(r => r.Rows), made.Select(r => r.Result.Measurements.Count));

        File.Delete(store.Files("*.arrow").First());
        Assert.Single(new ResultMemory().Read(Units, names, store), r => r is null);
        Assert.Single(none, r => Record.Exception(() => r.Result) is IOException);
    });

    private static string Text(Items<UnitResult> results) => ResultFrames.Metrics(results).ToString()
        + ResultFrames.Summary(results);

    private static string Ensembles(FigureSpec figure, Items<UnitResult> results) => string.Join(';', Ensemble.Of("train_loss",
        (CurvesFigure)figure, results).SelectMany(e => e.Center.Concat(e.Lower ?? []).Concat(e.Upper ?? [])));

    [Fact]
    public void Tables_in_parts_are_those_in_one()
    {
        Items<UnitResult> results = [.. Enumerable.Range(0, 2500).Select(seed => seed % 1000 == 7
            ? SeedResults.Diverged($"run {seed / 600}", (uint)seed, 20, seed, 1) : SeedResults.With(
                SeedResults.Completed($"run {seed / 600}", (uint)seed, seed, 0.5, 2), SweptValue.Of("a", seed / 600)))];
        foreach (var (parts, whole) in new[]
        {
            (ResultFrames.MetricsInParts(results).ToArray(), ResultFrames.Metrics(results)),
            (ResultFrames.SummaryInParts(results).ToArray(), ResultFrames.Summary(results)),
        })
        {
            Assert.All(parts, part => Assert.Equal(whole.Columns.Select(c => (c.Name, c.GetType())), part.Columns.Select(c =>
                (c.Name, c.GetType()))));
            Assert.Equal(whole.Rows.SelectMany(row => row), parts.SelectMany(part => part.Rows).SelectMany(row => row));
        }
        Assert.Single(ResultFrames.MetricsInParts(results));
        Assert.Equal(0, Assert.Single(ResultFrames.MetricsInParts([])).Rows.Count);
    }

    [Fact]
    public void Parts_are_of_so_many_rows_and_of_a_unit_at_least()
    {
        var losses = Enumerable.Range(0, 20_000).Select(i => (double)i).ToArray();
        Items<UnitResult> results = [.. Enumerable.Range(0, 4).Select(seed => SeedResults.Completed("a", (uint)seed, losses)),
            SeedResults.Completed("a", 4, [.. losses, .. losses, .. losses]), SeedResults.Completed("a", 5, losses)];
        Assert.Equal([40_000, 40_000, 60_000, 20_000], ResultFrames.MetricsInParts(results).Select(part => part.Rows.Count));
        Assert.Equal(ResultFrames.Metrics(results).Rows.SelectMany(row => row),
            ResultFrames.MetricsInParts(results).SelectMany(part => part.Rows).SelectMany(row => row));
    }

    [Fact]
    public void Many_units_are_put_into_folders_of_their_own_and_found_in_either_place() => TemporaryFolder.In(folder =>
    {
        var (few, many) = (new UnitStore(folder), new UnitStore(folder, 10_001));
        var made = ExperimentRunner.Run([Units[0]], RunContext.Default, 1, few, false, null)
            .Concat(ExperimentRunner.Run([Units[1]], RunContext.Default, 1, many, false, null)).ToArray();
        Assert.True(File.Exists(Path.Combine(folder, made[0].Name + ".arrow")));
        Assert.True(File.Exists(Path.Combine(folder, made[1].Name![..2], made[1].Name + ".arrow")));
        foreach (var store in (UnitStore[])[few, many])
        {
            Assert.All(made, r => Assert.Equal(r.Result, store.Find(r.Name!)));
            Assert.Equal([.. made.Select(r => r.Name!)], store.Names());
            Assert.Equal(made.Select(r => r.Name).Order(), store.Identities().Select(unit => unit.Name).Order());
            Assert.DoesNotContain(null, store.Latest([.. Units.Take(2).Select(unit => unit.Pipeline)], ofThisBuild: true));
        }
    });
}
