namespace LargeSteps.FSharp

open LargeSteps.Datasets
open LargeSteps.Figures
open LargeSteps.Models
open LargeSteps.Optimizers
open LargeSteps.Pipelines
open LargeSteps.Probes
open LargeSteps.Schedules
open LargeSteps.Values

/// Builds an experiment of the stages that its runs share, and of what each run puts in their place.
[<Sealed>]
type ExperimentBuilder internal () =
    let stages (experiment: Experiment) = experiment.Shared

    let withShared (experiment: Experiment) shared =
        Experiment(experiment.Name, shared, experiment.Runs, experiment.Figures, experiment.Seeds, experiment.Checkpoints)

    member _.Yield(_: unit) = Experiment("experiment", Stages.None, Items.Empty, Items.Empty)

    /// An experiment without runs has one, under its name.
    member _.Run(experiment: Experiment) =
        if experiment.Runs.Count > 0 then experiment else experiment.WithRuns(Run.Of(experiment.Name, Stages.None))

    /// Its name, also of the folder of its results.
    [<CustomOperation "name">]
    member _.Name(experiment: Experiment, name: string) = experiment.WithName name

    /// What is learned.
    [<CustomOperation "dataset">]
    member _.Dataset(experiment: Experiment, dataset: DatasetSpec) =
        let s = stages experiment
        withShared experiment (Stages(dataset, s.Model, s.Schedule, s.Optimizer, s.Probes, s.Engine))

    /// What learns it.
    [<CustomOperation "model">]
    member _.Model(experiment: Experiment, model: ModelSpec) =
        let s = stages experiment
        withShared experiment (Stages(s.Dataset, model, s.Schedule, s.Optimizer, s.Probes, s.Engine))

    /// The learning rate of the runs that say nothing else.
    [<CustomOperation "schedule">]
    member _.Schedule(experiment: Experiment, schedule: Schedule) =
        let s = stages experiment
        withShared experiment (Stages(s.Dataset, s.Model, schedule, s.Optimizer, s.Probes, s.Engine))

    /// How steps are made, and how many.
    [<CustomOperation "optimizer">]
    member _.Optimizer(experiment: Experiment, optimizer: OptimizerSpec) =
        let s = stages experiment
        withShared experiment (Stages(s.Dataset, s.Model, s.Schedule, optimizer, s.Probes, s.Engine))

    /// What is measured, and when.
    [<CustomOperation "probes">]
    member _.Probes(experiment: Experiment, plan: ProbePlan) =
        let s = stages experiment
        withShared experiment (Stages(s.Dataset, s.Model, s.Schedule, s.Optimizer, plan, s.Engine))

    /// Probes at a cadence.
    [<CustomOperation "measure">]
    member this.Measure(experiment: Experiment, cadence: Cadence, probes: Probe list) =
        this.Probes(experiment, Probe.plan cadence probes)

    /// What computes the gradients.
    [<CustomOperation "engine">]
    member _.Engine(experiment: Experiment, engine: Engine) =
        let s = stages experiment
        withShared experiment (Stages(s.Dataset, s.Model, s.Schedule, s.Optimizer, s.Probes, engine))

    /// A run with its own schedule.
    [<CustomOperation "run">]
    member this.AddRun(experiment: Experiment, label: string, schedule: Schedule) =
        this.AddRun(experiment, label, Stages(Schedule = schedule))

    /// A run with its own stages.
    [<CustomOperation "run">]
    member _.AddRun(experiment: Experiment, label: string, stages: Stages) =
        experiment.WithRuns [| yield! experiment.Runs; Run.Of(label, stages) |]

    /// More runs.
    [<CustomOperation "runs">]
    member _.Runs(experiment: Experiment, runs: Run seq) = experiment.WithRuns [| yield! experiment.Runs; yield! runs |]

    /// The seeds over which each run is repeated.
    [<CustomOperation "seeds">]
    member _.Seeds(experiment: Experiment, seeds: Seeds) = experiment.WithSeeds seeds

    /// Figures that the program draws.
    [<CustomOperation "figures">]
    member _.Figures(experiment: Experiment, figures: FigureSpec seq) = experiment.WithFigures(Array.ofSeq figures)

[<AutoOpen>]
module ExperimentBuilderValue =
    /// An experiment: name, dataset, model, schedule, optimizer, measure (or probes), run (or runs), seeds, figures, in any order. It is
    /// checked when it runs, or by Experiment.check.
    let experiment = ExperimentBuilder()
