// An update rule and a probe of several columns as functions: heavy-ball momentum beside the library's, which makes the same steps.
//
//     dotnet fsi own_rule.fsx
#r "nuget: LargeSteps.FSharp"

open LargeSteps.Datasets
open LargeSteps.FSharp
open LargeSteps.Models
open LargeSteps.Probes
open LargeSteps.Schedules

let heavyBall mu =
    StepRule.ofFunction $"heavy_ball({mu})" [ "velocity" ] (fun step ->
        let velocity = step.Kept "velocity"
        velocity.Scale mu
        velocity.Add(1.0, step.Direction)
        step.Direction.Set velocity)

let extremes =
    Probe.ofFunctions "extremes" [ "least_weight"; "largest_weight" ] (fun run ->
        [ Seq.min run.Weights.Values; Seq.max run.Weights.Values ])

let withRule change =
    Pipeline.create
        (DatasetSpec.SparseRegression(samples = 20, dimensions = 30, support = 3))
        (ModelSpec.DiagonalLinear())
        (Schedule.constant 0.02)
        (Optimizer.gradientDescent 2000L |> change)
        (Probe.plan (Cadence.Every 200) [ Losses(); extremes ])

for name, change in [ "of the library", Optimizer.momentum 0.9; "own", Optimizer.rule (heavyBall 0.9) ] do
    match withRule change |> Runner.tryRun with
    | Ok result -> printfn "%s: %O" name result
    | Error problems -> for problem in problems do eprintfn "%O" problem
