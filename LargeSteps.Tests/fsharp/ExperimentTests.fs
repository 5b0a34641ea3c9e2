module LargeSteps.Tests.FSharp.ExperimentTests

open System
open System.Collections.Generic
open System.IO
open System.Threading
open Microsoft.ML
open Microsoft.ML.Data
open Xunit
open LargeSteps.Configuration
open LargeSteps.Datasets
open LargeSteps.Figures
open LargeSteps.Models
open LargeSteps.Optimizers
open LargeSteps.Pipelines
open LargeSteps.Probes
open LargeSteps.Running
open LargeSteps.Schedules
open LargeSteps.Values
open LargeSteps.Tests.FSharp
open LargeSteps.FSharp

/// configs/diagonal_sgd.yaml, in F#.
let private diagonalSgd =
    let shared =
        Stages(
            Dataset = DatasetSpec.SparseRegression(samples = 80, dimensions = 200, support = 20),
            Model = ModelSpec.DiagonalLinear(),
            Optimizer = OptimizerSpec.Sgd 100_001,
            Probes =
                ProbePlan.Of(
                    Cadence.Evenly(100, 250),
                    Losses(),
                    JacobianRank.Of(1e-15, 1e-10),
                    L0Norm.Of(1e-50, 1e-3),
                    L1Norm(),
                    ParameterNorm(),
                    Balancedness()
                )
        )
    let large =
        [ 4.8, 0.1; 3.4, 0.3; 1.5, 0.5 ]
        |> List.map (fun (divideBy, at) ->
            Run.Of($"η = 0.282, ÷%g{divideBy} at %g{100.0 * at} %%", Schedule.Drops(0.282, Drop.AtFraction(at, divideBy))))
    let figure =
        FigureSpec.Curves(
            "overview",
            MetricPanels.Of("train_loss", "test_loss", "jacobian_rank", "l0_norm").WithLogY("train_loss", "test_loss")
        )
    Experiment("diagonal_sgd", shared, Items.From(Run.Of("η = 0.25", Schedule.Constant 0.25) :: large), Items.From [ figure ])

let private small =
    Pipeline.Of(
        DatasetSpec.SparseRegression(20, 30, 3, testSamples = 100),
        ModelSpec.DiagonalLinear(),
        Schedule.Constant 0.1,
        OptimizerSpec.Sgd 2000,
        ProbePlan.Of(Cadence.Every 500, Losses(), L1Norm())
    )

[<Fact>]
let ``an experiment composed in F# is the one in the file`` () =
    let path = Path.Combine(AppContext.BaseDirectory, "configs", "diagonal_sgd.yaml")
    match ExperimentYaml.Load path with
    | Valid loaded -> Assert.Equal(loaded, diagonalSgd)
    | Invalid diagnostics -> Assert.Fail(string diagnostics)

[<Fact>]
let ``an experiment composed in F# reads back from its YAML`` () =
    match ExperimentYaml.Parse(ExperimentYaml.Write diagonalSgd, "written.yaml") with
    | Valid read -> Assert.Equal(diagonalSgd, read)
    | Invalid diagnostics -> Assert.Fail(string diagnostics)

[<Fact>]
let ``an experiment is a data frame`` () =
    let experiment =
        Experiment
            .Of("small", small)
            .WithRuns(Run.Of("small", Schedule.Constant 0.02), Run.Of("large", Schedule.Constant 0.1))
            .WithSeeds(Seeds.OfSampling(1u, 2))
    let results = ExperimentRunner.Run experiment
    let metrics = ResultFrames.Metrics results
    Assert.Equal<string list>(
        [ "run"; "seed"; "iteration"; "epoch"; "learning_rate"; "train_loss"; "test_loss"; "l1_norm" ],
        [ for column in metrics.Columns -> column.Name ]
    )
    Assert.Equal(2L * 2L * 4L, metrics.Rows.Count)
    let runs = metrics["run"] |> Seq.cast<string> |> Seq.distinct |> List.ofSeq
    Assert.Equal<string list>([ "small"; "large" ], runs)
    let losses = metrics["train_loss"] |> Seq.cast<float> |> Seq.chunkBySize 4
    Assert.All(losses, fun run -> Assert.True(Array.last run < Array.head run))
    let summary = ResultFrames.Summary results
    Assert.Equal("2/2", string summary["outcome"].[2L])

[<Fact>]
let ``results are a data view`` () =
    let view = ResultFrames.Metrics(ExperimentRunner.Run(Experiment.Of("small", small))) :> IDataView
    let column = view.Schema["iteration"]
    Assert.Equal(NumberDataViewType.Int64 :> DataViewType, column.Type)
    use cursor = view.GetRowCursor [ column ]
    let getter = cursor.GetGetter<int64> column
    let iterations =
        [ while cursor.MoveNext() do
              let mutable value = 0L
              getter.Invoke &value
              value ]
    Assert.Equal<int64 list>([ 0L; 500L; 1000L; 1500L ], iterations)

