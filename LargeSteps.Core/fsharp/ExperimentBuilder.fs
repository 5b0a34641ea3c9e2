namespace LargeSteps.FSharp

open LargeSteps.Datasets
open LargeSteps.Figures
open LargeSteps.Models
open LargeSteps.Optimizers
open LargeSteps.Pipelines
open LargeSteps.Probes
open LargeSteps.Schedules
open LargeSteps.Values

/// Of an experiment expression: it has a name.
[<Sealed>]
type NameIsGiven private () = class end

/// Of an experiment expression: it has no name yet, and is no experiment.
[<Sealed>]
type NameIsMissing private () = class end

/// What an experiment expression has said so far, and whether its name is among it.
[<Sealed>]
type ExperimentParts<'name> internal (experiment: Experiment) =
    member internal _.Experiment = experiment

/// Builds an experiment of the stages that its runs share, and of what each run puts in their place. Without a name it does not compile.
[<Sealed>]
type ExperimentBuilder internal () =
    let change (next: Experiment -> Experiment) (parts: ExperimentParts<'name>) = ExperimentParts<'name>(next parts.Experiment)

    let share (next: Stages -> Stages) parts =
        parts |> change (fun experiment -> experiment.WithShared(next experiment.Shared))

    member _.Yield(_: unit) = ExperimentParts<NameIsMissing>(Experiment("", Stages.None, Items.Empty, Items.Empty))

    /// An experiment without runs has one, under its name.
    member _.Run(parts: ExperimentParts<NameIsGiven>) =
        let experiment = parts.Experiment
        if experiment.Runs.Count > 0 then experiment else experiment.WithRuns(Run.Of(experiment.Name, Stages.None))

    /// Its name, also of the folder of its results.
    [<CustomOperation "name">]
    member _.Name(parts: ExperimentParts<'name>, name: string) = ExperimentParts<NameIsGiven>(parts.Experiment.WithName name)

    /// What is learned.
    [<CustomOperation "dataset">]
    member _.Dataset(parts: ExperimentParts<'name>, dataset: DatasetSpec) = parts |> share (fun stages -> stages.WithDataset dataset)

    /// What learns it.
    [<CustomOperation "model">]
    member _.Model(parts: ExperimentParts<'name>, model: ModelSpec) = parts |> share (fun stages -> stages.WithModel model)

    /// The learning rate of the runs that say nothing else.
    [<CustomOperation "schedule">]
    member _.Schedule(parts: ExperimentParts<'name>, schedule: Schedule) = parts |> share (fun stages -> stages.WithSchedule schedule)

    /// How steps are made, and how many.
    [<CustomOperation "optimizer">]
    member _.Optimizer(parts: ExperimentParts<'name>, optimizer: OptimizerSpec) =
        parts |> share (fun stages -> stages.WithOptimizer optimizer)

    /// What is measured, and when.
    [<CustomOperation "probes">]
    member _.Probes(parts: ExperimentParts<'name>, plan: ProbePlan) = parts |> share (fun stages -> stages.WithProbes plan)

    /// Probes at a cadence.
    [<CustomOperation "measure">]
    member this.Measure(parts: ExperimentParts<'name>, cadence: Cadence, probes: Probe list) =
        this.Probes(parts, Probe.plan cadence probes)

    /// What computes the gradients.
    [<CustomOperation "engine">]
    member _.Engine(parts: ExperimentParts<'name>, engine: Engine) = parts |> share (fun stages -> stages.WithEngine engine)

    /// A run with its own schedule.
    [<CustomOperation "run">]
    member this.AddRun(parts: ExperimentParts<'name>, label: string, schedule: Schedule) =
        this.AddRun(parts, label, Stages.None.WithSchedule schedule)

    /// A run with its own stages.
    [<CustomOperation "run">]
    member this.AddRun(parts: ExperimentParts<'name>, label: string, stages: Stages) = this.Runs(parts, [ Run.Of(label, stages) ])

    /// More runs.
    [<CustomOperation "runs">]
    member _.Runs(parts: ExperimentParts<'name>, runs: Run seq) =
        parts |> change (fun experiment -> experiment.WithRuns [| yield! experiment.Runs; yield! runs |])

    /// The seeds over which each run is repeated.
    [<CustomOperation "seeds">]
    member _.Seeds(parts: ExperimentParts<'name>, seeds: Seeds) = parts |> change (fun experiment -> experiment.WithSeeds seeds)

    /// When deep networks keep their state.
    [<CustomOperation "checkpoints">]
    member _.Checkpoints(parts: ExperimentParts<'name>, plan: CheckpointPlan) =
        parts |> change (fun experiment -> experiment.WithCheckpoints plan)

    /// Figures that the program draws.
    [<CustomOperation "figures">]
    member _.Figures(parts: ExperimentParts<'name>, figures: FigureSpec seq) =
        parts |> change (fun experiment -> experiment.WithFigures(Array.ofSeq figures))

[<AutoOpen>]
module ExperimentBuilderValue =
    /// An experiment: its name, dataset, model, schedule, optimizer, measure (or probes), run (or runs), seeds, checkpoints, figures, in
    /// any order. A name it must have, or it does not compile; the rest is checked when it runs, or by Experiment.check.
    let experiment = ExperimentBuilder()
