using System.Globalization;
using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Docs;

/// <summary>A published number beside ours.</summary>
/// <param name="Run">The label of the run, or the loss surface.</param>
/// <param name="Class">Whether the run can be reproduced, and to how many digits.</param>
/// <param name="Number">The name of the metric, <c>survivors</c> or <c>dead</c>.</param>
/// <param name="Published">The published number.</param>
/// <param name="Ours">Our number, or why there is none.</param>
/// <param name="Asked">How close they are to be: <c>10 digits</c>, <c>exact</c>; a dash where nothing is asked.</param>
/// <param name="Agreement">How close they are.</param>
internal sealed record ComparedNumber(string Run, RunClass Class, string Number, string Published, string Ours, string Asked,
    Agreement Agreement)
{
    /// <summary>The verdict in a word. Only what the class says must reproduce can miss; what is asked of others falls short.</summary>
    public string Word => Agreement.Verdict switch
    {
        Verdict.Agrees => "agrees",
        Verdict.Misses when MustReproduce => "misses",
        Verdict.Misses => "falls short",
        _ => Ours == PublishedComparison.NotRun ? PublishedComparison.NotRun : "not judged",
    };

    /// <summary>Whether it turns the exit code where it misses.</summary>
    public bool MustReproduce => Class.MustReproduce;
}

/// <summary>The results of an experiment: once with the seeds of the config, and over seeds.</summary>
/// <param name="Own">Every run of the config.</param>
/// <param name="OverSeeds">The runs that have published numbers over seeds, under their labels.</param>
/// <param name="MapOf">The map of a figure; null where it was stopped.</param>
internal sealed record ExperimentResults(Items<UnitResult> Own, Items<UnitResult> OverSeeds, Func<MapFigure, TrainabilityMap?> MapOf);

