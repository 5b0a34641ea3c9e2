using LargeSteps.Experiments.Charts;
using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Results;

/// <summary>Draws metrics over the iterations.</summary>
internal static class CurvesDrawing
{
    public static FigureDrawing Kind { get; } = FigureDrawing.Of<CurvesFigure>((figure, results) => new(ChartOf(figure, results.All)));

    /// <summary>A curve for each run, in the run's colour on every panel, and in every figure.</summary>
    /// <param name="figure">The figure.</param>
    /// <param name="all">The results of all units.</param>
    /// <param name="empty">Whether the curves are left out: everything else takes no time.</param>
    internal static Chart ChartOf(CurvesFigure figure, Items<UnitResult> all, bool empty = false)
    {
        string[] labels = [.. all.Select(r => r.Unit.Label).Distinct()];
        var results = FigureCharts.Of(figure.Runs, all);
        var decays = Items.From(results.DistinctBy(r => r.Unit.Label).SelectMany(r => DecaysOf(r.Unit.Pipeline, figure.Axis,
            Array.IndexOf(labels, r.Unit.Label))));
        return new Chart(null, figure.Panels.Metrics.Map(metric => FigureCharts.Styled(figure.Panels, new CurvesPanel(
            metric, FigureCharts.Heading(figure.Panels, metric, results), figure.Panels.LogX ?? false, figure.Panels.LogY.Contains(metric),
            empty ? [] : Items.From(Ensemble.Of(metric, figure, results).Select(e =>
                FigureCharts.CurveOf(e, Array.IndexOf(labels, e.Label)))), decays,
            CurveAxes.Name(figure.Axis), Unjoined: figure.Marks)
        {
            References = Items.From(StabilityEdges(metric, figure, results, labels)),
            Spread = results.DistinctBy(r => r.Unit.Label).Count() < results.Count
                ? new(figure.Panels.Center, figure.Panels.Band, "") : null,
        }))).In(figure.Style);
    }

    // More would not be seen.
    private const int MostStairs = 1000;

    /// <summary>
    /// Where the largest eigenvalue of the Hessian is shown, or of plain steps the curvature of batches or along steps: of each run the
    /// edge of stability at the step size of every step, as far as the run was measured, of a fork from its beginning on. It is a function
    /// of the schedule and not of the measurements, so that a short large step size shows whether or not it was measured.
    /// </summary>
    private static IEnumerable<Curve> StabilityEdges(string metric, CurvesFigure figure, Items<UnitResult> results, string[] labels)
    {
        var alongSteps = metric is "batch_sharpness" or "critical_sharpness";
        if (!alongSteps && metric is not ("sharpness" or "hessian_eigenvalue_1")) yield break;
        foreach (var run in results.Where(r => r.AtEnd.Metrics.Contains(metric) && r.AtEnd.Measurements.Count > 0)
            .GroupBy(r => r.Unit.Label))
        {
            var pipeline = run.First().Unit.Pipeline;
            // With momentum these two have other edges.
            if (StabilityEdge.Of(pipeline) is not { } edge || (alongSteps && pipeline.Optimizer.Rule.Momentum != 0)) continue;
            var (horizon, last) = (pipeline.Horizon, run.Max(r => r.AtEnd.Measurements[^1].Iteration));
            var (rate, target) = (pipeline.Schedule.Function(horizon), CheckpointFile.TargetOf(pipeline));
            var stairs = Stairs(pipeline, last).Append(target.Since).Where(step => step >= target.Since).Distinct().Order()
                .Select(step => (Step: step, Edge: edge.At(rate(horizon.Progress(Math.Min(step, horizon.Steps - 1))))))
                .Where(stair => double.IsFinite(stair.Edge)).ToArray();
            // Each step has its own height up to the next.
            (double X, double Y)[] corners = [.. stairs.SelectMany((stair, i) => i == 0 ? new[] { ((double)stair.Step, stair.Edge) }
                : [(stair.Step, stairs[i - 1].Edge), (stair.Step, stair.Edge)])];
            yield return Curve.Of(
                edge.Formula, Array.IndexOf(labels, run.Key), Items.From(CurveAxes.Places(figure.Axis, target,
                    [.. corners.Select(c => (long)c.X)])), Items.From(corners.Select(c => c.Y)));
        }
    }

    // All steps, or so many of them, with those at which a decay begins and the ones before.
    private static IEnumerable<long> Stairs(Pipeline pipeline, long last)
    {
        var horizon = pipeline.Horizon;
        var decays = pipeline.Schedule.Decays(horizon).SelectMany(progress => (long[])[(long)Math.Ceiling(progress * horizon.Steps) - 1,
            (long)Math.Ceiling(progress * horizon.Steps)]);
        var spread = Enumerable.Range(0, (int)Math.Min(last, MostStairs) + 1).Select(i => last <= MostStairs ? i
            : (long)Math.Round(i * (last / (double)MostStairs)));
        return spread.Concat(decays.Where(step => step >= 0 && step <= last)).Distinct().Order();
    }

    private static IEnumerable<Decay> DecaysOf(Pipeline pipeline, CurveAxis axis, int colour)
    {
        var horizon = pipeline.Horizon;
        // At the step from which it is in effect: it lies half a step before.
        return CurveAxes.Places(axis, CheckpointFile.TargetOf(pipeline), [.. pipeline.Schedule.Decays(horizon)
            .Select(progress => (long)Math.Ceiling(progress * horizon.Steps)).Order()]).Select(place => new Decay(place, colour));
    }
}
