/// Each union in words, by pattern matching alone. FS0025 is an error here: a pattern that misses a case does not compile.
module LargeSteps.Tests.FSharp.Describe

open System
open LargeSteps.Configuration
open LargeSteps.Datasets
open LargeSteps.Figures
open LargeSteps.Models
open LargeSteps.Models.Deep
open LargeSteps.Optimizers
open LargeSteps.Probes
open LargeSteps.Schedules
open LargeSteps.FSharp
open LargeSteps.FSharp.TorchPatterns

// A plain interpolated string would write numbers as the machine's culture does.
let private invariant (text: FormattableString) = FormattableString.Invariant text

let private list (numbers: float list) = numbers |> List.map string |> String.concat " "

let duration =
    function
    | Steps count -> invariant $"{count} steps"
    | Epochs count -> invariant $"{count} epochs"
    | Fraction part -> invariant $"{part} of the run"

let growth =
    function
    | Power(amount, exponent) -> invariant $"1 + {amount} t^{exponent}"
    | Exponential factor -> invariant $"{factor}^t"

let rec schedule =
    function
    | Constant rate -> invariant $"{rate}"
    | WarmUp(rate, law, until) -> invariant $"{rate} times {growth law} until {duration until}"
    | Drops(inner, at) ->
        let drops = at |> List.map (fun drop -> invariant $"by {drop.DivideBy} at {duration drop.At}") |> String.concat ", "
        invariant $"{schedule inner} divided {drops}"
    | Curve(Cosine(rate, false)) -> invariant $"cosine from {rate}"
    | Curve(Cosine(rate, true)) -> invariant $"cosine up to {rate}"
    | Curve(Cyclic(rate, peak)) ->
        let at = peak |> Option.map (fun fraction -> invariant $" at {fraction}") |> Option.defaultValue ""
        invariant $"up to {rate}{at} and back"
    | Curve(Custom(name, _)) -> name
    | Joined(first, at, next) -> invariant $"{schedule first}, from {duration at} on {schedule next}"
    | Scaled(inner, factor) -> invariant $"{factor} times {schedule inner}"
    | AtEndOfStep inner -> $"{schedule inner}, at the end of each step"

let labels =
    function
    | Outputs -> "outputs"
    | Signs -> "signs"

let dataset =
    function
    | SparseRegression sparse -> invariant $"{sparse.Samples} samples with {sparse.Support} of {sparse.Dimensions} features that matter"
    | RegressionPoints -> "twelve points"
    | TeacherStudent teacher -> invariant $"{teacher.Samples} {labels teacher.Labels} of a teacher"
    | InMemory data -> invariant $"{data.Samples} samples in memory"
    | Images images -> invariant $"""{images.TrainingImages} images of {images.Source.Name}{if images.Augment then ", augmented" else ""}"""

let initialisation =
    function
    | DefaultDraw -> "default"
    | Gaussian scales -> $"normal {list scales}"
    | Blanc(first, bias, output) -> invariant $"blanc {first} {bias} {output}"
    | Balanced scale -> invariant $"balanced {scale}"

let loss =
    function
    | Squared -> "squared"
    | Logistic -> "logistic"

let precision =
    function
    | Bits32 -> "float32"
    | Bits64 -> "float64"

let model =
    function
    | DiagonalLinear diagonal -> invariant $"u = {diagonal.U}, v = {diagonal.V}"
    | ReluNetwork relu ->
        invariant $"{relu.Hidden.Count} hidden layers, {initialisation relu.Initialisation}, {loss relu.Loss} in {precision relu.Precision}"
    | DeepNetwork deep -> invariant $"{deep.Architecture.Name} of width {deep.ActualWidth}"
    | CustomModule custom -> $"module {custom.Name}"

let sampling =
    function
    | WithReplacement -> ""
    | WithoutReplacement -> " different samples"
    | Shuffled -> " shuffled samples"
    | AsPublished every -> invariant $" shuffled samples as published, evaluated every {every} steps"

let optimizer =
    function
    | GradientDescent descent -> invariant $"gradient descent, {duration descent.Length}"
    | Sgd sgd -> invariant $"batches of {sgd.BatchSize}{sampling sgd.Sampling}, {duration sgd.Length}, seed {sgd.Seed}"

/// Probes are open: their types say which they are, and one of a user's own is said by its key.
let probe (probe: Probe) =
    match probe with
    | :? Losses -> "losses"
    | :? L0Norm as l0 -> invariant $"l0 {list (List.ofSeq l0.Thresholds)}"
    | :? JacobianRank as rank -> invariant $"rank {list (List.ofSeq rank.Thresholds)}"
    | :? HessianEigenvalues as hessian -> invariant $"{hessian.Count} eigenvalues"
    | :? Sharpness as sharpness when sharpness.Samples.HasValue -> invariant $"sharpness of {sharpness.Samples.Value} samples"
    | :? CustomProbe as custom -> $"function {custom.Name}"
    | other -> other.Key

