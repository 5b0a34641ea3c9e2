/// The closed unions of LargeSteps as complete active patterns: each over the union's Match, so that a new case breaks this file
/// and nothing else silently.
module LargeSteps.Tests.FSharp.Patterns

open LargeSteps.Configuration
open LargeSteps.Datasets
open LargeSteps.Figures
open LargeSteps.Formats
open LargeSteps.Models
open LargeSteps.Models.Deep
open LargeSteps.Optimizers
open LargeSteps.Pipelines
open LargeSteps.Probes
open LargeSteps.Running
open LargeSteps.Schedules
open LargeSteps.Values

let (|Success|Failure|) (outcome: Outcome<'value>) =
    outcome.Match((fun value -> Success value), (fun diagnostics -> Failure(List.ofSeq diagnostics)))

let (|SparseRegression|RegressionPoints|TeacherStudent|InMemory|Images|) (dataset: DatasetSpec) =
    dataset.Match(
        (fun sparse -> SparseRegression sparse),
        (fun _ -> RegressionPoints),
        (fun teacher -> TeacherStudent teacher),
        (fun memory -> InMemory memory.Data),
        (fun images -> Images(images.Source.Name, images.TrainingImages, images.Augment))
    )

let (|Outputs|Signs|) (labels: TeacherLabels) = labels.Match((fun _ -> Outputs), (fun _ -> Signs))

let (|Squared|Logistic|) (loss: Loss) = loss.Match((fun _ -> Squared), (fun _ -> Logistic))

let (|Bits32|Bits64|) (precision: Precision) = precision.Match((fun _ -> Bits32), (fun _ -> Bits64))

let (|DiagonalLinear|ReluNetwork|DeepNetwork|CustomModule|) (model: ModelSpec) =
    model.Match(
        (fun diagonal -> DiagonalLinear(diagonal.U, diagonal.V)),
        (fun relu -> ReluNetwork(List.ofSeq relu.Hidden, relu.Initialisation, relu.Loss, relu.Precision)),
        (fun deep -> DeepNetwork(deep.Architecture.Name, deep.ActualWidth)),
        (fun custom -> CustomModule custom.Name)
    )

let (|DefaultDraw|Gaussian|Blanc|Balanced|) (initialisation: Initialisation) =
    initialisation.Match(
        (fun _ -> DefaultDraw),
        (fun g -> Gaussian(List.ofSeq g.Scales)),
        (fun b -> Blanc(b.First, b.Bias, b.Output)),
        (fun b -> Balanced b.Scale)
    )

// <doc>
let (|Cosine|Cyclic|Custom|) (curve: ScheduleCurve) =
    curve.Match((fun c -> Cosine(c.Rate, c.Inverted)), (fun c -> Cyclic(c.Rate, c.Peak)), (fun c -> Custom(c.Name, c.Rate.Invoke)))

let (|Constant|WarmUp|Drops|Curve|Joined|Scaled|AtEndOfStep|) (schedule: Schedule) =
    schedule.Match(
        (fun c -> Constant c.Rate),
        (fun w -> WarmUp(w.Rate, w.Growth, w.Until)),
        (fun d -> Drops(d.Base, d.At)),
        (fun c -> Curve c.Curve),
        (fun j -> Joined(j.First, j.At, j.Then)),
        (fun s -> Scaled(s.Base, s.Factor)),
        (fun e -> AtEndOfStep e.Base)
    )
// </doc>

let (|Power|Exponential|) (growth: Growth) =
    growth.Match((fun p -> Power(p.Amount, p.Exponent)), (fun e -> Exponential e.Factor))

let (|WithReplacement|WithoutReplacement|Shuffled|AsPublished|) (sampling: Sampling) =
    sampling.Match((fun _ -> WithReplacement), (fun _ -> WithoutReplacement), (fun _ -> Shuffled), (fun p -> AsPublished p.EvaluatedEvery))

let (|GradientDescent|Sgd|) (optimizer: OptimizerSpec) =
    optimizer.Match((fun gd -> GradientDescent gd.Length), (fun sgd -> Sgd(sgd.BatchSize, sgd.Length, sgd.Seed, sgd.Sampling)))

let (|Steps|Epochs|Fraction|) (duration: Duration) =
    duration.Match((fun s -> Steps s.Count), (fun e -> Epochs e.Count), (fun f -> Fraction f.Part))

let (|FirstAndEvenly|Every|FirstAndLogarithmic|) (cadence: Cadence) =
    cadence.Match(
        (fun c -> FirstAndEvenly(c.First, c.Points)),
        (fun c -> Every(c.Interval, c.End)),
        (fun c -> FirstAndLogarithmic(c.First, c.Points))
    )

let (|AllSnapshots|EndSnapshots|ChosenSnapshots|) (snapshots: SnapshotSpec) =
    snapshots.Match((fun _ -> AllSnapshots), (fun _ -> EndSnapshots), (fun c -> ChosenSnapshots(List.ofSeq c.Numbers)))

let (|ClosedForm|Autograd|) (engine: Engine) =
    engine.Match((fun _ -> ClosedForm), (fun _ -> Autograd))

let (|Median|Mean|) (center: Center) =
    center.Match((fun _ -> Median), (fun _ -> Mean))

let (|Quantiles|StandardDeviation|NoBand|) (band: Band) =
    band.Match((fun q -> Quantiles(q.Lower, q.Upper)), (fun _ -> StandardDeviation), (fun _ -> NoBand))

let (|Number|Word|) (value: AxisValue) =
    value.Match((fun n -> Number n.Value), (fun w -> Word w.Value))

let (|Initial|Optimum|EndOf|MeasurementOf|) (point: PlanePoint) =
    point.Match((fun _ -> Initial), (fun _ -> Optimum), (fun e -> EndOf e.Run), (fun m -> MeasurementOf(m.Run, m.Number)))

let (|PlaneOfPoints|RandomPlane|PrincipalPlane|) (plane: SurfacePlane) =
    plane.Match((fun p -> PlaneOfPoints(p.Origin, p.First, p.Second)), (fun r -> RandomPlane(r.Origin, r.Seed, Option.ofNullable r.Normalised)), (fun p -> PrincipalPlane p.Run))

let (|Completed|Dead|Diverged|Stopped|Failed|) (ending: RunEnd) =
    ending.Match(
        (fun _ -> Completed),
        (fun _ -> Dead),
        (fun d -> Diverged d.Iteration),
        (fun s -> Stopped s.Iteration),
        (fun f -> Failed f.Message)
    )

// <doc>
let (|Started|Progressed|Finished|) (event: RunEvent) =
    event.Match(
        (fun s -> Started s.Unit),
        (fun p -> Progressed(p.Unit, p.Progress)),
        (fun f -> Finished(f.Unit, f.Result, f.Kept))
    )
// </doc>

let (|Tensor|Mapping|ListOf|Leaf|) (value: TorchValue) =
    value.Match(
        (fun t -> Tensor t.Value),
        (fun m -> Mapping [ for entry in m.Entries -> entry.Key, entry.Value ]),
        (fun l -> ListOf(List.ofSeq l.Values)),
        (fun l -> Leaf l.Value)
    )

let (|Nothing|Flag|Whole|Real|Text|Opaque|) (scalar: TorchScalar) =
    scalar.Match(
        (fun _ -> Nothing),
        (fun f -> Flag f.Value),
        (fun w -> Whole w.Value),
        (fun r -> Real r.Value),
        (fun t -> Text t.Value),
        (fun o -> Opaque o.Name)
    )

let (|GaussianNoise|MatchedNoise|LevelNoise|ScheduledNoise|) (noise: LabelNoise) =
    noise.Match(
        (fun g -> GaussianNoise g.Deviation),
        (fun _ -> MatchedNoise),
        (fun l -> LevelNoise(l.Loss, Option.ofObj l.Until)),
        (fun s -> ScheduledNoise s.Schedule)
    )

let (|ForkOfRun|ForkOfCheckpoint|) (fork: Fork) =
    fork.Match((fun r -> ForkOfRun(r.Run, r.Step)), (fun c -> ForkOfCheckpoint c.File))
