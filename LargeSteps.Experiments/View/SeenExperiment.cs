using System.Globalization;
using LargeSteps.Configuration;
using LargeSteps.Datasets;
using LargeSteps.Experiments.Charts;
using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.View;

/// <summary>An experiment with what is there of its results, and what is being measured.</summary>
/// <param name="Experiment">The experiment.</param>
/// <param name="Results">All of its units: those that are done, those that are being made as far as they are, and the others with no
/// measurement.</param>
/// <param name="States">In a word, where it is not how the unit ended: <c>running</c>, <c>stopped</c>, <c>waiting</c>,
/// <c>missing</c> or unreadable.</param>
internal sealed record SeenExperiment(Experiment Experiment, Items<UnitResult> Results, IReadOnlyDictionary<UnitResult, string> States)
{
    /// <summary>How a unit is.</summary>
    public string StateOf(UnitResult unit) => States.TryGetValue(unit, out var state) ? state : unit.AtEnd.End.Word;

    /// <summary>The curves that a page draws of its own results: those of its figures, and one more of the metrics that none of them
    /// has.</summary>
    public ShownCurves Curves(string others)
    {
        var figures = Experiment.Figures.OfType<CurvesFigure>().Where(figure => figure.Results.Count == 0).ToArray();
        var shown = figures.SelectMany(figure => figure.Panels.Metrics).ToHashSet();
        string[] rest = [.. ResultFrames.MetricsOf(Results).Append(Ensemble.Survival).Append("learning_rate")
            .Where(metric => !shown.Contains(metric))];
        // As other figures have them, if over something else.
        var log = Experiment.Figures.SelectMany(figure => figure.MetricsOfPanels?.LogY ?? []).ToHashSet();
        var panels = MetricPanels.Of(rest).WithLogY([.. rest.Where(log.Contains)]);
        return new(rest.Length == 0 ? figures : [.. figures, new CurvesFigure(others, panels, ShowSeeds: false)], Results, StateOf);
    }
}

/// <summary>Reads experiments, and keeps the units of those that were looked at last: a unit that is done does not change.</summary>
/// <param name="clock">What says whether a program is at work.</param>
internal sealed class SeenExperiments(TimeProvider clock)
{
    private const int MostKept = 4;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LiveFiles> _live = [];
    private readonly Dictionary<string, (string Stamp, IReadOnlyList<(string, Chart)> Charts)> _drawn = [];
    private readonly LinkedList<(string Folder, Dictionary<string, UnitResult> Units, ResultMemory Memory)> _kept = [];

    /// <summary>An experiment in a folder of results.</summary>
    /// <returns>The experiment, or what is wrong with its <c>experiment.yaml</c>.</returns>
    public Outcome<SeenExperiment> Of(string folder) =>
        ExperimentYaml.LoadWritten(Path.Combine(folder, ResultFolder.ExperimentFile)).Bind(experiment => Units.Of(experiment)
            .Bind(units => Outcome.Success(Of(folder, experiment, units))));

    /// <summary>The drawings of an experiment that are not curves, of what is there: nothing is trained for them, and no surface
    /// evaluated.</summary>
    public IReadOnlyList<(string File, Chart Chart)> Pictures(string folder, SeenExperiment seen)
    {
        var figures = seen.Experiment.Figures.OfType<ChartFigure>().Where(figure => figure is not CurvesFigure).ToArray();
        if (figures.Length == 0) return [];
        var read = ResultFolder.ToRead(folder);
        var stamp = string.Create(CultureInfo.InvariantCulture, $"{LiveFolder.UnitsStamp(folder)} {Written(read.Surfaces)} {Written(
            Path.Combine(folder, ResultFolder.ExperimentFile))} {seen.Results.Count(result => result.Name is not null)}");
        lock (_lock)
        {
            if (_drawn.TryGetValue(folder, out var drawn) && drawn.Stamp == stamp) return drawn.Charts;
        }
        var tables = new SurfaceTables(read.Surfaces, seen.Results, () => RunContext.Default, log: null) { OnlyKept = true };
        (string, Chart)[] charts = [.. figures.SelectMany(Drawn)];
        lock (_lock)
        {
            if (_drawn.Count >= MostKept) _drawn.Clear();
            _drawn[folder] = (stamp, charts);
        }
        return charts;

