using System.Globalization;
using System.Text;
using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;
using Microsoft.Data.Analysis;

namespace LargeSteps.Tests.Docs;

/// <summary>The C# code of docs/traps.md: each shows a trap.</summary>
public sealed class TrapsTests : IDisposable
{
    private static readonly Pipeline Pipeline = Pipeline.Of(
        DatasetSpec.SparseRegression(samples: 20, dimensions: 30, support: 3),
        ModelSpec.DiagonalLinear(),
        Schedule.Constant(0.1),
        OptimizerSpec.Sgd(steps: 1000),
        ProbePlan.Of(Cadence.Every(100), new Losses()));

    private readonly CultureInfo _culture = CultureInfo.CurrentCulture;

    public void Dispose() => CultureInfo.CurrentCulture = _culture;

    [Fact]
    public void The_name_of_a_function_stands_for_it()
    {
        var pipeline = Pipeline;
        // <doc>
        var experiment = Experiment.Of("decays", pipeline).WithRuns(
            Run.Of("slow", Schedule.Of("decay", t => 0.1 * Math.Exp(-t))),
            Run.Of("fast", Schedule.Of("decay", t => 0.1 * Math.Exp(-9 * t))));
        Items<UnitResult> results = ExperimentRunner.Run(experiment);
        bool onlyTheFirstWasRun = results[0].Result.Equals(results[1].Result);
        // </doc>
        Assert.True(onlyTheFirstWasRun);
        Assert.Equal(0.1 * Math.Exp(-0.9), results[1].Result.Measurements[^1].LearningRate, 1e-12);
    }

    [Fact]
    public void Functions_are_called_by_several_threads_at_once()
    {
        using var both = new Barrier(2);
        var met = new System.Collections.Concurrent.ConcurrentBag<bool>();
        var probe = new CustomProbe("meets", view =>
        {
            if (view.Iteration == 0) met.Add(both.SignalAndWait(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
            return 0;
        });
        var units = Units.Of(Experiment.Of("two", Pipeline.WithProbes(ProbePlan.Of(Cadence.Every(100), probe)))
            .WithSeeds(Seeds.OfSampling(1, 2))).OrThrow();
        ExperimentRunner.Run(units, RunContext.Default, workers: 2, store: null, resume: false, events: null);
        Assert.Equal([true, true], met);
    }

    [Fact]
    public void SaveCsv_writes_as_the_machine_does()
    {
        var folder = Directory.CreateTempSubdirectory("largesteps-").FullName;
        var path = Path.Combine(folder, "metrics.csv");
        var metrics = ResultFrames.Metrics(ExperimentRunner.Run(Experiment.Of("one", Pipeline)));
        // <doc>
        CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
        var refused = Assert.Throws<ArgumentException>(() => DataFrame.SaveCsv(metrics, path));
        DataFrame.SaveCsv(metrics, path, cultureInfo: CultureInfo.InvariantCulture, encoding: new UTF8Encoding(false));
        // </doc>
        Assert.Contains("Decimal separator", refused.Message, StringComparison.Ordinal);
        Assert.StartsWith("one,1,0,0,0.1", File.ReadLines(path).Skip(1).First(), StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Lists_are_compared_by_Equals()
    {
        // <doc>
        Items<int> a = [1, 2], b = [1, 2];
        bool same = a.Equals(b);
        bool sameObject = a == b;
        // </doc>
        Assert.True(same);
        Assert.False(sameObject);
    }

    [Fact]
    public void Cancelling_is_a_result()
    {
        var pipeline = Pipeline.WithOptimizer(OptimizerSpec.Sgd(2_000_000_000))
            .WithProbes(ProbePlan.Of(Cadence.Every(1_000_000_000), new Losses()));
        // <doc>
        using var source = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        RunResult result = Runner.Run(pipeline, RunContext.Default.WithCancellation(source.Token));
        bool whole = !result.End.IsStopped;
        // </doc>
        Assert.False(whole);
    }

    [Fact]
    public void The_last_measurement_is_not_the_end()
    {
        var pipeline = Pipeline;
        // <doc>
        long last = Runner.Run(pipeline.WithProbes(ProbePlan.Of(Cadence.Every(100), new Losses()))).Measurements[^1].Iteration;
        long end = Runner.Run(pipeline.WithProbes(ProbePlan.Of(Cadence.Every(100, end: true), new Losses()))).Measurements[^1].Iteration;
        // </doc>
        Assert.Equal((900, 1000), (last, end));
    }
}
