using LargeSteps.Configuration;
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
/// <param name="States">In a word, where it is not how the unit ended: <c>running</c>, <c>stopped</c>, <c>waiting</c>.</param>
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
        return new(rest.Length == 0 ? figures : [.. figures, new CurvesFigure(others, MetricPanels.Of(rest), ShowSeeds: false)], Results,
            StateOf);
    }

    /// <summary>The drawings that are not curves, of what is there: nothing is evaluated for them.</summary>
    /// <param name="folder">The folder of the results.</param>
    public IReadOnlyList<(string File, Chart Chart)> Pictures(string folder)
    {
        var tables = new SurfaceTables(ResultFolder.ToRead(folder).Surfaces, Results, () => RunContext.Default, log: null)
        {
            OnlyKept = true,
        };
        return [.. Experiment.Figures.OfType<ChartFigure>().Where(figure => figure is not CurvesFigure).SelectMany(Drawn)];

        // A file that a dataset is read from may be gone: then there is the drawing that was made.
        IEnumerable<(string, Chart)> Drawn(ChartFigure figure)
        {
            try
            {
                var drawn = FigureDrawings.Of(figure, new(Experiment, Results) { Tables = tables });
                return drawn.IsWhole ? [(figure.File, drawn.Chart)] : [];
            }
            catch (IOException)
            {
                return [];
            }
        }
    }
}

/// <summary>Reads experiments, and keeps the units of those that were looked at last: a unit that is done does not change.</summary>
/// <param name="clock">What says whether a program is at work.</param>
internal sealed class SeenExperiments(TimeProvider clock)
{
    private const int MostKept = 4;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LiveFiles> _live = [];
    private readonly LinkedList<(string Folder, Dictionary<string, UnitResult> Units, ResultMemory Memory)> _kept = [];

    /// <summary>An experiment in a folder of results.</summary>
    /// <returns>The experiment, or what is wrong with its <c>experiment.yaml</c>.</returns>
    public Outcome<SeenExperiment> Of(string folder) =>
        ExperimentYaml.LoadWritten(Path.Combine(folder, ResultFolder.ExperimentFile)).Bind(experiment => Units.Of(experiment)
            .Bind(units => Outcome.Success(Of(folder, experiment, units))));

    private SeenExperiment Of(string folder, Experiment experiment, Items<Unit> units)
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
            states[shown] = working ? measured is null ? "waiting" : "running" : "stopped";
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

    private Items<UnitResult> Found(string path, Experiment experiment, Items<Unit> units)
    {
        var folder = ResultFolder.ToRead(path);
        if (folder.NamesOf(experiment) is not { } names || names.Count != units.Count) return FoundUnits.In(folder, experiment).Results;
        lock (_lock)
        {
            var (known, memory) = KeptOf(path);
            var missing = Enumerable.Range(0, units.Count).Where(i => !known.ContainsKey(names[i])).ToArray();
            var there = missing.Length == 0 ? [] : folder.Units.Names();
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
