using LargeSteps.Forms;
using LargeSteps.Optimizers;

namespace LargeSteps.Configuration;

/// <summary>How engines stand in YAML: as a word.</summary>
internal static class EngineCodec
{
    private static readonly Form<ClosedFormEngine> ClosedForm = new("closed_form", "Hand-derived gradients in plain C#, on the CPU.",
        _ => _ => new());
    private static readonly Form<AutogradEngine> Autograd = new("autograd", "TorchSharp's autograd, on any device.",
        _ => _ => new());

    public static Codec<Engine> Codec { get; } = new NamedUnionCodec<Engine>("engine", e => e.Match(ClosedForm.Write, Autograd.Write),
        ClosedForm, Autograd);
}
