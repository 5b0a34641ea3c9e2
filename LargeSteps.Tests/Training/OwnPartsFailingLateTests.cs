using LargeSteps.Configuration;
using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Models.Deep;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;
using static TorchSharp.torch;

namespace LargeSteps.Tests.Training;

/// <summary>Parts of a program's own that go wrong only when a run is on its way.</summary>
public class OwnPartsFailingLateTests
{
    private static readonly DatasetSpec Table =
        DatasetSpec.TeacherStudent(12, 3, [2], biases: false, unitTeacher: false, testSamples: 5);

    [Fact]
    public void An_operation_in_place_that_comes_later_ends_the_run_and_not_the_process()
    {
        foreach (var pipeline in (Pipeline[])
        [
            Module(() => new SpoiltLater(after: 12)),
            TinyDeep.Pipeline(12).WithModel(ModelSpec.DeepNetwork(SpoiltArchitecture(after: 8)))
                .WithProbes(ProbePlan.Of(Cadence.Every(1), new Losses())),
        ])
        {
            var result = Assert.Single(ExperimentRunner.Run(Experiment.Of("late", pipeline))).Result;
            Assert.Matches("^at iteration [1-9][0-9]*: the (module|network) 'late' cannot be differentiated: one of the variables needed for " +
                "gradient computation has been modified by an inplace operation", result.End.Failure!);
            // What it has measured stays, and tells where it was.
            Assert.True(result.LastIteration > 0);
            Assert.Equal(result.LastIteration, result.Measurements[^1].Iteration);
            Assert.True(double.IsFinite(result.Last("train_loss")));
        }
    }

    [Fact]
    public void A_second_derivative_that_libtorch_does_not_have_is_a_sentence()
    {
        var result = Assert.Single(ExperimentRunner.Run(Experiment.Of("twice", Module(() => new OnceDifferentiable(), new Losses(),
            new Sharpness())))).Result;
        Assert.Equal("at iteration 0: the probe 'sharpness': the module 'late' cannot be differentiated: derivative for " +
            "aten::grid_sampler_2d_backward is not implemented", result.End.Failure);
        Assert.Equal(5, Runner.Run(Module(() => new OnceDifferentiable()), RunContext.Default).LastIteration);
    }

    [Fact]
    public void A_step_size_that_is_none_between_the_moments_that_were_asked_ends_the_run()
    {
        var odd = Schedule.Of("odd", t => t is > 0.5001 and < 0.5004 ? -1 : 0.01);
        var diagonal = Pipeline.Of(DiagonalCases.Small, ModelSpec.DiagonalLinear(), odd, OptimizerSpec.Sgd(10_000),
            ProbePlan.Of(Cadence.Every(1000), new Losses()));
        var result = Assert.Single(ExperimentRunner.Run(Experiment.Of("odd", diagonal))).Result;
        Assert.Matches("^in the steps from iteration [0-9]+: the schedule with 'odd' is -1 at t = 0.5002, and must be a number of at least 0$",
            result.End.Failure!);
        Assert.Equal(6, result.Measurements.Count);
        var problem = Assert.Single(Runner.TryRun(diagonal).Match(_ => [], problems => problems));
        Assert.Equal(("LS0305", result.End.Failure), (problem.Code, problem.Message));
        // Only what the steps ask for counts.
        var big = diagonal.WithSchedule(Schedule.Of("big", _ => 1e200).ScaledBy(1e200));
        Assert.Contains("is Infinity at t = 0", Assert.Single(Problems(big)).Message, StringComparison.Ordinal);
        var joined = Schedule.Of("pole", t => 0.01 / (1 - 2 * t)).JoinedAt(Duration.Fraction(0.5), Schedule.Constant(0.01));
        Assert.Empty(Problems(diagonal.WithSchedule(joined)));
    }

