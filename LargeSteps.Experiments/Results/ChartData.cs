using System.Globalization;
using System.Text.Json.Nodes;
using LargeSteps.Experiments.Charts;
using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Results;

/// <summary>The numbers of curves as the script of a page draws them (<c>Web/charts.js</c>): of each run the measured iterations, and
/// of each seed its values there.</summary>
internal static class ChartData
{
    // Of fewer a line shows nothing.
    private const int FewestRows = 16;

    // A number in single precision, in base 64.
    private const double CharactersOfNumber = 5.34;

    /// <summary>The curves of some figures and the numbers that they show; null where there are none, or so many units that even thinned
    /// out they do not fit.</summary>
    /// <param name="figures">The figures.</param>
    /// <param name="results">The results, in the order of their colours.</param>
    /// <param name="most">How many characters there may be: of more each line keeps so many measurements as fit.</param>
    /// <param name="states">What is said of a unit in place of how it ended; null: how it ended.</param>
    public static JsonObject? Of(IReadOnlyList<CurvesFigure> figures, Items<UnitResult> results, int most,
        Func<UnitResult, string>? states = null)
    {
        string[] metrics = [.. figures.SelectMany(figure => figure.Panels.Metrics).Distinct()];
        if (metrics.Length == 0 || results.Count == 0) return null;
        var measured = metrics.Where(metric => metric is not (Ensemble.Survival or "learning_rate")).ToArray();
        // A page looks at all of a run at once, so it cannot be longer than what it may have, whatever it is made of.
        // Of each run there are besides three axes in double precision, and the step sizes.
        var runs = results.DistinctBy(result => result.Unit.Label).Count();
        var rows = (int)(most / (CharactersOfNumber * (Math.Max(1, measured.Length) * results.Count + 7 * runs)));
        for (; rows >= FewestRows; rows = rows * 2 / 3)
        {
            var data = Of(figures, results, measured, rows, states);
            // Where there are doubles, or lines to hold curves against, there is room for fewer.
            if (data.ToJsonString().Length <= most) return data;
        }
        return null;
    }

    private static JsonObject Of(IReadOnlyList<CurvesFigure> figures, Items<UnitResult> results, string[] measured, int rows,
        Func<UnitResult, string>? states)
    {
        string[] labels = [.. results.Select(r => r.Unit.Label).Distinct()];
        var (longest, runs) = (0, new JsonArray());
        foreach (var run in results.GroupBy(r => r.Unit.Label))
        {
            longest = Math.Max(longest, run.Max(r => r.Rows));
            runs.Add(RunOf([.. run], measured, rows, Array.IndexOf(labels, run.Key), states));
        }
        return new JsonObject
        {
            ["runs"] = runs,
            ["note"] = longest <= rows ? null : string.Create(CultureInfo.InvariantCulture,
                $"Each line shows {rows:N0} of its {longest:N0} measurements; the metrics.csv of its experiment has all of them."),
            ["figures"] = new JsonArray([.. figures.Select(figure => FigureOf(figure, results, labels))]),
        };
    }

    private static JsonObject RunOf(UnitResult[] seeds, string[] metrics, int most, int colour, Func<UnitResult, string>? states)
    {
        var (whole, pipeline) = (UnitResult.Whole(seeds), seeds[0].Unit.Pipeline);
        // As the measurements say, which is known though a checkpoint that the run has begun with is gone. Mostly one seed has them all.
        var there = new SortedDictionary<long, Measurement>();
        foreach (var seed in whole.OrderByDescending(seed => seed.Measurements.Count))
            if (!IsPartOf(seed.Measurements, there)) foreach (var m in seed.Measurements) there.TryAdd(m.Iteration, m);
        if (Ensemble.LastDivergence(whole) is { } end && PlacesOf(CurveAxis.Epoch, pipeline, [end]) is [var epoch])
            there.TryAdd(end, new(end, epoch, double.NaN, []));
        long[] iterations = Thinned([.. there.Keys], most);
        var x = new JsonObject
        {
            ["iteration"] = PageNumbers.Doubles(Array.ConvertAll(iterations, i => (double)i)),
            ["epoch"] = PageNumbers.Doubles(Array.ConvertAll(iterations, i => there[i].Epoch)),
        };
        if (PlacesOf(CurveAxis.Time, pipeline, iterations) is { } times) x["time"] = PageNumbers.Doubles(times);
        return new JsonObject
        {
            ["label"] = seeds[0].Unit.Label,
            ["colour"] = colour,
            ["x"] = x,
            ["rate"] = PageNumbers.Numbers(Array.ConvertAll(iterations, i => there[i].LearningRate)),
            ["seeds"] = new JsonArray([.. seeds.Zip(whole, (seed, result) => SeedOf(seed, result, metrics, iterations, states))]),
        };
    }

    private static bool IsPartOf(Items<Measurement> seed, SortedDictionary<long, Measurement> all) => all.Count >= seed.Count
        && seed.All(m => all.ContainsKey(m.Iteration));

