/// What LargeSteps.FSharp adds: functions for pipes, results, asyncs, the experiment expression, functions as rules and probes.
module LargeSteps.Tests.FSharp.FacadeTests

open System
open System.Threading
open System.Threading.Tasks
open Xunit
open LargeSteps.Datasets
open LargeSteps.FSharp
open LargeSteps.Models
open LargeSteps.Optimizers
open LargeSteps.Pipelines
open LargeSteps.Probes
open LargeSteps.Running
open LargeSteps.Schedules
open LargeSteps.Values

let private data = DatasetSpec.SparseRegression(samples = 20, dimensions = 30, support = 3)

let private small =
    Pipeline.create
        data
        (ModelSpec.DiagonalLinear())
        (Schedule.constant 0.02)
        (Optimizer.sgd 1000L)
        (Probe.plan (Cadence.Every 100) [ Losses() ])

/// A run that would take an hour: it ends only where it is stopped.
let private long =
    small
    |> Pipeline.withOptimizer (Optimizer.sgd 2_000_000_000L)
    |> Pipeline.withProbes (Probe.plan (Cadence.Every 1_000_000_000L) [ Losses() ])

let private codes result =
    match result with
    | Ok _ -> []
    | Error diagnostics -> [ for d: Diagnostic in diagnostics -> d.Code ]

[<Fact>]
let ``outcomes are results and back`` () =
    Assert.Equal(Ok 3, Outcome.Success 2 |> Outcome.map ((+) 1) |> Outcome.toResult)
    let wrong = Outcome.Failure<int>(Diagnostic("LS1", "one"), Diagnostic("LS2", "two"))
    Assert.Equal<string list>([ "LS1"; "LS2" ], wrong |> Outcome.bind (fun x -> Outcome.Success(x + 1)) |> Outcome.toResult |> codes)
    Assert.Equal(wrong, wrong |> Outcome.toResult |> Outcome.ofResult)
    Assert.Throws<InvalidOperationException>(fun () -> wrong |> Outcome.orThrow |> ignore) |> ignore

[<Fact>]
let ``stages are composed by pipes`` () =
    let schedule =
        Schedule.cosine 0.1
        |> Schedule.dividedAt [ Drop.AtFraction(0.5, 2) ]
        |> Schedule.scaledBy 3.0
        |> Schedule.joinedAt (Duration.Fraction 0.8) (Schedule.constant 0.01)
    let scaled = Schedule.Cosine(0.1).DividedAt(Drop.AtFraction(0.5, 2)).ScaledBy(3)
    Assert.Equal(scaled.JoinedAt(Duration.Fraction 0.8, Schedule.Constant 0.01), schedule)
    Assert.Equal(0.075, (schedule |> Schedule.toFunction (Horizon(1000, 1))) 0.5, 1e-12)
    let optimizer =
        Optimizer.sgd 100L
        |> Optimizer.batch 5
        |> Optimizer.seed 3u
        |> Optimizer.sampling Sampling.WithoutReplacement
        |> Optimizer.momentum 0.9
    Assert.Equal(OptimizerSpec.Sgd(100, 5, 3u, Sampling.WithoutReplacement).WithRule(UpdateRule.Plain.WithMomentum 0.9), optimizer)
    Assert.Throws<ArgumentException>(fun () -> Optimizer.gradientDescent 10L |> Optimizer.batch 5 |> ignore) |> ignore
    Assert.Equal(ModelSpec.ReluNetwork(Items.From [ 4; 3 ], Initialisation.Default), Model.relu [ 4; 3 ] Initialisation.Default)
    Assert.Equal(
        DatasetSpec.InMemory(RegressionData.Of(LargeSteps.Numerics.Matrix.From(array2D [ [ 1.0 ]; [ 2.0 ] ]), Items.From [ 3.0; 4.0 ])),
        Dataset.inMemory (array2D [ [ 1.0 ]; [ 2.0 ] ]) [ 3.0; 4.0 ]
    )

