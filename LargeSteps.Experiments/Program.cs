using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;

var plan = ProbePlan.Of(Cadence.Evenly(100, 250), ProbeSpec.Losses, ProbeSpec.JacobianRank(1e-15, 1e-10), ProbeSpec.L0Norm(1e-50), ProbeSpec.ParameterNorm, ProbeSpec.Balancedness);
var sgd = Pipeline.Of(DatasetSpec.SparseRegression(80, 200, 20), ModelSpec.DiagonalLinear(), Schedule.Constant(0.25), OptimizerSpec.Sgd(100001), plan);
var gd = Pipeline.Of(DatasetSpec.SparseRegression(40, 100, 20), ModelSpec.DiagonalLinear(), Schedule.Constant(2), OptimizerSpec.GradientDescent(100001), plan);
foreach (var p in new[] { sgd, gd, sgd.WithSchedule(Schedule.Drops(0.282, Drop.AtFraction(0.1, 4.8))), sgd.WithSchedule(Schedule.Drops(0.282, Drop.AtFraction(0.3, 3.4))), sgd.WithSchedule(Schedule.Drops(0.282, Drop.AtFraction(0.5, 1.5))), sgd, gd })
{
    var r = Runner.Run(p);
    Console.WriteLine($"{r.End} {r.TrainingSeconds:F3} {r.ProbeSeconds:F3} {string.Join(" ", r.Metrics.Select(m => m + "=" + r.Last(m)))} {r.Measurements[^1].Iteration}");
}
