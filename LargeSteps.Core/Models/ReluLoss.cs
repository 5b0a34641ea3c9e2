namespace LargeSteps.Models;

/// <summary>The loss of a fully connected network, a mean over samples.</summary>
internal enum ReluLoss
{
    /// <summary>(h − y)², without ½.</summary>
    Squared,

    /// <summary>log(1 + exp(−y h)) for labels ±1.</summary>
    Logistic,
}
