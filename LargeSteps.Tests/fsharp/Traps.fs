/// The F# code of docs/traps.md: each shows a trap.
module LargeSteps.Tests.FSharp.Traps

open System
open System.Reflection
open System.Threading
open System.Threading.Tasks
open Xunit
open LargeSteps.FSharp
open LargeSteps.Optimizers
open LargeSteps.Probes
open LargeSteps.Running
open LargeSteps.Schedules

[<Fact>]
let ``NaN is equal to itself in values of LargeSteps`` () =
    // <doc>
    let items = Items.ofSeq [ nan ]
    let asItems = (items = Items.ofSeq [ nan ])
    let asLists = (Items.toList items = [ nan ])
    // </doc>
    Assert.True asItems
    Assert.False asLists

[<Fact>]
let ``a cancelled async has no value`` () =
    task {
        let long =
            LibraryGuide.pipeline
            |> Pipeline.withOptimizer (Optimizer.sgd 2_000_000_000L)
            |> Pipeline.withProbes (Probe.plan (Cadence.Every 1_000_000_000L) [ Losses() ])
        // <doc>
        use source = new CancellationTokenSource(TimeSpan.FromMilliseconds 100.0)

        let larger =
            async {
                let! result = Runner.runAsync long
                return result.End.Word
            }

        let lost = Async.StartAsTask(larger, cancellationToken = source.Token)
        let! kept = long |> Runner.runTask source.Token
        // </doc>
        Assert.Equal("stopped", kept.End.Word)
        let! _ = Assert.ThrowsAnyAsync<OperationCanceledException>(fun () -> lost)
        ()
    }
    :> Task

[<Fact>]
let ``rules and probes are records of C#, from which F# cannot derive`` () =
    for open' in [ typeof<StepRule>; typeof<Probe> ] do
        let clone = open'.GetMethod("<Clone>$", BindingFlags.Public ||| BindingFlags.Instance) |> Option.ofObj |> Option.get
        Assert.True clone.IsAbstract
    let probes = LibraryGuide.pipeline.Probes |> Probe.add (Probe.ofFunction "one" (fun _ -> 1.0))
    let own = LibraryGuide.pipeline |> Pipeline.withProbes probes |> Runner.run
    Assert.Equal(1.0, own |> RunResult.last "one")

[<Fact>]
let ``a computation expression says what is missing when it is checked`` () =
    // <doc>
    let nothing = experiment { name "nothing" }

    let codes =
        match Experiment.check nothing with
        | Ok _ -> []
        | Error diagnostics -> [ for d in diagnostics -> d.Code ]
    // </doc>
    Assert.Equal<string list>([ "LS0201" ], codes)
