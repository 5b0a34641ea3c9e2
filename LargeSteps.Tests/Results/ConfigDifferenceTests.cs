using CsCheck;
using LargeSteps.Configuration;
using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Values;

namespace LargeSteps.Tests.Results;

/// <summary>Results of several experiments as one, and in what their configs differ.</summary>
public class ConfigDifferenceTests
{
    private static readonly Gen<Items<ConfiguredRun>> Runs = Generators.Pipelines.Array[1, 4].Select(pipelines => Items.From(
        pipelines.Select((pipeline, i) => new ConfiguredRun($"experiment {i % 2}", $"run {i}", ExperimentYaml.Write(pipeline)))));

    [Fact]
    public void A_key_is_named_exactly_where_not_all_runs_have_one_value() => Runs.Sample(runs =>
    {
        var difference = ConfigDifference.Of(runs);
        return difference.Columns.Equals(runs.Map(run => run.Label))
            && difference.Keys.All(key => key.Values.Count == runs.Count && key.Values.Distinct().Count() > 1)
            && (difference.Keys.Count > 0) == (runs.Select(run => run.Config).Distinct().Count() > 1);
    });

    [Fact]
    public void A_run_that_is_there_twice_has_the_same_column_twice() => Runs.Sample(runs =>
    {
        var (once, twice) = (ConfigDifference.Of(runs), ConfigDifference.Of([.. runs, runs[0]]));
        return twice.Keys.Map(key => key.Path).Equals(once.Keys.Map(key => key.Path))
            && twice.Keys.All(key => key.Values[^1] == key.Values[0]);
    });

    [Fact]
    public void Two_runs_differ_where_their_units_do() => Gen.Select(Generators.Pipelines, Generators.Pipelines).Sample((a, b) =>
        ConfigDifference.Of([new("", "a", ExperimentYaml.Write(a)), new("", "b", ExperimentYaml.Write(b))]).Keys
            .Select(key => new Difference(key.Path, key.Values[0], key.Values[1]))
            .SequenceEqual(NodeDifferences.Of(ExperimentYaml.Write(a), ExperimentYaml.Write(b))));

    [Fact]
    public void Of_experiments_a_key_has_all_values_and_is_left_out_where_these_are_the_same()
    {
        Items<ConfiguredRun> runs =
        [
            new("a", "a: 1", "rate: 1\nsize: 1\n"), new("a", "a: 2", "rate: 2\nsize: 1\n"), new("b", "b: 2", "rate: 2\nsize: 3\nmore: 4\n"),
            new("b", "b: 1", "rate: 1\nsize: 3\n"),
        ];
        var difference = ConfigDifference.OfExperiments(runs);
        Assert.Equal(["a", "b"], difference.Columns);
        Assert.Equal([new("size", ["1", "3"]), new("more", [null, "4, –"])], difference.Keys);
        var all = ConfigDifference.OfExperimentsWithEqual(runs);
        Assert.Equal([("rate", false), ("size", true), ("more", true)], all.Keys.Select(key => (key.Path, key.Differs)));
        // Of more values than are shown all count.
        Items<ConfiguredRun> many = [.. Enumerable.Range(1, 12).Select(i => new ConfiguredRun(i <= 6 ? "a" : "b", "",
            FormattableString.Invariant($"rate: {(i is 6 or 12 ? i : (i - 1) % 6)}")))];
        var rate = Assert.Single(ConfigDifference.OfExperimentsWithEqual(many).Keys);
        Assert.Equal((true, rate.Values[0]), (rate.Differs, rate.Values[1]));
        Assert.Equal("1, 2, 3, … (6 values)", ConfigDifference.OfExperiments([.. Enumerable.Range(1, 6).Select(i =>
            new ConfiguredRun("a", "", FormattableString.Invariant($"rate: {i}"))), new("b", "", "rate: 0")]).Keys[0].Values[0]);
    }

    [Fact]
    public void Seeds_belong_to_a_config()
    {
        var experiment = SeedResults.Experiment;
        Items<ConfiguredRun> runs = [.. ConfiguredRun.Of("a", experiment.WithSeeds(new(0, 3, Follow.SamplingOnly))),
            .. ConfiguredRun.Of("b", experiment.WithSeeds(new(0, 4, Follow.SamplingOnly)))];
        Assert.Equal([new("seeds.count", ["3", "3", "4", "4"])], ConfigDifference.Of(runs).Keys);
    }

    [Fact]
    public void Joined_runs_are_called_by_their_experiment_and_keep_their_results()
    {
        var (one, two) = (SeedResults.Two, Items.Of([SeedResults.Completed("a", 0, 5)]));
        var joined = new JoinedResults([new("x", SeedResults.Experiment, one), new("y", SeedResults.Experiment, two)]);
        Assert.Equal(["x: a", "x: a", "x: a", "x: a", "x: b < c", "y: a"], joined.All.Select(result => result.Unit.Label));
        Assert.Equal(one.Concat(two).Select(result => result.Result), joined.All.Select(result => result.Result));
        Assert.Equal(["loss", "none"], joined.SharedMetrics);
        var other = two[0] with { Result = two[0].Result with { Metrics = ["loss", "more"] } };
        joined = new([new("x", SeedResults.Experiment, one), new("y", SeedResults.Experiment, [other])]);
        Assert.Equal((["loss"], ["loss", "none", "more"]), (joined.SharedMetrics, joined.Metrics));
    }

    [Fact]
    public void The_table_of_ends_has_medians_and_quartiles_of_the_survivors()
    {
        var table = EndsTable.Of(SeedResults.Two);
        Assert.Equal(["run", "survived", "loss", "none"], table.Header);
        // Last losses 4, 8 and 9 of the three that survived.
        Assert.Equal([["a", "3/4", "8 [6, 8.5]", "–"], ["b < c", "0/1", "–", "–"]], table.Rows);
    }

    [Fact]
    public void An_experiment_under_another_name_has_figures_that_show_its_own_results()
    {
        var figures = new FigureSpec[]
        {
            new CurvesFigure("f", MetricPanels.Of("loss"), false) { Results = ["by_hand", "z"], Runs = ["by_hand: a", "z: by_hand: a"] },
            new TableFigure("t", ["loss"], "by_hand: a", [Window.End]) { Results = ["by_hand"] },
            new TableFigure("u", ["loss"], "by_hand: a", [Window.End]),
        };
        var renamed = SeedResults.Experiment.WithFigures(figures).WithName("n").Figures;
        Assert.Equal([((CurvesFigure)figures[0]) with { Results = ["n", "z"], Runs = ["n: a", "z: by_hand: a"] },
            new TableFigure("t", ["loss"], "n: a", [Window.End]) { Results = ["n"] }, figures[2]], renamed);
    }
}
