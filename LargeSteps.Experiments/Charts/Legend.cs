using LargeSteps.Pipelines;
using ScottPlot;
using SkiaSharp;

namespace LargeSteps.Experiments.Charts;

/// <summary>The one legend of a chart: rows of entries, centred.</summary>
internal sealed class Legend
{
    private const float Sample = 26, Gap = 7, Between = 24, RowHeight = 21, TextSize = 12;

    private readonly List<List<Entry>> _rows = [[]];

    /// <summary>Lays out the legend of the curves of all panels.</summary>
    public Legend(Items<Panel> panels, float width, Paint paint)
    {
        foreach (var curve in panels.SelectMany(panel => panel.Curves).DistinctBy(curve => curve.Label))
        {
            var entry = Entry.Of(curve, width, paint);
            if (_rows[^1].Count > 0 && Width(_rows[^1]) + Between + entry.Width > width) _rows.Add([]);
            _rows[^1].Add(entry);
        }
    }

    /// <summary>The height of all rows.</summary>
    public float Height => _rows[0].Count == 0 ? 0 : _rows.Count * RowHeight;

    /// <summary>Draws the rows below one another, from <paramref name="top"/> on.</summary>
    public void Draw(SKCanvas canvas, float centre, float top, Paint paint)
    {
        var y = top + RowHeight / 2;
        foreach (var row in _rows)
        {
            var x = centre - Width(row) / 2;
            foreach (var entry in row)
            {
                entry.Draw(canvas, x, y, paint);
                x += entry.Width + Between;
            }
            y += RowHeight;
        }
    }

    private static float Width(List<Entry> row) => row.Sum(entry => entry.Width) + (row.Count - 1) * Between;

    private sealed record Entry(LabelStyle Label, float Width, int Colour, bool Band)
    {
        public static Entry Of(Curve curve, float room, Paint paint)
        {
            var label = ChartFont.Label(TextSize, Alignment.MiddleLeft);
            var end = curve.Survival is { } survival ? $" ({survival})" : "";
            label.Text = curve.Label + end;
            label.OffsetY = 1.5f;
            for (var length = curve.Label.Length; length > 0 && Wide() > room; length--)
                label.Text = curve.Label[..length].TrimEnd() + "…" + end;
            return new(label, Wide(), curve.Colour, curve.Band is not null);

            float Wide() => Sample + Gap + label.Measure(paint).Width;
        }

        public void Draw(SKCanvas canvas, float x, float y, Paint paint)
        {
            if (Band)
                Drawing.FillRectangle(canvas, new PixelRect(x, x + Sample, y + 5, y - 5), paint, new FillStyle { Color = Palette.Colour(Colour).WithOpacity(0.2) });
            Drawing.DrawLine(canvas, paint, new Pixel(x, y), new Pixel(x + Sample, y), Palette.Colour(Colour), 2, pattern: Palette.Pattern(Colour));
            Label.Render(canvas, new Pixel(x + Sample + Gap, y), paint);
        }
    }
}
