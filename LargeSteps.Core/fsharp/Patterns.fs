/// The closed unions of LargeSteps as complete active patterns: each is its union's Match, so a union that gains a case breaks this file
/// and nothing silently. A case with one to three fields has these, lists and options as those of F#; a larger one has its record. Make
/// FS0025 an error, and the compiler says where a match misses a case.
[<AutoOpen>]
module LargeSteps.FSharp.Patterns

open LargeSteps.Datasets
open LargeSteps.Figures
open LargeSteps.Models
open LargeSteps.Optimizers
open LargeSteps.Pipelines
open LargeSteps.Probes
open LargeSteps.Running
open LargeSteps.Schedules
open LargeSteps.Values

/// A value, or all the reasons why there is none. (Failure would hide F#'s own pattern over exceptions.)
let (|Valid|Invalid|) (outcome: Outcome<'value>) =
    outcome.Match((fun value -> Valid value), (fun diagnostics -> Invalid(List.ofSeq diagnostics)))

/// What is learned.
let (|SparseRegression|RegressionPoints|TeacherStudent|InMemory|Images|) (dataset: DatasetSpec) =
    dataset.Match(
        (fun sparse -> SparseRegression sparse),
        (fun _ -> RegressionPoints),
        (fun teacher -> TeacherStudent teacher),
        (fun memory -> InMemory memory.Data),
        (fun images -> Images images)
    )

/// What a teacher labels samples with.
let (|Outputs|Signs|) (labels: TeacherLabels) = labels.Match((fun _ -> Outputs), (fun _ -> Signs))

/// The loss of a ReLU network.
let (|Squared|Logistic|) (loss: Loss) = loss.Match((fun _ -> Squared), (fun _ -> Logistic))

/// The numbers of a ReLU network.
let (|Bits32|Bits64|) (precision: Precision) = precision.Match((fun _ -> Bits32), (fun _ -> Bits64))

/// What learns.
let (|DiagonalLinear|ReluNetwork|DeepNetwork|CustomModule|) (model: ModelSpec) =
    model.Match(
        (fun diagonal -> DiagonalLinear diagonal),
        (fun relu -> ReluNetwork relu),
        (fun deep -> DeepNetwork deep),
        (fun custom -> CustomModule custom)
    )

/// How the initial weights of a ReLU network are drawn.
let (|DefaultDraw|Gaussian|Blanc|Balanced|) (initialisation: Initialisation) =
    initialisation.Match(
        (fun _ -> DefaultDraw),
        (fun g -> Gaussian(List.ofSeq g.Scales)),
        (fun b -> Blanc(b.First, b.Bias, b.Output)),
        (fun b -> Balanced b.Scale)
    )

/// A curve over the whole run: its rate, and whether it rises; its rate and peak; its name and function.
let (|Cosine|Cyclic|Custom|) (curve: ScheduleCurve) =
    curve.Match(
        (fun c -> Cosine(c.Rate, c.Inverted)),
        (fun c -> Cyclic(c.Rate, Option.ofNullable c.Peak)),
        (fun c -> Custom(c.Name, c.Rate.Invoke))
    )

/// The learning rate over training progress.
let (|Constant|WarmUp|Drops|Curve|Joined|Scaled|AtEndOfStep|) (schedule: Schedule) =
    schedule.Match(
        (fun c -> Constant c.Rate),
        (fun w -> WarmUp(w.Rate, w.Growth, w.Until)),
        (fun d -> Drops(d.Base, List.ofSeq d.At)),
        (fun c -> Curve c.Curve),
        (fun j -> Joined(j.First, j.At, j.Then)),
        (fun s -> Scaled(s.Base, s.Factor)),
        (fun e -> AtEndOfStep e.Base)
    )

/// How a warm-up grows.
let (|Power|Exponential|) (growth: Growth) =
    growth.Match((fun p -> Power(p.Amount, p.Exponent)), (fun e -> Exponential e.Factor))

/// How the samples of a step are drawn.
let (|WithReplacement|WithoutReplacement|Shuffled|AsPublished|) (sampling: Sampling) =
    sampling.Match((fun _ -> WithReplacement), (fun _ -> WithoutReplacement), (fun _ -> Shuffled), (fun p -> AsPublished p.EvaluatedEvery))

/// How steps are made.
let (|GradientDescent|Sgd|) (optimizer: OptimizerSpec) =
    optimizer.Match((fun descent -> GradientDescent descent), (fun sgd -> Sgd sgd))

/// A length or a moment of a run.
let (|Steps|Epochs|Fraction|) (duration: Duration) =
    duration.Match((fun s -> Steps s.Count), (fun e -> Epochs e.Count), (fun f -> Fraction f.Part))

/// When a run is measured; whether before or after the steps is the property After.
let (|FirstAndEvenly|Every|FirstAndLogarithmic|) (cadence: Cadence) =
    cadence.Match(
        (fun c -> FirstAndEvenly(c.First, c.Points)),
        (fun c -> Every(c.Interval, c.End)),
        (fun c -> FirstAndLogarithmic(c.First, c.Points))
    )

/// Which measurements keep the weights.
let (|AllSnapshots|EndSnapshots|ChosenSnapshots|) (snapshots: SnapshotSpec) =
    snapshots.Match((fun _ -> AllSnapshots), (fun _ -> EndSnapshots), (fun c -> ChosenSnapshots(List.ofSeq c.Numbers)))

/// What computes gradients.
let (|ClosedForm|Autograd|) (engine: Engine) =
    engine.Match((fun _ -> ClosedForm), (fun _ -> Autograd))

/// The middle of the curves over seeds.
let (|Median|Mean|) (center: Center) =
    center.Match((fun _ -> Median), (fun _ -> Mean))

/// The band around the middle.
let (|Quantiles|StandardDeviation|NoBand|) (band: Band) =
    band.Match((fun q -> Quantiles(q.Lower, q.Upper)), (fun _ -> StandardDeviation), (fun _ -> NoBand))

/// A value on an axis of a sweep.
let (|Number|Word|) (value: AxisValue) =
    value.Match((fun n -> Number n.Value), (fun w -> Word w.Value))

/// A point in the space of weights.
let (|Initial|Optimum|EndOf|MeasurementOf|) (point: PlanePoint) =
    point.Match((fun _ -> Initial), (fun _ -> Optimum), (fun e -> EndOf e.Run), (fun m -> MeasurementOf(m.Run, m.Number)))

/// A plane in the space of weights.
let (|PlaneOfPoints|RandomPlane|PrincipalPlane|) (plane: SurfacePlane) =
    plane.Match(
        (fun p -> PlaneOfPoints(p.Origin, p.First, p.Second)),
        (fun r -> RandomPlane(r.Origin, r.Seed, Option.ofNullable r.Normalised)),
        (fun p -> PrincipalPlane p.Run)
    )

/// How a run ended.
let (|Completed|Dead|Diverged|Stopped|Failed|) (ending: RunEnd) =
    ending.Match(
        (fun _ -> Completed),
        (fun _ -> Dead),
        (fun d -> Diverged d.Iteration),
        (fun s -> Stopped s.Iteration),
        (fun f -> Failed f.Message)
    )

/// What happens while an experiment runs.
let (|Started|Progressed|Finished|) (event: RunEvent) =
    event.Match(
        (fun s -> Started s.Unit),
        (fun p -> Progressed(p.Unit, p.Progress)),
        (fun f -> Finished(f.Unit, f.Result, f.Kept))
    )

/// Noise on the labels of each step.
let (|GaussianNoise|MatchedNoise|LevelNoise|ScheduledNoise|) (noise: LabelNoise) =
    noise.Match(
        (fun g -> GaussianNoise g.Deviation),
        (fun _ -> MatchedNoise),
        (fun l -> LevelNoise(l.Loss, Option.ofObj l.Until)),
        (fun s -> ScheduledNoise s.Schedule)
    )

/// Where a fork begins.
let (|ForkOfRun|ForkOfCheckpoint|) (fork: Fork) =
    fork.Match((fun r -> ForkOfRun(r.Run, r.Step)), (fun c -> ForkOfCheckpoint c.File))
