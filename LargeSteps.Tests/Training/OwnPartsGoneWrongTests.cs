using LargeSteps.Configuration;
using LargeSteps.Datasets;
using LargeSteps.Forms;
using LargeSteps.Models;
using LargeSteps.Models.Deep;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Training.Deep;
using LargeSteps.Training.Diagonal;
using LargeSteps.Training.Modules;
using LargeSteps.Training.Relu;
using LargeSteps.Values;
using static TorchSharp.torch;

namespace LargeSteps.Tests.Training;

/// <summary>Parts of a program's own that do what they must not, and rules that no engine knows.</summary>
public class OwnPartsGoneWrongTests
{
    private static readonly Dictionary<string, (UpdateRule Rule, string Engines)> Parts = new()
    {
        ["WeightDecay"] = (new(WeightDecay: 0.1), "deep, diagonal, modules, relu"),
        ["Balancing"] = (new(Balancing: 0.1), "deep, diagonal, modules, relu"),
        ["Normalized"] = (new(Normalized: true), "diagonal"),
        ["Averaging"] = (new(Averaging: 0.5), "deep, diagonal, relu"),
        ["Sharpness"] = (UpdateRule.Plain.WithSharpness(new(0.1)), "diagonal"),
        ["WarmStart"] = (UpdateRule.Plain.WithWarmStart(new(5)), "deep, diagonal, modules, relu"),
        ["LabelNoise"] = (UpdateRule.Plain.WithLabelNoise(LabelNoise.Gaussian(0.1)), "deep, diagonal, modules, relu"),
        ["Momentum"] = (new(Momentum: 0.9), "deep"),
        ["Nesterov"] = (new(Nesterov: true), "diagonal, modules, relu"),
        ["Adam"] = (UpdateRule.Plain.WithAdam(new()), ""),
        ["Own"] = (UpdateRule.Plain.WithOwn(new Nothing("nothing", [])), ""),
        ["LayerRates"] = (UpdateRule.Plain with { LayerRates = [1, 2] }, ""),
        ["Flow"] = (UpdateRule.Plain.WithFlow(new(0.1)), ""),
    };

    [Fact]
    public void A_part_of_a_rule_that_an_engine_does_not_name_is_one_that_it_does_not_know()
    {
        // A new part of a rule comes here, and says which engines make it.
        Assert.Equal(typeof(UpdateRule).GetProperties().Where(property => property.SetMethod is not null).Select(p => p.Name).Order(),
            Parts.Keys.Order());
        Assert.All(Parts, part => Assert.Equal(part.Value.Engines, string.Join(", ", new[]
        {
            (Name: "deep", Knows: DeepEngine.Knows(part.Value.Rule)),
            (Name: "diagonal", Knows: DiagonalEngine.Knows(part.Value.Rule)),
            (Name: "modules", Knows: ModuleEngine.Knows(part.Value.Rule)),
            (Name: "relu", Knows: ReluEngine<float>.Knows(part.Value.Rule)),
        }.Where(engine => engine.Knows).Select(engine => engine.Name))));
    }

    [Fact]
    public void A_part_of_a_rule_that_the_edge_of_stability_does_not_name_is_one_that_it_does_not_know()
    {
        var plain = Pipeline.Of(DiagonalCases.Small, ModelSpec.DiagonalLinear(), Schedule.Constant(0.1), OptimizerSpec.Sgd(4),
            ProbePlan.Of(Cadence.Every(2), new Losses()));
        // Nesterov is a kind of momentum.
        string[] Of(Func<Pipeline, bool> known) => [.. Parts.Where(part => known(plain.WithOptimizer(plain.Optimizer.WithRule(
            part.Key == "Nesterov" ? part.Value.Rule with { Momentum = 0.9 } : part.Value.Rule)))).Select(part => part.Key).Order()];
        string[] beside = ["Averaging", "LabelNoise", "WarmStart", "WeightDecay"];
        Assert.Equal(beside, Of(pipeline => !PlainSteps.Problems("it", pipeline.Target).Any()));
        Assert.Equal([.. beside.Concat(["Momentum", "Nesterov"]).Order()], Of(pipeline => StabilityEdge.Of(pipeline) is not null));
    }

