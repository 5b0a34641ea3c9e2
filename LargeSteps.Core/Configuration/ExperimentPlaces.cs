using System.Globalization;
using LargeSteps.Figures;
using LargeSteps.Forms;
using LargeSteps.Pipelines;
using LargeSteps.Values;

namespace LargeSteps.Configuration;

/// <summary>What is wrong with an experiment beyond its single values, at its places in a file.</summary>
internal static class ExperimentPlaces
{
    /// <summary>Puts what is wrong with an experiment at the places of its nodes.</summary>
    public static void Check(Node root, Experiment experiment, Report report)
    {
        // Before anybody asks them who relies on an answer.
        if (report.Count == 0) CheckRuns(root, experiment, PipelineChecks.OfOwnProbes, report, alone: true);
        if (report.Count == 0) CheckSeeds(root, experiment, report);
        if (report.Count > 0) return;
        var trials = new ModelTrials();
        CheckRuns(root, experiment, pipeline => PipelineChecks.Problems(pipeline) is { Count: > 0 } wrong ? wrong
            : trials.Problem(pipeline) is { } fault ? [fault] : [], report, alone: false);
        CheckFigures(root, experiment, report);
    }

    /// <summary>The most runs, figures and units that an experiment can have: all of them are in memory, and in one table.</summary>
    internal const int MaxRuns = 10_000, MaxFigures = 1000, MaxUnits = 1_000_000;

    /// <summary>The most values that an experiment can have, with those that each run takes over from what is shared, and with each point
    /// of a sweep.</summary>
    internal const long MaxValues = 2_000_000;

    /// <summary>The most values that all runs together can have, those of shared stages as often as there are runs: each is looked at for
    /// each of them.</summary>
    internal const double MaxLookedAt = 20_000_000;

    /// <summary>Tells of too many runs, figures and values, before anything is read that takes its time for each of them.</summary>
    public static void CheckNumbers(Node root, Report report)
    {
        foreach (var (key, most) in (ReadOnlySpan<(string, int)>)[("runs", MaxRuns), ("figures", MaxFigures)])
        {
            if (root is MappingNode experiment && experiment.Find(key) is SequenceNode { Items.Count: var count } list && count > most)
                report.Add(list, "LS0228", FormattableString.Invariant($"an experiment has at most {most} {key}, not {count}"));
        }

        if (LookedAt(root) > MaxLookedAt)
        {
            report.Add(root, "LS0228", FormattableString.Invariant(
                $"all runs together have more than {MaxLookedAt} values, each with those of the shared stages that are its own too"));
        }
        else if (root.CountUpTo(MaxValues) > MaxValues)
        {
            report.Add(root, "LS0228", FormattableString.Invariant(
                $"the runs, with all that they take over from what is shared, have more than {MaxValues} values"));
        }
    }

    // The values of the shared stages, as often as a run has them.
    private static double LookedAt(Node root)
    {
        if (root is not MappingNode experiment || experiment.Find("runs") is not SequenceNode { Items: var runs }) return 0;
        return Stages.Names.Sum(stage => experiment.Find(stage) is not { } shared ? 0
            : (double)shared.CountUpTo(MaxValues) * runs.Count(run => (run as MappingNode)?.Find(stage) is null));
    }

    private static void CheckSeeds(Node root, Experiment experiment, Report report)
    {
        var (runs, seeds) = (experiment.Runs.Count, experiment.Seeds?.Count ?? 1);
        if ((long)runs * seeds > MaxUnits)
        {
            report.Add(root.At("seeds.count"), "LS0228", FormattableString.Invariant(
                $"{runs} runs with {seeds} seeds are {(long)runs * seeds}; an experiment has at most {MaxUnits}"));
        }

        if (experiment.Seeds is { } range && range.From + (long)range.Count - 1 > uint.MaxValue)
        {
            report.Add(root.At("seeds.count"), "LS0106", FormattableString.Invariant(
                $"{range.Count} seeds from {range.From} go beyond the last one, {uint.MaxValue}"));
        }
        // Of one run that asks for too much its own check tells.
        double[] bytes = [.. experiment.Resolve().Match(all => all.Select(run => PipelineChecks.BytesOf(run.Pipeline)), _ => [])];
        if ((long)runs * seeds <= MaxUnits && bytes.Sum() * seeds is var all and > PipelineChecks.MaxBytes
            && bytes.Max() <= PipelineChecks.MaxBytes)
        {
            report.Add(root.At("probes.at"), "LS0227", FormattableString.Invariant(
                $"the measurements of {runs} runs with {seeds} seeds have {all / 1e9:G3} GB; the most is {PipelineChecks.MostGb:G3} GB"));
        }
    }

