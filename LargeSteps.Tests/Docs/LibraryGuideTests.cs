// <doc>
using System.Globalization;
using System.Text;
using LargeSteps.Configuration;
using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Training;
using LargeSteps.Values;
using Microsoft.Data.Analysis;
using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;

// </doc>

namespace LargeSteps.Tests.Docs;

/// <summary>The C# code of docs/library.md.</summary>
public sealed class LibraryGuideTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("largesteps-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static readonly Pipeline Pipeline = ComposePipeline();

    private static Pipeline ComposePipeline()
    {
        // <doc>
        var pipeline = Pipeline.Of(
            DatasetSpec.SparseRegression(samples: 20, dimensions: 30, support: 3),
            ModelSpec.DiagonalLinear(u: 0.1, v: 0),
            Schedule.Drops(0.2, Drop.AtFraction(0.5, divideBy: 4)),
            OptimizerSpec.Sgd(steps: 5000, seed: 1),
            ProbePlan.Of(Cadence.Every(500), new Losses(), L0Norm.Of(1e-3)));
        // </doc>
        return pipeline;
    }

    [Fact]
    public void All_parts_can_be_ones_own()
    {
        var output = new StringWriter(CultureInfo.InvariantCulture);
        // <doc>
        double[,] x = { { 0, 1 }, { 1, 0 }, { 1, 1 }, { 2, 1 } };
        double[] y = [1, 0, 1, 2];
        var mine = Pipeline.Of(
            DatasetSpec.InMemory(RegressionData.Of(Matrix.From(x), [.. y])),
            ModelSpec.Custom("eight tanh units", seed =>
                torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))),
            Schedule.Of("0.2/√(1 + 9t)", t => 0.2 / Math.Sqrt(1 + 9 * t)),
            OptimizerSpec.Sgd(steps: 1000, batchSize: 2),
            ProbePlan.Of(
                Cadence.Every(100), new Losses(), new GradientNorm(),
                new CustomProbe("largest_weight", view => view.Weights.Values.Max(Math.Abs)),
                new CustomProbe("at_the_origin", view => view.Outputs(Matrix.FromRows([[0, 0]]))[0])));

        using var source = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var events = new RunEvents();
        using var subscription = events.Subscribe(e => output.WriteLine(e.Match(
            started => $"seed {started.Unit.Seed} begins",
            progressed => $"seed {progressed.Unit.Seed}: step {progressed.Progress.Iteration}",
            finished => $"seed {finished.Unit.Seed} {finished.Result.End.Word}")));
        var experiment = Experiment.Of("mine", mine)
            .WithSeeds(new Seeds(From: 0, Count: 3, new Follow(Data: false, Initialisation: true, Sampling: true)));
        var results = ExperimentRunner.Run(experiment, RunContext.Default.WithCancellation(source.Token), events);
        DataFrame table = ResultFrames.Metrics(results);
        // </doc>
        Assert.All(results, r => Assert.Equal(RunEnd.Completed, r.Result.End));
        Assert.All(results, r => Assert.True(r.Result.Last("train_loss") < 0.1 * r.Result.Values("train_loss")[0]));
        Assert.Equal(3, results.Select(r => r.Result.Last("largest_weight")).Distinct().Count());
        Assert.Equal(30, table.Rows.Count);
        var lines = output.ToString().Split(Environment.NewLine);
        Assert.Equal((3, 3), (lines.Count(line => line.EndsWith(" begins", StringComparison.Ordinal)),
            lines.Count(line => line.EndsWith(" completed", StringComparison.Ordinal))));
    }

    [Fact]
    public void Weights_are_kept()
    {
        var pipeline = Pipeline;
        // <doc>
        RunResult kept = Runner.Run(pipeline.WithProbes(pipeline.Probes.WithSnapshots(SnapshotSpec.Measurements(0, 5))));
        Items<double> weights = kept.Snapshots[^1].Weights;
        RegressionData data = DatasetFactory.Create(pipeline.Dataset);
        Items<double> outputs = ModelFunction.Outputs(pipeline.Model, weights, data.TestFeatures);
        // </doc>
        Assert.Equal([0, 2500], kept.Snapshots.Map(snapshot => snapshot.Iteration));
        var squares = outputs.Zip(data.TestLabels, (output, label) => (output - label) * (output - label)).Sum();
        Assert.Equal(kept.Values("test_loss")[5], squares / (2 * outputs.Count), 1e-12);
    }

    [Fact]
    public void A_pipeline_runs()
    {
        var pipeline = Pipeline;
        // <doc>
        RunResult result = Runner.Run(pipeline);
        string ending = result.End.Match(
            completed => "completed",
            dead => "dead",
            diverged => $"diverged at {diverged.Iteration}",
            stopped => $"stopped at {stopped.Iteration}",
            failed => failed.Message);
        double testLoss = result.Last("test_loss");
        Items<double> trainLosses = result.Values("train_loss");
        // </doc>
        Assert.Equal("completed", ending);
        Assert.Equal(10, trainLosses.Count);
        Assert.InRange(testLoss, 0, 1);
    }

    [Fact]
    public void An_experiment_is_a_table()
    {
        var pipeline = Pipeline;
        // <doc>
        var experiment = Experiment.Of("step_sizes", pipeline)
            .WithRuns(
                Run.Of("small", Schedule.Constant(0.02)),
                Run.Of("large, then small", pipeline.Schedule))
            .WithSeeds(Seeds.OfSampling(from: 1, count: 4));
        Items<UnitResult> results = ExperimentRunner.Run(experiment);
        DataFrame metrics = ResultFrames.Metrics(results);
        DataFrame summary = ResultFrames.Summary(results);
        // </doc>
        Assert.Equal(2 * 4 * 10, metrics.Rows.Count);
        Assert.Equal(2 * (4 + 6), summary.Rows.Count);

        var path = Path.Combine(_folder, "metrics.csv");
        // <doc>
        DataFrame large = metrics.Filter(metrics["run"].ElementwiseEquals("large, then small"));
        double best = Convert.ToDouble(large["test_loss"].Min(), CultureInfo.InvariantCulture);
        IDataView view = metrics;
        DataFrame.SaveCsv(metrics, path, cultureInfo: CultureInfo.InvariantCulture, encoding: new UTF8Encoding(false));
        // </doc>
        Assert.Equal(40, large.Rows.Count);
        Assert.Equal(results.Skip(4).Min(r => r.Result.Values("test_loss").Min()), best);
        Assert.Equal(8, view.Schema.Count);
        Assert.Equal(81, File.ReadAllLines(path).Length);
    }

    [Fact]
    public void Arrays_are_data()
    {
        // <doc>
        double[,] x = { { 1, 0, 2 }, { 0, 1, 1 }, { 1, 1, 0 }, { 2, 0, 1 } };
        double[] y = [1, 0, 1, 2];
        var data = RegressionData.Of(Matrix.From(x), [.. y]);
        var tested = data.WithTest(Matrix.FromRows([[1, 1, 1], [0, 0, 1]]), [1, 0]);
        var pipeline = Pipeline.Of(
            DatasetSpec.InMemory(tested), ModelSpec.DiagonalLinear(), Schedule.Constant(0.1),
            OptimizerSpec.GradientDescent(2000), ProbePlan.Of(Cadence.Logarithmic(10, 20), new Losses()));
        double testLoss = Runner.Run(pipeline).Last("test_loss");
        // </doc>
        Assert.InRange(testLoss, 0, 1e-3);
    }

    private sealed class House
    {
        [LoadColumn(0)]
        public float Area { get; set; }

        [LoadColumn(1)]
        public float Rooms { get; set; }

        [LoadColumn(2)]
        public float Price { get; set; }
    }

    [Fact]
    public void A_data_view_is_data()
    {
        var path = Path.Combine(_folder, "houses.csv");
        File.WriteAllLines(path, ["area,rooms,price", "1.0,2,2.1", "0.5,1,1.0", "0.7,3,1.4", "1.2,4,2.5"]);
        // <doc>
        var ml = new MLContext(seed: 1);
        IDataView houses = ml.Data.LoadFromTextFile<House>(path, separatorChar: ',', hasHeader: true);
        Outcome<DatasetSpec> columns = DatasetSpec.FromDataView(houses, ["Area", "Rooms"], labelColumn: "Price");

        var chain = ml.Transforms.NormalizeMinMax("Rooms").Append(ml.Transforms.Concatenate("Features", "Area", "Rooms"));
        IDataView prepared = chain.Fit(houses).Transform(houses);
        Outcome<DatasetSpec> vector = DatasetSpec.FromDataView(prepared, "Features", "Price", test: prepared);
        // </doc>
        var read = Assert.IsType<InMemoryData>(columns.OrThrow()).Data;
        Assert.Equal((4, 2), (read.Samples, read.Dimensions));
        var result = Runner.Run(Pipeline.WithDataset(vector.OrThrow()));
        Assert.True(result.Last("test_loss") < result.Values("test_loss")[0]);
    }

    [Fact]
    public void Schedules_are_composed()
    {
        // <doc>
        Schedule schedule = Schedule.WarmUp(0.01, Growth.Exponential(1000), until: Duration.Fraction(0.3))
            .JoinedAt(Duration.Fraction(0.3), Schedule.Cosine(0.08).DividedAt(Drop.AtStep(4000, divideBy: 10)))
            .ScaledBy(2);
        Func<double, double> rate = schedule.Function(new Horizon(Steps: 5000, StepsPerEpoch: 20));
        double atTheStart = rate(0), halfway = rate(0.5);
        // </doc>
        Assert.Equal(0.02, atTheStart, 12);
        Assert.Equal(0.08, halfway, 12);
        Assert.Equal(RunEnd.Completed, Runner.Run(Pipeline.WithSchedule(schedule)).End);
    }

    [Fact]
    public void A_file_is_an_experiment_or_says_why_not()
    {
        var path = Path.Combine(_folder, "mine.yaml");
        File.WriteAllText(path, "name: mine\nmodle: { kind: diagonal_linear }\nruns: []\n");
        // <doc>
        string verdict = ExperimentYaml.Load(path).Match(
            experiment => $"{experiment.Name} has {experiment.Runs.Count} runs",
            diagnostics => string.Join(Environment.NewLine, diagnostics));
        // </doc>
        Assert.StartsWith($"{path}(2,1): error LS0101: unknown key 'modle'; did you mean 'model'?", verdict, StringComparison.Ordinal);

        var pipeline = Pipeline;
        // <doc>
        var composed = Experiment.Of("composed", pipeline.WithSchedule(Schedule.Drops(0.2, Drop.AtStep(9000, divideBy: 4))));
        Outcome<Items<RunUnit>> units = composed.Checked().Bind(Units.Of);
        Outcome<Items<UnitResult>> results = ExperimentRunner.TryRun(composed);
        // </doc>
        Assert.Equal("LS0207", results.Match(_ => "", problems => problems[0].Code));
        Assert.Equal("LS0207", units.Match(_ => "", problems => problems[0].Code));
        Assert.Equal(composed, ExperimentYaml.Parse(ExperimentYaml.Write(Experiment.Of("composed", pipeline)), "").OrThrow()
            .WithName("composed") with
        { Shared = composed.Shared });
    }

    [Fact]
    public async Task Runs_are_tasks_and_streams_of_events()
    {
        var (pipeline, experiment) = (Pipeline, Experiment.Of("one", Pipeline));
        var output = new StringWriter(CultureInfo.InvariantCulture);
        using var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        // <doc>
        Task<RunResult> inTheBackground = Runner.RunAsync(pipeline, source.Token);
        await foreach (RunEvent happened in ExperimentRunner.Events(experiment, cancellation: source.Token))
            output.WriteLine(happened);
        RunResult result = await inTheBackground;
        // </doc>
        Assert.Equal(RunEnd.Completed, result.End);
        Assert.StartsWith("one, seed 1: started", output.ToString(), StringComparison.Ordinal);
        Assert.EndsWith($"one, seed 1: completed{Environment.NewLine}", output.ToString(), StringComparison.Ordinal);
    }

    private sealed class Printer(TextWriter output) : IProgress<RunEvent>
    {
        public void Report(RunEvent value)
        {
            lock (output)
            {
                output.WriteLine(value.Match(
                    started => $"{started.Unit.Label}, seed {started.Unit.Seed}: started",
                    progressed => $"{progressed.Unit.Label}: {100 * progressed.Progress.Iteration / progressed.Progress.Steps} %",
                    finished => $"{finished.Unit.Label}: {finished.Result.End.Word}"));
            }
        }
    }

    [Fact]
    public void An_experiment_tells_its_progress_and_stops()
    {
        var (experiment, folder, output) = (Experiment.Of("one", Pipeline), Path.Combine(_folder, "units"),
            new StringWriter(CultureInfo.InvariantCulture));
        // <doc>
        using var source = new CancellationTokenSource(TimeSpan.FromMinutes(10));
        Items<UnitResult> results = ExperimentRunner.Run(
            Units.Of(experiment).OrThrow(),
            RunContext.Default.WithCancellation(source.Token),
            workers: Environment.ProcessorCount,
            store: new UnitStore(folder),
            resume: true,
            events: new Printer(output));
        bool complete = results.All(r => !r.Result.End.IsStopped);
        // </doc>
        Assert.True(complete);
        Assert.StartsWith("one, seed 1: started", output.ToString(), StringComparison.Ordinal);
        Assert.EndsWith($"one: completed{Environment.NewLine}", output.ToString(), StringComparison.Ordinal);
    }
}
