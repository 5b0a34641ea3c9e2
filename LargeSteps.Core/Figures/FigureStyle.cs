using System.Globalization;

namespace LargeSteps.Figures;

/// <summary>A figure that is a picture: panels with axes, and a legend.</summary>
public abstract record ChartFigure(string File) : FigureSpec(File)
{
    // Smaller, and the axes have no room beside their labels.
    private const int LeastWidth = 130, LeastHeight = 120, LegendWidth = 120, LegendHeight = 31;

    /// <summary>How it looks.</summary>
    public FigureStyle Style { get; init; } = FigureStyle.Default;

    /// <summary>How many panels it has, as far as that is known without results.</summary>
    internal abstract int PanelCount(FigureRuns runs);

    /// <summary>That a picture is too small for so many panels; null: it is not.</summary>
    internal string? SizeProblem(int panels)
    {
        if (Style.Size is not { } size) return null;
        var columns = Style.ColumnsOf(panels);
        var rows = Math.Max(1, (panels + columns - 1) / columns);
        var isAbove = Style.Legend is LegendPlace.Bottom or LegendPlace.Top;
        var width = (int)Math.Ceiling(Style.Scale * (columns * LeastWidth + (Style.Legend == LegendPlace.Right ? LegendWidth : 0)));
        var height = (int)Math.Ceiling(Style.Scale * (rows * LeastHeight + (isAbove ? LegendHeight : 0)));
        return size.Width >= width && size.Height >= height ? null : string.Create(CultureInfo.InvariantCulture,
            $"{panels} {(panels == 1 ? "panel" : "panels")}, {columns} side by side, at this size of text need a size of at least " +
            $"{width} × {height}");
    }
}

/// <summary>How a figure looks, whatever it shows. A unit of length is a point (1/72 inch) of the PDF, a pixel of the SVG, and two pixels
/// of the PNG.</summary>
public sealed record FigureStyle
{
    /// <summary>The most units of a side.</summary>
    internal const int MostSide = 5000;

    /// <summary>The usual size of the numbers on the axes, in units.</summary>
    internal const double UsualFontSize = 11;

    /// <summary>No title, the usual sizes, and the legend below.</summary>
    public static FigureStyle Default { get; } = new();

    /// <summary>The heading above all panels; null: none.</summary>
    public string? Title { get; init; }

    /// <summary>What the horizontal axes are called; null: what they show.</summary>
    public string? XLabel { get; init; }

    /// <summary>What the vertical axes are called; null: what they show, and nothing where the heading of the panel says it.</summary>
    public string? YLabel { get; init; }

    /// <summary>The size of the whole picture; null: a usual one for each panel.</summary>
    public FigureSize? Size { get; init; }

    /// <summary>The size of the numbers on the axes, in units; all other text, lines and marks grow with it. Null:
    /// 11.</summary>
    public double? FontSize { get; init; }

    /// <summary>How many panels stand side by side; null: up to four, in rows of about one length.</summary>
    public int? Columns { get; init; }

    /// <summary>Where the legend is.</summary>
    public LegendPlace Legend { get; init; }

    /// <summary>How much larger than usual text is.</summary>
    internal double Scale => (FontSize ?? UsualFontSize) / UsualFontSize;

    /// <summary>How many of so many panels stand side by side.</summary>
    internal int ColumnsOf(int panels, int most = 4)
    {
        if (Columns is { } wished) return Math.Clamp(panels, 1, wished);
        var rows = Math.Max(1, (panels + most - 1) / most);
        // Three and two rather than four and one.
        return Math.Max(1, (panels + rows - 1) / rows);
    }
}

/// <summary>The size of a picture, in units of length.</summary>
/// <param name="Width">Its width.</param>
/// <param name="Height">Its height.</param>
public sealed record FigureSize(int Width, int Height);

/// <summary>Where the legend of a figure is.</summary>
public enum LegendPlace
{
    /// <summary>Below the panels.</summary>
    Bottom,

    /// <summary>Above the panels.</summary>
    Top,

    /// <summary>Right of the panels, an entry in each row.</summary>
    Right,

    /// <summary>Nowhere.</summary>
    None,
}

/// <summary>What of a metric's axis is shown.</summary>
/// <param name="Metric">The metric.</param>
/// <param name="From">The lower end, in the metric's unit; null: what its values ask for.</param>
/// <param name="To">The upper end.</param>
public sealed record PanelLimits(string Metric, double? From, double? To);

/// <summary>What the panel of a metric is called.</summary>
/// <param name="Metric">The metric.</param>
/// <param name="Text">The heading of its panel.</param>
public sealed record PanelLabel(string Metric, string Text);
