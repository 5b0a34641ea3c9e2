namespace LargeSteps.Values;

/// <summary>A value, or all the reasons why there is none. Expected failures are outcomes; bugs throw.</summary>
/// <typeparam name="T">The type of the value.</typeparam>
public abstract record Outcome<T>
{
    private Outcome() { }

    private protected abstract void Close();

    /// <summary>It worked.</summary>
    public sealed record Success(T Value) : Outcome<T> { private protected override void Close() { } }

    /// <summary>It did not, for at least one reason.</summary>
    public sealed record Failure(Items<Diagnostic> Diagnostics) : Outcome<T> { private protected override void Close() { } }

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<T, TResult> success, Func<Items<Diagnostic>, TResult> failure) => this switch
    {
        Success s => success(s.Value),
        Failure f => failure(f.Diagnostics),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>The value in words, or the diagnostics, each on a line.</summary>
    public sealed override string ToString() => Match(value => $"success: {value}",
        diagnostics => $"failure:{string.Concat(diagnostics.Select(each => $"{Environment.NewLine}{each}"))}");

    /// <summary>The image of the value, or the same failure.</summary>
    public Outcome<TResult> Map<TResult>(Func<T, TResult> image) =>
        Match(value => Outcome.Success(image(value)), diagnostics => new Outcome<TResult>.Failure(diagnostics));

    /// <summary>What the function makes of the value, or the same failure.</summary>
    public Outcome<TResult> Bind<TResult>(Func<T, Outcome<TResult>> next) =>
        Match(next, diagnostics => new Outcome<TResult>.Failure(diagnostics));

    /// <summary>The value.</summary>
    /// <exception cref="InvalidOperationException">There is none; the message lists the diagnostics.</exception>
    public T OrThrow() =>
        Match(value => value, diagnostics => throw new InvalidOperationException(string.Join(Environment.NewLine, diagnostics)));
}

/// <summary>Factories of <see cref="Outcome{T}"/>.</summary>
public static class Outcome
{
    /// <summary>It worked.</summary>
    public static Outcome<T> Success<T>(T value) => new Outcome<T>.Success(value);

    /// <summary>It did not.</summary>
    public static Outcome<T> Failure<T>(params Diagnostic[] diagnostics) => new Outcome<T>.Failure(Items.From(diagnostics));

    /// <summary>The value; null: there is none.</summary>
    internal static T? OrNull<T>(this Outcome<T> outcome) where T : class => outcome.Match<T?>(value => value, _ => null);
}
