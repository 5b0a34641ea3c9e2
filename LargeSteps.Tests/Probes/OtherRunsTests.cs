using LargeSteps.Configuration;
using LargeSteps.Experiments.Commands;
using LargeSteps.Numerics;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Tests.Probes;

/// <summary>Probes that look at the initial weights or at another run.</summary>
public class OtherRunsTests
{
    private const string Deep = """
        dataset: { kind: images, source: shapes, samples: 32, test_samples: 8 }
        model: { kind: deep_network, architecture: fully_connected, widths: [6], activation: tanh, seed: 1 }
        optimizer: { kind: sgd, steps: 12, batch_size: 8, seed: 5, sampling: shuffled }
        """;

    private const string Relu = """
        dataset: { kind: teacher_student, samples: 12, test_samples: 8, inputs: 3, teacher: [2], seed: 2 }
        model: { kind: relu_network, hidden: [5], biases: [true, true], precision: float64, initialisation: { gaussian: { scales: [0.8, 0.8] } }, seed: 5 }
        optimizer: { kind: sgd, steps: 12, batch_size: 2, seed: 3 }
        """;

    private const string Runs = """
        runs:
          - { label: base }
          - { label: one, from: { run: base, step: 3 }, optimizer: { seed: 8 }, probes: { measure: [losses, distance: { to: { run: base } }] } }
          - { label: two, probes: { measure: [losses, distance, distance: { to: { run: one } }, interpolation: { to: { run: one, step: 9 }, points: 5 }] }, schedule: { rate: 0.04 } }
        """;

    private static Experiment Of(string stages, string runs = Runs) => ExperimentYaml.Parse($$"""
        name: others
        {{stages}}
        schedule: { kind: constant, rate: 0.02 }
        probes: { at: { every: 3, end: true }, measure: [losses], snapshots: all }
        {{runs}}
        """, "f.yaml").OrThrow();

    private static double[] Column(UnitResult result, string name) => [.. result.Result.Values(name)];

