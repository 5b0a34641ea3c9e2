using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Figures;

/// <summary>The keys in YAML that several kinds of figures have.</summary>
internal static class FigureFields
{
    /// <summary>Labels of runs.</summary>
    public static Codec<Items<string>> Labels { get; } =
        Codecs.List(Codecs.Text).Where(all => all.Distinct().Count() == all.Count, "names a run twice");

    private static readonly Codec<Items<string>> Results =
        Codecs.List(Codecs.FileName).Where(all => all.Distinct().Count() == all.Count, "names a folder twice");

    private static readonly Form<MedianCenter> Median = new("median", "The median of the seeds.", _ => _ => new());
    private static readonly Form<MeanCenter> Mean = new("mean", "The mean of the seeds.", _ => _ => new());

    private static readonly Codec<Center> CenterCodec = new NamedUnionCodec<Center>("centre", c => c.Match(Median.Write, Mean.Write),
        Median, Mean);

    private static readonly Codec<double> Quantile = Codecs.Number.Where(x => x is >= 0 and <= 1, "must lie in [0, 1]",
        new() { ["minimum"] = 0, ["maximum"] = 1 });

    private static readonly Form<QuantileBand> Quantiles = new("quantiles", "From one quantile to another.", f =>
    {
        var lower = f.Required("lower", Quantile, b => b.Lower, "the lower end, in [0, 1]");
        var upper = f.Required("upper", Quantile, b => b.Upper, "the upper end, in [0, 1]");
        return v => new(v.Get(lower), v.Get(upper));
    }, "lower: 0.1, upper: 0.9");
    private static readonly Form<StandardDeviationBand> Std = new("std", "A standard deviation to both sides of the mean.",
        _ => _ => new());
    private static readonly Form<NoBand> None = new("none", "No band.", _ => _ => new());

    private static readonly Codec<Band> BandCodec = new NamedUnionCodec<Band>("band", b => b.Match(Quantiles.Write, Std.Write, None.Write),
        Quantiles, Std, None)
        .Where(b => b.Match(quantiles => quantiles.Lower <= quantiles.Upper, std => true, none => true),
            "has its lower end above its upper end");

    private static readonly Codec<LegendPlace> Legend = Codecs.Word("place of a legend", "bottom", "top", "right", "none")
        .As(word => word switch
        {
            "top" => LegendPlace.Top,
            "right" => LegendPlace.Right,
            "none" => LegendPlace.None,
            _ => LegendPlace.Bottom
        }, place => place.ToString().ToLowerInvariant());

    private static readonly Codec<FigureSize> Size = new RecordCodec<FigureSize>("The size of a picture.", f =>
    {
        var width = f.Required("width", Codecs.Count(1, FigureStyle.MostSide), s => s.Width, "the width");
        var height = f.Required("height", Codecs.Count(1, FigureStyle.MostSide), s => s.Height, "the height");
        return v => new(v.Get(width), v.Get(height));
    });

    private static readonly Codec<PanelLimits> Limits =
        new RecordCodec<PanelLimits>("What of an axis is shown; an end that is not there is left to the values.", f =>
    {
        var from = f.NullableValue("from", Codecs.Number, l => l.From, "the lower end");
        var to = f.NullableValue("to", Codecs.Number, l => l.To, "the upper end");
        return v => new("", v.Get(from), v.Get(to));
    }).Where(l => !(l.From >= l.To), "has its lower end not below its upper end").Where(l => (l.From ?? l.To) is not null,
        "has neither from nor to");

    private static readonly Codec<double> FontSize = Codecs.Number.Where(x => x is >= 3 and <= 60, "must lie in [3, 60]",
        new() { ["minimum"] = 3, ["maximum"] = 60 });

    public static Field<string> FileOf<T>(Fields<T> f) where T : FigureSpec => f.Required("file", Codecs.FileName, x => x.File,
        "the name of the file, without ending");

