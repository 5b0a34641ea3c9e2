using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>Which measurements of a run keep the weights that were measured.</summary>
public abstract record SnapshotSpec
{
    private protected SnapshotSpec() { }

    private protected abstract void Close();

    /// <summary>Every measurement.</summary>
    public static SnapshotSpec All { get; } = new AllSnapshots();

    /// <summary>The first and the last.</summary>
    public static SnapshotSpec Ends { get; } = new EndSnapshots();

    /// <summary>Those of the given numbers, counted from 0.</summary>
    public static SnapshotSpec Measurements(params int[] numbers) => new ChosenSnapshots(Items.From(numbers));

    /// <summary>Whether a measurement of a run keeps its weights.</summary>
    /// <param name="number">The number of the measurement, counted from 0.</param>
    /// <param name="count">The number of measurements of the whole run.</param>
    internal bool Keeps(int number, int count) => Match(
        all => true, ends => number == 0 || number == count - 1, chosen => chosen.Numbers.AsSpan().Contains(number));

    /// <summary>Whether every measurement keeps its weights.</summary>
    internal bool KeepsAll => Match(all => true, ends => false, chosen => false);

    /// <summary>The measurements that are named by their numbers; null where none is.</summary>
    internal Items<int>? Numbered => Match(all => null, ends => null, chosen => (Items<int>?)chosen.Numbers);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<AllSnapshots, TResult> all, Func<EndSnapshots, TResult> ends,
        Func<ChosenSnapshots, TResult> chosen) => this switch
        {
            AllSnapshots s => all(s),
            EndSnapshots s => ends(s),
            ChosenSnapshots s => chosen(s),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}

/// <summary>Every measurement keeps its weights.</summary>
public sealed record AllSnapshots : SnapshotSpec { private protected override void Close() { } }

/// <summary>The first and the last measurement do; of a run that ends early the first.</summary>
public sealed record EndSnapshots : SnapshotSpec { private protected override void Close() { } }

/// <summary>Measurements of given numbers do.</summary>
/// <param name="Numbers">Their numbers among the measurements of the run, counted from 0: 99 is the hundredth measurement, whatever its
/// iteration.</param>
public sealed record ChosenSnapshots(Items<int> Numbers) : SnapshotSpec { private protected override void Close() { } }