[<Fact>]
let ``an experiment expression is the experiment of its parts`` () =
    let expression =
        experiment {
            name "step_sizes"
            dataset data
            model (ModelSpec.DiagonalLinear())
            optimizer (Optimizer.sgd 1000L)
            measure (Cadence.Every 100) [ Losses() ]
            run "small" (Schedule.constant 0.02)
            runs [ for rate in [ 0.1; 0.2 ] -> Run.Of($"%g{rate}", Schedule.constant rate) ]
            seeds (Seeds.ofSampling 1u 2)
        }
    let composed =
        Experiment(
            "step_sizes",
            Stages(
                Dataset = data,
                Model = ModelSpec.DiagonalLinear(),
                Optimizer = OptimizerSpec.Sgd 1000,
                Probes = ProbePlan.Of(Cadence.Every 100, Losses())
            ),
            Items.ofSeq [ for label, rate in [ "small", 0.02; "0.1", 0.1; "0.2", 0.2 ] -> Run.Of(label, Schedule.Constant rate) ],
            Items.Empty,
            Seeds.OfSampling(1u, 2)
        )
    Assert.Equal(composed, expression)
    Assert.Equal(Ok expression, expression |> Experiment.toYaml |> Experiment.parse "mine.yaml")
    Assert.Equal(6, expression |> Runner.runAll |> List.length)

[<Fact>]
let ``an experiment expression without runs has one, and without stages says what is missing`` () =
    let one =
        experiment {
            dataset data
            model (ModelSpec.DiagonalLinear())
            schedule (Schedule.constant 0.02)
            optimizer (Optimizer.sgd 100L)
            probes (Probe.plan (Cadence.Every 50) [ Losses() ])
            engine Engine.ClosedForm
            name "one"
        }
    Assert.Equal<string list>([ "one, seed 1: completed" ], one |> Runner.runAll |> List.map string)
    Assert.Equal<string list>([ "LS0201" ], experiment { name "none"; dataset data } |> Runner.tryRunAll |> codes)

[<Fact>]
let ``an experiment expression keeps what its operations do not say`` () =
    let plan = CheckpointPlan.EveryEpochs(2).WithKeep 3
    let expression =
        experiment {
            name "kept"
            checkpoints plan
            seeds (Seeds.ofSampling 1u 2)
            run "a" (Stages.None.WithSchedule(Schedule.constant 0.1).WithEngine Engine.Autograd)
            dataset data
        }
    Assert.Equal(plan, expression.Checkpoints)
    Assert.Equal(Seeds.OfSampling(1u, 2), expression.Seeds)
    Assert.Equal(Stages(Schedule = Schedule.Constant 0.1, Engine = Engine.Autograd), expression.Runs[0].Overlay)
    Assert.Equal(Stages(Dataset = data), expression.Shared)
    let other = expression |> Experiment.withShared Stages.None |> Experiment.withCheckpoints CheckpointPlan.Default
    Assert.Equal(Stages.None, other.Shared)
    Assert.Equal(CheckpointPlan.Default, other.Checkpoints)

[<Fact>]
let ``an experiment expression without a name does not compile`` () =
    // The builder takes no experiment but one with a name, and begins with one without.
    let method name = typeof<ExperimentBuilder>.GetMethod(name: string) |> Option.ofObj |> Option.get
    let taken = [ for parameter in (method "Run").GetParameters() -> parameter.ParameterType ]
    Assert.Equal<Type list>([ typeof<ExperimentParts<NameIsGiven>> ], taken)
    Assert.Equal(typeof<ExperimentParts<NameIsMissing>>, (method "Yield").ReturnType)
    let giveName =
        [ for each in typeof<ExperimentBuilder>.GetMethods() do
              if each.ReturnType = typeof<ExperimentParts<NameIsGiven>> then each.Name ]
    Assert.Equal<string list>([ "Name" ], giveName)

