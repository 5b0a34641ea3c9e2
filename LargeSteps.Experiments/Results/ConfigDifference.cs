using LargeSteps.Configuration;
using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Results;

/// <summary>A run with all that its config says of it.</summary>
/// <param name="Experiment">What its experiment is called.</param>
/// <param name="Label">What it is called among the runs of others.</param>
/// <param name="Config">Its pipeline, and the seeds of its experiment, as YAML.</param>
internal sealed record ConfiguredRun(string Experiment, string Label, string Config)
{
    /// <summary>The runs of an experiment.</summary>
    /// <param name="name">What the experiment is called.</param>
    /// <param name="experiment">The experiment.</param>
    public static Items<ConfiguredRun> Of(string name, Experiment experiment) => experiment.Resolve().OrThrow().Map(run =>
        new ConfiguredRun(name, JoinedLabel.Of(name, run.Label), ExperimentYaml.Write(run.Pipeline) + SeedsOf(experiment)));

    private static string SeedsOf(Experiment experiment) => experiment.Seeds is { } seeds ? ExperimentYaml.Write(seeds) : "";
}

/// <summary>A key of several configs.</summary>
/// <param name="Path">The key: <c>schedule.rate</c>.</param>
/// <param name="Values">What each column has there, in their order; null: the key is not there.</param>
/// <param name="Differs">Whether not all have the same there, which a value of many, cut off, does not show.</param>
internal sealed record ComparedKey(string Path, Items<string?> Values, bool Differs)
{
    /// <summary>A key whose values are shown as they are.</summary>
    public ComparedKey(string path, Items<string?> values) : this(path, values, values.Any(value => value != values[0])) { }
}

/// <summary>The configs of runs beside one another: the keys in which they differ, and nothing else.</summary>
/// <param name="Columns">What is compared: the labels of runs, or the names of experiments.</param>
/// <param name="Keys">The keys.</param>
internal sealed record ConfigDifference(Items<string> Columns, Items<ComparedKey> Keys)
{
    // Of more values that differ it is said how many there are.
    private const int MostValues = 4;

    /// <summary>That of some runs, a column for each.</summary>
    public static ConfigDifference Of(Items<ConfiguredRun> runs) => new(runs.Map(run => run.Label),
        Items.From(NodeDifferences.Among(runs.Map(run => run.Config)).Select(place => new ComparedKey(place.Path, place.Values))));

    /// <summary>The same with the keys in which they do not differ.</summary>
    public static ConfigDifference WithEqual(Items<ConfiguredRun> runs) => new(runs.Map(run => run.Label),
        Items.From(NodeDifferences.All(runs.Map(run => run.Config)).Select(place => new ComparedKey(place.Path, place.Values))));

    /// <summary>The same with a column for each experiment: all values that its runs have. Keys that take the same values in all of them
    /// are left out.</summary>
    public static ConfigDifference OfExperiments(Items<ConfiguredRun> runs) => OfExperiments(runs, Of(runs).Keys, equal: false);

    /// <summary>The same with the keys in which they do not differ.</summary>
    public static ConfigDifference OfExperimentsWithEqual(Items<ConfiguredRun> runs) =>
        OfExperiments(runs, WithEqual(runs).Keys, equal: true);

    private static ConfigDifference OfExperiments(Items<ConfiguredRun> runs, Items<ComparedKey> places, bool equal)
    {
        var groups = runs.Index().GroupBy(run => run.Item.Experiment, run => run.Index).ToArray();
        var keys = places.Map(key => (key.Path, Values: groups.Select(group => group.Select(i => key.Values[i]).Distinct().ToArray())
            .ToArray()));
        return new(Items.From(groups.Select(group => group.Key)), Items.From(keys
            .Select(key => new ComparedKey(key.Path, Items.From(key.Values.Select(Together)),
                key.Values.Any(values => !values.ToHashSet().SetEquals(key.Values[0]))))
            .Where(key => equal || key.Differs)));
    }

    private static string? Together(string?[] values) => values is [var only] ? only
        : values.Length > MostValues
            ? FormattableString.Invariant($"{string.Join(", ", values.Take(MostValues - 1).Select(Word))}, … ({values.Length} values)")
        : string.Join(", ", values.Select(Word));

    /// <summary>A value as tables show it.</summary>
    public static string Word(string? value) => value ?? "–";
}