let cadence =
    function
    | FirstAndEvenly(first, points) -> invariant $"first {first}, then {points} points"
    | Every(interval, atEnd) -> invariant $"every {duration interval}, end {atEnd}"
    | FirstAndLogarithmic(first, points) -> invariant $"first {first}, then {points} points in the logarithm"

let snapshots =
    function
    | AllSnapshots -> "all"
    | EndSnapshots -> "first and last"
    | ChosenSnapshots numbers -> numbers |> List.map string |> String.concat " "

let engine =
    function
    | ClosedForm -> "closed form"
    | Autograd -> "autograd"

let center =
    function
    | Median -> "median"
    | Mean -> "mean"

let band =
    function
    | Quantiles(lower, upper) -> invariant $"from {lower} to {upper}"
    | StandardDeviation -> "standard deviation"
    | NoBand -> "none"

let point =
    function
    | Initial -> "the start"
    | Optimum -> "the optimum"
    | EndOf run -> $"the end of {run}"
    | MeasurementOf(run, number) -> invariant $"measurement {number} of {run}"

let plane =
    function
    | PlaneOfPoints(origin, first, second) -> $"through {point origin}, {point first} and {point second}"
    | RandomPlane(origin, seed, Some true) -> invariant $"through {point origin} in filter-normalised directions of seed {seed}"
    | RandomPlane(origin, seed, _) -> invariant $"through {point origin} in random directions of seed {seed}"
    | PrincipalPlane run -> $"in which {run} varies most"

// Kinds of figures are open, and so there is always one more.
let figure (spec: FigureSpec) =
    match spec with
    | :? CurvesFigure as curves -> invariant $"{curves.File}: {curves.Panels.Metrics.Count} panels over the iterations"
    | :? SweepFigure as sweep when isNull sweep.Y -> invariant $"{sweep.File}: {sweep.Panels.Metrics.Count} panels over {sweep.X}"
    | :? SweepFigure as sweep -> invariant $"{sweep.File}: {sweep.Panels.Metrics.Count} maps over {sweep.X} and {sweep.Y}"
    | :? FunctionFigure -> $"{spec.File}: functions over the data"
    | :? NeuronsFigure -> $"{spec.File}: neurons in the plane"
    | :? MapFigure as map -> $"{map.File}: convergence over {map.X.Path} and {map.Y.Path}"
    | :? SurfaceFigure as surface -> invariant $"{surface.File}: {surface.Paths.Count} paths on the plane {plane surface.Plane}"
    | :? TableFigure as table ->
        let beside = table.Against |> Option.ofObj |> Option.map (fun run -> $", beside {run}") |> Option.defaultValue ""
        invariant $"{table.File}: {table.Metrics.Count} metrics in {table.Windows.Count} windows{beside}"
    | other -> other.File

let labelNoise =
    function
    | GaussianNoise deviation -> invariant $"σ = {deviation}"
    | MatchedNoise -> "as of SGD"
    | LevelNoise(level, None) -> invariant $"as of SGD at {level}"
    | LevelNoise(level, Some until) -> invariant $"as of SGD at {level}, until {duration until}"
    | ScheduledNoise rates -> $"σ = {schedule rates}"

let fork =
    function
    | ForkOfRun(run, step) -> $"step {step} of {run}"
    | ForkOfCheckpoint file -> file

let ending =
    function
    | Completed -> "completed"
    | Dead -> "dead"
    | Diverged iteration -> invariant $"diverged at {iteration}"
    | Stopped iteration -> invariant $"stopped at {iteration}"
    | Failed message -> invariant $"failed: {message}"

let event =
    function
    | Started one -> invariant $"{one.Label} starts"
    | Progressed(one, progress) -> invariant $"{one.Label}: {progress.Iteration} of {progress.Steps}"
    | Finished(one, result, true) -> invariant $"{one.Label} was there: {ending result.End}"
    | Finished(one, result, false) -> invariant $"{one.Label} {ending result.End}"

let outcome describe =
    function
    | Valid value -> describe value
    | Invalid diagnostics -> diagnostics |> List.map string |> String.concat "; "

let scalar =
    function
    | Nothing -> "nothing"
    | Flag flag -> if flag then "yes" else "no"
    | Whole number -> invariant $"{number}"
    | Real number -> invariant $"{number}"
    | Text text -> $"'{text}'"
    | Opaque name -> $"a {name}"

let rec saved =
    function
    | Tensor tensor -> string tensor
    | Mapping entries -> entries |> List.map (fun (key, value) -> $"{key} = {saved value}") |> String.concat "; "
    | ListOf values -> values |> List.map saved |> String.concat ", "
    | Leaf value -> scalar value
