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
        Assert.Equal("at iteration 0: the module 'late' cannot be differentiated: derivative for aten::grid_sampler_2d_backward is not " +
            "implemented", result.End.Failure);
        Assert.Equal(5, Runner.Run(Module(() => new OnceDifferentiable()), RunContext.Default).LastIteration);
    }

    [Fact]
    public void A_step_size_that_is_none_between_the_moments_that_were_asked_ends_the_run()
    {
        var odd = Schedule.Of("odd", t => t is > 0.5001 and < 0.5004 ? -1 : 0.01);
        var diagonal = Pipeline.Of(DiagonalCases.Small, ModelSpec.DiagonalLinear(), odd, OptimizerSpec.Sgd(10_000),
            ProbePlan.Of(Cadence.Every(1000), new Losses()));
        var result = Assert.Single(ExperimentRunner.Run(Experiment.Of("odd", diagonal))).Result;
        Assert.Matches("^in the steps from iteration [0-9]+: the step size of 'odd' is -1 at t = 0.5002, and must be a number of at least 0$",
            result.End.Failure!);
        Assert.Equal(6, result.Measurements.Count);
        var problem = Assert.Single(Runner.TryRun(diagonal).Match(_ => [], problems => problems));
        Assert.Equal("LS0305", problem.Code);
    }

    [Fact]
    public void Columns_and_problems_that_throw_are_a_problem_of_their_probe()
    {
        foreach (var (probe, what) in ((Probe, string)[])[(new Columnless(), "no columns"), (new Problematic(), "no problems")])
        {
            Assert.Equal($"probes.measure[1]: the probe '{probe.GetType().Name}' cannot be asked for its columns and problems in run 'own': " +
                $"NotSupportedException: {what}", Assert.Single(Problems(Module(() => nn.Linear(3, 1), new Losses(), probe))).Message);
        }
    }

    [Fact]
    public void A_probe_that_writes_beyond_its_columns_is_named()
    {
        var result = Assert.Single(ExperimentRunner.Run(Experiment.Of("own", Module(() => nn.Linear(3, 1), new Losses(), new Beyond()))));
        Assert.Contains("the probe 'Beyond', of 1 columns, writes to another one", result.Result.End.Failure!, StringComparison.Ordinal);
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
        // A slope of 0 is no independence: the bias before batch norm, and what a ReLU or a weight of 0 hides.
        var quiet = Architecture.Of("quiet", b => NetworkBuilder.Chain(NetworkBuilder.Pool, b.Linear("a", b.Input.Channels, 4),
            (_, x) => x.sub(x.mean([0], keepdim: true)), b.Linear("b", 4, b.Classes)));
        Assert.Empty(Problems(TinyDeep.Pipeline(4).WithModel(ModelSpec.DeepNetwork(quiet))));
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
