using LargeSteps.Configuration;
using LargeSteps.Datasets;
using LargeSteps.Figures;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Tests.Pipelines;

/// <summary>What YAML refuses, code refuses: with the same codes and words, of which YAML only adds the place.</summary>
public class OneCheckerTests
{
    private static readonly Pipeline Fine = Pipeline.Of(
        DiagonalCases.Small, ModelSpec.DiagonalLinear(), Schedule.Constant(0.1), OptimizerSpec.Sgd(10), ProbePlan.Of(Cadence.Every(5),
            new Losses()));

    private static readonly Dictionary<string, (Experiment Experiment, string Told)> Cases = new()
    {
        ["rate"] = (Of(Fine.WithSchedule(Schedule.Constant(-1))), "LS0106 schedule.rate: '-1' must be above 0"),
        ["rate of a run"] = (Of(Fine).WithRuns(Run.Of("a", Stages.None), Run.Of("b", Schedule.Constant(double.NaN))),
            "LS0106 runs[1].schedule.rate: 'NaN' is not a finite number"),
        ["batch"] = (Of(Fine.WithOptimizer(OptimizerSpec.Sgd(10, batchSize: 0))), "LS0106 optimizer.batch_size: '0' must be at least 1"),
        ["name"] = (Of(Fine).WithName("a/b"),
            "LS0106 name: the quoted text 'a/b' cannot name a file: it takes up to 100 letters from A to Z, digits, '_', '-' and '.', no " +
            "'.' or '-' at the start, no '.' at the end"),
        ["empty name"] = (Of(Fine).WithName(""), "LS0103 name: expected a text, found an empty text"),
        ["metric"] = (Of(Fine).WithFigures(FigureSpec.Curves("f", "trian_loss")),
            "LS0109 figures[0].panels[0]: no run measures 'trian_loss'; did you mean 'train_loss'?"),
        ["figures of one file"] = (
            Of(Fine).WithFigures(FigureSpec.Curves("f", "train_loss"), FigureSpec.Curves("F", "test_loss")),
                "LS0108 figures[1].file: another figure has the file 'f' already"),
        ["labels"] = (Of(Fine).WithRuns(Run.Of("a", Stages.None), Run.Of("a", Stages.None)),
            "LS0108 runs[1].label: another run has the label 'a' already"),
        ["drop"] = (Of(Fine.WithSchedule(Schedule.Drops(1, Drop.AtStep(10, 2)))),
            "LS0207 schedule.at[0].step: step 10 comes after the last step of the run, which is 9"),
        ["length"] = (Of(Fine.WithOptimizer(OptimizerSpec.Sgd(0))), "LS0106 optimizer.steps: '0' must be at least 1"),
        ["no stage"] = (new Experiment("e", Stages.None, [Run.Of("a", Stages.Of(Fine) with { Schedule = null })], []),
            "LS0201 runs[0]: run 'a' has no schedule: neither its own nor a shared one"),
        ["seeds"] = (Of(Fine).WithSeeds(new Seeds(0, 0, Follow.SamplingOnly)), "LS0106 seeds.count: '0' must be at least 1"),
        ["best"] = (Of(Fine).WithCheckpoints(CheckpointPlan.EveryEpochs(1).WithBest("test_eror")),
            "LS0109 checkpoints.best: no run measures 'test_eror'; did you mean 'test_loss'?"),
        ["custom parts beside a mistake"] = (
            Of(Fine.WithSchedule(Schedule.Of("any", t => 1 - t)).WithProbes(ProbePlan.Of(Cadence.Every(0), new CustomProbe("mine",
                view => 0)))), "LS0106 probes.at.every: '0' must be at least 1"),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Fact]
    public void What_no_file_can_say_is_told_of_code()
    {
        Assert.Equal("LS0106 an experiment needs at least one run", Told(Of(Fine).WithRuns()));
        Assert.Equal("LS0005 figures[0].y_limits.train_loss: key 'train_loss' stands here a second time", Told(Of(Fine).WithFigures(
            new CurvesFigure("f", MetricPanels.Of("train_loss") with { YLimits = [new("train_loss", 0, 1), new("train_loss", 0, 2)] },
                false))));

        static string Told(Experiment experiment) => experiment.Checked().Match(
            _ => "", problems => string.Join('\n', problems.Select(problem => $"{problem.Code} {problem.Message}")));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Code_is_told_what_a_file_would_be(string name)
    {
        var (experiment, told) = Cases[name];
        var problem = Assert.Single(Problems(experiment));
        Assert.Equal(told, $"{problem.Code} {problem.Message}");
        // The same experiment in a file: the same code and words, with line and column in place of the path.
        if (name is "custom parts beside a mistake" or "no stage") return;
        var read = ExperimentYaml.Parse(ExperimentYaml.Write(experiment), "e.yaml")
            .Match(_ => throw new InvalidOperationException("The file is taken."), problems => problems);
        var inFile = Assert.Single(read);
        Assert.Equal(problem.Code, inFile.Code);
        Assert.EndsWith($": {inFile.Message}", problem.Message, StringComparison.Ordinal);
        Assert.True(inFile.Line > 0);
    }

    [Fact]
    public void A_run_of_a_pipeline_that_is_wrong_is_refused_and_is_no_result()
    {
        var refused = Assert.Throws<InvalidOperationException>(() => Runner.Run(Fine.WithSchedule(Schedule.Constant(-1))));
        Assert.Contains("LS0106: schedule.rate: '-1' must be above 0", refused.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => ExperimentRunner.Run(Of(Fine.WithSchedule(Schedule.Constant(-1)))));
    }

    [Fact]
    public void Custom_parts_are_no_mistakes()
    {
        var custom = Fine.WithSchedule(Schedule.Of("any", t => 0.1).DividedAt(Drop.AtFraction(0.5, 2)))
            .WithProbes(ProbePlan.Of(Cadence.Every(5), new CustomProbe("mine", view => 1)));
        Assert.Empty(Problems(Of(custom).WithFigures(FigureSpec.Curves("f", "mine"))));
        Assert.Empty(Problems(Of(custom.WithModel(ModelSpec.Custom("line", seed => TorchSharp.torch.nn.Linear(10, 1))))));
        Assert.Empty(Problems(Of(Fine.WithDataset(DatasetSpec.InMemory(DatasetFactory.Create(DatasetSpec.SparseRegression(200, 30, 2)))))));
    }

    [Fact]
    public void A_metric_that_is_not_measured_is_an_error_with_the_nearest_name()
    {
        var result = Runner.Run(Fine);
        Assert.Contains("the run does not measure 'tst_loss'; did you mean 'test_loss'?",
            Assert.Throws<ArgumentException>(() => result.Last("tst_loss")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => result.Values("tst_loss"));
    }

    [Fact]
    public void A_module_of_another_width_is_told_in_a_sentence()
    {
        var wrong = Fine.WithModel(ModelSpec.Custom("wide", seed => TorchSharp.torch.nn.Linear(7, 1)));
        Assert.StartsWith("model: the module 'wide' does not take samples of 10 features: ", Assert.Single(Problems(Of(wrong))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_usual_engine_of_a_model_goes_with_it()
    {
        Assert.Equal(Engine.Autograd, Fine.WithModel(TinyDeep.Network).Engine);
        Assert.Equal(Engine.ClosedForm, Fine.WithModel(TinyDeep.Network).WithModel(ModelSpec.DiagonalLinear()).Engine);
        Assert.Equal(Engine.Autograd, Fine.WithEngine(Engine.Autograd).WithModel(ModelSpec.DiagonalLinear(0.2)).Engine);
    }

    private static Experiment Of(Pipeline pipeline) => Experiment.Of("e", pipeline);

    private static Items<Diagnostic> Problems(Experiment experiment) => experiment.Checked().Match<Items<Diagnostic>>(_ => [],
        problems => problems);
}