[<Fact>]
let ``all rules, schedules and measures of the library are functions`` () =
    let rule (optimizer: OptimizerSpec) = optimizer.Rule
    let sgd = Optimizer.sgd 10L |> Optimizer.microbatch 50
    Assert.Equal(Nullable 50, sgd.Microbatch)
    Assert.Equal(Nullable 50, (sgd |> Optimizer.batch 5 |> Optimizer.sampling Sampling.WithoutReplacement).Microbatch)
    let changed =
        sgd
        |> Optimizer.nesterov 0.9
        |> Optimizer.averaging 0.99
        |> Optimizer.normalised
        |> Optimizer.balancing 0.1
        |> Optimizer.layerRates [ 1.0; 0.5 ]
        |> Optimizer.warmStart (WarmStart 7)
    let expected =
        UpdateRule(Momentum = 0.9, Nesterov = true, Averaging = 0.99, Normalized = true, Balancing = 0.1, WarmStart = WarmStart 7)
    Assert.Equal(expected.WithLayerRates(1, 0.5), rule changed)
    Assert.Equal(OptimizerSpec.GradientFlow 5, Optimizer.gradientFlow 5L)
    Assert.Equal(OptimizerSpec.GradientFlow(5, 0.5), Optimizer.gradientDescent 5L |> Optimizer.flow (GradientFlow 0.5))
    Assert.Equal(Schedule.InvertedCosine 0.1, Schedule.invertedCosine 0.1)
    Assert.Equal(Schedule.Cyclic(0.1, 0.25), Schedule.cyclicAt 0.25 0.1)
    let plan = ProbePlan.Of(Cadence.Every 10, Losses()).WithAveraged(true).WithSnapshots SnapshotSpec.Ends
    Assert.Equal(plan.WithMeasure(Losses(), L1Norm()), plan |> Probe.add (L1Norm()))

[<Fact>]
let ``runs of a context have its progress and its cancellation`` () =
    let told = Collections.Concurrent.ConcurrentQueue()
    let progress =
        { new IProgress<RunProgress> with
            member _.Report value = told.Enqueue value.Iteration }
    let telling = RunContext.Default.WithProgress progress
    let values = Runner.run small |> RunResult.values "train_loss"
    let same result =
        Assert.Equal<float list>(values, result |> RunResult.values "train_loss")
        Assert.NotEmpty told
        told.Clear()
    match Runner.tryRunIn telling small with
    | Ok result -> same result
    | Error diagnostics -> Assert.Fail(string diagnostics)
    (small |> Runner.runTaskIn telling).Result |> same
    small |> Runner.runAsyncIn telling |> Async.RunSynchronously |> same
    use cancelled = new CancellationTokenSource()
    cancelled.Cancel()
    let stopping = RunContext.Default.WithCancellation cancelled.Token
    let stopped result = Assert.Equal("stopped", (result: RunResult).End.Word)
    long |> Runner.tryRunIn stopping |> Result.iter stopped
    (long |> Runner.runTaskIn stopping).Result |> stopped
    long |> Runner.runAsyncIn stopping |> Async.RunSynchronously |> stopped
    let all = long |> Experiment.ofPipeline "long"
    let allStopped (results: UnitResult list) = stopped (List.exactlyOne results).Result
    all |> Runner.runAllIn stopping |> allStopped
    all |> Runner.tryRunAllIn stopping |> Result.iter allStopped
    (all |> Runner.runAllTaskIn stopping).Result |> allStopped
    all |> Runner.runAllAsyncIn stopping |> Async.RunSynchronously |> allStopped
    // Of the computation's own cancellation the runs hear as well.
    use source = new CancellationTokenSource(TimeSpan.FromSeconds 0.2)
    Async.StartAsTask(long |> Runner.runAsyncIn telling, cancellationToken = source.Token).Result |> stopped

[<Fact>]
let ``runs of a context look for data in its folder`` () =
    let folder = $"nowhere-{Guid.NewGuid()}"
    let context = RunContext.Default.WithDataFolder folder
    let images =
        small
        |> Pipeline.withDataset (DatasetSpec.Images Images.ImageSource.Cifar10)
        |> Pipeline.withModel (ModelSpec.DeepNetwork Deep.Architecture.WideResNet28)
        |> Pipeline.withEngine Engine.Autograd
        |> Pipeline.withOptimizer (Optimizer.sgd 10L |> Optimizer.batch 50 |> Optimizer.sampling Sampling.Shuffled)
    let said result =
        match result with
        | Ok _ -> Assert.Fail "there are no images"
        | Error diagnostics -> Assert.Contains(folder, String.concat "; " [ for d: Diagnostic in diagnostics -> string d ])
    images |> Runner.tryRunIn context |> said
    images |> Experiment.ofPipeline "images" |> Runner.tryRunAllIn context |> said