    public static Func<FieldValues, MetricPanels> PanelsOf<T>(Fields<T> f, Func<T, MetricPanels> get)
    {
        var metrics = f.Required("panels", Codecs.List(Codecs.Text, 1), x => get(x).Metrics,
            "the metrics, from left to right; also learning_rate, and survival: the fraction of the seeds that have not diverged and are " +
            "not dead");
        var logY = f.Optional("log_y", Codecs.List(Codecs.Text), x => get(x).LogY, [], "those on a logarithmic scale");
        var logX = f.NullableValue("log_x", Codecs.Flag, x => get(x).LogX,
            "a logarithmic horizontal axis; without it where swept values are spaced like that");
        var center = f.Optional("center", CenterCodec, x => get(x).Center, Center.Median, "the line that stands for several seeds");
        var band = f.Optional("band", BandCodec, x => get(x).Band, Band.Quartiles, "the band about the line of several seeds");
        var percent = f.Optional("percent", Codecs.List(Codecs.Text), x => get(x).Percent, [],
            "those that are fractions and shown in percent");
        var limits = f.Optional("y_limits", Codecs.Map(Limits, (metric, ends) => ends with { Metric = metric }, l => l.Metric),
            x => get(x).YLimits, [], "a mapping from metrics to what of their axes is shown: { train_loss: { from: 1e-6, to: 1 } }");
        var labels = f.Optional("labels", Codecs.Map(Codecs.Text, (metric, text) => new PanelLabel(metric, text), l => l.Metric,
            l => l.Text), x => get(x).Labels, [], "a mapping from metrics to what their panels are called: { train_loss: training loss }");
        return v => new(v.Get(metrics), v.Get(logY), v.Get(logX), v.Get(center), v.Get(band))
        {
            Percent = v.Get(percent),
            YLimits = v.Get(limits),
            Labels = v.Get(labels)
        };
    }

    public static Field<Items<string>> RunsOf<T>(Fields<T> f, Func<T, Items<string>> get, string description) =>
        f.Optional("runs", Labels, get, [], description);

    public static Field<Items<string>> ResultsOf<T>(Fields<T> f, Func<T, Items<string>> get) => f.Optional("results", Results, get, [],
        "the folders of results that are shown together, beside that of the experiment's own: names of experiments, its own among " +
        "them or not; runs are then called FOLDER: RUN, and what is not there yet is left out with a warning");

    public static Field<uint?> SeedOf<T>(Fields<T> f, Func<T, uint?> get) =>
        f.NullableValue("seed", Codecs.Seed, get,
            "the seed that is drawn of each run that has it; without it, and of other runs, the first that survived");

    public static Func<FieldValues, FigureStyle> StyleOf<T>(Fields<T> f) where T : ChartFigure
    {
        var title = f.Nullable("title", Codecs.Text, x => x.Style.Title, "the heading above all panels");
        var xLabel = f.Nullable("x_label", Codecs.Text, x => x.Style.XLabel, "what the horizontal axes are called");
        var yLabel = f.Nullable("y_label", Codecs.Text, x => x.Style.YLabel, "what the vertical axes are called");
        var size = f.Nullable("size", Size, x => x.Style.Size,
            "the size of the whole picture, in points of the PDF, which are pixels of the SVG; without it a usual one for each panel");
        var fontSize = f.NullableValue("font_size", FontSize, x => x.Style.FontSize,
            "the size of the numbers on the axes, by itself 11; other text, lines and marks grow with it");
        var columns = f.NullableValue("columns", Codecs.Count(1, 100), x => x.Style.Columns,
            "how many panels stand side by side; without it up to four, in rows of about one length");
        var legend = f.Optional("legend", Legend, x => x.Style.Legend, LegendPlace.Bottom, "where the legend is");
        return v => new()
        {
            Title = v.Get(title),
            XLabel = v.Get(xLabel),
            YLabel = v.Get(yLabel),
            Size = v.Get(size),
            FontSize = v.Get(fontSize),
            Columns = v.Get(columns),
            Legend = v.Get(legend),
        };
    }
}