    // The problems of the pipelines; unless they are wanted alone, those of the runs as well.
    private static void CheckRuns(Node root, Experiment experiment, Func<Pipeline, Items<Problem>> problemsOf, Report report, bool alone)
    {
        var problems = new List<(Node At, Problem Problem, int Run)>();
        var labels = new HashSet<string>();
        var nodes = new Dictionary<string, Node>();
        foreach (var (i, (run, resolved)) in experiment.ResolveEach().Index())
        {
            var node = root.At($"runs[{i}]");
            nodes.TryAdd(run.Label, node);
            if (!labels.Add(run.Label) && !alone)
                report.Add(node.At("label"), "LS0108", $"another run has the label '{run.Label}' already");
            foreach (var problem in alone ? [] : resolved.Match<Items<Diagnostic>>(_ => [], problems => problems))
                report.Add(problem.Code == "LS0229" ? node.At("from.run") : node, problem.Code, problem.Message);
            if (resolved.Match<Pipeline?>(found => found, _ => null) is not { } pipeline) continue;
            foreach (var problem in problemsOf(pipeline))
            {
                var stage = problem.Path.Split('.', '[')[0];
                var owner = OwnerOf(node, stage, root, nodes);
                problems.Add((owner.At(problem.Path), problem, i));
            }
        }
        // A problem of all runs stands in what they share; of others it is good to know whose they are.
        foreach (var same in problems.GroupBy(p => (p.At.Line, p.At.Column, p.Problem.Code, p.Problem.Message)))
        {
            int[] runs = [.. same.Select(p => p.Run).Distinct()];
            var whose = string.Join(", ", runs.Select(run => $"'{experiment.Runs[run].Label}'"));
            report.Add(same.First().At, same.Key.Code, runs.Length == experiment.Runs.Count
                ? same.Key.Message : $"{same.Key.Message} ({(runs.Length == 1 ? "run" : "runs")} {whose})");
        }
    }

    // Where a run has a stage from: of a fork it may be that of one before it.
    private static Node OwnerOf(Node run, string stage, Node root, Dictionary<string, Node> before)
    {
        for (var left = ForkChecks.MostParents; left >= 0 && run is MappingNode mapping; left--)
        {
            if (mapping.Find(stage) is not null) return mapping;
            if ((mapping.Find(ForkCodec.Key) as MappingNode)?.Find(ForkCodec.RunKey) is not ScalarNode label
                || before.GetValueOrDefault(label.Text) is not { } parent)
            {
                break;
            }
            run = parent;
        }
        return root;
    }

    private static void CheckFigures(Node root, Experiment experiment, Report report)
    {
        // Runs without a stage are told of already, and what they would measure is not known.
        if (experiment.Resolve().Match<Items<LabelledPipeline>?>(all => all, _ => null) is not { } runs) return;
        HashSet<string> known = [.. runs.SelectMany(run => run.Pipeline.Probes.Columns(run.Pipeline.Target)), "learning_rate", "survival"];
        if (experiment.Checkpoints?.Best is { } best && !known.Contains(best))
            report.Add(root.At("checkpoints.best"), "LS0109", $"no run measures '{best}'{Nearest.Suggestion(best, known)}");
        var files = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        string[] swept = [.. experiment.Runs.SelectMany(run => run.Swept).Select(s => s.Path).Distinct()];
        var (points, seen) = (0, FigureChecks.RunsOf(runs, experiment.Runs));
        for (var i = 0; i < experiment.Figures.Count; i++)
        {
            var figure = experiment.Figures[i];
            // Not every file system tells F from f.
            if (!files.TryAdd(figure.File, figure.File))
                report.Add(root.At($"figures[{i}].file"), "LS0108", $"another figure has the file '{files[figure.File]}' already");
            // What the runs of others measure is not known.
            var ownAlone = figure.ResultsShown.Count == 0;
            if (figure.MetricsOfPanels is { } panels)
            {
                if (ownAlone) CheckMetrics(root.At($"figures[{i}]"), "panels", panels.Metrics, known, report);
                CheckPanels(root.At($"figures[{i}]"), panels, report);
            }
            if (ownAlone && figure.MetricsOfTable is { } shown)
            {
                CheckMetrics(root.At($"figures[{i}]"), "metrics", shown, known, report, except: "survival");
            }

            foreach (var (key, path) in figure.SweptPaths)
            {
                if (!swept.Contains(path))
                {
                    report.Add(root.At($"figures[{i}].{key}"), "LS0111", swept.Length == 0 ? $"'{path}' is not swept: there is no sweep"
                        : $"'{path}' is not swept{Nearest.Suggestion(path, swept)}");
                }
            }

            foreach (var problem in FigureChecks.Problems(figure, seen))
                report.Add(root.At($"figures[{i}]"), problem.Code, problem.Message);
            if (figure.MapThatTrains is not { } map
                || runs.FirstOrDefault(run => map.Run is null || run.Label == map.Run) is not { } trained)
            {
                continue;
            }
            if ((points += map.X.Points + map.Y.Points) > MostMapPoints)
            {
                report.Add(root.At($"figures[{i}]"), "LS0226", string.Create(CultureInfo.InvariantCulture,
                    $"the figure '{map.File}' cannot be drawn: the axes of the maps up to it have {points} numbers, the most is " +
                    $"{MostMapPoints}"));
                return;
            }
            CheckMap(root.At($"figures[{i}]"), map, trained.Pipeline, report);
        }
    }