        static long Written(string path) => Directory.Exists(path) ? Directory.GetLastWriteTimeUtc(path).Ticks
            : File.GetLastWriteTimeUtc(path).Ticks;

        // A file that a dataset is read from may be gone: then there is the drawing that was made.
        IEnumerable<(string, Chart)> Drawn(ChartFigure figure)
        {
            try
            {
                var drawn = FigureDrawings.Of(figure, new(seen.Experiment, seen.Results) { Tables = tables });
                return drawn.IsWhole ? [(figure.File, drawn.Chart)] : [];
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or DataException)
            {
                return [];
            }
        }
    }

    private SeenExperiment Of(string folder, Experiment experiment, Items<RunUnit> units)
    {
        var results = Found(folder, experiment, units);
        var working = LiveFolder.Programs(folder, clock.GetUtcNow()).Any();
        var live = Live(folder).GroupBy(unit => (unit.Run, unit.Seed)).ToDictionary(same => same.Key, same => same.Last());
        var states = new Dictionary<UnitResult, string>(ReferenceEqualityComparer.Instance);
        var all = results.Map(result =>
        {
            if (result.Name is not null) return result;
            var measured = live.GetValueOrDefault((result.Unit.Label, result.Unit.Seed));
            var shown = measured is null ? result : new UnitResult(result.Unit, measured.Result);
            states[shown] = working ? measured is null ? "waiting" : "running" : measured is null ? "missing" : "stopped";
            return shown;
        });
        return new(experiment, all, states);
    }

    private IReadOnlyList<LiveUnit> Live(string folder)
    {
        lock (_lock)
        {
            if (!_live.TryGetValue(folder, out var files)) _live[folder] = files = new();
            var units = files.Units(folder);
            if (units.Count == 0) _live.Remove(folder);
            return units;
        }
    }

    private Items<UnitResult> Found(string path, Experiment experiment, Items<RunUnit> units)
    {
        var folder = ResultFolder.ToRead(path);
        if (folder.NamesOf(experiment) is not { } names || names.Count != units.Count) return FoundUnits.In(folder, experiment).Results;
        lock (_lock)
        {
            var (known, memory) = KeptOf(path);
            // What is made again is not there yet, though its files are.
            var again = LiveFolder.Programs(path, clock.GetUtcNow()).Where(program => program.Again)
                .Select(program => (DateTimeOffset?)program.Began).Min();
            var there = folder.Units.Names(again);
            foreach (var name in known.Keys.Where(name => !there.Contains(name)).ToArray()) known.Remove(name);
            var missing = Enumerable.Range(0, units.Count).Where(i => !known.ContainsKey(names[i])).ToArray();
            foreach (var (i, result) in missing.Where(i => there.Contains(names[i])).DistinctBy(i => names[i]).AsParallel()
                .Select(i => (i, folder.Units.Find(names[i]))))
            {
                if (result is not null) known[names[i]] = memory.Of(units[i], result, names[i], folder.Units);
            }
            return Items.From(units.Zip(names, (unit, name) => known.TryGetValue(name, out var result) ? result with { Unit = unit }
                : new UnitResult(unit, new RunResult([], [], RunEnd.Stopped(0), 0, 0, 0))));
        }
    }

    private (Dictionary<string, UnitResult> Units, ResultMemory Memory) KeptOf(string folder)
    {
        var kept = _kept.FirstOrDefault(each => each.Folder == folder);
        if (kept.Folder is null) kept = (folder, [], new ResultMemory());
        else _kept.Remove(kept);
        _kept.AddFirst(kept);
        if (_kept.Count > MostKept) _kept.RemoveLast();
        return (kept.Units, kept.Memory);
    }
}