    private static double Apart(Items<double> a, Items<double> b) => Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Sum());

    // The snapshots are what the probes looked at.
    [Theory]
    [InlineData(Deep, 1e-12)]
    [InlineData(Relu, 1e-12)]
    public void Distances_and_lines_are_those_between_the_iterates(string stages, double tolerance)
    {
        var results = ExperimentRunner.Run(Of(stages));
        var (start, one, two) = (results[0].Result.Snapshots, results[1].Result.Snapshots, results[2].Result.Snapshots);
        Assert.Equal([3L, 6, 9, 12], one.Select(snapshot => snapshot.Iteration));
        Assert.Equal(two.Select(s => Apart(s.Weights, two[0].Weights)), Column(results[2], "distance"),
            (a, b) => Math.Abs(a - b) < tolerance);
        Assert.Equal(one.Select((s, i) => Apart(s.Weights, start[i + 1].Weights)), Column(results[1], "distance_to"),
            (a, b) => Math.Abs(a - b) < tolerance);
        Assert.Equal(0, Column(results[1], "distance_to")[0]);
        // Before it began there is nothing to look at.
        Assert.Equal(double.NaN, Column(results[2], "distance_to")[0]);
        Assert.Equal(one.Select((s, i) => Apart(s.Weights, two[i + 1].Weights)), Column(results[2], "distance_to").Skip(1),
            (a, b) => Math.Abs(a - b) < tolerance);
        // At its end the line comes to the loss of the other run there, at whatever iteration of this one.
        var loss = Column(results[1], "train_loss")[2];
        Assert.All(Column(results[2], "interpolation_to_1"), at => Assert.Equal(loss, at, 1e-5));
        Assert.Equal(Column(results[2], "train_loss"), Column(results[2], "interpolation_to_0"), (a, b) => Math.Abs(a - b) < 1e-5);
        foreach (var (i, barrier) in Column(results[2], "interpolation_to_barrier").Index())
        {
            double At(string t) => Column(results[2], $"interpolation_to_{t}")[i];
            Assert.Equal(new[] { 0, 0.25, 0.5, 0.75, 1 }.Max(t => At(NumberText.Invariant(t)) - ((1 - t) * At("0") + t * At("1"))), barrier,
                1e-12);
        }
    }

    [Fact]
    public void Alone_or_with_others_and_on_any_number_of_workers_the_bits_are_the_same() => TemporaryFolder.In(folder =>
    {
        var units = Units.Of(Of(Relu)).OrThrow();
        Items<UnitResult> Made(Items<RunUnit> of, int workers, UnitStore? store) =>
            ExperimentRunner.Run(of, RunContext.Default, workers, store, resume: true, null);
        var all = Made(units, 1, null);
        TinyDeep.AssertSame(all[2].Result, Runner.Run(units[2].Pipeline));
        TinyDeep.AssertSame(all[2].Result, Made(units, 3, null)[2].Result);
        // The others are kept and not made again, but for what is looked at.
        Made([units[0], units[1]], 2, new UnitStore(folder));
        var last = Made(units, 2, new UnitStore(folder));
        TinyDeep.AssertSame(all[2].Result, last[2].Result);
        // What is measured of another run changes nothing of this one; another step size of it does.
        var other = Of(Relu, Runs.Replace("optimizer: { seed: 8 }", "schedule: { rate: 0.03 }", StringComparison.Ordinal));
        var measured = Of(Relu, Runs.Replace("[losses, distance: { to: { run: base } }]", "[losses]", StringComparison.Ordinal));
        string NameOf(Experiment experiment) => UnitNamed.Of(Units.Of(experiment).OrThrow()[2].Pipeline);
        Assert.Equal(NameOf(Of(Relu)), NameOf(measured));
        Assert.NotEqual(NameOf(Of(Relu)), NameOf(other));
    });

    [Fact]
    public void A_run_is_made_once_however_many_look_at_it()
    {
        var notes = new List<string>();
        var pipeline = Of(Relu).Resolve().OrThrow()[2].Pipeline;
        var context = RunContext.Default.WithProgress(new Told(progress => { if (progress.Note is { } note) notes.Add(note); }));
        Runner.Run(pipeline, context);
        Assert.Equal(["the first 12 steps of 'one' are made again, to be looked at"], notes);
        var events = new List<string>();
        ExperimentRunner.Run(Of(Relu), RunContext.Default, new Events(e => e.Match(
            started => 0, progressed =>
            {
                if (progressed.Progress.Note is { } note) events.Add(note);
                return 0;
            }, finished => 0)));
        Assert.Empty(events);
    }

    private sealed class Told(Action<RunProgress> tell) : IProgress<RunProgress>
    {
        public void Report(RunProgress value) => tell(value);
    }

    private sealed class Events(Action<RunEvent> tell) : IProgress<RunEvent>
    {
        public void Report(RunEvent value) => tell(value);
    }

    [Fact]
    public void An_experiment_in_text_and_in_code_names_the_other_runs()
    {
        var experiment = Of(Relu);
        Assert.Equal(experiment, ExperimentYaml.Parse(ExperimentYaml.Write(experiment), "written").OrThrow());
        var pipeline = experiment.Resolve().OrThrow()[2].Pipeline;
        Assert.Equal(["one"], pipeline.Others.Select(other => other.Label));
        Assert.Equal(pipeline, ExperimentYaml.ParsePipeline(ExperimentYaml.Write(pipeline), "unit").OrThrow());
        var of = Experiment.Of("two", pipeline);
        Assert.Equal(["one from 1", "one", "two"], of.Runs.Select(run => run.Label));
        Assert.Equal(pipeline, of.Checked().OrThrow().Resolve().OrThrow()[2].Pipeline);
        Assert.Equal(RunEnd.Completed, ExperimentRunner.Run(Smoke.Shrink(experiment))[2].Result.End);
        // Over seeds each looks at the run of its own seed.
        var units = Units.Of(experiment.WithSeeds(Seeds.OfSampling(4, 2))).OrThrow();
        Assert.Equal(OtherRun.Bare(units[3].Pipeline), units[5].Pipeline.Others[0].Pipeline);
        // And a fork that draws other samples than its parent does so with each seed.
        Assert.Equal([4u, 5, 9, 10], units.Take(4).Select(unit => unit.Pipeline.Optimizer.Match(gd => gd.Seed, sgd => sgd.Seed)));
    }

    [Fact]
    public void A_fork_of_a_run_that_looks_at_another_is_made_alone_too()
    {
        var experiment = Of(Relu, """
            runs:
              - { label: base }
              - { label: looks, schedule: { rate: 0.03 }, probes: { measure: [losses, distance: { to: { run: base } }] } }
              - { label: fork, from: { run: looks, step: 5 }, schedule: { rate: 0.01 } }
            """);
        var all = ExperimentRunner.Run(experiment);
        Assert.Equal(all[1].Result.Values("distance_to")[2], Apart(all[0].Result.Snapshots[2].Weights, all[1].Result.Snapshots[2].Weights),
            1e-12);
        var units = Units.Of(experiment).OrThrow();
        TinyDeep.AssertSame(all[2].Result, Runner.Run(units[2].Pipeline));
        TinyDeep.AssertSame(all[2].Result, ExperimentRunner.Run([units[2]], RunContext.Default, 1, null, false, null)[0].Result);
    }

    [Fact]
    public void A_run_that_diverges_is_looked_at_as_far_as_it_came_and_made_again_once()
    {
        var experiment = Of(Relu, """
            runs:
              - { label: base, schedule: { rate: 1e60 } }
              - { label: one, probes: { measure: [losses, distance: { to: { run: base } }] } }
              - { label: two, schedule: { rate: 0.03 }, probes: { measure: [losses, distance: { to: { run: base } }] } }
              - { label: fork, from: { run: base, step: 7 }, schedule: { rate: 0.03 } }
            """);
        var all = ExperimentRunner.Run(experiment);
        Assert.IsType<DivergedRun>(all[0].Result.End);
        Assert.IsType<DivergedRun>(all[3].Result.End);
        Assert.Equal([0, double.NaN, double.NaN, double.NaN, double.NaN], all[1].Result.Values("distance_to"));
        var notes = new List<string>();
        var units = Units.Of(experiment).OrThrow();
        var others = ExperimentRunner.Run([.. units.Skip(1)], RunContext.Default, 1, null, false, new Events(e => e.Match(
            started => 0, progressed =>
            {
                if (progressed.Progress.Note is { } note) notes.Add(note);
                return 0;
            }, finished => 0)));
        // Once to be looked at, once with what its fork takes over.
        Assert.Equal(2, notes.Count);
        for (var i = 0; i < 3; i++) TinyDeep.AssertSame(all[i + 1].Result, others[i].Result);
    }

    [Fact]
    public void Several_runs_are_looked_at_under_names()
    {
        var last = ExperimentRunner.Run(Of(Relu, """
            runs:
              - { label: one }
              - { label: two, schedule: { rate: 0.01 } }
              - { label: three, schedule: { rate: 0.03 }, probes: { measure: [distance: { to: { run: one, as: one } }, distance: { to: { run: two, as: two } }] } }
            """))[2].Result;
        Assert.Equal(["distance_to_one", "distance_to_two"], last.Metrics);
        Assert.All(last.Measurements.Skip(1), m => Assert.True(0 < m.Values[0] && m.Values[0] < m.Values[1]));
    }

    [Fact]
    public void What_is_kept_of_other_runs_has_a_limit()
    {
        var told = ExperimentYaml.Parse($$"""
            name: others
            {{Relu.Replace("hidden: [5]", "hidden: [50000]", StringComparison.Ordinal)}}
            schedule: { kind: constant, rate: 0.02 }
            probes: { at: { every: 1 }, measure: [losses] }
            runs:
              - { label: base, optimizer: { steps: 9000 } }
              - { label: looks, optimizer: { steps: 9000 }, probes: { measure: [losses, distance: { to: { run: base } }] } }
            """, "f.yaml").Match(_ => [], problems => problems);
        Assert.Contains("9000 measurements are asked for, of 18", Assert.Single(told).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sweep_is_one_of_those_that_look()
    {
        var experiment = Of(Relu, Runs + "\nsweep: { schedule.rate: [0.01, 0.03] }");
        Assert.Equal(["base", "one", "two, rate = 0.01", "two, rate = 0.03"], experiment.Runs.Select(run => run.Label));
    }

    [Theory]
    [InlineData("run: one }", "run: none }", "(10,80): error LS0230: no run that stands before this one has the label 'none' (run 'two')")]
    [InlineData("run: one }", "run: two }", "(10,80): error LS0230: no run that stands before this one has the label 'two' (run 'two')")]
    [InlineData("step: 9", "step: 13", "(10,128): error LS0230: 'one' makes the steps 3 to 12, and 13 is none of them (run 'two')")]
    [InlineData("step: 9", "step: 2", "(10,128): error LS0230: 'one' makes the steps 3 to 12, and 2 is none of them (run 'two')")]
    [InlineData("schedule: { rate: 0.04 }", "model: { hidden: [4] }",
        "(10,80): error LS0230: 'one' is of another network, or learns other data (run 'two')")]
    [InlineData("schedule: { rate: 0.04 }", "dataset: { seed: 4 }",
        "(10,80): error LS0230: 'one' is of another network, or learns other data (run 'two')")]
    [InlineData("points: 5", "points: 1", "(10,141): error LS0106: '1' must be at least 2")]
    public void What_cannot_be_looked_at_is_told(string change, string into, string told) => Assert.Contains($"f.yaml{told}",
        ExperimentYaml.Parse($"name: f\n{Relu}\nschedule: {{ kind: constant, rate: 0.02 }}\n"
            + "probes: { at: { every: 3 }, measure: [losses] }\n" + Runs.Replace(change, into, StringComparison.Ordinal), "f.yaml")
            .Match(_ => [], problems => problems).Select(problem => problem.ToString()));

    // 400 pairs of points in 1,000 dimensions: the square is right in the mean, and as far off as it should be.
    [Fact]
    public void A_projection_keeps_the_squares_of_norms_in_the_mean()
    {
        var random = new NumpyRandom(3);
        const int Dimension = 100, Vectors = 400;
        double[] ratios = [.. Enumerable.Range(0, Vectors).Select(_ =>
        {
            double[] x = [.. Enumerable.Range(0, 1000).Select(_ => random.StandardNormal())];
            return RandomProjection.Of(x, Dimension).Sum(y => y * y) / x.Sum(y => y * y);
        })];
        var mean = ratios.Average();
        var deviation = Math.Sqrt(ratios.Average(ratio => (ratio - mean) * (ratio - mean)));
        Assert.InRange(mean, 1 - 4 * 0.1414 / 20, 1 + 4 * 0.1414 / 20);
        Assert.InRange(deviation, 0.12, 0.16);
        // It is linear, each row has signs of its own, and fewer rows are the first of more.
        double[] one = [.. Enumerable.Range(0, 70).Select(j => j == 69 ? 3.0 : 0)], zero = new double[70];
        Assert.Equal(zero, RandomProjection.Of(zero, 70).Select(Math.Abs));
        var signs = RandomProjection.Of(one, 130);
        Assert.All(signs, sign => Assert.Equal(3 / Math.Sqrt(130), Math.Abs(sign), 1e-14));
        Assert.InRange(signs.Count(sign => sign > 0), 45, 85);
        Assert.Equal(signs.Take(20).Select(Math.Sign), RandomProjection.Of(one, 20).Select(Math.Sign));
    }

    [Fact]
    public void A_projected_distance_is_near_the_distance()
    {
        var experiment = Of(Deep, """
            runs:
              - { label: one }
              - { label: two, optimizer: { seed: 6 }, probes: { measure: [distance, distance: { projection: 2000 }, distance: { to: { run: one } }, distance: { to: { run: one }, projection: 2000 }] } }
            """);
        var two = ExperimentRunner.Run(experiment)[1];
        foreach (var name in (string[])["distance", "distance_to"])
        {
            var (exact, estimated) = (Column(two, name), Column(two, name + "_projected"));
            Assert.Equal(0, estimated[0]);
            for (var i = 1; i < exact.Length; i++) Assert.InRange(estimated[i] / exact[i], 0.92, 1.08);
        }
    }

    [Fact]
    public void Between_the_ends_of_a_quadratic_there_is_no_barrier_and_between_its_minima_of_a_double_well_one()
    {
        // L = (uv − 1)²/2 of one sample x = 1, y = 1: from (a, 1/a) to (−a, −1/a) the line goes through 0, where the loss is a half.
        var two = ExperimentRunner.Run(ExperimentYaml.Parse("""
            name: well
            dataset: { kind: table, features: [[1]], labels: [1] }
            model: { kind: diagonal_linear, u: 1, v: 1 }
            schedule: { kind: constant, rate: 0.1 }
            optimizer: { kind: gd, steps: 1 }
            probes: { at: { every: 1 }, measure: [losses] }
            runs:
              - { label: plus }
              - { label: minus, model: { u: -1, v: -1 }, probes: { measure: [losses, interpolation: { to: { run: plus }, points: 3 }] } }
            """, "f.yaml").OrThrow())[1];
        Assert.Equal([0.5, 0, 0.5, 0], new[] { "barrier", "0", "0.5", "1" }.Select(name => Column(two, $"interpolation_to_{name}")[0]));
    }
}