    // All values of each axis, and the corners of the grid: values that do not go together, like a batch and fewer samples, show there.
    private static void CheckMap(Node node, MapFigure map, Pipeline pipeline, Report report)
    {
        var own = PipelineChecks.Problems(pipeline).Map(problem => problem.Message).ToHashSet();
        foreach (var (key, axis) in new[] { ("x", map.X), ("y", map.Y) })
        {
            if (axis.Values().Select(value => (value, Problem: ProblemOf(pipeline, axis, value, own)))
                .FirstOrDefault(found => found.Problem is not null) is not (var at, { } problem))
            {
                continue;
            }
            report.Add(node.At(key), problem.Code, problem.Code == "LS0110" ? problem.Message
                : string.Create(CultureInfo.InvariantCulture, $"at {axis.Path} = {at}: {problem.Message}"));
            return;
        }
        var longest = 0L;
        foreach (var x in new[] { map.X.From, map.X.To })
        {
            var column = PipelineValues.With(pipeline, map.X.Path, x).OrThrow();
            foreach (var y in new[] { map.Y.From, map.Y.To })
            {
                if (ProblemOf(column, map.Y, y, own) is { } problem)
                {
                    report.Add(node, problem.Code, string.Create(CultureInfo.InvariantCulture,
                        $"at {map.X.Path} = {x}, {map.Y.Path} = {y}: {problem.Message}"));
                    return;
                }
                longest = Math.Max(longest, PipelineValues.With(column, map.Y.Path, y).OrThrow().Horizon.Steps);
            }
        }
        var cells = (double)map.X.Points * map.Y.Points;
        if (cells * longest > MostMapSteps)
        {
            report.Add(node, "LS0226", FormattableString.Invariant(
                $"the figure '{map.File}' cannot be drawn: its {cells} cells of {longest} steps are more than {MostMapSteps:G3} steps"));
        }
    }

    // At a microsecond each, a day.
    private const double MostMapSteps = 1e11;

    // Each is checked, and a config is to be checked within two seconds.
    private const int MostMapPoints = 20_000;

    // What is wrong with the run itself is told there.
    private static Diagnostic? ProblemOf(Pipeline pipeline, MapAxis axis, double value, HashSet<string> own) =>
        PipelineValues.With(pipeline, axis.Path, value).Match(changed => PipelineChecks.Problems(changed)
            .Where(found => !own.Contains(found.Message)).Select(found => new Diagnostic(found.Code, found.Message)).FirstOrDefault(),
            problems => problems[0]);

    private static void CheckMetrics(Node figure, string key, Items<string> metrics, HashSet<string> known, Report report,
        string? except = null)
    {
        for (var i = 0; i < metrics.Count; i++)
        {
            if (!known.Contains(metrics[i]) || metrics[i] == except)
            {
                var near = report.IsFull ? "" : Nearest.Suggestion(metrics[i], [.. known.Where(metric => metric != except)]);
                report.Add(figure.At($"{key}[{i}]"), "LS0109", $"no run measures '{metrics[i]}'{near}");
            }
        }
    }

    private static void CheckPanels(Node figure, MetricPanels panels, Report report)
    {
        foreach (var (key, metrics) in new[] { ("log_y", panels.LogY), ("percent", panels.Percent),
            ("y_limits", panels.YLimits.Map(l => l.Metric)), ("labels", panels.Labels.Map(l => l.Metric)) })
        {
            for (var m = 0; m < metrics.Count; m++)
            {
                if (!panels.Metrics.Contains(metrics[m]))
                {
                    report.Add(figure.At(key) is MappingNode mapping ? mapping.Entries[m].Key : figure.At($"{key}[{m}]"), "LS0109",
                        $"no panel shows '{metrics[m]}'{Nearest.Suggestion(metrics[m], panels.Metrics)}");
                }
            }
        }
    }
}