    [Fact]
    public void The_weights_that_a_probe_sees_are_only_read()
    {
        var table = DatasetSpec.TeacherStudent(12, 3, [2], biases: false, unitTeacher: false, testSamples: 5);
        var breaking = new CustomProbe("breaking", run =>
        {
            run.Weights.Scale(0);
            return 0;
        });
        var breakingEarlier = new BreakingEarlier();
        var reading = new CustomProbe("reading", run =>
        {
            var copy = run.Weights.Zeros();
            copy.Set(run.Weights);
            copy.Scale(2);
            return copy.Norm / run.Weights.Norm;
        });
        foreach (var pipeline in (Pipeline[])
        [
            TinyDeep.Pipeline(4),
            Small(ModelSpec.DiagonalLinear(), DiagonalCases.Small),
            Small(ModelSpec.ReluNetwork([4], Initialisation.Gaussian(1, 1)), table),
            Small(ModelSpec.Custom("line", _ => nn.Linear(3, 1)), table),
        ])
        {
            var fails = Assert.Throws<InvalidOperationException>(() => Runner.Run(pipeline.WithProbes(Plan(breaking))));
            Assert.StartsWith("This vector is the run's and only read", fails.Message, StringComparison.Ordinal);
            Assert.Throws<InvalidOperationException>(() => Runner.Run(pipeline.WithProbes(Plan(breakingEarlier))));
            Assert.Equal(2, Runner.Run(pipeline.WithProbes(Plan(reading))).Last("reading"), 1e-6);
        }

        static ProbePlan Plan(Probe probe) => ProbePlan.Of(Cadence.Every(2, end: true), new Losses(), probe);

        Pipeline Small(ModelSpec model, DatasetSpec data) =>
            Pipeline.Of(data, model, Schedule.Constant(0.01), OptimizerSpec.GradientDescent(4), Plan(reading));
    }

    [Fact]
    public void Outputs_that_do_not_depend_on_parameters_fail_in_words()
    {
        var cut = Architecture.Of("cut", b => NetworkBuilder.Chain(
            NetworkBuilder.Block((_, x) => x.flatten(1)), b.Linear("linear", b.Input.Channels * b.Input.Height * b.Input.Width, b.Classes),
            NetworkBuilder.Block((_, x) => x.detach())), defaultWidth: 1, featureBlocks: 2);
        var deep = TinyDeep.Pipeline(4).WithModel(ModelSpec.DeepNetwork(cut, seed: 0));
        var module = Pipeline.Of(DatasetSpec.TeacherStudent(12, 3, [2], biases: false, unitTeacher: false, testSamples: 5),
            ModelSpec.Custom("cut", _ => new Cut()), Schedule.Constant(0.01), OptimizerSpec.Sgd(4),
            ProbePlan.Of(Cadence.Every(2), new Losses()));
        foreach (var (pipeline, message) in new[]
        {
            (deep, "the outputs of the network 'cut' do not depend on its parameters: there is no gradient"),
            (module, "the outputs of the module 'cut' do not depend on its parameters"),
            (module.WithModel(ModelSpec.Custom("unused", _ => new Unused())),
                "the outputs of the module 'unused' do not depend on its parameter '_other.weight' and another one"),
        })
        {
            var problem = Assert.Single(Runner.TryRun(pipeline).Match(_ => [], problems => problems));
            Assert.Equal(("LS0221", $"model: {message}"), (problem.Code, problem.Message));
        }
    }

