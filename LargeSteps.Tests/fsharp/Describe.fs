/// Each union in words, by pattern matching alone. FS0025 is an error here: a pattern that misses a case does not compile.
module LargeSteps.Tests.FSharp.Describe

open LargeSteps.Datasets
open LargeSteps.Models
open LargeSteps.Optimizers
open LargeSteps.Pipelines
open LargeSteps.Probes
open LargeSteps.Running
open LargeSteps.Schedules
open LargeSteps.Tests.FSharp.Patterns

let duration =
    function
    | Steps count -> $"{count} steps"
    | Epochs count -> $"{count} epochs"
    | Fraction part -> $"{part} of the run"

let growth =
    function
    | Power(amount, exponent) -> $"1 + {amount} t^{exponent}"
    | Exponential factor -> $"{factor}^t"

let rec schedule =
    function
    | Constant rate -> $"{rate}"
    | WarmUp(rate, law, until) -> $"{rate} times {growth law} until {duration until}"
    | Drops(inner, at) ->
        let drops = at |> Seq.map (fun drop -> $"by {drop.DivideBy} at {duration drop.At}") |> String.concat ", "
        $"{schedule inner} divided {drops}"
    | Cosine(rate, false) -> $"cosine from {rate}"
    | Cosine(rate, true) -> $"cosine up to {rate}"
    | Cyclic(rate, peak) -> $"up to {rate} at {peak} and back"
    | Joined(first, at, next) -> $"{schedule first}, from {duration at} on {schedule next}"
    | Scaled(inner, factor) -> $"{factor} times {schedule inner}"

let dataset =
    function
    | SparseRegression sparse -> $"{sparse.Samples} samples with {sparse.Support} of {sparse.Dimensions} features that matter"
    | InMemory data -> $"{data.Samples} samples in memory"

let model (DiagonalLinear(u, v)) = $"u = {u}, v = {v}"

let optimizer =
    function
    | GradientDescent length -> $"gradient descent, {duration length}"
    | Sgd(batch, length, seed) -> $"batches of {batch}, {duration length}, seed {seed}"

let norm =
    function
    | L0 thresholds -> $"l0 %A{thresholds}"
    | L1 -> "l1"
    | ParameterNorm -> "norm of the parameters"
    | Balancedness -> "balancedness"

let probe =
    function
    | Losses -> "losses"
    | Norm one -> norm one
    | JacobianRank thresholds -> $"rank %A{thresholds}"
    | HessianEigenvalues count -> $"{count} eigenvalues"
    | Predictability(perturbation, _) -> $"a twin at {perturbation}"

let cadence =
    function
    | FirstAndEvenly(first, points) -> $"first {first}, then {points} points"
    | Every steps -> $"every {steps}"
    | FirstAndLogarithmic(first, points) -> $"first {first}, then {points} points in the logarithm"

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
    | Quantiles(lower, upper) -> $"from {lower} to {upper}"
    | StandardDeviation -> "standard deviation"
    | NoBand -> "none"

let figure =
    function
    | Curves(file, panels) -> $"{file}: {panels.Length} panels over the iterations"
    | Sweep(file, x, None, panels) -> $"{file}: {panels.Length} panels over {x}"
    | Sweep(file, x, Some y, panels) -> $"{file}: {panels.Length} maps over {x} and {y}"

let ending =
    function
    | Completed -> "completed"
    | Diverged iteration -> $"diverged at {iteration}"
    | Stopped iteration -> $"stopped at {iteration}"
    | Failed message -> $"failed: {message}"

let event =
    function
    | Started one -> $"{one.Label} starts"
    | Progressed(one, progress) -> $"{one.Label}: {progress.Iteration} of {progress.Steps}"
    | Finished(one, result, true) -> $"{one.Label} was there: {ending result.End}"
    | Finished(one, result, false) -> $"{one.Label} {ending result.End}"

let outcome describe =
    function
    | Success value -> describe value
    | Failure diagnostics -> diagnostics |> List.map string |> String.concat "; "
