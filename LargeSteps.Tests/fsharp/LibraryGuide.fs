/// The F# code of docs/library.md.
module LargeSteps.Tests.FSharp.LibraryGuide

// <doc>
open System
open System.Threading
open LargeSteps.Configuration
open LargeSteps.Datasets
open LargeSteps.Models
open LargeSteps.Numerics
open LargeSteps.Optimizers
open LargeSteps.Pipelines
open LargeSteps.Probes
open LargeSteps.Running
open LargeSteps.Schedules
open LargeSteps.Values
open Microsoft.ML
open TorchSharp
// </doc>
open LargeSteps.Tests.FSharp.Patterns
open Xunit

// <doc>
let pipeline =
    Pipeline.Of(
        DatasetSpec.SparseRegression(samples = 20, dimensions = 30, support = 3),
        ModelSpec.DiagonalLinear(u = 0.1, v = 0),
        Schedule.Drops(0.2, Drop.AtFraction(0.5, 4)),
        OptimizerSpec.Sgd(steps = 5000, seed = 1u),
        ProbePlan.Of(Cadence.Every 500, Losses(), L0Norm.Of 1e-3)
    )

let result = Runner.Run pipeline
let testLoss = result.Last "test_loss"
// </doc>

[<Fact>]
let ``a pipeline runs`` () =
    Assert.Equal(RunEnd.Completed, result.End)
    Assert.InRange(testLoss, 0.0, 1.0)

[<Fact>]
let ``all parts can be one's own`` () =
    // <doc>
    let x = array2D [ [ 0.0; 1.0 ]; [ 1.0; 0.0 ]; [ 1.0; 1.0 ]; [ 2.0; 1.0 ] ]
    let y = Items.From [ 1.0; 0.0; 1.0; 2.0 ]
    let network (_: uint32) = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1)) :> torch.nn.Module<_, _>

    let mine =
        Pipeline.Of(
            DatasetSpec.InMemory(RegressionData.Of(Matrix.From x, y)),
            ModelSpec.Custom("eight tanh units", network),
            Schedule.Of("0.2/√(1 + 9t)", fun t -> 0.2 / sqrt (1.0 + 9.0 * t)),
            OptimizerSpec.Sgd(steps = 1000, batchSize = 2),
            ProbePlan.Of(Cadence.Every 100, Losses(), CustomProbe("largest_weight", fun view -> view.Weights.Values |> Seq.map abs |> Seq.max))
        )

    use cancelled = new CancellationTokenSource()
    use events = new RunEvents()
    let seen = ResizeArray()
    events |> Observable.choose (function Finished(unit, result, _) -> Some $"seed {unit.Seed} {result.End.Word}" | _ -> None) |> Observable.add seen.Add
    events |> Observable.add (function Progressed(_, p) when p.Iteration >= 700L -> cancelled.Cancel() | _ -> ())
    let results = ExperimentRunner.Run(Experiment.Of("mine", mine), RunContext.Default.WithCancellation cancelled.Token, events)
    // </doc>
    Assert.Equal<string list>([ "seed 1 stopped" ], List.ofSeq seen)
    Assert.Equal(8, results[0].Result.Measurements.Count)

[<Fact>]
let ``an experiment is a table`` () =
    // <doc>
    let experiment =
        Experiment
            .Of("step_sizes", pipeline)
            .WithRuns([| for rate in [ 0.02; 0.05; 0.1 ] -> Run.Of($"η = %g{rate}", Schedule.Constant rate) |])
            .WithSeeds(Seeds.OfSampling(1u, 4))

    let metrics = ResultFrames.Metrics(ExperimentRunner.Run experiment)
    let losses = metrics["test_loss"] |> Seq.cast<float>
    let view = metrics :> IDataView
    // </doc>
    Assert.Equal(3 * 4 * 10, Seq.length losses)
    Assert.Equal(8, view.Schema.Count)

[<Fact>]
let ``arrays and data views are data`` () =
    let table = ResultFrames.Metrics(ExperimentRunner.Run(Experiment.Of("one", pipeline)))
    // <doc>
    let x = array2D [ [ 1.0; 0.0; 2.0 ]; [ 0.0; 1.0; 1.0 ]; [ 1.0; 1.0; 0.0 ] ]
    let data = RegressionData.Of(Matrix.From x, Items.From [ 1.0; 0.0; 1.0 ])
    let inMemory = DatasetSpec.InMemory data
    let ofView = DatasetSpec.FromDataView(table, Items.From [ "epoch"; "train_loss" ], labelColumn = "test_loss")
    // </doc>
    Assert.Equal(inMemory, DatasetSpec.InMemory(RegressionData.Of(Matrix.From x, Items.From [ 1.0; 0.0; 1.0 ])))
    Assert.Equal(10, ofView.OrThrow().TrainingSamples)

// <doc>
let (|Success|Failure|) (outcome: Outcome<'value>) =
    outcome.Match((fun value -> Success value), (fun diagnostics -> Failure(List.ofSeq diagnostics)))

let runText text =
    match ExperimentYaml.Parse(text, "mine.yaml") with
    | Success experiment -> [ for r in ExperimentRunner.Run experiment -> $"{r.Unit.Label}: {r.Result.End.Word}" ]
    | Failure diagnostics -> [ for d in diagnostics -> $"line {d.Line}, column {d.Column}: {d.Message}" ]
// </doc>

[<Fact>]
let ``a text is an experiment or says why not`` () =
    Assert.Equal<string list>([ "one: completed" ], runText (ExperimentYaml.Write(Experiment.Of("one", pipeline))))
    Assert.StartsWith("line 1, column ", runText "name: [one]\nruns: []\n" |> List.head)

[<Fact>]
let ``a run tells its progress and stops`` () =
    // <doc>
    use source = new CancellationTokenSource()

    let progress =
        { new IProgress<RunProgress> with
            member _.Report value =
                if value.Iteration >= 1000L then source.Cancel() }

    let context = RunContext.Default.WithProgress(progress).WithCancellation(source.Token)
    let stopped = Runner.Run(pipeline, context)
    // </doc>
    Assert.Equal("stopped", stopped.End.Word)
    Assert.InRange(stopped.LastIteration, 1000L, 1100L)