    [Fact]
    public void A_twin_that_rounding_makes_the_run_itself_is_refused()
    {
        var table = DatasetSpec.TeacherStudent(12, 3, [2], biases: false, unitTeacher: false, testSamples: 5);
        Assert.Contains("is lost in the rounding of the parameters of the module 'line'",
            Assert.Throws<RunException>(() => Run(ScalarType.Float32, 1e-13)).Message, StringComparison.Ordinal);
        Assert.NotEqual(0, Run(ScalarType.Float32, 1e-6).Last("twin_distance"));
        Assert.NotEqual(0, Run(ScalarType.Float64, 1e-13).Last("twin_distance"));

        RunResult Run(ScalarType numbers, double perturbation) => Runner.Run(Pipeline.Of(table,
            ModelSpec.Custom("line", _ => nn.Linear(3, 1, dtype: numbers)), Schedule.Constant(0.01), OptimizerSpec.Sgd(4),
            ProbePlan.Of(Cadence.Every(2, end: true), new Losses(), new Predictability(perturbation))));
    }

    [Theory]
    [InlineData("a rule that does nothing", "", null)]
    [InlineData("", "", "a rule of the program's own has no key")]
    [InlineData("once", "mine", null)]
    [InlineData("twice", "mine mine", "the rule 'twice' keeps a vector under the name 'mine', and so does another rule")]
    [InlineData("theirs", "momentum", "the rule 'theirs' keeps a vector under the name 'momentum', and so does another rule")]
    public void Vectors_that_rules_keep_have_names_of_their_own(string key, string names, string? problem)
    {
        var rule = UpdateRule.Plain.WithMomentum(0.9).WithOwn(new Nothing(key, Items.From(names.Split(' ',
            StringSplitOptions.RemoveEmptyEntries))));
        var pipeline = Pipeline.Of(DiagonalCases.Small, ModelSpec.DiagonalLinear(), Schedule.Constant(0.1),
            OptimizerSpec.Sgd(4).WithRule(rule), ProbePlan.Of(Cadence.Every(2), new Losses()));
        var problems = Experiment.Of("own", pipeline).Checked().Match(_ => [], all => all.Map(one => one.Message));
        if (problem is null) Assert.Empty(problems);
        else Assert.Contains(problem, Assert.Single(problems.Distinct()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_form_of_ones_own_has_a_name_that_no_other_has()
    {
        var (losses, mine) = (new Form<Losses>("losses", "Mine.", _ => _ => new()), new Form<Losses>("mine", "Mine.", _ => _ => new()));
        Assert.Throws<ArgumentException>(() => ExperimentYaml.Parse("name: a", "a.yaml", [losses]));
        Assert.Throws<ArgumentException>(() => ExperimentYaml.Parse("name: a", "a.yaml", [mine, mine]));
    }

    [Fact]
    public void What_a_probe_does_not_write_is_not_a_number()
    {
        var pipeline = Pipeline.Of(DiagonalCases.Small, ModelSpec.DiagonalLinear(), Schedule.Constant(0.1), OptimizerSpec.Sgd(4),
            ProbePlan.Of(Cadence.Every(2), new Losses(), new Silent()));
        Assert.All(Runner.Run(pipeline).Measurements, measurement => Assert.Equal(double.NaN, measurement.Values[^1]));
    }

    private sealed record Nothing(string Name, Items<string> Names) : StepRule
    {
        public override string Key => Name;

        public override Items<string> State => Names;
    }

    private sealed record BreakingEarlier : Probe
    {
        protected override Needs Needs => Needs.EarlierIterates;

        protected override Instrument Prepare(RunView run) => new((view, _) => view.Earlier(1)?.Scale(0));
    }

    private sealed record Silent : Probe
    {
        protected override Instrument Prepare(RunView run) => new((_, _) => { });
    }

    private sealed class Cut : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor> _linear = nn.Linear(3, 1);

        public Cut() : base("cut") => RegisterComponents();

        public override Tensor forward(Tensor x) => _linear.call(x).detach();
    }

    private sealed class Unused : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor> _linear = nn.Linear(3, 1), _other = nn.Linear(3, 1);

        public Unused() : base("unused") => RegisterComponents();

        public override Tensor forward(Tensor x) => _linear.call(x);
    }
}