[<Fact>]
let ``an async ends where its task is cancelled`` () =
    // What throws so in a task makes it a cancelled one, which has neither a result nor an exception.
    let cancelling = Probe.ofFunction "cancelling" (fun _ -> raise (OperationCanceledException()))
    let run = small |> Pipeline.withProbes (small.Probes |> Probe.add cancelling) |> Runner.runAsyncIn RunContext.Default
    task {
        let ended () = (Async.StartAsTask run).WaitAsync(TimeSpan.FromMinutes 1.0) :> Task
        let! _ = Assert.ThrowsAnyAsync<OperationCanceledException> ended
        ()
    }
    :> Task

[<Fact>]
let ``events of an experiment are a stream`` () =
    task {
        let stream = small |> Experiment.ofPipeline "one" |> Runner.events RunContext.Default
        let events = stream.GetAsyncEnumerator()
        let seen = ResizeArray()
        let mutable more = true
        while more do
            let! next = events.MoveNextAsync()
            more <- next
            if more then seen.Add events.Current
        do! events.DisposeAsync()
        match Seq.head seen, Seq.last seen with
        | Started first, Finished(last, result, false) ->
            Assert.Equal(first, last)
            Assert.Equal<float list>(Runner.run small |> RunResult.values "train_loss", result |> RunResult.values "train_loss")
        | _ -> Assert.Fail "the first event is the start, the last the end"
    }
    :> Task

[<Fact>]
let ``runs give results or diagnostics`` () =
    match Runner.tryRun small with
    | Ok result -> Assert.Equal<float list>(Runner.run small |> RunResult.values "train_loss", result |> RunResult.values "train_loss")
    | Error diagnostics -> Assert.Fail(string diagnostics)
    let late = small |> Pipeline.withSchedule (Schedule.constant 0.1 |> Schedule.dividedAt [ Drop.AtStep(9000, 4) ])
    Assert.Equal<string list>([ "LS0207" ], late |> Runner.tryRun |> codes)
    Assert.Equal<string list>([ "LS0207" ], late |> Experiment.ofPipeline "late" |> Runner.tryRunAll |> codes)
    Assert.Equal<string list>([ "LS0207" ], late |> Experiment.ofPipeline "late" |> Experiment.check |> codes)

[<Fact>]
let ``a run is a task, and cancelled a result`` () =
    task {
        let! result = small |> Runner.runTask CancellationToken.None
        Assert.Equal<(int64 * float) list>(Runner.run small |> RunResult.curve "train_loss", result |> RunResult.curve "train_loss")
        use source = new CancellationTokenSource(TimeSpan.FromSeconds 0.2)
        let! stopped = long |> Runner.runTask source.Token
        Assert.Equal("stopped", stopped.End.Word)
        let! all = long |> Experiment.ofPipeline "long" |> Runner.runAllTask source.Token
        Assert.Equal<string list>([ "stopped" ], [ for each in all -> each.Result.End.Word ])
    }
    :> Task

[<Fact>]
let ``a run is an async, and cancelled a result where it is the whole`` () =
    task {
        let result = small |> Runner.runAsync |> Async.RunSynchronously
        Assert.Equal(Runner.run small |> RunResult.last "test_loss", result |> RunResult.last "test_loss")
        use source = new CancellationTokenSource(TimeSpan.FromSeconds 0.2)
        let! stopped = Async.StartAsTask(Runner.runAsync long, cancellationToken = source.Token)
        Assert.Equal("stopped", stopped.End.Word)
        use second = new CancellationTokenSource(TimeSpan.FromSeconds 0.2)
        let larger = async {
            let! result = Runner.runAsync long
            return result.End.Word
        }
        let! _ = Assert.ThrowsAnyAsync<OperationCanceledException>(fun () -> Async.StartAsTask(larger, cancellationToken = second.Token))
        let late = small |> Pipeline.withSchedule (Schedule.constant 0.1 |> Schedule.dividedAt [ Drop.AtStep(9000, 4) ])
        let! _ = Assert.ThrowsAsync<InvalidOperationException>(fun () -> Async.StartAsTask(Runner.runAsync late))
        ()
    }
    :> Task

