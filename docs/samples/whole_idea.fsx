// The whole idea: SGD on a diagonal linear network x ↦ ⟨x, u ⊙ v⟩ finds the sparse solution with a large step size, and not with a
// small one.
//
//     dotnet fsi whole_idea.fsx
#r "nuget: LargeSteps.FSharp"

open LargeSteps.Datasets
open LargeSteps.FSharp
open LargeSteps.Models
open LargeSteps.Pipelines
open LargeSteps.Probes
open LargeSteps.Schedules

// A probe of one's own: how many coordinates of β = u ⊙ v are above a hundredth of the largest.
let support =
    Probe.ofFunction "support" (fun run ->
        let u, v = run.Weights.Values |> Array.ofSeq |> Array.splitAt (run.Weights.Count / 2)
        let beta = Array.map2 (fun a b -> abs (a * b)) u v
        beta |> Array.filter (fun b -> b > 0.01 * Array.max beta) |> Array.length |> float)

let results =
    experiment {
        name "whole_idea"
        dataset (DatasetSpec.SparseRegression(samples = 80, dimensions = 200, support = 20))
        model (ModelSpec.DiagonalLinear(u = 0.1, v = 0))
        optimizer (Optimizer.sgd 100_000L)
        measure (Cadence.Every(1000, ``end`` = true)) [ Losses(); support ]
        run "small step size" (Schedule.constant 0.05)
        run "large step size, then small" (Schedule.constant 0.26 |> Schedule.dividedAt [ Drop.AtFraction(0.5, 2) ])
        seeds (Seeds.ofSampling 1u 8)
    }
    |> Runner.runAll

results |> Printers.table |> printfn "%s"

results
|> Chart.curves "support"
|> Chart.withTitle "coordinates above 1 % of the largest"
|> Chart.save "whole_idea.svg"
