using LargeSteps.Values;

namespace LargeSteps.Optimizers;

/// <summary>
/// A rule that is a function; it has no YAML form. Its name stands for it: two with the same name that keep the same vectors are equal,
/// whatever they compute, and so are the pipelines that differ in nothing else, whose results are then shared and kept as one.
/// </summary>
/// <param name="Name">The name, which stands for the function: another function needs another name.</param>
/// <param name="Keeps">The names of the vectors that it keeps from step to step, zeros at first, see <see cref="StepState.Kept"/>; no two
/// rules of a chain keep one of the same name.</param>
/// <param name="Function">Changes <see cref="StepState.Direction"/>, which is the gradient at first, and then what the rules before this
/// one made of it. Called from several threads, for one run at a time from one: what it remembers is in the vectors that it keeps.</param>
public sealed record CustomRule(string Name, Items<string> Keeps, Action<StepState> Function) : StepRule
{
    /// <inheritdoc/>
    public override string Key => Name;

    /// <inheritdoc/>
    public override Items<string> State => Keeps;

    /// <inheritdoc/>
    public override void Direct(StepState step) => Function(step);

    /// <inheritdoc/>
    public bool Equals(CustomRule? other) => other is not null && Name == other.Name && Keeps.Equals(other.Keeps);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Keeps);
}
