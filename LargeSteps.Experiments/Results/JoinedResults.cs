using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Results;

/// <summary>An experiment with its results, to stand beside others.</summary>
/// <param name="Name">What it is called among them: mostly the name of its folder.</param>
/// <param name="Experiment">The experiment.</param>
/// <param name="Results">The results of its units.</param>
internal sealed record NamedResults(string Name, Experiment Experiment, Items<UnitResult> Results)
{
    /// <summary>Its results under the labels that they have among those of others.</summary>
    public Items<UnitResult> Labelled => Results.Map(result =>
        result with { Unit = result.Unit with { Label = JoinedLabel.Of(Name, result.Unit.Label) } });

    /// <summary>What folders are called: by their last words, as many as tell all of them apart.</summary>
    public static string[] NamesOf(IReadOnlyList<string> paths)
    {
        var words = paths.Select(path => path.Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar],
            StringSplitOptions.RemoveEmptyEntries)).ToArray();
        for (var last = 1; ; last++)
        {
            string[] names = [.. words.Select(path => string.Join('/', path.TakeLast(last)))];
            if (names.Distinct().Count() == names.Length || words.All(path => path.Length <= last)) return names;
        }
    }
}

/// <summary>The results of several experiments as if they were those of one: each run is called <c>EXPERIMENT: RUN</c>.</summary>
/// <param name="Parts">The experiments, with different names.</param>
internal sealed record JoinedResults(Items<NamedResults> Parts)
{
    /// <summary>All results, under the labels <c>EXPERIMENT: RUN</c>.</summary>
    public Items<UnitResult> All { get; } = Items.From(Parts.SelectMany(part => part.Labelled));

    /// <summary>The metrics that at least one run of every experiment has, in the order of the first.</summary>
    public Items<string> SharedMetrics => Items.From(Metrics.Where(metric => Parts.All(part => part.Results.Any(result =>
        result.AtEnd.Metrics.Contains(metric)))));

    /// <summary>The metrics that any run has, in the order in which they come up.</summary>
    public Items<string> Metrics => ResultFrames.MetricsOf(All);

    /// <summary>The configs of all runs, to be compared by <see cref="ConfigDifference"/>.</summary>
    public Items<ConfiguredRun> Configs => Items.From(Parts.SelectMany(part => ConfiguredRun.Of(part.Name, part.Experiment)));
}
