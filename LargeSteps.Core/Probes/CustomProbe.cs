namespace LargeSteps.Probes;

/// <summary>
/// A number that a function finds in what is measured; it has no YAML form. Its name stands for it: two with the same name are equal,
/// whatever they compute, and so are the pipelines that differ in nothing else, whose results are then shared and kept as one.
/// </summary>
/// <param name="Name">The name of its column, which stands for the function: another function needs another name.</param>
/// <param name="Function">The function; NaN is a value like others. Called from several threads, for one run at a time from one.</param>
public sealed record CustomProbe(string Name, Func<RunView, double> Function) : Probe
{
    /// <inheritdoc/>
    public override string Key => Name;

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run) => new((view, row) => row[0] = Function(view));

    /// <inheritdoc/>
    public bool Equals(CustomProbe? other) => other is not null && Name == other.Name;

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Name);
}
