/// The F# code of docs/library.md.
module LargeSteps.Tests.FSharp.LibraryGuide

// <doc>
open System
open System.Threading
open LargeSteps.Datasets
open LargeSteps.FSharp
open LargeSteps.Models
open LargeSteps.Optimizers
open LargeSteps.Pipelines
open LargeSteps.Probes
open LargeSteps.Running
open LargeSteps.Schedules
open Microsoft.ML
open TorchSharp
// </doc>
open LargeSteps.Values
open Xunit

// <doc>
let pipeline =
    Pipeline.create
        (DatasetSpec.SparseRegression(samples = 20, dimensions = 30, support = 3))
        (ModelSpec.DiagonalLinear(u = 0.1, v = 0))
        (Schedule.constant 0.2 |> Schedule.dividedAt [ Drop.AtFraction(0.5, 4) ])
        (Optimizer.sgd 5000L |> Optimizer.seed 1u)
        (Probe.plan (Cadence.Every 500) [ Losses(); L0Norm.Of 1e-3 ])

let result = Runner.run pipeline
let testLoss = result |> RunResult.last "test_loss"

let ending =
    match result.End with
    | Completed -> "completed"
    | Dead -> "dead"
    | Diverged iteration -> $"diverged at {iteration}"
    | Stopped iteration -> $"stopped at {iteration}"
    | Failed message -> message
// </doc>

[<Fact>]
let ``a pipeline runs`` () =
    Assert.Equal("completed", ending)
    Assert.InRange(testLoss, 0.0, 1.0)
    Assert.Equal(
        Pipeline.Of(
            DatasetSpec.SparseRegression(20, 30, 3),
            ModelSpec.DiagonalLinear(0.1, 0),
            Schedule.Drops(0.2, Drop.AtFraction(0.5, 4)),
            OptimizerSpec.Sgd(5000, seed = 1u),
            ProbePlan.Of(Cadence.Every 500, Losses(), L0Norm.Of 1e-3)
        ),
        pipeline
    )

[<Fact>]
let ``all parts can be one's own`` () =
    // <doc>
    let x = array2D [ [ 0.0; 1.0 ]; [ 1.0; 0.0 ]; [ 1.0; 1.0 ]; [ 2.0; 1.0 ] ]
    let network (_: uint32) = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1)) :> torch.nn.Module<_, _>
    let largest = Probe.ofFunction "largest_weight" (fun view -> view.Weights.Values |> Seq.map abs |> Seq.max)

    let mine =
        Pipeline.create
            (Dataset.inMemory x [ 1.0; 0.0; 1.0; 2.0 ])
            (Model.ofModule "eight tanh units" network)
            (Schedule.ofFunction "0.2/√(1 + 9t)" (fun t -> 0.2 / sqrt (1.0 + 9.0 * t)))
            (Optimizer.sgd 1000L |> Optimizer.batch 2)
            (Probe.plan (Cadence.Every 100) [ Losses(); largest ])

    use cancelled = new CancellationTokenSource()
    let seen = ResizeArray()

    let onEvent event =
        match event with
        | Started _ -> ()
        | Progressed(_, progress) -> if progress.Iteration >= 700L then cancelled.Cancel()
        | Finished(unit, result, _) -> seen.Add $"seed {unit.Seed} {result.End.Word}"

    let results =
        Experiment.ofPipeline "mine" mine |> Runner.runAllWith onEvent (RunContext.Default.WithCancellation cancelled.Token)
    // </doc>
    Assert.Equal<string list>([ "seed 1 stopped" ], List.ofSeq seen)
    Assert.Equal(8, results.Head.Result.Measurements.Count)

[<Fact>]
let ``a rule can be one's own`` () =
    // <doc>
    let heavyBall =
        StepRule.ofFunction "heavy_ball(0.9)" [ "velocity" ] (fun step ->
            let velocity = step.Kept "velocity"
            velocity.Scale 0.9
            velocity.Add(1.0, step.Direction)
            step.Direction.Set velocity)

    let faster = pipeline |> Pipeline.withOptimizer (Optimizer.sgd 5000L |> Optimizer.rule heavyBall)
    // </doc>
    let ofLibrary = pipeline |> Pipeline.withOptimizer (Optimizer.sgd 5000L |> Optimizer.momentum 0.9)
    let library, own = Runner.run ofLibrary, Runner.run faster
    Assert.Equal(library.End, own.End)
    Assert.Equal<Measurement list>(List.ofSeq library.Measurements, List.ofSeq own.Measurements)
    Assert.NotEqual<float list>(result |> RunResult.values "train_loss", own |> RunResult.values "train_loss")

