using System.Numerics;
using LargeSteps.Models.Dense;

namespace LargeSteps.Optimizers;

/// <summary>An engine of fully connected networks.</summary>
internal interface IDenseEngine<T> : IEngine<DenseWeights<T>> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>What its steps do; <see cref="IEngine{TIterate}.Step"/> takes the label noise from here.</summary>
    DenseRule Rule { get; }

    /// <summary>Makes one step with another standard deviation of the label noise.</summary>
    /// <returns>The loss of the batch before the step, on the labels with their noise.</returns>
    double Step(double rate, double noise);
}
