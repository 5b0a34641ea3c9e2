using ScottPlot;

namespace LargeSteps.Experiments.Charts;

/// <summary>The colours and dashes of the curves, and those of everything else.</summary>
internal static class Palette
{
    // Okabe and Ito's colours, which the colour-blind can tell apart, without their yellow, which is too light for lines on white.
    private static readonly Color[] Colours =
    [
        new("#0072B2"), new("#D55E00"), new("#009E73"), new("#CC79A7"), new("#E69F00"), new("#56B4E9"), new("#000000"),
    ];

    private static readonly LinePattern[] Patterns =
    [
        LinePattern.Solid,
        new([6, 3], 0, "dashed"),
        new([1.5f, 2.5f], 0, "dotted"),
        new([8, 2.5f, 1.5f, 2.5f], 0, "dash-dotted"),
    ];

    public static Color Text { get; } = new("#262626");

    public static Color Frame { get; } = new("#595959");

    public static Color Grid { get; } = new("#E8E8E8");

    public static LinePattern Decay { get; } = new([4, 3], 0, "decay");

    /// <summary>The dashes of a line that curves are held against.</summary>
    public static LinePattern Reference { get; } = new([5, 3], 0, "reference");

    /// <summary>A cell without value: no colour of the map, also in print.</summary>
    public static Color Missing { get; } = new("#E6E6E6");

    public static Color MissingStroke { get; } = new("#B0B0B0");

    private static readonly ScottPlot.Colormaps.Viridis Viridis = new();

    /// <summary>The colour of a fraction of a scale: from dark to light, also for the colour-blind and in grey.</summary>
    public static Color Map(double fraction) => Viridis.GetColor(Math.Clamp(fraction, 0, 1));

    /// <summary>The colour of a fraction of a scale from fast to slow, blue of what converges and red of what does not.</summary>
    public static Color OfKind(bool converged, double fraction)
    {
        var (fast, slow) = converged ? (new Color("#08204A"), new Color("#CFE6F7")) : (new Color("#5A0A06"), new Color("#FBDCC4"));
        return fast.MixedWith(slow, Math.Clamp(fraction, 0, 1));
    }

    /// <summary>The grey of a fraction of a scale that lies below coloured lines.</summary>
    public static Color Surface(double fraction) => Color.Gray((byte)Math.Round(0x90 + (0xF8 - 0x90) * Math.Clamp(fraction, 0, 1)));

    /// <summary>The colour of text on another: dark on what the eye sees as light.</summary>
    public static Color On(Color colour) => 0.299 * colour.R + 0.587 * colour.G + 0.114 * colour.B > 130 ? Text : Colors.White;

    /// <summary>The colour of a curve.</summary>
    public static Color Colour(int index) => Colours[index % Colours.Length];

    /// <summary>The index of a curve's colour, whatever its opacity; −1 for another colour.</summary>
    public static int IndexOf(Color colour) => Array.FindIndex(Colours, each => each.WithAlpha(1d) == colour.WithAlpha(1d));

    /// <summary>The dashes of a curve: another pattern each time the colours start again.</summary>
    public static LinePattern Pattern(int index) => Patterns[index / Colours.Length % Patterns.Length];
}
