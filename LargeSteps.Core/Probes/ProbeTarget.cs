using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Schedules;

namespace LargeSteps.Probes;

/// <summary>The run that probes measure, as it is described: what they can know of it before it begins.</summary>
/// <param name="Dataset">What is learned.</param>
/// <param name="Model">What learns it.</param>
/// <param name="Schedule">The step size over training progress.</param>
/// <param name="Optimizer">How steps are made.</param>
/// <param name="Horizon">How many, and how many to an epoch.</param>
public sealed record ProbeTarget(DatasetSpec Dataset, ModelSpec Model, Schedule Schedule, OptimizerSpec Optimizer, Horizon Horizon);