[<Fact>]
let ``events come while an experiment runs`` () =
    let seen = Collections.Concurrent.ConcurrentQueue()
    let results = small |> Experiment.ofPipeline "one" |> Runner.runAllWith (fun event -> seen.Enqueue event) RunContext.Default
    match Seq.head seen, Seq.last seen with
    | Started first, Finished(last, result, false) ->
        Assert.Equal(first, last)
        Assert.Equal(results.Head.Result, result)
    | _ -> Assert.Fail "the first event is the start, the last the end"

[<Fact>]
let ``a function is a probe`` () =
    let largest = Probe.ofFunction "largest_weight" (fun view -> view.Weights.Values |> Seq.map abs |> Seq.max)
    let result = small |> Pipeline.withProbes (small.Probes |> Probe.add largest) |> Runner.run
    Assert.Equal<string list>([ "train_loss"; "test_loss"; "largest_weight" ], List.ofSeq result.Metrics)
    Assert.True(RunResult.last "largest_weight" result > 0.1)

[<Fact>]
let ``a function is a probe of several columns`` () =
    let extremes columns =
        Probe.ofFunctions "extremes" columns (fun view -> [ Seq.min view.Weights.Values; Seq.max view.Weights.Values ])

    let result = small |> Pipeline.withProbes (small.Probes |> Probe.add (extremes [ "least"; "largest" ])) |> Runner.run
    Assert.Equal<string list>([ "train_loss"; "test_loss"; "least"; "largest" ], List.ofSeq result.Metrics)
    Assert.True(RunResult.last "least" result < RunResult.last "largest" result)
    Assert.Equal(extremes [ "a"; "b" ], extremes [ "a"; "b" ])
    Assert.NotEqual(extremes [ "a"; "b" ], extremes [ "a"; "c" ])

    match small |> Pipeline.withProbes (small.Probes |> Probe.add (extremes [ "least" ])) |> Runner.tryRun with
    | Ok _ -> Assert.Fail "two numbers are not one column"
    | Error problems ->
        Assert.Equal(
            "at iteration 0: the probe 'extremes': its function gives 2 numbers for 1 column",
            (Seq.exactlyOne problems).Message
        )

/// Heavy-ball momentum as a function: the same steps as the library's.
let private heavyBall mu =
    StepRule.ofFunction $"heavy_ball_{mu}" [ "velocity" ] (fun step ->
        let velocity = step.Kept "velocity"
        velocity.Scale mu
        velocity.Add(1.0, step.Direction)
        step.Direction.Set velocity)

[<Fact>]
let ``a function is an update rule`` () =
    let withOwn = small |> Pipeline.withOptimizer (Optimizer.sgd 1000L |> Optimizer.rule (heavyBall 0.5)) |> Runner.run
    let ofLibrary = small |> Pipeline.withOptimizer (Optimizer.sgd 1000L |> Optimizer.momentum 0.5) |> Runner.run
    Assert.Equal(RunResult.last "train_loss" ofLibrary, RunResult.last "train_loss" withOwn, 1e-9)
    Assert.NotEqual(Runner.run small |> RunResult.last "train_loss", RunResult.last "train_loss" withOwn)
    Assert.Equal(heavyBall 0.5, heavyBall 0.5)
    Assert.NotEqual(heavyBall 0.5, heavyBall 0.9)
    let two = small |> Pipeline.withOptimizer (Optimizer.sgd 1000L |> Optimizer.rule (heavyBall 0.5) |> Optimizer.rule (heavyBall 0.9))
    Assert.Contains("LS0217", two |> Runner.tryRun |> codes)

[<Fact>]
let ``results are tables`` () =
    let schedules = [ "a", Schedule.constant 0.01; "b", Schedule.constant 0.02 ]
    let results = small |> Experiment.ofPipeline "one" |> Experiment.withSchedules schedules |> Runner.runAll
    Assert.Equal(20L, (Results.metrics results).Rows.Count)
    Assert.Contains("run", [ for column in (Results.summary results).Columns -> column.Name ])
