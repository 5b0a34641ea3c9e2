using System.Collections.Concurrent;
using LargeSteps.Pipelines;
using LargeSteps.Values;

namespace LargeSteps.Running;

/// <summary>A unit with its result.</summary>
/// <param name="Unit">The unit.</param>
/// <param name="Result">Its result. Of experiments whose results do not fit into memory together it is read from its file each
/// time.</param>
public sealed record UnitResult(RunUnit Unit, RunResult Result)
{
    private readonly RunResult _held = Result;

    /// <summary>Its result. Of experiments whose results do not fit into memory together it is read from its file each time.</summary>
    /// <exception cref="IOException">The file is not there any more, or damaged.</exception>
    public RunResult Result
    {
        get => Store is null ? _held : Read(weights: true);
        init => (_held, Store) = (value, null);
    }

    /// <summary>The name under which the result is kept, a hash of all that it depends on; null where it is kept nowhere.</summary>
    public string? Name { get; init; }

    /// <summary>The end of the result, which is always in memory: all but the measurements before the last, and the weights that were
    /// kept.</summary>
    internal RunResult AtEnd => _held;

    /// <summary>How many measurements the whole has.</summary>
    internal int Rows { get; init; } = Result.Measurements.Count;

    /// <summary>Where the result is read; null: it is in memory.</summary>
    internal UnitStore? Store { get; init; }

    /// <inheritdoc/>
    // Where a result is says nothing of it.
    public bool Equals(UnitResult? other) => other is not null && (ReferenceEquals(this, other)
        || (Unit.Equals(other.Unit) && Name == other.Name && Result.Equals(other.Result)));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Unit, Name);

    /// <inheritdoc/>
    public override string ToString() => $"{Unit}: {AtEnd.End.Word}";

    /// <summary>The measurements of some, those that are not in memory read at once, without the weights that they kept.</summary>
    internal static RunResult[] Whole(IReadOnlyCollection<UnitResult> some) => some.Any(r => r.Store is not null)
        ? [.. some.AsParallel().AsOrdered().Select(r => r.Store is null ? r._held : r.Read(weights: false))]
        : [.. some.Select(r => r._held)];

    private RunResult Read(bool weights) => Store!.Find(Name!, weights)
        ?? throw new IOException($"The result of '{Unit.Label}', seed {Unit.Seed}, is not whole any more: {Name}");
}

/// <summary>Holds results of units in memory, as long as all together are small; of the others their end, and where the rest is. It may be
/// asked from several threads.</summary>
/// <param name="most">The bytes that all together may have.</param>
internal sealed class ResultMemory(long most = ResultMemory.Most)
{
    /// <summary>The bytes that all results together have where nobody says it.</summary>
    public const long Most = 128L << 20;

    // What a measurement and a list take besides their numbers.
    private const int BytesOfRow = 128;

    private readonly ConcurrentDictionary<Items<string>, Items<string>> _metrics = new();
    private long _bytes;

    /// <summary>A unit with its result.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="result">Its result.</param>
    /// <param name="name">Under which it is kept; null: nowhere.</param>
    /// <param name="store">Where it is kept.</param>
    public UnitResult Of(RunUnit unit, RunResult result, string? name, UnitStore? store)
    {
        // The names of thousands are the same.
        result = result with { Metrics = _metrics.GetOrAdd(result.Metrics, result.Metrics) };
        var bytes = result.Measurements.Count * (BytesOfRow + sizeof(double) * (long)result.Metrics.Count)
            + result.Snapshots.Sum(snapshot => BytesOfRow + sizeof(double) * (long)snapshot.Weights.Count);
        if (name is null || store is null || Interlocked.Add(ref _bytes, bytes) <= most) return new(unit, result) { Name = name };
        return new(unit, result with
        {
            Measurements = result.Measurements is [.., var last] ? [last] : [],
            Snapshots = [],
        })
        { Name = name, Store = store, Rows = result.Measurements.Count };
    }

    /// <summary>The results of units that a store has under their names, in their order; null where one is not there or not
    /// whole.</summary>
    public UnitResult?[] Read(Items<RunUnit> units, Items<string> names, UnitStore store)
    {
        var results = new UnitResult?[units.Count];
        Parallel.For(0, units.Count, i =>
            results[i] = store.Find(names[i]) is { } result ? Of(units[i], result, names[i], store) : null);
        return results;
    }
}
