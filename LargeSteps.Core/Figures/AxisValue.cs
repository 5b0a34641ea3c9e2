using LargeSteps.Values;

namespace LargeSteps.Figures;

/// <summary>A value on an axis of a sweep: a number, or a word such as <c>resnet18</c> or <c>true</c>.</summary>
public abstract record AxisValue
{
    private protected AxisValue() { }

    private protected abstract void Close();

    /// <summary>A number.</summary>
    public static AxisValue Number(double value) => new NumberValue(value);

    /// <summary>A word.</summary>
    public static AxisValue Word(string word) => new WordValue(word);

    /// <summary>As it stands in tables: a number in as many digits as it takes to read it back.</summary>
    public string Text => Match(number => NumberText.Invariant(number.Value), word => word.Value);

    /// <summary>The number; null of a word.</summary>
    internal double? AsNumber => Match<double?>(number => number.Value, word => null);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<NumberValue, TResult> number, Func<WordValue, TResult> word) => this switch
    {
        NumberValue n => number(n),
        WordValue w => word(w),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>A number.</summary>
public sealed record NumberValue(double Value) : AxisValue { private protected override void Close() { } }

/// <summary>A word: the name of a kind, <c>true</c>, <c>false</c>.</summary>
public sealed record WordValue(string Value) : AxisValue { private protected override void Close() { } }
