namespace LargeSteps.FSharp

open System.Collections.Generic
open LargeSteps.Models
open LargeSteps.Optimizers
open LargeSteps.Probes
open LargeSteps.Schedules
open LargeSteps.Values

/// Models. The others are made by ModelSpec.
module Model =
    /// A ReLU network with hidden layers of these widths, and one output.
    let relu (hidden: int seq) initialisation = ModelSpec.ReluNetwork(Items.From hidden, initialisation)

    /// A module of TorchSharp; its name stands for the function, which makes it from a seed: another function needs another name.
    let ofModule name (create: uint32 -> TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>) =
        ModelSpec.Custom(name, create)

    /// The same with another seed of the initial weights.
    let withSeed seed (model: ModelSpec) = model.WithSeed seed

/// The learning rate η as a function of the fraction of the run in [0, 1].
module Schedule =
    /// The same rate throughout.
    let constant rate = Schedule.Constant rate

    /// Half a cosine from the rate to 0.
    let cosine rate = Schedule.Cosine rate

    /// Half a cosine from 0 up to the rate.
    let invertedCosine rate = Schedule.InvertedCosine rate

    /// Growth from the rate up to a moment.
    let warmUp rate growth until = Schedule.WarmUp(rate, growth, until)

    /// From 0 to the rate and back, the peak at the end of epoch ⌊2T/5⌋ of T.
    let cyclic rate = Schedule.Cyclic rate

    /// From 0 to the rate and back, with the peak at a fraction of the run.
    let cyclicAt (peak: float) rate = Schedule.Cyclic(rate, peak)

    /// A function of the fraction of the run, called from several threads; its name stands for it: another function needs another name.
    let ofFunction name (rate: float -> float) = Schedule.Of(name, rate)

    /// Divided at moments.
    let dividedAt (drops: Drop seq) (schedule: Schedule) = schedule.DividedAt(Array.ofSeq drops)

    /// Up to a moment the schedule, from then on another.
    let joinedAt moment next (schedule: Schedule) = schedule.JoinedAt(moment, next)

    /// Times a factor.
    let scaledBy factor (schedule: Schedule) = schedule.ScaledBy factor

    /// Each step has the rate at its end: Base((k + 1)/N) at step k of N.
    let atEndOfStep (schedule: Schedule) = schedule.AtEndOfStep()

    /// The function: from the fraction of the run to the learning rate.
    let toFunction horizon (schedule: Schedule) : float -> float = (schedule.Function horizon).Invoke

/// What is measured, and when.
module Probe =
    /// A number that a function finds in what is measured, under its name as column. The name stands for the function: another function
    /// needs another name. It is called from several threads, for one run at a time from one.
    let ofFunction name (measure: RunView -> float) : Probe = CustomProbe(name, measure)

    /// Numbers that a function finds in what is measured, one for each column, in order; else as ofFunction.
    let ofFunctions name (columns: string seq) (measure: RunView -> float list) : Probe =
        CustomColumns(name, Items.From columns, (fun view -> measure view :> IReadOnlyList<float>))

    /// Probes at a cadence.
    let plan cadence (probes: Probe seq) = ProbePlan.Of(cadence, Array.ofSeq probes)

    /// One probe more.
    let add (probe: Probe) (plan: ProbePlan) = plan.WithMeasure [| yield! plan.Measure; probe |]

    /// Some measurements keep the weights.
    let keepingWeights snapshots (plan: ProbePlan) = plan.WithSnapshots snapshots

    /// The averaged iterate is measured; the optimizer must average.
    let ofAverage (plan: ProbePlan) = plan.WithAveraged true

/// Rules of one's own.
module StepRule =
    /// A rule that is a function: it changes the direction of the step, which is the gradient at first. What it remembers from step to step
    /// it keeps in vectors with these names, zeros at first. The name stands for the function: another function needs another name.
    let ofFunction name (keeps: string seq) (change: StepState -> unit) : StepRule = CustomRule(name, Items.From keeps, change)

/// How steps are made, and how many.
module Optimizer =
    /// Stochastic gradient descent: one sample a step, drawn with replacement from seed 1.
    let sgd (steps: int64) = OptimizerSpec.Sgd steps

    /// Gradient descent on all samples.
    let gradientDescent (steps: int64) = OptimizerSpec.GradientDescent steps

    /// The flow of the gradient of all samples, in a number of steps whose sizes are times.
    let gradientFlow (steps: int64) = OptimizerSpec.GradientFlow steps

    let private withRule (change: UpdateRule -> UpdateRule) (optimizer: OptimizerSpec) = optimizer.WithRule(change optimizer.Rule)

    let private withSgd (change: LargeSteps.Optimizers.Sgd -> LargeSteps.Optimizers.Sgd) (optimizer: OptimizerSpec) =
        match optimizer with
        | Sgd sgd -> change sgd: OptimizerSpec
        | GradientDescent _ -> invalidArg (nameof optimizer) "gradient descent takes all samples: there are no batches to draw"

    /// So many samples a step. An ArgumentException of gradient descent.
    let batch size = withSgd (fun sgd -> sgd.WithBatchSize size)

    /// Samples drawn in another way. An ArgumentException of gradient descent.
    let sampling how = withSgd (fun sgd -> sgd.WithSampling how)

    /// Gradients of deep networks are summed over chunks of so many images.
    let microbatch (images: int) (optimizer: OptimizerSpec) = optimizer.WithMicrobatch images

    /// Another length of the run.
    let length duration (optimizer: OptimizerSpec) = optimizer.WithLength duration

    /// Another seed of the sampling and the label noise.
    let seed number (optimizer: OptimizerSpec) = optimizer.WithSeed number

    /// Momentum μ in [0, 1), Polyak's.
    let momentum mu = withRule (fun rule -> rule.WithMomentum mu)

    /// Momentum μ in [0, 1), Nesterov's.
    let nesterov mu = withRule (fun rule -> rule.WithMomentum(mu, true))

    /// L2 weight decay λ ≥ 0.
    let weightDecay lambda = withRule (fun rule -> rule.WithWeightDecay lambda)

    /// A balancing penalty b in [0, 1), of diagonal networks.
    let balancing b = withRule (fun rule -> rule.WithBalancing b)

    /// Gradients divided by their norm.
    let normalised (optimizer: OptimizerSpec) = withRule (fun rule -> rule.WithNormalized true) optimizer

    /// The averaged iterate ū ← aū + (1 − a)u is kept, a in [0, 1); Probe.ofAverage measures it.
    let averaging (a: float) = withRule (fun rule -> rule.WithAveraging a)

    /// A factor of the step size for each layer of a ReLU network, the output layer last, or for u and v of a diagonal network.
    let layerRates (factors: float seq) = withRule (fun rule -> rule.WithLayerRates(Array.ofSeq factors))

    /// Gradient descent before the run; its steps count as no iterations.
    let warmStart settings = withRule (fun rule -> rule.WithWarmStart settings)

    /// The flow of the gradient in place of steps, with the longest part of it that is made at once. It goes with no other rule.
    let flow settings = withRule (fun rule -> rule.WithFlow settings)

    /// Steps of Adam or AdamW.
    let adam settings = withRule (fun rule -> rule.WithAdam settings)

    /// The gradient at a perturbed point (SAM).
    let sharpnessAware settings = withRule (fun rule -> rule.WithSharpness settings)

    /// Noise on the labels of each step.
    let labelNoise noise = withRule (fun rule -> rule.WithLabelNoise noise)

    /// One more rule of one's own, after those that there are.
    let rule (own: StepRule) = withRule (fun rule -> rule.WithOwn [| yield! rule.Own; own |])
