using System.Numerics;
using LargeSteps.Models.Dense;

namespace LargeSteps.Optimizers;

/// <summary>An engine of fully connected networks.</summary>
internal interface IDenseEngine<T> : IEngine<DenseWeights<T>> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>What its steps do.</summary>
    DenseRule Rule { get; }
}
