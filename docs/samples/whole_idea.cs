#!/usr/bin/env dotnet
// The whole idea: SGD on a diagonal linear network x ↦ ⟨x, u ⊙ v⟩ finds the sparse solution with a large step size, and not with a
// small one. A pipeline is a value, what is measured are functions, and each run is repeated over seeds.
//
//     dotnet run docs/samples/whole_idea.cs
#:project ../../LargeSteps.Core/LargeSteps.Core.csproj
#:package ScottPlot@5.1.59

using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;

// A probe of one's own: how many coordinates of β = u ⊙ v are above a hundredth of the largest.
var support = new CustomProbe("support", run =>
{
    var (w, d) = (run.Weights.Values, run.Weights.Count / 2);
    double[] beta = [.. Enumerable.Range(0, d).Select(j => Math.Abs(w[j] * w[d + j]))];
    return beta.Count(b => b > 0.01 * beta.Max());
});

var pipeline = Pipeline.Of(
    DatasetSpec.SparseRegression(samples: 80, dimensions: 200, support: 20),
    ModelSpec.DiagonalLinear(u: 0.1, v: 0),
    Schedule.Constant(0.05),
    OptimizerSpec.Sgd(steps: 100_000),
    ProbePlan.Of(Cadence.Every(1000, end: true), new Losses(), support));

var experiment = Experiment.Of("whole_idea", pipeline)
    .WithRuns(
        Run.Of("small step size", Schedule.Constant(0.05)),
        Run.Of("large step size, then small", Schedule.Drops(0.26, Drop.AtFraction(0.5, divideBy: 2))))
    .WithSeeds(Seeds.OfSampling(from: 1, count: 8));

using var plot = new ScottPlot.Plot();
foreach (var run in ExperimentRunner.Run(experiment).GroupBy(result => result.Unit.Label))
{
    // The runs that diverge are results too: what is drawn is the median of those that have not.
    RunResult[] alive = [.. run.Select(seed => seed.Result).Where(result => result.End == RunEnd.Completed)];
    double[] at = [.. alive[0].Measurements.Select(measurement => (double)measurement.Iteration)];
    double[] median = [.. at.Select((_, i) => alive.Select(seed => seed.Values("support")[i]).Order().ElementAt(alive.Length / 2))];
    plot.Add.Scatter(at, median).LegendText = run.Key;
    Console.WriteLine($"{run.Key}: {alive.Length} of {run.Count()} seeds survive, {median[^1]} of 200 coordinates are left, " +
        $"test loss {alive.Select(seed => seed.Last("test_loss")).Order().ElementAt(alive.Length / 2):G3}");
}
plot.XLabel("iteration");
plot.YLabel("coordinates above 1 % of the largest");
plot.ShowLegend(ScottPlot.Alignment.UpperRight);
plot.SaveSvg("whole_idea.svg", 720, 440);
Console.WriteLine("whole_idea.svg");
