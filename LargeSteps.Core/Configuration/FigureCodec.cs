using LargeSteps.Figures;
using LargeSteps.Forms;

namespace LargeSteps.Configuration;

/// <summary>How figures stand in YAML.</summary>
internal static class FigureCodec
{
    public static Codec<FigureSpec> Codec { get; } = new UnionCodec<FigureSpec>("figure", figure => figure.Form.Write(figure),
        [.. KnownFigures.Forms])
    {
        Default = KnownFigures.Default,
        Hint = word => Hints.OfKind("figure", word),
    };
}
