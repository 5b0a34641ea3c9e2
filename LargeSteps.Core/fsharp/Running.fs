namespace LargeSteps.FSharp

open System
open System.Collections.Generic
open System.Threading
open System.Threading.Tasks
open LargeSteps.Pipelines
open LargeSteps.Running
open LargeSteps.Values

/// Runs pipelines and experiments. That a run with large steps diverges is a result; so is that it is cancelled (Stopped).
module Runner =
    // An async that is cancelled itself ends without a value, so what the task gives is handed on as it is.
    let private asAsync (start: CancellationToken -> Task<'a>) : Async<'a> =
        async {
            let! token = Async.CancellationToken

            return!
                Async.FromContinuations(fun (success, failure, cancelled) ->
                    let tell (ended: Task<'a>) =
                        match ended.Exception with
                        // Of a task that is cancelled there is no exception either, and no result.
                        | null when ended.IsCanceled -> cancelled (TaskCanceledException ended)
                        | null -> success ended.Result
                        | error -> failure (error.GetBaseException())

                    (start token).ContinueWith(tell, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default)
                    |> ignore)
        }

    // Stopped by either token.
    let private stoppedBy (context: RunContext) (start: RunContext -> Task<'a>) (token: CancellationToken) : Task<'a> =
        task {
            use both = CancellationTokenSource.CreateLinkedTokenSource(context.Cancellation, token)
            return! start (context.WithCancellation both.Token)
        }

    let private asList (results: Task<Items<UnitResult>>) : Task<UnitResult list> =
        task {
            let! results = results
            return List.ofSeq results
        }

    /// Runs a pipeline on the CPU. An InvalidOperationException with all diagnostics where it has problems.
    let run (pipeline: Pipeline) = Runner.Run pipeline

    /// Runs a pipeline on another device, with progress, checkpoints or cancellation.
    let runIn (context: RunContext) (pipeline: Pipeline) = Runner.Run(pipeline, context)

    /// The result, or all diagnostics: of a pipeline with problems, of data that are not there. Bugs throw.
    let tryRun (pipeline: Pipeline) = Runner.TryRun pipeline |> Outcome.toResult

    /// The result, or all diagnostics, of a run on another device, with progress, checkpoints or cancellation.
    let tryRunIn (context: RunContext) (pipeline: Pipeline) = Runner.TryRun(pipeline, context) |> Outcome.toResult

    /// Runs a pipeline on a thread of its own. Cancelling stops it between two steps, and the task then has a result: Stopped, with what
    /// was measured.
    let runTask (cancellation: CancellationToken) (pipeline: Pipeline) = Runner.RunAsync(pipeline, cancellation)

    /// Runs a pipeline on a thread of its own and on another device, with progress, checkpoints or cancellation, as runTask does.
    let runTaskIn (context: RunContext) (pipeline: Pipeline) = Runner.RunAsync(pipeline, context)

    /// Runs a pipeline on a thread of its own, and stops it where the computation is cancelled. Started by itself (Async.StartAsTask), a
    /// cancelled run has a result: Stopped, with what was measured. In a larger computation the cancellation ends that one, as it does
    /// everywhere in F#, at the next let!: what is to be kept of a cancelled run there is run by runTask.
    let runAsync (pipeline: Pipeline) = asAsync (fun token -> Runner.RunAsync(pipeline, token))

    /// Runs a pipeline on a thread of its own and on another device, with progress or checkpoints, as runAsync does. It is stopped by the
    /// context's cancellation as well as by that of the computation.
    let runAsyncIn (context: RunContext) (pipeline: Pipeline) =
        asAsync (stoppedBy context (fun context -> Runner.RunAsync(pipeline, context)))

    /// Runs an experiment on all cores. An InvalidOperationException with all diagnostics where it has problems.
    let runAll (experiment: Experiment) = ExperimentRunner.Run experiment |> List.ofSeq

    /// Runs an experiment on all cores, its deep networks on another device, with checkpoints or cancellation. Its progress are events, of
    /// runAllWith.
    let runAllIn (context: RunContext) (experiment: Experiment) = ExperimentRunner.Run(experiment, context) |> List.ofSeq

    /// The results, or all diagnostics.
    let tryRunAll (experiment: Experiment) =
        ExperimentRunner.TryRun experiment |> Outcome.toResult |> Result.map List.ofSeq

    /// The results, or all diagnostics, of runs on another device, with checkpoints or cancellation.
    let tryRunAllIn (context: RunContext) (experiment: Experiment) =
        ExperimentRunner.TryRun(experiment, context) |> Outcome.toResult |> Result.map List.ofSeq

    /// Runs an experiment on all cores; a cancelled run is a Stopped result, as in runTask.
    let runAllTask (cancellation: CancellationToken) (experiment: Experiment) =
        ExperimentRunner.RunAsync(experiment, cancellation) |> asList

    /// Runs an experiment on all cores, its deep networks on another device, with checkpoints or cancellation, as runAllTask does.
    let runAllTaskIn (context: RunContext) (experiment: Experiment) =
        ExperimentRunner.RunAsync(experiment, context) |> asList

    /// Runs an experiment on all cores; a cancelled run is a Stopped result, as in runAsync.
    let runAllAsync (experiment: Experiment) = asAsync (fun token -> runAllTask token experiment)

    /// Runs an experiment on all cores, its deep networks on another device, with checkpoints, as runAllAsync does. It is stopped by the
    /// context's cancellation as well as by that of the computation.
    let runAllAsyncIn (context: RunContext) (experiment: Experiment) =
        asAsync (stoppedBy context (fun context -> runAllTaskIn context experiment))

    /// Runs an experiment on all cores, and calls a function for each event, from the workers' threads.
    let runAllWith (onEvent: RunEvent -> unit) (context: RunContext) (experiment: Experiment) =
        let events =
            { new IProgress<RunEvent> with
                member _.Report event = onEvent event }

        ExperimentRunner.Run(experiment, context, events) |> List.ofSeq

    /// Runs an experiment on all cores, and gives a stream of what happens. The runs begin when the events are first asked for, and do not
    /// wait for who reads them; who leaves before the end stops them.
    let events (context: RunContext) (experiment: Experiment) : IAsyncEnumerable<RunEvent> =
        ExperimentRunner.Events(experiment, context)

/// What came of runs.
module RunResult =
    /// The last measured value of a metric; NaN where nothing was measured. An ArgumentException where the run does not measure it.
    let last metric (result: RunResult) = result.Last metric

    /// The values of a metric over the measurements.
    let values metric (result: RunResult) = result.Values metric |> List.ofSeq

    /// Iterations and values of a metric.
    let curve metric (result: RunResult) =
        List.zip [ for measurement in result.Measurements -> measurement.Iteration ] (values metric result)

/// Results as tables.
module Results =
    /// A row for each run, seed and measured iteration.
    let metrics (results: UnitResult seq) = ResultFrames.Metrics(Items.From results)

    /// The end of each run, and statistics over its seeds.
    let summary (results: UnitResult seq) = ResultFrames.Summary(Items.From results)
