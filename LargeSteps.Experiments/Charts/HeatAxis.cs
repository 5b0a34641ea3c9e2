using System.Globalization;
using LargeSteps.Values;
using ScottPlot;

namespace LargeSteps.Experiments.Charts;

/// <summary>The swept values on an axis, ascending, their places, and the edges of their cells: halfway to the neighbours.</summary>
internal sealed record HeatAxis(double[] Values, double[] Places, double[] Edges, string[] Labels)
{
    public AxisRange Range => new(Edges[0], Edges[^1]);

    /// <summary>The part of the axis that the narrowest cell has.</summary>
    public double Narrowest => Edges.Zip(Edges.Skip(1), (a, b) => b - a).Min() / Range.Span;

    /// <summary>The axis of values; without a wish for a logarithmic one it is so where that spaces them more evenly.</summary>
    public static HeatAxis Of(IEnumerable<double> all, bool? log, Items<string> categories)
    {
        var logarithmic = categories.Count == 0 && (log ?? AxisScale.IsLogarithmic(all));
        double[] values = [.. all.Distinct().Where(value => double.IsFinite(AxisScale.Place(value, logarithmic))).Order()];
        var places = AxisScale.Places(values, logarithmic);
        return new(values, places, places switch
        {
            [] => [0, 1],
            [var only] => [only - 0.5, only + 0.5],
            _ => [(3 * places[0] - places[1]) / 2, .. places.Zip(places.Skip(1), (a, b) => (a + b) / 2),
                (3 * places[^1] - places[^2]) / 2],
        }, [.. categories.Count > 0 ? values.Select(value => categories[(int)value]) : LabelsOf(values)]);
    }

    public bool Has(double value) => Array.BinarySearch(Values, value) >= 0;

    /// <summary>The extent of a value's cell.</summary>
    public CoordinateRange Extent(double value)
    {
        var i = Array.BinarySearch(Values, value);
        return new(Edges[i], Edges[i + 1]);
    }

    /// <summary>A tick at each value, with a label where it has room.</summary>
    public Tick[] Ticks(float length, Func<string, float> room)
    {
        var ticks = new List<Tick>();
        var free = double.NegativeInfinity;
        for (var i = 0; i < Values.Length; i++)
        {
            var label = Labels[i];
            var (at, half) = ((Places[i] - Edges[0]) / Range.Span * length, room(label) / 2);
            ticks.Add(at - half < free ? Tick.Minor(Places[i]) : Tick.Major(Places[i], label));
            if (at - half >= free) free = at + half;
        }
        return [.. ticks];
    }

    private static string[] LabelsOf(double[] values)
    {
        string[] labels = [.. values.Select(Label)];
        return labels.Distinct().Count() == labels.Length ? labels : [.. NumberText.Distinct(values)
            .Select(label => label.Replace('-', '−'))];
    }

    // Values on a logarithmic grid have more digits than anybody wants to read.
    private static string Label(double value) =>
        value.ToString("G6", CultureInfo.InvariantCulture) is { Length: <= 6 } label ? label.Replace('-', '−') : HeatMapPlot.Short(value);
}