    [Fact]
    public void A_probe_that_cannot_be_asked_what_it_is_is_a_problem_of_its_place()
    {
        foreach (var (probe, what) in ((Probe, string)[])[(new Columnless(), "NotSupportedException: no columns"),
            (new Problematic(), "NotSupportedException: no problems"), (new Keyless(), "NotSupportedException: no key"),
            (new Nullable(), "it has no Columns")])
        {
            Assert.Equal($"probes.measure[1]: the probe {probe.GetType().Name} cannot be asked what it is: {what}",
                Assert.Single(Problems(Module(() => nn.Linear(3, 1), new Losses(), probe))).Message);
        }
        // One of several runs is one problem.
        var shared = Experiment.Of("own", Module(() => nn.Linear(3, 1), new Columnless())).WithRuns(
            Run.Of("a", Stages.None), Run.Of("b", Stages.None), Run.Of("c", Stages.None) with { From = Fork.OfRun("a", 2) });
        Assert.Single(shared.Checked().Match(_ => [], problems => problems));
    }

    [Fact]
    public void A_probe_that_fails_is_named_with_its_iteration()
    {
        foreach (var (probe, what) in ((Probe, string)[])[(new Beyond(), "it has 1 column and writes to another one"),
            (new CustomProbe("third", view => view.Iteration < 2 ? 1 : throw new NotSupportedException("no more")), "no more")])
        {
            var iteration = probe is Beyond ? 0 : 2;
            foreach (var pipeline in (Pipeline[])[Module(() => nn.Linear(3, 1), new Losses(), probe), Pipeline.Of(DiagonalCases.Small,
                ModelSpec.DiagonalLinear(), Schedule.Constant(0.01), OptimizerSpec.Sgd(5), ProbePlan.Of(Cadence.Every(1), probe))])
            {
                var result = Assert.Single(ExperimentRunner.Run(Experiment.Of("own", pipeline))).Result;
                Assert.StartsWith($"at iteration {iteration}: the probe '{probe.Key}': ", result.End.Failure!, StringComparison.Ordinal);
                Assert.Contains(what, result.End.Failure!, StringComparison.Ordinal);
                Assert.Equal(iteration, result.Measurements.Count);
            }
        }
    }

    [Fact]
    public void Gradients_that_a_module_makes_for_itself_are_its_own()
    {
        RunResult Of(Func<nn.Module<Tensor, Tensor>> module) =>
            Runner.Run(Module(module, new Losses(), new GradientNorm(), new Sharpness()));
        var plain = Of(() => nn.Linear(3, 1));
        var backward = Of(() => new Backward());
        Assert.Equal(plain.Measurements, backward.Measurements);
    }

    [Fact]
    public void A_check_draws_nothing_of_the_programs_generator()
    {
        LargeSteps.Numerics.NativeLibraries.EnsureLoaded();
        double Drawn(bool isChecked)
        {
            lock (LargeSteps.Numerics.DefaultGenerator.Gate)
            {
                using var before = get_rng_state();
                using var generator = manual_seed(5);
                if (isChecked) Assert.Empty(Problems(Module(() => nn.Sequential(nn.Linear(3, 4), nn.Dropout(), nn.Linear(4, 1)))));
                var drawn = rand(1).item<float>();
                set_rng_state(before);
                return drawn;
            }
        }
        Assert.Equal(Drawn(isChecked: false), Drawn(isChecked: true));
    }

    [Theory]
    [InlineData("made", "the module 'late' cannot be made (NotSupportedException: no module)")]
    [InlineData("none", "the function of the module 'late' gives no module")]
    [InlineData("fails", "the module 'late' fails (NotSupportedException: no outputs)")]
    [InlineData("empty", "the module 'late' gives no outputs")]
    public void A_module_that_fails_at_once_is_a_problem_of_the_model(string kind, string problem)
    {
        var told = Assert.Single(Problems(Module(() => kind switch
        {
            "made" => throw new NotSupportedException("no module"),
            "none" => null!,
            "fails" => new Failing(_ => throw new NotSupportedException("no outputs")),
            _ => new Failing(_ => null!),
        })));
        Assert.Equal(("LS0221", $"model: {problem}"), (told.Code, told.Message));
    }

