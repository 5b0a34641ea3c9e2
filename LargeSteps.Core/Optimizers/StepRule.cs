using LargeSteps.Values;

namespace LargeSteps.Optimizers;

/// <summary>
/// A link of the chain that makes a step of a gradient: in one file what it keeps, and what it does to the direction or beside it. It works
/// on the flat vector of any model. Users' own rules are derived from this like those of the library, see <see cref="UpdateRule.Own"/>.
/// </summary>
public abstract record StepRule
{
    /// <summary>What it is called, before the names of what it keeps.</summary>
    public abstract string Key { get; }

    /// <summary>The names of the vectors that it keeps from step to step, zeros at first; a checkpoint has them under these
    /// names.</summary>
    public virtual Items<string> State => [];

    /// <summary>Is asked once, at the initial weights.</summary>
    public virtual void Begin(StepState step) { }

    /// <summary>Changes the direction of the step: the gradient at first, and then what the rules before this one made of it.</summary>
    public virtual void Direct(StepState step) { }

    /// <summary>Adds to what is added to the weights beside the step, whatever the direction; the weights are those before the
    /// step.</summary>
    public virtual void Beside(StepState step) { }

    /// <summary>Looks at the weights after the step.</summary>
    public virtual void After(StepState step) { }
}

/// <summary>A step as its rules see it.</summary>
public sealed class StepState
{
    private readonly Dictionary<string, ParameterVector> _kept;

    internal StepState(ParameterVector weights, Dictionary<string, ParameterVector> kept) =>
        (Weights, Direction, Push, _kept) = (weights, weights.Zeros(), weights.Zeros(), kept);

    /// <summary>The weights, which the step changes.</summary>
    public ParameterVector Weights { get; }

    /// <summary>What is added to the weights beside the step: w ← w − η·direction + push.</summary>
    public ParameterVector Push { get; }

    /// <summary>What the step goes along.</summary>
    public ParameterVector Direction { get; }

    /// <summary>η, the step size.</summary>
    public double Rate { get; internal set; }

    /// <summary>The number of the step, from 1 on.</summary>
    public long Number { get; internal set; }

    /// <summary>A vector that a rule keeps.</summary>
    /// <exception cref="InvalidOperationException">No rule of the run says this name in its <see cref="StepRule.State"/>.</exception>
    public ParameterVector Kept(string name) => _kept.TryGetValue(name, out var kept) ? kept
        : throw new InvalidOperationException($"No rule keeps a vector '{name}' in its State{Nearest.Suggestion(name, _kept.Keys)}");
}
