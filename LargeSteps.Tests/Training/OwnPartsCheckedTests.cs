using LargeSteps.Configuration;
using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;
using static TorchSharp.torch;

namespace LargeSteps.Tests.Training;

/// <summary>What is said of parts of a program's own before anything runs, and what they may rely on.</summary>
public class OwnPartsCheckedTests
{
    private static readonly DatasetSpec Table =
        DatasetSpec.TeacherStudent(12, 3, [2], biases: false, unitTeacher: false, testSamples: 5);

    private static Pipeline Diagonal(params Probe[] probes) => Pipeline.Of(DiagonalCases.Small, ModelSpec.DiagonalLinear(),
        Schedule.Constant(0.05), OptimizerSpec.GradientDescent(6), ProbePlan.Of(Cadence.Every(2), [new Losses(), .. probes]));

    private static Items<Diagnostic> Problems(Pipeline pipeline) =>
        Experiment.Of("own", pipeline).Checked().Match(_ => [], problems => problems);

    [Theory]
    [InlineData("a b", "the column 'a b' has a ' '")]
    [InlineData("a,b", "the column 'a,b' has a ','")]
    [InlineData("a\0b", "the column 'a")]
    [InlineData("a\nb", "the column 'a b' has a ' '")]
    [InlineData("", "a probe needs a name of its own for its column, not ''")]
    [InlineData("seed", "a probe needs a name of its own for its column, not 'seed'")]
    [InlineData("norm_0.5-x", null)]
    [InlineData("größe", null)]
    public void A_column_has_a_name_that_can_stand_in_a_table(string name, string? problem)
    {
        var problems = Problems(Diagonal(new CustomProbe(name, _ => 1)));
        if (problem is null) Assert.Empty(problems);
        else Assert.Contains(problem, Assert.Single(problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_place_of_a_probe_without_a_form_is_its_number() =>
        Assert.Equal(["probes.measure[2]", "probes.measure[3]", "probes.measure[4]"], Problems(Diagonal(new CustomProbe("fine", _ => 1),
            new CustomProbe("a b", _ => 1), new CustomProbe("fine", _ => 1), new ActivePercent())).Map(p => p.Message.Split(':')[0]));

    [Theory]
    [InlineData("negative", "the schedule with 'negative' is -1 at t = 0, and must be a number of at least 0")]
    [InlineData("later", "the schedule with 'later' is NaN at t = 0.6, and must be a number of at least 0")]
    [InlineData("infinite", "the schedule with 'infinite' is Infinity at t = 0, and must be a number of at least 0")]
    [InlineData("failing", "the schedule with 'failing' fails at t = 0 (InvalidOperationException: no rate)")]
    [InlineData(" ", "a function has no name, which would stand for it")]
    [InlineData("fine", null)]
    public void A_schedule_of_ones_own_gives_step_sizes(string name, string? problem)
    {
        var schedule = Schedule.Of(name, t => name switch
        {
            "negative" => -1,
            "later" => t < 0.6 ? 0.1 : double.NaN,
            "infinite" => 0.1 / t,
            "failing" => throw new InvalidOperationException("no rate"),
            _ => 0.1,
        });
        var problems = Problems(Diagonal().WithSchedule(schedule.ScaledBy(1)));
        if (problem is null) Assert.Empty(problems);
        else Assert.Equal($"schedule: {problem}", Assert.Single(problems).Message);
        // What it would be where another takes its place does not count.
        if (name == "later")
            Assert.Empty(Problems(Diagonal().WithSchedule(schedule.JoinedAt(Duration.Fraction(0.5), Schedule.Constant(0.1)))));
    }

    [Fact]
    public void Records_by_which_runs_are_told_apart_do_not_change()
    {
        var rule = Assert.Single(Problems(Diagonal().WithOptimizer(OptimizerSpec.GradientDescent(6)
            .WithRule(UpdateRule.Plain.WithOwn(new Counting())))));
        Assert.Equal("optimizer: the rule 'counting' has the field 'Steps', which can change; what a rule keeps between steps is in its State",
            rule.Message);
        var probe = Assert.Single(Problems(Diagonal(new Remembering())));
        Assert.Equal("probes.measure[1]: the probe 'Remembering' has the field '_last', which can change; what a probe keeps is in its Instrument",
            probe.Message);
    }

    [Theory]
    [InlineData("collecting", "probes.measure[1]: the probe 'Collecting' has the field '_all', which can change")]
    [InlineData("function", "probes.measure[1]: the probe 'OfFunction' has the function 'Of', which has no equality")]
    [InlineData("twin", "probes.measure[1]: Twinless asks for a twin, and nobody says by what its weights differ")]
    public void Records_are_values(string kind, string problem) => Assert.StartsWith(problem, Assert.Single(Problems(Diagonal(kind switch
    {
        "collecting" => new Collecting(),
        "function" => new OfFunction(_ => 1),
        _ => new Twinless(),
    }))).Message, StringComparison.Ordinal);

    [Fact]
    public void Results_are_kept_under_all_that_a_record_is_made_of()
    {
        using var folder = new TemporaryFolder();
        var store = new UnitStore(folder.Path);
        double[] entries = [.. new[] { 1.0, 5.0 }.Select(entry =>
        {
            var experiment = Experiment.Of("kept", Diagonal(new OfMatrix(Matrix.FromRows([[entry, 2]]), new(entry))));
            return Assert.Single(ExperimentRunner.Run(Units.Of(experiment).OrThrow(), RunContext.Default, 1, store, true, null))
                .Result.Last("OfMatrix");
        })];
        Assert.Equal([2, 10], entries);
    }

    [Fact]
    public void What_leads_back_to_itself_or_to_half_of_the_process_has_a_name_too()
    {
        var circle = new Circle();
        circle.All.Add(circle);
        Assert.Equal("OfObject(Circle([Circle]))", OwnNames.Of(new OfObject(circle), "OfObject"));
        Assert.StartsWith("OfObject(", OwnNames.Of(new OfObject(new HttpClientHandler()), "OfObject"), StringComparison.Ordinal);
        Assert.Equal("OfObject((1, [2, 3]))", OwnNames.Of(new OfObject((1, new[] { 2.0, 3 })), "OfObject"));
    }

    [Fact]
    public void A_copy_of_the_first_weights_is_there_at_each_measurement()
    {
        foreach (var pipeline in (Pipeline[])[Diagonal(), TinyDeep.Pipeline(6)])
        {
            var plan = ProbePlan.Of(Cadence.Every(3, end: true), new Losses(), new Moved());
            var moved = Runner.Run(pipeline.WithProbes(plan)).Values("Moved");
            Assert.Equal(0, moved[0]);
            Assert.True(moved[^1] > 0);
        }
    }

    [Fact]
    public void A_function_that_gives_the_same_module_twice_is_told()
    {
        var one = nn.Linear(3, 1);
        var shared = Experiment.Of("shared", Diagonal().WithDataset(Table).WithModel(ModelSpec.Custom("shared", _ => one)))
            .WithSeeds(Seeds.OfSampling(1, 4));
        Assert.Equal("model: the function of the module 'shared' has given a module that it gave before; it makes a new one each time",
            Assert.Single(shared.Checked().Match(_ => [], problems => problems)).Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_spoils_the_derivative_in_place_is_told_before_anything_runs(bool ofModule)
    {
        var spoilt = Architecture.Of("spoilt", b => NetworkBuilder.Chain(NetworkBuilder.Pool, b.Linear("a", b.Input.Channels, 4),
            (_, x) => { var y = x.sigmoid(); y.mul_(2); return y.mul(x); }, b.Linear("b", 4, b.Classes)));
        var module = Diagonal().WithDataset(Table).WithModel(ModelSpec.Custom("spoilt", _ =>
            nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.ReLU(inplace: true), nn.Linear(4, 1))));
        var told = Assert.Single(Problems(ofModule ? module : TinyDeep.Pipeline(4).WithModel(ModelSpec.DeepNetwork(spoilt)))).Message;
        Assert.StartsWith($"model: the {(ofModule ? "module" : "network")} 'spoilt' cannot be differentiated: one of the variables needed for " +
            "gradient computation has been modified by an inplace operation", told, StringComparison.Ordinal);
    }

    [Fact]
    public void An_architecture_that_draws_is_refused()
    {
        var dropout = Architecture.Of("dropout", b => NetworkBuilder.Chain(NetworkBuilder.Pool,
            (_, x) => nn.functional.dropout(x, 0.5, true), b.Linear("a", b.Input.Channels, b.Classes)));
        Assert.Equal("model: the network 'dropout' draws numbers of libtorch as it runs, for which it has no stream; a module has one",
            Assert.Single(Problems(TinyDeep.Pipeline(4).WithModel(ModelSpec.DeepNetwork(dropout)))).Message);
    }

    [Fact]
    public void A_vector_that_no_rule_names_is_told()
    {
        var result = Assert.Single(ExperimentRunner.Run(Experiment.Of("own", Diagonal().WithOptimizer(OptimizerSpec.GradientDescent(6)
            .WithRule(UpdateRule.Plain.WithOwn(new Asking()))))));
        Assert.Contains("No rule keeps a vector 'maen' in its State; did you mean 'mean'?", result.Result.End.Failure!,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(-1)]
    public void Earlier_iterates_are_the_last_two(int steps) => Assert.Throws<ArgumentOutOfRangeException>(() =>
        Runner.Run(Diagonal(new Earlier(steps, Needs.EarlierIterates))));

    [Fact]
    public void Earlier_iterates_are_there_for_probes_that_ask_for_them()
    {
        // Also beside one that asks.
        var fails = Assert.Throws<InvalidOperationException>(() => Runner.Run(Diagonal(new Bounce(), new Earlier(1, Needs.Weights))));
        Assert.StartsWith("Earlier iterates are kept for probes that ask for them", fails.Message, StringComparison.Ordinal);
        Assert.True(Runner.Run(Diagonal(new Earlier(2, Needs.EarlierIterates))).Last("Earlier") > 0);
    }

    [Fact]
    public void A_rule_multiplies_vectors_and_makes_them_of_numbers_on_every_model()
    {
        var masked = UpdateRule.Plain.WithOwn(new Masked());
        foreach (var pipeline in (Pipeline[])[Diagonal(), Diagonal().WithDataset(Table).WithModel(ModelSpec.Custom("line", _ =>
            nn.Linear(3, 1))), TinyDeep.Pipeline(3)])
        {
            var result = Runner.Run(pipeline.WithOptimizer(pipeline.Optimizer.WithRule(masked))
                .WithProbes(pipeline.Probes.WithSnapshots(SnapshotSpec.Ends)));
            Items<double> first = result.Snapshots[0].Weights, last = result.Snapshots[^1].Weights;
            for (var j = 0; j < first.Count; j++)
            {
                if (j % 2 == 0) Assert.Equal(first[j], last[j]);
            }
            Assert.NotEqual(first[1], last[1]);
        }
    }

    [Fact]
    public void A_layer_of_ones_own_has_parameters()
    {
        var scaled = Architecture.Of("scaled", b =>
        {
            var (gain, shift) = (b.Parameter("gain", 2, b.Input.Channels, 1, 1), b.NormalParameter("shift", 0.5, b.Input.Channels, 1, 1));
            var all = b.Parameter("all", 1);
            return NetworkBuilder.Chain((pass, x) => x.mul(gain(pass)).add(shift(pass)).mul(all(pass)), NetworkBuilder.Pool,
                b.Linear("linear", b.Input.Channels, b.Classes));
        });
        var result = Runner.Run(TinyDeep.Pipeline(6).WithModel(ModelSpec.DeepNetwork(scaled, seed: 3))
            .WithProbes(ProbePlan.Of(Cadence.Every(6, end: true), new Losses()).WithSnapshots(SnapshotSpec.Ends)));
        Items<double> first = result.Snapshots[0].Weights, last = result.Snapshots[^1].Weights;
        Assert.Equal([2, 2, 2], first.Take(3));
        Assert.All(Enumerable.Range(3, 3), j => Assert.InRange(Math.Abs(first[j]), 1e-6, 2));
        Assert.Equal(1, first[6]);
        Assert.All(Enumerable.Range(0, 7), j => Assert.NotEqual(first[j], last[j]));
        using var network = FlatNetwork.Of(new DeepNetwork(scaled), TinyDeep.Images.Shape, 10);
        Assert.Equal(["gain", "shift", "all", "linear.weight", "linear.bias"], network.Parameters.Select(slot => slot.Name));
    }

    [Fact]
    public void An_architecture_is_tried_before_anything_runs()
    {
        var wrong = Architecture.Of("wrong", b => NetworkBuilder.Chain(b.Linear("linear", 7, b.Classes)));
        Assert.Equal(["model: the network 'wrong' does not take images of 3×32×32: mat1 and mat2 shapes cannot be multiplied (2x3072 and 7x10)"],
            Problems(TinyDeep.Pipeline(4).WithModel(ModelSpec.DeepNetwork(wrong))).Map(problem => problem.Message));
        var twice = Architecture.Of("twice", b => NetworkBuilder.Chain(b.Linear("a", 3072, 4), b.Linear("a", 4, b.Classes)));
        Assert.Equal(["model: the network 'twice' cannot be built: Two layers have a parameter 'a.weight'. (Parameter 'name')"],
            Problems(TinyDeep.Pipeline(4).WithModel(ModelSpec.DeepNetwork(twice))).Map(problem => problem.Message));
    }

    [Fact]
    public void Numbers_that_a_module_draws_are_of_its_run_alone()
    {
        var dropout = Diagonal().WithDataset(Table).WithModel(ModelSpec.Custom("dropout", _ =>
            nn.Sequential(nn.Linear(3, 50), nn.Dropout(0.5), nn.Linear(50, 1)), seed: 4)).WithOptimizer(OptimizerSpec.Sgd(30, seed: 2));
        var alone = Runner.Run(dropout);
        TinyDeep.AssertSame(alone, Runner.Run(dropout));
        // Measuring draws nothing of the steps' stream.
        var more = dropout.WithProbes(ProbePlan.Of(dropout.Probes.At, new Losses(), new GradientNorm(), new Sharpness()));
        Assert.Equal(alone.Values("train_loss"), Runner.Run(more).Values("train_loss"));
        // Beside others that draw too.
        var experiment = Experiment.Of("many", dropout).WithSeeds(Seeds.OfSampling(1, 8));
        var (one, four) = (Run(1), Run(4));
        foreach (var (first, second) in one.Zip(four)) TinyDeep.AssertSame(first.Result, second.Result);
        Assert.Equal(8, one.Select(r => r.Result.Last("train_loss")).Distinct().Count());
        TinyDeep.AssertSame(alone, one[1].Result);

        Items<UnitResult> Run(int workers) =>
            ExperimentRunner.Run(Units.Of(experiment).OrThrow(), RunContext.Default, workers, null, false, null);
    }

    // Its second head has no gradient in steps, and one where curvature is measured.
    [Fact]
    public void A_module_may_leave_a_parameter_out_in_one_mode()
    {
        var result = Runner.Run(Diagonal(new GradientNorm(), new Sharpness()).WithDataset(Table)
            .WithModel(ModelSpec.Custom("two heads", _ => new TwoHeads(), seed: 1))
            .WithProbes(ProbePlan.Of(Cadence.Every(2), new Losses(), new GradientNorm(), new Sharpness())
                .WithSnapshots(SnapshotSpec.Ends)));
        Assert.True(result.Last("gradient_norm") > 0);
        Assert.True(result.Last("sharpness") > 0);
        Assert.Equal(result.Snapshots[0].Weights.Skip(4), result.Snapshots[^1].Weights.Skip(4));
        Assert.NotEqual(result.Snapshots[0].Weights[0], result.Snapshots[^1].Weights[0]);
    }

    [Fact]
    public void A_module_is_measured_with_the_running_statistics_of_its_steps()
    {
        nn.Module<Tensor, Tensor> Network() => nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 1));
        var result = Runner.Run(Diagonal().WithDataset(Table).WithModel(ModelSpec.Custom("norm", _ => Network(), seed: 6))
            .WithSchedule(Schedule.Constant(0.1)).WithOptimizer(OptimizerSpec.GradientDescent(6)));
        // The same by hand.
        var table = DatasetFactory.Create(Table);
        using var scope = NewDisposeScope();
        using var generator = manual_seed(6);
        using var network = Network();
        Tensor x = tensor([.. table.Features.AsSpan()], [12, 3], dtype: float32), y = tensor([.. table.Labels], dtype: float32);
        for (var step = 0; step < result.Measurements[^1].Iteration; step++)
        {
            Tensor[] parameters = [.. network.parameters()];
            var residuals = network.forward(x).reshape(-1).sub(y);
            var gradients = autograd.grad([(residuals * residuals).mean()], parameters);
            using var noGradient = no_grad();
            foreach (var (parameter, gradient) in parameters.Zip(gradients)) parameter.sub_(gradient.mul(0.1f));
        }
        network.eval();
        var last = network.forward(x).reshape(-1).sub(y);
        Assert.Equal((last * last).mean().item<float>(), result.Last("train_loss"), 1e-5);
    }

    [Fact]
    public void What_a_module_draws_in_evaluation_is_of_its_run_alone()
    {
        var noisy = Diagonal().WithDataset(Table).WithModel(ModelSpec.Custom("noisy", _ => new Noisy(), seed: 4))
            .WithOptimizer(OptimizerSpec.Sgd(30, seed: 2));
        var alone = Runner.Run(noisy);
        TinyDeep.AssertSame(alone, Runner.Run(noisy));
        var units = Units.Of(Experiment.Of("many", noisy).WithSeeds(Seeds.OfSampling(1, 6))).OrThrow();
        var one = ExperimentRunner.Run(units, RunContext.Default, 1, null, false, null);
        var four = ExperimentRunner.Run(units, RunContext.Default, 4, null, false, null);
        foreach (var (first, second) in one.Zip(four)) TinyDeep.AssertSame(first.Result, second.Result);
    }

    private sealed record Counting : StepRule
    {
        public long Steps { get; set; }

        public override string Key => "counting";

        public override void Direct(StepState step) => Steps++;
    }

    private sealed record Remembering : Probe
    {
        private double _last;

        protected override Instrument Prepare(RunView run) => new((view, row) => row[0] = _last++);
    }

    private sealed record Collecting : Probe
    {
        private readonly List<double> _all = [];

        protected override Instrument Prepare(RunView run) => new((view, row) => row[0] = _all.Count);
    }

    private sealed record OfFunction(Func<RunView, double> Of) : Probe
    {
        protected override Instrument Prepare(RunView run) => new((view, row) => row[0] = Of(view));
    }

    private sealed record Twinless : Probe
    {
        protected override Needs Needs => Needs.Twin;

        protected override Instrument Prepare(RunView run) => new((view, row) => row[0] = view.Twin!.Norm);
    }

    private sealed class Entry(double value)
    {
        public double Value { get; } = value;
    }

    private sealed record OfMatrix(Matrix Numbers, Entry Entry) : Probe
    {
        protected override Instrument Prepare(RunView run) => new((view, row) => row[0] = Numbers[0, 0] + Entry.Value);
    }

    private sealed class Circle
    {
        public List<object> All { get; } = [];
    }

    private sealed record OfObject(object Value) : Probe
    {
        protected override Instrument Prepare(RunView run) => new((view, row) => row[0] = 0);
    }

    private sealed record Moved : Probe
    {
        protected override Instrument Prepare(RunView run)
        {
            var first = run.Weights.Zeros();
            first.Set(run.Weights);
            return new((view, row) => row[0] = view.Weights.Less(first).Norm);
        }
    }

    private sealed record Asking : StepRule
    {
        public override string Key => "asking";

        public override Items<string> State => ["mean"];

        public override void Direct(StepState step) => step.Kept("maen").Scale(1);
    }

    private sealed record Earlier(int Steps, Needs Asking) : Probe
    {
        protected override Needs Needs => Asking;

        protected override Instrument Prepare(RunView run) => new((view, row) => row[0] = view.Earlier(Steps)?.Norm ?? double.NaN);
    }

    /// <summary>Leaves every second parameter as it is.</summary>
    private sealed record Masked : StepRule
    {
        public override string Key => "masked";

        public override Items<string> State => ["mask"];

        public override void Begin(StepState step) =>
            step.Kept("mask").Set(Items.From(Enumerable.Range(0, step.Weights.Count).Select(j => (double)(j % 2))));

        public override void Direct(StepState step) => step.Direction.Multiply(step.Kept("mask"));
    }

    private sealed class TwoHeads : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor> _first = nn.Linear(3, 1), _second = nn.Linear(3, 1);

        public TwoHeads() : base("two heads") => RegisterComponents();

        public override Tensor forward(Tensor x) => training ? _first.call(x) : _first.call(x).add(_second.call(x));
    }
    /// <summary>Adds noise in either mode.</summary>
    private sealed class Noisy : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor> _linear = nn.Linear(3, 1);

        public Noisy() : base("noisy") => RegisterComponents();

        public override Tensor forward(Tensor x) => _linear.call(x.add(randn_like(x).mul(0.1f)));
    }
}