    [Fact]
    public void A_fork_of_a_run_that_failed_fails_with_it()
    {
        var parent = Module(() => nn.Linear(3, 1), new Losses(),
            new CustomProbe("third", view => view.Iteration < 2 ? 1 : throw new NotSupportedException("no more")));
        var experiment = Experiment.Of("own", parent).WithRuns(Run.Of("parent", Stages.None),
            Run.Of("early", Stages.None) with { From = Fork.OfRun("parent", 1) },
            Run.Of("late", Stages.None) with { From = Fork.OfRun("parent", 4) });
        string[] failures = [.. ExperimentRunner.Run(experiment).Select(unit => unit.Result.End.Failure!.Split('\n')[0].TrimEnd())];
        const string First = "at iteration 2: the probe 'third': System.NotSupportedException: no more";
        Assert.Equal([First, First, $"its parent failed: {First}"], failures);
    }

    [Fact]
    public void What_a_receiver_of_events_throws_takes_no_measurement_away()
    {
        var result = Assert.Single(ExperimentRunner.Run(Experiment.Of("own", Module(() => nn.Linear(3, 1))), RunContext.Default,
            new Receiver())).Result;
        Assert.Contains("not listening", result.End.Failure!, StringComparison.Ordinal);
        Assert.NotEmpty(result.Measurements);
    }

    [Fact]
    public void A_parameter_on_which_an_architecture_does_not_depend_is_told()
    {
        var idle = Architecture.Of("idle", b =>
        {
            b.Linear("idle", b.Input.Channels, 4);
            return NetworkBuilder.Chain(NetworkBuilder.Pool, b.Linear("a", b.Input.Channels, b.Classes));
        });
        Assert.Equal("model: the network 'idle' does not depend on its parameter 'idle.weight'",
            Assert.Single(Problems(TinyDeep.Pipeline(4).WithModel(ModelSpec.DeepNetwork(idle)))).Message);
        // A slope of 0 is no independence: the bias before centring, and the branch that is not taken.
        var quiet = Architecture.Of("quiet", b => NetworkBuilder.Chain(NetworkBuilder.Pool, b.Linear("a", b.Input.Channels, 4),
            (_, x) => x.sub(x.mean([0], keepdim: true)), b.Linear("b", 4, b.Classes)));
        var routed = Architecture.Of("routed", b =>
        {
            var (gate, first, second) = (b.Linear("gate", b.Input.Channels, 1), b.Linear("first", b.Input.Channels, b.Classes),
                b.Linear("second", b.Input.Channels, b.Classes));
            return NetworkBuilder.Chain(NetworkBuilder.Pool, (pass, x) =>
            {
                var scores = gate(pass, x);
                return where(scores > 1e9, first(pass, x), second(pass, x)) + 0 * scores;
            });
        });
        Assert.All((Architecture[])[quiet, routed], architecture =>
            Assert.Empty(Problems(TinyDeep.Pipeline(4).WithModel(ModelSpec.DeepNetwork(architecture)))));
    }

    [Fact]
    public void An_architecture_of_no_logits_is_told()
    {
        var none = Architecture.Of("none", b => (_, _) => null!);
        Assert.Equal("model: the network 'none' gives no logits",
            Assert.Single(Problems(TinyDeep.Pipeline(4).WithModel(ModelSpec.DeepNetwork(none)))).Message);
        using var outside = zeros(1).requires_grad_();
        var elsewhere = Architecture.Of("elsewhere", b =>
        {
            var linear = b.Linear("a", b.Input.Channels, b.Classes);
            return NetworkBuilder.Chain(NetworkBuilder.Pool, (pass, x) => linear(pass, x).detach() + outside);
        });
        Assert.Equal("model: the outputs of the network 'elsewhere' do not depend on its parameters: there is no gradient",
            Assert.Single(Problems(TinyDeep.Pipeline(4).WithModel(ModelSpec.DeepNetwork(elsewhere)))).Message);
    }

