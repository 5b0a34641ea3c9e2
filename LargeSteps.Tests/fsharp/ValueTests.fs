module LargeSteps.Tests.FSharp.ValueTests

open System
open Xunit
open LargeSteps.Configuration
open LargeSteps.Datasets
open LargeSteps.Models
open LargeSteps.Numerics
open LargeSteps.Optimizers
open LargeSteps.Pipelines
open LargeSteps.Probes
open LargeSteps.Schedules
open LargeSteps.Values
open LargeSteps.FSharp

// <doc>
let rec halved schedule =
    match schedule with
    | Constant rate -> Schedule.Constant(rate / 2.0)
    | WarmUp(rate, growth, until) -> Schedule.WarmUp(rate / 2.0, growth, until)
    | Drops(inner, at) -> halved inner |> Schedule.dividedAt at
    | Curve(Cosine(rate, false)) -> Schedule.Cosine(rate / 2.0)
    | Curve(Cosine(rate, true)) -> Schedule.InvertedCosine(rate / 2.0)
    | Curve(Cyclic(rate, peak)) -> Schedule.Cyclic(rate / 2.0, Option.toNullable peak)
    | Curve(Custom(name, rate)) -> Schedule.Of($"half of {name}", fun t -> rate t / 2.0)
    | Joined(first, at, next) -> (halved first).JoinedAt(at, halved next)
    | Scaled(inner, factor) -> (halved inner).ScaledBy factor
    | AtEndOfStep inner -> (halved inner).AtEndOfStep()
// </doc>

let private horizon = Horizon(1000, 10)

[<Fact>]
let ``a schedule with halved rates is half the function`` () =
    let schedules =
        [ Schedule.Constant 0.5
          Schedule.WarmUp(0.1, Growth.Power(2, 1), Duration.Epochs 30)
          Schedule.WarmUp(0.1, Growth.Exponential 4, Duration.Fraction 0.5).DividedAt(Drop.AtFraction(0.7, 10))
          Schedule.Drops(0.5, Drop.AtFraction(0.25, 4), Drop.AtStep(300, 2))
          Schedule.Cosine 1
          Schedule.InvertedCosine 1
          Schedule.Of("square", fun t -> t * t)
          Schedule.Cyclic 1
          Schedule.Cyclic(1, 0.25)
          Schedule.Constant(1).JoinedAt(Duration.Steps 70, Schedule.Cosine(2).ScaledBy 3) ]
        @ [ for name in PublishedSchedules.Names -> PublishedSchedules.Create(name, 0.3) ]
    for schedule in schedules do
        let whole, half = schedule.Function horizon, (halved schedule).Function horizon
        for step in 0L .. 999L do
            let t = horizon.Progress step
            Assert.Equal(whole.Invoke t / 2.0, half.Invoke t, 1e-15)

let private pipeline () =
    Pipeline.Of(
        DatasetSpec.SparseRegression(20, 30, 3),
        ModelSpec.DiagonalLinear(),
        Schedule.Drops(0.25, Drop.AtFraction(0.5, 4)),
        OptimizerSpec.Sgd(100, seed = 5u),
        ProbePlan.Of(Cadence.Every 10, Losses(), L0Norm.Of(0.5, 0.25))
    )

[<Fact>]
let ``equal parts make equal values`` () =
    Assert.Equal(pipeline (), pipeline ())
    Assert.Equal((pipeline ()).GetHashCode(), (pipeline ()).GetHashCode())
    Assert.True((pipeline () = pipeline ()))
    Assert.True((Items.From [ 1; 2 ] = Items.From [| 1; 2 |]))
    let data () = RegressionData.Of(Matrix.FromRows [ [| 1.0; 2.0 |] ], Items.From [ 3.0 ])
    Assert.Equal(DatasetSpec.InMemory(data ()), DatasetSpec.InMemory(data ()))
    Assert.NotEqual(data (), data().WithTest(Matrix.FromRows [| [| 1.0; 2.0 |] |], Items.From [ 3.0 ]))

[<Fact>]
let ``With gives a changed copy`` () =
    let original = pipeline ()
    let changed =
        original
            .WithDataset(DatasetSpec.SparseRegression(20, 30, 3).WithSeed 7u)
            .WithModel(ModelSpec.DiagonalLinear(u = 0.2))
            .WithSchedule(Schedule.Constant 0.125)
            .WithOptimizer(OptimizerSpec.GradientDescent(10).WithRule(UpdateRule(WeightDecay = 0.5)))
            .WithProbes(original.Probes.WithValley(ValleyProjection()))
            .WithEngine(Engine.Autograd)
    Assert.NotEqual(original, changed)
    Assert.Equal(pipeline (), original)
    Assert.Equal(Schedule.Constant 0.125, changed.Schedule)
    Assert.Equal(2000, (changed.Probes.Valley |> Option.ofObj |> Option.get).Steps)

[<Fact>]
let ``optional parts of a rule are given and taken away`` () =
    let rule = UpdateRule.Plain.WithWeightDecay(0.5).WithAveraging(0.9).WithSharpness(SharpnessAware(0.1, true))
    Assert.Equal(0.9, rule.Averaging.Value)
    Assert.Equal(UpdateRule(WeightDecay = 0.5), rule.WithAveraging(Nullable()).WithSharpness null)
