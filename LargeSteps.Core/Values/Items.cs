using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace LargeSteps.Values;

/// <summary>An immutable list with value equality: two lists are equal when their elements are, in order.</summary>
/// <typeparam name="T">The type of the elements.</typeparam>
[CollectionBuilder(typeof(Items), nameof(Items.Of))]
public sealed class Items<T> : IReadOnlyList<T>, IEquatable<Items<T>>
{
    private readonly T[] _elements;

    internal Items(T[] elements) => _elements = elements;

    /// <summary>The list without elements.</summary>
    public static Items<T> Empty { get; } = new([]);

    /// <summary>The number of elements.</summary>
    public int Count => _elements.Length;

    /// <summary>The element at <paramref name="index"/>, counted from 0.</summary>
    public T this[int index] => _elements[index];

    /// <summary>The elements as a span, without a copy.</summary>
    public ReadOnlySpan<T> AsSpan() => _elements;

    /// <summary>The list of the images of the elements.</summary>
    public Items<TResult> Map<TResult>(Func<T, TResult> image) => new(Array.ConvertAll(_elements, x => image(x)));

    /// <summary>The list with one more element at its end.</summary>
    public Items<T> Add(T element) => new([.. _elements, element]);

    /// <inheritdoc/>
    public bool Equals(Items<T>? other) =>
        other is not null && (ReferenceEquals(this, other)
            || _elements.AsSpan().SequenceEqual(other._elements, EqualityComparer<T>.Default));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Items<T>);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var element in _elements) hash.Add(element);
        return hash.ToHashCode();
    }

    /// <summary>The elements, in invariant culture; of more than 50 the first 20, and how many follow.</summary>
    public override string ToString()
    {
        const int all = 50, first = 20;
        var shown = _elements.Take(Count > all ? first : Count)
            .Select(element => element is IFormattable number ? number.ToString(null, CultureInfo.InvariantCulture) : element?.ToString());
        var text = string.Join(", ", shown);
        return Count > all ? FormattableString.Invariant($"[{text}, … {Count - first} more]") : $"[{text}]";
    }

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)_elements).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _elements.GetEnumerator();
}

/// <summary>Factories of <see cref="Items{T}"/>.</summary>
public static class Items
{
    /// <summary>A list of the given elements.</summary>
    public static Items<T> Of<T>(ReadOnlySpan<T> elements) => elements.IsEmpty ? Items<T>.Empty : new(elements.ToArray());

    /// <summary>A list of the elements of a sequence.</summary>
    public static Items<T> From<T>(IEnumerable<T> elements) => Of<T>([.. elements]);
}