    private static Items<Diagnostic> Problems(Pipeline pipeline) =>
        Experiment.Of("own", pipeline).Checked().Match(_ => [], problems => problems);

    private static Pipeline Module(Func<nn.Module<Tensor, Tensor>> made, params Probe[] probes) => Pipeline.Of(Table,
        ModelSpec.Custom("late", _ => made()), Schedule.Constant(0.01), OptimizerSpec.Sgd(5),
        ProbePlan.Of(Cadence.Every(1), probes.Length == 0 ? [new Losses()] : probes));

    private static Tensor Spoilt(Tensor x)
    {
        var y = x.sigmoid();
        y.mul_(2);
        return y.mul(x);
    }

    private static Architecture SpoiltArchitecture(int after)
    {
        var made = 0;
        return Architecture.Of("late", b => NetworkBuilder.Chain(NetworkBuilder.Pool, b.Linear("a", b.Input.Channels, 4),
            (pass, x) => Interlocked.Increment(ref made) > after ? Spoilt(x) : x.sigmoid(), b.Linear("b", 4, b.Classes)));
    }

    private sealed class SpoiltLater : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor> _in = nn.Linear(3, 4), _out = nn.Linear(4, 1);
        private readonly int _after;
        private int _made;

        public SpoiltLater(int after) : base("late")
        {
            _after = after;
            RegisterComponents();
        }

        public override Tensor forward(Tensor x) =>
            _out.call(training && _made++ > _after / 4 ? Spoilt(_in.call(x)) : _in.call(x).sigmoid());
    }

    private sealed class OnceDifferentiable : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor> _in = nn.Linear(3, 16), _out = nn.Linear(4, 1);

        public OnceDifferentiable() : base("once") => RegisterComponents();

        public override Tensor forward(Tensor x)
        {
            var images = _in.call(x).reshape(x.shape[0], 1, 4, 4);
            var sampled = nn.functional.grid_sample(images, zeros(x.shape[0], 2, 2, 2), align_corners: false);
            return _out.call(sampled.flatten(1).pow(2));
        }
    }

    private sealed class Backward : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor> _linear = nn.Linear(3, 1);

        public Backward() : base("backward") => RegisterComponents();

        public override Tensor forward(Tensor x)
        {
            if (is_grad_enabled()) _linear.call(x).sum().backward();
            return _linear.call(x);
        }
    }

    private sealed class Failing : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor> _linear = nn.Linear(3, 1);
        private readonly Func<Tensor, Tensor> _forward;

        public Failing(Func<Tensor, Tensor> forward) : base("failing")
        {
            _forward = forward;
            RegisterComponents();
        }

        public override Tensor forward(Tensor x) => _forward(_linear.call(x));
    }

    private sealed class Receiver : IProgress<RunEvent>
    {
        public void Report(RunEvent value)
        {
            if (value is UnitProgressed { Progress.Iteration: >= 2 }) throw new NotSupportedException("not listening");
        }
    }

    private sealed record Keyless : Probe
    {
        public override string Key => throw new NotSupportedException("no key");

        protected override Instrument Prepare(RunView run) => new((_, _) => { });
    }

    private sealed record Nullable : Probe
    {
        protected override Items<string> Columns(ProbeTarget run) => null!;

        protected override Instrument Prepare(RunView run) => new((_, _) => { });
    }

    private sealed record Columnless : Probe
    {
        protected override Items<string> Columns(ProbeTarget run) => throw new NotSupportedException("no columns");

        protected override Instrument Prepare(RunView run) => new((_, _) => { });
    }

    private sealed record Problematic : Probe
    {
        protected override IEnumerable<Problem> Problems(ProbeTarget run) => throw new NotSupportedException("no problems");

        protected override Instrument Prepare(RunView run) => new((_, _) => { });
    }

    private sealed record Beyond : Probe
    {
        protected override Instrument Prepare(RunView run) => new((_, row) => row[1] = 1);
    }
}