[<Fact>]
let ``an experiment is a table`` () =
    // <doc>
    let stepSizes =
        experiment {
            name "step_sizes"
            dataset pipeline.Dataset
            model pipeline.Model
            optimizer pipeline.Optimizer
            measure (Cadence.Every 500) [ Losses() ]
            run "large, then small" pipeline.Schedule
            runs [ for rate in [ 0.02; 0.05; 0.1 ] -> Run.Of($"η = %g{rate}", Schedule.constant rate) ]
            seeds (Seeds.ofSampling 1u 4)
        }

    let results = Runner.runAll stepSizes
    let metrics = Results.metrics results
    let losses = metrics["test_loss"] |> Seq.cast<float>
    let view = metrics :> IDataView
    // </doc>
    Assert.Equal(4 * 4 * 10, Seq.length losses)
    Assert.Equal(7, view.Schema.Count)

[<Fact>]
let ``arrays and data views are data`` () =
    let table = Experiment.ofPipeline "one" pipeline |> Runner.runAll |> Results.metrics
    // <doc>
    let x = array2D [ [ 1.0; 0.0; 2.0 ]; [ 0.0; 1.0; 1.0 ]; [ 1.0; 1.0; 0.0 ] ]
    let inMemory = Dataset.inMemory x [ 1.0; 0.0; 1.0 ]
    let ofView = table |> Dataset.ofDataView [ "epoch"; "train_loss" ] "test_loss"
    // </doc>
    Assert.Equal(inMemory, Dataset.inMemory x [ 1.0; 0.0; 1.0 ])
    match ofView with
    | Ok dataset -> Assert.Equal(10, dataset.TrainingSamples)
    | Error diagnostics -> Assert.Fail(string diagnostics)

// <doc>
let runText text =
    match text |> Experiment.parse "mine.yaml" |> Result.bind Runner.tryRunAll with
    | Ok results -> [ for r in results -> $"{r.Unit.Label}: {r.Result.End.Word}" ]
    | Error diagnostics -> [ for d in diagnostics -> $"line {d.Line}, column {d.Column}: {d.Message}" ]
// </doc>

[<Fact>]
let ``a text is an experiment or says why not`` () =
    Assert.Equal<string list>([ "one: completed" ], Experiment.ofPipeline "one" pipeline |> Experiment.toYaml |> runText)
    Assert.StartsWith("line 1, column ", runText "name: [one]\nruns: []\n" |> List.head)

[<Fact>]
let ``a run tells its progress and stops`` () =
    // <doc>
    use source = new CancellationTokenSource()

    let progress =
        { new IProgress<RunProgress> with
            member _.Report value =
                if value.Iteration >= 1000L then source.Cancel() }

    let stopped = pipeline |> Runner.runIn (RunContext.Default.WithProgress(progress).WithCancellation source.Token)
    // </doc>
    Assert.Equal("stopped", stopped.End.Word)
    Assert.InRange(stopped.LastIteration, 1000L, 1100L)

[<Fact>]
let ``results are charts and tables of a script`` () =
    let folder = System.IO.Directory.CreateTempSubdirectory("largesteps-").FullName
    let results = pipeline |> Experiment.ofPipeline "one" |> Runner.runAll
    let svg name = System.IO.Path.Combine(folder, name)
    // <doc>
    results |> Printers.table |> printfn "%s"
    results |> Chart.curves "test_loss" |> Chart.withLogY |> Chart.save (svg "losses.svg")

    let rate = pipeline.Schedule |> Schedule.toFunction pipeline.Horizon

    Chart.lines [ "learning rate", [ for t in 0.0..0.01..1.0 -> t, rate t ] ]
    |> Chart.withAxes "fraction of the run" "η"
    |> Chart.save (svg "schedule.svg")
    // </doc>
    Assert.Equal(2, System.IO.Directory.GetFiles(folder, "*.svg").Length)
    System.IO.Directory.Delete(folder, true)

[<Fact>]
let ``a run is a task or an async`` () =
    task {
        // <doc>
        let inTheBackground = pipeline |> Runner.runTask CancellationToken.None
        let all = [ for rate in [ 0.05; 0.1 ] -> pipeline |> Pipeline.withSchedule (Schedule.constant rate) |> Runner.runAsync ]
        let! result = inTheBackground
        let! results = Async.Parallel all
        // </doc>
        Assert.Equal(testLoss, result |> RunResult.last "test_loss")
        Assert.All(results, fun each -> Assert.Equal(RunEnd.Completed, each.End))
    }
    :> System.Threading.Tasks.Task
