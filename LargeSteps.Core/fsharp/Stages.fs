namespace LargeSteps.FSharp

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

    /// Growth from the rate up to a moment.
    let warmUp rate growth until = Schedule.WarmUp(rate, growth, until)

    /// From 0 to the rate and back.
    let cyclic rate = Schedule.Cyclic rate

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

    /// Probes at a cadence.
    let plan cadence (probes: Probe seq) = ProbePlan.Of(cadence, Array.ofSeq probes)

    /// One probe more.
    let add (probe: Probe) (plan: ProbePlan) = ProbePlan(plan.At, plan.Measure.Add probe, plan.Averaged, plan.Valley, plan.Snapshots)

    /// Some measurements keep the weights.
    let keepingWeights snapshots (plan: ProbePlan) = plan.WithSnapshots snapshots

    /// The averaged iterate is measured; the optimizer must average.
    let ofAverage (plan: ProbePlan) = plan.WithAveraged true

/// Rules of one's own.
module UpdateRule =
    /// A rule that is a function: it changes the direction of the step, which is the gradient at first. What it remembers from step to step
    /// it keeps in vectors with these names, zeros at first. The name stands for the function: another function needs another name.
    let ofFunction name (keeps: string seq) (change: StepState -> unit) : StepRule = CustomRule(name, Items.From keeps, change)

/// How steps are made, and how many.
module Optimizer =
    /// Stochastic gradient descent: one sample a step, drawn with replacement from seed 1.
    let sgd (steps: int64) = OptimizerSpec.Sgd steps

    /// Gradient descent on all samples.
    let gradientDescent (steps: int64) = OptimizerSpec.GradientDescent steps

    let private withRule (change: UpdateRule -> UpdateRule) (optimizer: OptimizerSpec) = optimizer.WithRule(change optimizer.Rule)

    let private withSgd change (optimizer: OptimizerSpec) =
        match optimizer with
        | Sgd sgd -> (change sgd: OptimizerSpec).WithMicrobatch optimizer.Microbatch
        | GradientDescent _ -> invalidArg (nameof optimizer) "gradient descent takes all samples: there are no batches to draw"

    /// So many samples a step. An ArgumentException of gradient descent.
    let batch size = withSgd (fun sgd -> LargeSteps.Optimizers.Sgd(size, sgd.Length, sgd.Seed, sgd.Sampling, sgd.Rule))

    /// Samples drawn in another way. An ArgumentException of gradient descent.
    let sampling how = withSgd (fun sgd -> LargeSteps.Optimizers.Sgd(sgd.BatchSize, sgd.Length, sgd.Seed, how, sgd.Rule))

    /// Another length of the run.
    let length duration (optimizer: OptimizerSpec) = optimizer.WithLength duration

    /// Another seed of the sampling and the label noise.
    let seed number (optimizer: OptimizerSpec) = optimizer.WithSeed number

    /// Momentum μ in [0, 1), Polyak's.
    let momentum mu = withRule (fun rule -> rule.WithMomentum mu)

    /// L2 weight decay λ ≥ 0.
    let weightDecay lambda = withRule (fun rule -> rule.WithWeightDecay lambda)

    /// Steps of Adam or AdamW.
    let adam settings = withRule (fun rule -> rule.WithAdam settings)

    /// The gradient at a perturbed point (SAM).
    let sharpnessAware settings = withRule (fun rule -> rule.WithSharpness settings)

    /// Noise on the labels of each step.
    let labelNoise noise = withRule (fun rule -> rule.WithLabelNoise noise)

    /// One more rule of one's own, after those that there are.
    let rule (own: StepRule) = withRule (fun rule -> rule.WithOwn [| yield! rule.Own; own |])
