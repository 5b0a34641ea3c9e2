namespace LargeSteps.FSharp

open LargeSteps.Configuration
open LargeSteps.Figures
open LargeSteps.Pipelines
open LargeSteps.Values

/// One run, fully described.
module Pipeline =
    /// A pipeline of its five stages.
    let create dataset model schedule optimizer probes = Pipeline.Of(dataset, model, schedule, optimizer, probes)

    /// The same with another dataset.
    let withDataset dataset (pipeline: Pipeline) = pipeline.WithDataset dataset

    /// The same with another model.
    let withModel model (pipeline: Pipeline) = pipeline.WithModel model

    /// The same with another schedule.
    let withSchedule schedule (pipeline: Pipeline) = pipeline.WithSchedule schedule

    /// The same with another optimizer.
    let withOptimizer optimizer (pipeline: Pipeline) = pipeline.WithOptimizer optimizer

    /// The same with other probes.
    let withProbes probes (pipeline: Pipeline) = pipeline.WithProbes probes

    /// The same with another engine.
    let withEngine engine (pipeline: Pipeline) = pipeline.WithEngine engine

/// The seeds over which an experiment runs.
module Seeds =
    /// Seeds of the sampling, on fixed data and initial weights.
    let ofSampling from count = Seeds.OfSampling(from, count)

    /// Seeds of all: the data, the initial weights and the sampling.
    let ofAll from count = Seeds(from, count, Follow(Data = true, Initialisation = true, Sampling = true))

/// Several runs that share stages.
module Experiment =
    /// An experiment of one pipeline.
    let ofPipeline name (pipeline: Pipeline) = Experiment.Of(name, pipeline)

    /// The same with other shared stages.
    let withShared shared (experiment: Experiment) = experiment.WithShared shared

    /// The same with other runs.
    let withRuns (runs: Run seq) (experiment: Experiment) = experiment.WithRuns(Array.ofSeq runs)

    /// The same with a run for each schedule, under its label.
    let withSchedules schedules (experiment: Experiment) =
        experiment.WithRuns [| for label, schedule in schedules -> Run.Of(label, (schedule: LargeSteps.Schedules.Schedule)) |]

    /// The same over other seeds.
    let withSeeds seeds (experiment: Experiment) = experiment.WithSeeds seeds

    /// The same with other checkpoints of deep networks.
    let withCheckpoints plan (experiment: Experiment) = experiment.WithCheckpoints plan

    /// The same with other figures.
    let withFigures (figures: FigureSpec seq) (experiment: Experiment) = experiment.WithFigures(Array.ofSeq figures)

    /// The same under another name.
    let withName name (experiment: Experiment) = experiment.WithName name

    /// The experiment where all is well with it, or all that is wrong.
    let check (experiment: Experiment) = experiment.Checked() |> Outcome.toResult

    /// The experiment in a file, or all that is wrong with it, each with its line and column.
    let load (path: string) = ExperimentYaml.Load path |> Outcome.toResult

    /// The experiment that a text is; the name stands for a file in what is wrong.
    let parse file text = ExperimentYaml.Parse(text, file) |> Outcome.toResult

    /// Its text in YAML.
    let toYaml (experiment: Experiment) = ExperimentYaml.Write experiment
