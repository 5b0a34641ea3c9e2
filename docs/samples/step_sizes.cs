#!/usr/bin/env dotnet
// Which step sizes train: twelve of them, each over ten seeds, with what survives and what that has learned. A run that diverges is a
// result and no error; Ctrl+C ends with what there is.
//
//     dotnet run docs/samples/step_sizes.cs
#:project ../../LargeSteps.Core/LargeSteps.Core.csproj

using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;

using var source = new CancellationTokenSource();
Console.CancelKeyPress += (_, press) =>
{
    press.Cancel = true;
    source.Cancel();
};

var pipeline = Pipeline.Of(
    DatasetSpec.SparseRegression(samples: 40, dimensions: 100, support: 5),
    ModelSpec.DiagonalLinear(),
    Schedule.Constant(0.1),
    OptimizerSpec.Sgd(steps: 20_000),
    ProbePlan.Of(Cadence.Every(5000, end: true), new Losses(), L0Norm.Of(1e-3)));

double[] rates = [.. Enumerable.Range(0, 12).Select(i => 0.01 * Math.Pow(40, i / 11.0))];
var experiment = Experiment.Of("step_sizes", pipeline)
    .WithRuns([.. rates.Select(rate => Run.Of($"{rate:G3}", Schedule.Constant(rate)))])
    .WithSeeds(Seeds.OfSampling(from: 1, count: 10));

var results = await ExperimentRunner.RunAsync(experiment, source.Token);
Console.WriteLine("      η  survive  median test loss  median weights above 1e-3");
foreach (var run in results.GroupBy(result => result.Unit.Label))
{
    RunResult[] alive = [.. run.Select(seed => seed.Result).Where(result => result.End == RunEnd.Completed)];
    Console.WriteLine($"{run.Key,7}  {alive.Length,4}/{run.Count()}  {Median("test_loss"),16:G3}  {Median("l0_norm"),25:G3}");

    double Median(string metric) => alive.Length == 0 ? double.NaN
        : alive.Select(seed => seed.Last(metric)).Order().ElementAt(alive.Length / 2);
}