[<Fact>]
let ``a broken text fails with each problem in its place`` () =
    let text = "name: broken\nmodel: { kind: diagonal_liner }\noptimizer: { kind: sgd, steps: many, seed: 1 }\nruns: []\n"
    match ExperimentYaml.Parse(text, "broken.yaml") with
    | Valid _ -> Assert.Fail "a broken text was read"
    | Invalid diagnostics ->
        Assert.All(diagnostics, fun d -> Assert.Equal("broken.yaml", d.File))
        let places = [ for d in diagnostics -> d.Line, d.Column ]
        Assert.Contains((2, 16), places)
        Assert.Contains((3, 32), places)
        Assert.All(diagnostics, fun d -> Assert.StartsWith("LS", d.Code))
        let liner = diagnostics |> List.find (fun d -> d.Line = 2)
        Assert.StartsWith("broken.yaml(2,16): error LS0104: ", string liner)
        Assert.Contains("did you mean 'diagonal_linear'?", liner.Message)

[<Fact>]
let ``an experiment composed in code fails like one in a file`` () =
    let late = Schedule.Drops(0.1, Drop.AtStep(5000, 10))
    let experiment =
        Experiment
            .Of("small", small.WithOptimizer(OptimizerSpec.Sgd(2000, batchSize = 21)))
            .WithRuns(Run.Of("same", late), Run.Of("same", late))
    match experiment.Checked() with
    | Valid _ -> Assert.Fail "nothing was found"
    | Invalid diagnostics ->
        Assert.Equal<string list>([ "LS0203"; "LS0207"; "LS0108"; "LS0207" ], [ for d in diagnostics -> d.Code ])
        Assert.StartsWith("runs[0].schedule.at[0].step: ", diagnostics[1].Message)
    Assert.Throws<InvalidOperationException>(fun () -> ExperimentRunner.Run experiment |> ignore) |> ignore

[<Fact>]
let ``outcomes map and bind`` () =
    let units = Experiment.Of("small", small).Checked().Bind(fun checkedOne -> Units.Of checkedOne).Map(fun units -> units.Count)
    Assert.Equal(Outcome.Success 1, units)
    let failing = Experiment("empty", Stages.None, Items.From [ Run.Of("one", Schedule.Constant 1) ], Items.From [])
    match failing.Checked().Bind(fun checkedOne -> Units.Of checkedOne) with
    | Valid _ -> Assert.Fail "a run without stages was resolved"
    | Invalid diagnostics -> Assert.Contains("no dataset, no model", (List.exactlyOne diagnostics).Message)

[<Fact>]
let ``a run tells its progress and stops`` () =
    use source = new CancellationTokenSource()
    let progress =
        { new IProgress<RunProgress> with
            member _.Report value = if value.Iteration >= 100 then source.Cancel() }
    let result = Runner.Run(small, RunContext.Default.WithProgress(progress).WithCancellation(source.Token))
    match result.End with
    | Stopped iteration -> Assert.InRange(iteration, 100L, 200L)
    | ending -> Assert.Fail(Describe.ending ending)

[<Fact>]
let ``events tell what happens`` () =
    let told = List<string>()
    let events =
        { new IProgress<RunEvent> with
            member _.Report event =
                match event with
                | Progressed(_, progress) when progress.Iteration < progress.Steps -> ()
                | other -> lock told (fun () -> told.Add(Describe.event other)) }
    let units = Units.Of(Experiment.Of("small", small)).OrThrow()
    ExperimentRunner.Run(units, RunContext.Default, 1, null, false, events) |> ignore
    Assert.Equal<string list>([ "small starts"; "small: 2000 of 2000"; "small completed" ], List.ofSeq told)

[<Fact>]
let ``too large a step is a result`` () =
    match Runner.Run(small.WithSchedule(Schedule.Constant 100)).End with
    | Diverged iteration -> Assert.InRange(iteration, 1L, 1999L)
    | ending -> Assert.Fail(Describe.ending ending)

[<Fact>]
let ``a data view is a dataset`` () =
    let view = ResultFrames.Metrics(ExperimentRunner.Run(Experiment.Of("small", small)))
    match DatasetSpec.FromDataView(view, Items.From [ "epoch"; "l1_norm" ], "train_loss") with
    | Valid dataset -> Assert.Equal("4 samples in memory", Describe.dataset dataset)
    | Invalid diagnostics -> Assert.Fail(string diagnostics)
    match DatasetSpec.FromDataView(view, "run") with
    | Valid _ -> Assert.Fail "text is no number"
    | Invalid diagnostics -> Assert.Equal<string list>([ "LS0502"; "LS0501" ], [ for d in diagnostics -> d.Code ])

[<Fact>]
let ``a relu network learns from a data view`` () =
    let view = ResultFrames.Metrics(ExperimentRunner.Run(Experiment.Of("small", small)))
    match DatasetSpec.FromDataView(view, Items.From [ "epoch"; "l1_norm" ], "train_loss") with
    | Invalid diagnostics -> Assert.Fail(string diagnostics)
    | Valid dataset ->
        let network = ModelSpec.ReluNetwork(Items.From [ 8 ], Initialisation.Gaussian(0.1, 0.1), seed = 1u)
        let sgd = OptimizerSpec.Sgd(500, sampling = Sampling.WithoutReplacement)
        let pipeline = Pipeline.Of(dataset, network, Schedule.Constant 1e-5, sgd, ProbePlan.Of(Cadence.Every 100, Losses()))
        let losses = Runner.Run(pipeline).Values "train_loss"
        Assert.True(losses[losses.Count - 1] < losses[0])