    // A checkpoint that a run has begun with may be gone: where its steps lie on other axes is not known then.
    private static double[]? PlacesOf(CurveAxis axis, Pipeline pipeline, long[] iterations)
    {
        try
        {
            return CurveAxes.Places(axis, CheckpointFile.TargetOf(pipeline), iterations);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static JsonObject SeedOf(UnitResult seed, RunResult result, string[] metrics, long[] iterations,
        Func<UnitResult, string>? states)
    {
        var values = new JsonObject();
        var rows = RowsAt(result.Measurements, iterations);
        foreach (var metric in metrics)
        {
            var column = result.Metrics.AsSpan().IndexOf(metric);
            if (column < 0) continue;
            values[metric] = PageNumbers.Numbers(Array.ConvertAll(rows, row => row is null ? double.NaN : row.Values[column]));
        }
        return new JsonObject
        {
            ["seed"] = seed.Unit.Seed,
            ["end"] = states?.Invoke(seed) ?? result.End.Word,
            ["rows"] = result.Measurements.Count == 0 ? 0 : iterations.Count(i => i <= result.Measurements[^1].Iteration),
            ["values"] = values,
        };
    }

    // Both ascend.
    private static Measurement?[] RowsAt(Items<Measurement> measurements, long[] iterations)
    {
        var (rows, at) = (new Measurement?[iterations.Length], 0);
        for (var i = 0; i < iterations.Length; i++)
        {
            while (at < measurements.Count && measurements[at].Iteration < iterations[i]) at++;
            if (at < measurements.Count && measurements[at].Iteration == iterations[i]) rows[i] = measurements[at];
        }
        return rows;
    }

    /// <summary>So many of some iterations at most: half of them evenly spread, half by equal factors, which a logarithmic axis shows, and
    /// the last.</summary>
    internal static long[] Thinned(long[] iterations, int most)
    {
        if (iterations.Length <= most) return iterations;
        var (last, half) = (iterations.Length - 1, Math.Max(1, most / 2));
        return [.. Enumerable.Range(0, half).SelectMany(i => (int[])[(int)((long)last * i / half),
            (int)Math.Round(Math.Pow(last, (double)i / half)) - 1]).Append(last).Distinct().Order().TakeLast(most)
            .Select(i => iterations[i])];
    }

    private static JsonObject FigureOf(CurvesFigure figure, Items<UnitResult> all, string[] labels)
    {
        var results = FigureCharts.Of(figure.Runs, all);
        // On the axis of iterations, from which the script goes on to others.
        var drawn = CurvesDrawing.ChartOf(figure with { Axis = CurveAxis.Iteration }, all, empty: true);
        return new JsonObject
        {
            ["file"] = figure.File,
            ["title"] = figure.Style.Title,
            ["caption"] = Caption.Of(figure.File, drawn),
            ["xTitle"] = figure.Style.XLabel,
            ["yTitle"] = figure.Style.YLabel,
            ["panels"] = new JsonArray([.. drawn.Panels.Select(panel => PanelOf((CurvesPanel)panel))]),
            ["axis"] = CurveAxes.Word(figure.Axis),
            ["logX"] = figure.Panels.LogX ?? false,
            ["spread"] = PictureData.OfSpread(figure.Panels.Center, figure.Panels.Band, null, figure.ShowSeeds),
            ["marks"] = figure.Marks,
            ["runs"] = figure.Runs.Count == 0 ? new JsonArray() : new JsonArray([.. results.Select(r => r.Unit.Label).Distinct()
                .Select(label => (JsonNode)Array.IndexOf(labels, label))]),
            ["references"] = new JsonArray([.. drawn.Panels.OfType<CurvesPanel>().SelectMany(panel => panel.References
                .Select(line => ReferenceOf(panel.Metric, line)))]),
            ["decays"] = new JsonArray([.. ((CurvesPanel)drawn.Panels[0]).Decays.Select(decay => new JsonObject
            {
                ["run"] = decay.Colour,
                ["at"] = decay.X,
            })]),
        };
    }

    private static JsonObject PanelOf(CurvesPanel panel) => new()
    {
        ["metric"] = panel.Metric,
        ["title"] = panel.Heading,
        ["logY"] = panel.LogY,
        ["percent"] = panel.Percent,
        ["limits"] = panel.Limits is { } limits ? new JsonArray(limits.From, limits.To) : null,
    };

    // More corners than a screen has columns are not seen.
    private static JsonObject ReferenceOf(string metric, Curve line)
    {
        var every = Math.Max(1, line.X.Count / 2_000);
        int[] places = [.. Enumerable.Range(0, line.X.Count).Where(i => i % every == 0 || i == line.X.Count - 1)];
        return new()
        {
            ["metric"] = metric,
            ["label"] = line.Label,
            ["run"] = line.Colour,
            ["x"] = PageNumbers.Doubles(Array.ConvertAll(places, i => line.X[i])),
            ["y"] = PageNumbers.Doubles(Array.ConvertAll(places, i => line.Line[i])),
        };
    }
}
