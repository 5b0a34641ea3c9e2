namespace LargeSteps.FSharp

open System
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
                Async.FromContinuations(fun (success, failure, _) ->
                    (start token)
                        .ContinueWith(fun (ended: Task<'a>) ->
                            match ended.Exception with
                            | null -> success ended.Result
                            | error -> failure (error.GetBaseException()))
                    |> ignore)
        }

    /// Runs a pipeline on the CPU. An InvalidOperationException with all diagnostics where it has problems.
    let run (pipeline: Pipeline) = Runner.Run pipeline

    /// Runs a pipeline on another device, with progress, checkpoints or cancellation.
    let runIn (context: RunContext) (pipeline: Pipeline) = Runner.Run(pipeline, context)

    /// The result, or all diagnostics: of a pipeline with problems, of data that are not there. Bugs throw.
    let tryRun (pipeline: Pipeline) = Runner.TryRun pipeline |> Outcome.toResult

    /// Runs a pipeline on a thread of its own. Cancelling stops it between two steps, and the task then has a result: Stopped, with what
    /// was measured.
    let runTask (cancellation: CancellationToken) (pipeline: Pipeline) = Runner.RunAsync(pipeline, cancellation)

    /// Runs a pipeline on a thread of its own, and stops it where the computation is cancelled. Started by itself (Async.StartAsTask), a
    /// cancelled run has a result: Stopped, with what was measured. In a larger computation the cancellation ends that one, as it does
    /// everywhere in F#, at the next let!: what is to be kept of a cancelled run there is run by runTask.
    let runAsync (pipeline: Pipeline) = asAsync (fun token -> Runner.RunAsync(pipeline, token))

    /// Runs an experiment on all cores. An InvalidOperationException with all diagnostics where it has problems.
    let runAll (experiment: Experiment) = ExperimentRunner.Run experiment |> List.ofSeq

    /// The results, or all diagnostics.
    let tryRunAll (experiment: Experiment) =
        ExperimentRunner.TryRun experiment |> Outcome.toResult |> Result.map List.ofSeq

    /// Runs an experiment on all cores; a cancelled run is a Stopped result, as in runTask.
    let runAllTask (cancellation: CancellationToken) (experiment: Experiment) : Task<UnitResult list> =
        task {
            let! results = ExperimentRunner.RunAsync(experiment, cancellation)
            return List.ofSeq results
        }

    /// Runs an experiment on all cores; a cancelled run is a Stopped result, as in runAsync.
    let runAllAsync (experiment: Experiment) = asAsync (fun token -> runAllTask token experiment)

    /// Runs an experiment on all cores, and calls a function for each event, from the workers' threads.
    let runAllWith (onEvent: RunEvent -> unit) (context: RunContext) (experiment: Experiment) =
        let events =
            { new IProgress<RunEvent> with
                member _.Report event = onEvent event }

        ExperimentRunner.Run(experiment, context, events) |> List.ofSeq

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
