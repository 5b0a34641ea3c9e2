using LargeSteps.Models;

namespace LargeSteps.Optimizers;

/// <summary>What computes the gradients.</summary>
public abstract record Engine
{
    private protected Engine() { }

    private protected abstract void Close();

    /// <summary>Hand-derived gradients in plain C#, on the CPU.</summary>
    public static Engine ClosedForm { get; } = new ClosedFormEngine();

    /// <summary>TorchSharp's autograd, on any device.</summary>
    public static Engine Autograd { get; } = new AutogradEngine();

    /// <summary>The engine of a model where nothing is said: closed form, for deep networks and custom modules autograd.</summary>
    internal static Engine Of(ModelSpec model) => model.Match(diagonal => ClosedForm, relu => ClosedForm, deep => Autograd,
        custom => Autograd);

    /// <summary>Whether gradients are those that were derived by hand.</summary>
    internal bool IsClosedForm => Match(closedForm => true, autograd => false);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<ClosedFormEngine, TResult> closedForm, Func<AutogradEngine, TResult> autograd) => this switch
    {
        ClosedFormEngine c => closedForm(c),
        AutogradEngine a => autograd(a),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>Hand-derived gradients in plain C#, on the CPU.</summary>
public sealed record ClosedFormEngine : Engine { private protected override void Close() { } }

/// <summary>TorchSharp's autograd, on any device.</summary>
public sealed record AutogradEngine : Engine { private protected override void Close() { } }
