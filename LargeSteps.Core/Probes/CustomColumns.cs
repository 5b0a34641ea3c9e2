using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>
/// Several numbers that a function finds in what is measured; it has no YAML form. Its name and its columns stand for it, as the name of a
/// <see cref="CustomProbe"/> does.
/// </summary>
/// <param name="Name">The name, which stands for the function: another function needs another name.</param>
/// <param name="Names">The names of its columns.</param>
/// <param name="Function">A number for each column, in order; NaN is a value like others. Called from several threads, for one run at a
/// time from one.</param>
/// <exception cref="RunException">The function gives more numbers, or fewer; the run fails.</exception>
public sealed record CustomColumns(string Name, Items<string> Names, Func<RunView, IReadOnlyList<double>> Function) : Probe
{
    /// <inheritdoc/>
    public override string Key => Name;

    /// <inheritdoc/>
    protected override Items<string> Columns(ProbeTarget run) => Names;

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run) => new((view, row) =>
    {
        var numbers = Function(view);
        if (numbers.Count != Names.Count)
        {
            throw new RunException($"its function gives {Words.Count(numbers.Count, "number")} for " +
                $"{Words.Count(Names.Count, "column")}");
        }
        for (var i = 0; i < row.Length; i++) row[i] = numbers[i];
    });

    /// <inheritdoc/>
    public bool Equals(CustomColumns? other) => other is not null && Name == other.Name && Names.Equals(other.Names);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Names);
}
