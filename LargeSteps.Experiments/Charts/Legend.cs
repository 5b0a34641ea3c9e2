using LargeSteps.Values;
using ScottPlot;
using SkiaSharp;

namespace LargeSteps.Experiments.Charts;

/// <summary>The one legend of a chart: rows of entries, centred.</summary>
internal sealed class Legend
{
    private const float Sample = 26, Gap = 7, Between = 24, RowHeight = 21, TextSize = 12;

    private readonly List<List<Entry>> _rows;

    /// <summary>Lays out the legend of all panels.</summary>
    /// <param name="panels">The panels.</param>
    /// <param name="width">How wide it can be.</param>
    /// <param name="column">Whether each entry has a row of its own.</param>
    /// <param name="paint">What measures text.</param>
    public Legend(Items<Panel> panels, float width, bool column, Paint paint)
    {
        var entries = panels.SelectMany(panel => panel.Match(
            curves => curves.Curves.Select(curve => Entry.Of(curve, curves.Unjoined, width, paint))
                .Concat(curves.References.Select(reference => Entry.OfReference(reference, width, paint))),
            map => Entry.Of(map, width, paint), image => Entry.OfKinds(width, paint),
            plane => plane.Shapes.Where(shape => shape.Label is not null).Select(shape => Entry.Of(shape, width, paint))));
        Entry[] named = [.. entries.DistinctBy(entry => entry.Name)];
        if (column)
        {
            _rows = [.. named.Select(entry => new List<Entry> { entry }).DefaultIfEmpty([])];
            return;
        }
        _rows = Rows(named, width);
        // Rows of one length rather than a full one and what is left over.
        for (var narrower = width - Between; narrower > 0 && Rows(named, narrower) is var rows
            && rows.Count == _rows.Count; narrower -= Between)
        {
            _rows = rows;
        }
    }

    /// <summary>The height of all rows.</summary>
    public float Height => _rows[0].Count == 0 ? 0 : _rows.Count * RowHeight;

    /// <summary>The width of the longest row.</summary>
    public float Width => _rows.Max(row => RowWidth(row));

    /// <summary>Draws the rows below one another, from a place on, their beginnings in line.</summary>
    public void DrawColumn(SKCanvas canvas, float left, float top, Paint paint)
    {
        for (var row = 0; row < _rows.Count; row++)
            foreach (var entry in _rows[row]) entry.Draw(canvas, left, top + (row + 0.5f) * RowHeight, paint);
    }

    /// <summary>Draws the rows below one another, from <paramref name="top"/> on.</summary>
    public void Draw(SKCanvas canvas, float centre, float top, Paint paint)
    {
        var y = top + RowHeight / 2;
        foreach (var row in _rows)
        {
            var x = centre - RowWidth(row) / 2;
            foreach (var entry in row)
            {
                entry.Draw(canvas, x, y, paint);
                x += entry.Width + Between;
            }
            y += RowHeight;
        }
    }

    private static List<List<Entry>> Rows(Entry[] entries, float width)
    {
        List<List<Entry>> rows = [[]];
        foreach (var entry in entries)
        {
            if (rows[^1].Count > 0 && RowWidth(rows[^1]) + Between + entry.Width > width) rows.Add([]);
            rows[^1].Add(entry);
        }
        return rows;
    }

    private static float RowWidth(List<Entry> row) => row.Count == 0 ? 0 : row.Sum(entry => entry.Width) + (row.Count - 1) * Between;

