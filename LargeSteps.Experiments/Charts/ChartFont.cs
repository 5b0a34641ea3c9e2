using ScottPlot;
using SkiaSharp;

namespace LargeSteps.Experiments.Charts;

/// <summary>The font of all charts: embedded, so that they are the same on a machine without fonts and on any other.</summary>
internal static class ChartFont
{
    /// <summary>What an SVG asks for: the font itself, then one of the same widths, then any.</summary>
    public const string Families = "DejaVu Sans, Verdana, sans-serif";

    private static readonly Lazy<SKTypeface> Embedded = new(() =>
    {
        using var file = typeof(ChartFont).Assembly.GetManifestResourceStream("DejaVuSans.ttf")!;
        using var data = SKData.Create(file);
        return SKTypeface.FromData(data);
    });

    /// <summary>The typeface.</summary>
    public static SKTypeface Typeface => Embedded.Value;

    /// <summary>Makes it ScottPlot's font: labels take it when they are made.</summary>
    public static void Use() => ScottPlot.Fonts.DefaultFontStyle = Typeface;

    /// <summary>A label of the given size.</summary>
    public static LabelStyle Label(float size, Alignment alignment) =>
        new() { Font = Typeface, FontSize = size, ForeColor = Palette.Text, Alignment = alignment };
}
