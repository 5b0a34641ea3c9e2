#!/usr/bin/env dotnet
// The edge of stability: gradient descent with step size η sharpens until λ, the largest eigenvalue of the Hessian, is at 2/η, and
// stays there. A module of TorchSharp, by autograd; the events of the run are told as they come.
//
//     dotnet run docs/samples/edge_of_stability.cs
#:project ../../LargeSteps.Core/LargeSteps.Core.csproj
#:package ScottPlot@5.1.59

using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using TorchSharp;

// Twelve points of a sine wave.
double[] x = [.. Enumerable.Range(0, 12).Select(i => i / 2.0 - 2.75)], y = [.. x.Select(at => Math.Sin(2 * at))];
var data = RegressionData.Of(Matrix.FromRows([.. x.Select(at => new[] { at })]), [.. y]);

const double Rate = 0.05;
var pipeline = Pipeline.Of(
    DatasetSpec.InMemory(data),
    ModelSpec.Custom("64 tanh units", seed => torch.nn.Sequential(
        torch.nn.Linear(1, 64), torch.nn.Tanh(), torch.nn.Linear(64, 1))),
    Schedule.Constant(Rate),
    OptimizerSpec.GradientDescent(steps: 10_000),
    ProbePlan.Of(Cadence.Every(50), new Losses(), new Sharpness()));

var (at, sharpness) = (new List<double>(), new List<double>());
await foreach (var happened in ExperimentRunner.Events(Experiment.Of("edge_of_stability", pipeline)))
{
    happened.Match(
        started => 0,
        progressed =>
        {
            if (progressed.Progress.Measured is not { } measured) return 0;
            at.Add(measured.Measurement.Iteration);
            sharpness.Add(measured.Measurement.Values[measured.Metrics.AsSpan().IndexOf("sharpness")]);
            return 0;
        },
        finished =>
        {
            Console.WriteLine($"{finished.Result}; 2/η = {2 / Rate:G3}");
            return 0;
        });
}

using var plot = new ScottPlot.Plot();
plot.Add.Scatter(at, sharpness).LegendText = "λ";
plot.Add.HorizontalLine(2 / Rate).LegendText = "2/η";
plot.XLabel("iteration");
plot.ShowLegend(ScottPlot.Alignment.LowerRight);
plot.SaveSvg("edge_of_stability.svg", 720, 440);
Console.WriteLine("edge_of_stability.svg");