/// <summary>An experiment's published numbers beside ours: a function of its results.</summary>
/// <param name="Experiment">The published numbers.</param>
/// <param name="Missing">What is missing for results, <c>a CUDA device</c>; null where they are there.</param>
/// <param name="Single">The numbers of single seeds, and of loss surfaces.</param>
/// <param name="OverSeeds">Those over seeds.</param>
internal sealed record PublishedComparison(PublishedExperiment Experiment, string? Missing, Items<ComparedNumber> Single,
    Items<ComparedNumber> OverSeeds)
{
    /// <summary>What stands in place of our number where there are no results.</summary>
    public const string NotRun = "not run";

    private const string Exact = "exact", Nothing = "–", Survivors = "survivors";

    private static readonly string StandardErrors = FormattableString.Invariant($"{Agreement.MostStandardErrors} standard errors");

    /// <summary>Whether the command that makes the results asks for a CUDA device.</summary>
    public bool NeedsDevice { get; init; }

    /// <summary>All numbers.</summary>
    public IEnumerable<ComparedNumber> Numbers => Single.Concat(OverSeeds).Concat(Claims);

    /// <summary>Those of several runs together, and of maps.</summary>
    public Items<ComparedNumber> Claims { get; init; } = [];

    /// <summary>The published numbers beside those of the results.</summary>
    public static PublishedComparison Of(PublishedExperiment experiment, Experiment config, ExperimentResults results) => new(
        experiment, null,
        Items.From(experiment.Runs.SelectMany(run => OfRun(run, results.Own.First(r => r.Unit.Label == run.Run).Result)
                .Concat(run.Plateaus.Select(plateau => OfPlateau(run, plateau, [.. results.Own.Where(r => r.Unit.Label == run.Run)]))))
            .Concat(experiment.Surfaces.SelectMany(surface => OfSurface(surface, config, results.Own)))),
        Items.From(experiment.Runs.SelectMany(run =>
            run.Seeds is { } seeds ? OfSeeds(run, seeds, [.. results.OverSeeds.Where(r => r.Unit.Label == run.Run).Select(r => r.Result)])
                : [])))
    {
        Claims = experiment.Claims.Map(claim => OfClaim(claim, new(config, results.Own, results.MapOf))),
    };

    /// <summary>The published numbers alone.</summary>
    /// <param name="experiment">The published numbers.</param>
    /// <param name="missing">What is missing for results.</param>
    public static PublishedComparison Without(PublishedExperiment experiment, string missing)
    {
        return new(experiment, missing, Items.From(experiment.Runs.SelectMany(OfRun)),
            Items.From(experiment.Runs.SelectMany(run => run.Seeds is { } seeds ? OfSeeds(run, seeds) : [])))
        {
            Claims = experiment.Claims.Map(claim =>
                new ComparedNumber(claim.Of, RunClass.Chaotic, claim.Number, claim.Published, NotRun, claim.Asked, Agreement.None)),
        };

        static IEnumerable<ComparedNumber> OfRun(PublishedRun run) => run.Values.Select(value => Row(run, value.Metric, value.Value.Short,
            Asked(run.Class)))
            .Concat(run.Exact.Select(value => Row(run, value.Metric, value.Value.Short, Exact)))
            .Concat(run.Plateaus.Select(plateau => Row(run, plateau.Name, plateau.Value.Text, plateau.Asked)));

        static IEnumerable<ComparedNumber> OfSeeds(PublishedRun run, PublishedSeeds seeds) =>
            seeds.Means.Select(mean => Row(run, mean.Metric, mean.Mean.Text, AskedOf(mean.Mean)))
                .Prepend(Row(run, Survivors, Fraction(seeds.Alive, seeds.Count), StandardErrors));

        static ComparedNumber Row(PublishedRun run, string number, string published, string asked) =>
            new(run.Name, run.Class, number, published, NotRun, asked, Agreement.None);
    }

    private static IEnumerable<ComparedNumber> OfRun(PublishedRun run, RunResult result)
    {
        return run.Values.Select(value => Row(value, Asked(run.Class), number => Agreement.Of(value.Value, number, run.Class.Asked)))
            .Concat(run.Exact.Select(value => Row(value, Exact, number => Agreement.Exactly(value.Value, number))));

        ComparedNumber Row(PublishedValue value, string asked, Func<double, Agreement> compare)
        {
            var there = run.At is { } step ? result.Measurements.FirstOrDefault(m => m.Iteration == step) : null;
            var ours = there is not null ? there.Values[result.Metrics.AsSpan().IndexOf(value.Metric)]
                : run.At is null && ResultFrames.Survived(result) ? result.LastOrNaN(value.Metric) : double.NaN;
            var text = there is not null || ResultFrames.Survived(result) ? Shown(value.Value, ours, run.Class)
                : result.End.Match(_ => "", _ => "dead", diverged => FormattableString.Invariant($"diverged at {diverged.Iteration:N0}"),
                    _ => "stopped", _ => "failed");
            return new(run.Name, run.Class, value.Metric, Shown(value.Value, run.Class), text, asked, compare(ours));
        }
    }

    private static ComparedNumber OfPlateau(PublishedRun run, PublishedPlateau plateau, UnitResult[] seeds)
    {
        var ours = plateau.Of(seeds);
        return new(run.Name, run.Class, plateau.Name, plateau.Value.Text, double.IsFinite(ours)
            ? ours.ToString("G3", CultureInfo.InvariantCulture) : Nothing, plateau.Asked,
            Agreement.Within(plateau.Value, ours, plateau.Within));
    }

    private static ComparedNumber OfClaim(PublishedClaim claim, ClaimResults results)
    {
        var (ours, agreement) = claim.Judge(results);
        return new(claim.Of, RunClass.Chaotic, claim.Number, claim.Published, ours, claim.Asked, agreement);
    }

    private static IEnumerable<ComparedNumber> OfSurface(PublishedSurface surface, Experiment config, Items<UnitResult> results)
    {
        var figure = config.Figures.OfType<SurfaceFigure>().First(figure => figure.File == surface.Figure);
        var numbers = SurfaceNumbers.Of(SurfacePicture.Of(figure, results));
        return surface.Values.Select(value =>
        {
            var ours = numbers.TryGetValue(value.Metric, out var number) ? number : double.NaN;
            return new ComparedNumber(
                $"figure {surface.Figure}", surface.Class, value.Metric, Shown(value.Value, surface.Class), Shown(value.Value, ours,
                    surface.Class), Asked(surface.Class),
                Agreement.Of(value.Value, ours, surface.Class.Asked));
        });
    }

    private static IEnumerable<ComparedNumber> OfSeeds(PublishedRun run, PublishedSeeds seeds, RunResult[] ours)
    {
        var survival = Survival.Of(ours);
        yield return Row(Survivors, Fraction(seeds.Alive, seeds.Count), survival.Fraction, Agreement.OfCounts(seeds.Alive, seeds.Count,
            survival.Alive, survival.Total));
        if (seeds.Dead is { } dead)
        {
            yield return Row("dead", Fraction(dead, seeds.Count), Fraction(survival.Dead, survival.Total), Agreement.OfCounts(dead,
                seeds.Count, survival.Dead, survival.Total));
        }

        foreach (var (metric, mean) in seeds.Means)
        {
            double[] values = [.. ours.Where(ResultFrames.Survived).Select(r => r.LastOrNaN(metric))];
            var text = values switch
            {
                _ when values.Length == 0 || values.Any(double.IsNaN) => Nothing,
                [var only] => mean.Mean.ShortBeside(only),
                _ => $"{mean.Mean.ShortBeside(values.Average())} ± " +
                    $"{(mean.Deviation ?? mean.Mean).ShortBeside(Statistics.Deviation(values))}",
            };
            yield return new(run.Run, run.Class, metric, mean.Text, text, AskedOf(mean), Agreement.OfMeans(mean, seeds.Alive, values));
        }

        ComparedNumber Row(string number, string published, string ours, Agreement agreement) => new(run.Run, run.Class, number, published,
            ours, StandardErrors, agreement);
    }

    private static string Asked(RunClass @class) => @class.Asked is { } digits ? FormattableString.Invariant($"{digits} digits") : Nothing;

    private static string AskedOf(PublishedMean mean) => mean.Deviation is null ? Nothing : StandardErrors;

    // Where many digits agree they are shown, elsewhere they would say nothing.
    private static bool ShowsAll(RunClass @class) => @class.MustReproduce && @class.Asked >= 10;

    private static string Shown(PublishedNumber published, RunClass @class) => ShowsAll(@class) ? published.Text : published.Short;

    private static string Shown(PublishedNumber published, double ours, RunClass @class) =>
        !double.IsFinite(ours) ? Nothing : ShowsAll(@class) ? published.Beside(ours) : published.ShortBeside(ours);

    private static string Fraction(int part, int whole) => string.Create(CultureInfo.InvariantCulture, $"{part}/{whole}");
}