    private sealed record Entry(string Name, LabelStyle Label, float Width, Action<SKCanvas, float, float, Paint> Sampled)
    {
        public static Entry Of(Curve curve, bool mark, float room, Paint paint) =>
            Of(curve.Label, curve.Survival is { } survival ? $" ({survival})" : "", room, paint, (canvas, x, y, brush) =>
            {
                if (curve.Band is not null) Fill(canvas, x, x + Sample, y, Palette.Colour(curve.Colour).WithOpacity(0.2), brush);
                if (mark)
                {
                    Drawing.DrawMarker(canvas, brush, new Pixel(x + Sample / 2, y), new MarkerStyle(MarkerShape.FilledCircle, 6,
                    Palette.Colour(curve.Colour)));
                }
                else
                {
                    Drawing.DrawLine(canvas, brush, new Pixel(x, y), new Pixel(x + Sample, y), Palette.Colour(curve.Colour), 2,
                    pattern: Palette.Pattern(curve.Colour));
                }
            });

        // Each curve has one in its own colour: the entry has none.
        public static Entry OfReference(Curve reference, float room, Paint paint) =>
            Of(reference.Label, "", room, paint, (canvas, x, y, brush) =>
                Drawing.DrawLine(canvas, brush, new Pixel(x, y), new Pixel(x + Sample, y), Palette.Frame, 1.4f,
                    pattern: Palette.Reference));

        public static IEnumerable<Entry> Of(HeatMapPanel map, float room, Paint paint)
        {
            yield return Of(map.Shown, "", room, paint, (canvas, x, y, brush) =>
            {
                for (var i = 0; i < Sample; i++) Fill(canvas, x + i, x + Sample, y, Palette.Map(i / (Sample - 1)), brush);
            });
            if (map.Cells.All(cell => !double.IsNaN(cell.Value))) yield break;
            yield return Of(map.Missing, "", room, paint, (canvas, x, y, brush) =>
            {
                Fill(canvas, x, x + Sample, y, Palette.Missing, brush);
                Drawing.DrawLine(canvas, brush, new Pixel(x, y + 5), new Pixel(x + Sample, y - 5), Palette.MissingStroke, 1);
            });
        }

        public static IEnumerable<Entry> OfKinds(float room, Paint paint) => ImagePanel.Kinds.Select(kind =>
            Of(kind.Text, "", room, paint, (canvas, x, y, brush) =>
            {
                for (var i = 0; i < Sample; i++)
                    Fill(canvas, x + i, x + Sample, y, Palette.OfKind(kind.Converged, i / (Sample - 1)), brush);
            }));

        public static Entry Of(Shape shape, float room, Paint paint) =>
            Of(shape.Label!, "", room, paint, shape.Match<Action<SKCanvas, float, float, Paint>>(
            line => (canvas, x, y, brush) => Drawing.DrawLine(canvas, brush, new Pixel(x, y), new Pixel(x + Sample, y), line.Colour,
                line.Width),
            dots => (canvas, x, y, brush) => Drawing.DrawMarker(canvas, brush, new Pixel(x + Sample / 2, y), PlanePlot.Marker(dots, 7)),
            arrows => (canvas, x, y, brush) => PlanePlot.DrawArrow(canvas, new Pixel(x, y), new Pixel(x + Sample, y), arrows, brush),
            texts => (canvas, x, y, brush) => { }));

        public void Draw(SKCanvas canvas, float x, float y, Paint paint)
        {
            Sampled(canvas, x, y, paint);
            Label.Render(canvas, new Pixel(x + Sample + Gap, y), paint);
        }

        private static Entry Of(string name, string end, float room, Paint paint, Action<SKCanvas, float, float, Paint> sampled)
        {
            var label = ChartFont.Label(TextSize, Alignment.MiddleLeft);
            label.Text = name + end;
            label.OffsetY = 1.5f;
            for (var length = name.Length; length > 0 && Wide() > room; length--)
                label.Text = name[..length].TrimEnd() + "…" + end;
            return new(name, label, Wide(), sampled);

            float Wide() => Sample + Gap + label.Measure(paint).Width;
        }

        private static void Fill(SKCanvas canvas, float left, float right, float y, Color colour, Paint paint) =>
            Drawing.FillRectangle(canvas, new PixelRect(left, right, y + 5, y - 5), paint, new FillStyle { Color = colour });
    }
}
