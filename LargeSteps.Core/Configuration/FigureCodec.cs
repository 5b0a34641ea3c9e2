using LargeSteps.Pipelines;

namespace LargeSteps.Configuration;

/// <summary>How charts stand in YAML.</summary>
internal static class FigureCodec
{
    private static readonly Case<MedianCenter> Median = new("median", "The median of the seeds.", _ => _ => new());
    private static readonly Case<MeanCenter> Mean = new("mean", "The mean of the seeds.", _ => _ => new());

    private static readonly Codec<Center> CenterCodec = new NamedUnionCodec<Center>("centre", c => c.Match(Median.Write, Mean.Write), Median, Mean);

    private static readonly Codec<double> Quantile = Codecs.Number.Where(x => x is >= 0 and <= 1, "must lie in [0, 1]", new() { ["minimum"] = 0, ["maximum"] = 1 });

    private static readonly Case<QuantileBand> Quantiles = new("quantiles", "From one quantile to another.", f =>
    {
        var lower = f.Required("lower", Quantile, b => b.Lower, "the lower end, in [0, 1]");
        var upper = f.Required("upper", Quantile, b => b.Upper, "the upper end, in [0, 1]");
        return v => new(v.Get(lower), v.Get(upper));
    });
    private static readonly Case<StandardDeviationBand> Std = new("std", "A standard deviation to both sides of the mean.", _ => _ => new());
    private static readonly Case<NoBand> None = new("none", "No band.", _ => _ => new());

    private static readonly Codec<Band> BandCodec = new NamedUnionCodec<Band>("band", b => b.Match(Quantiles.Write, Std.Write, None.Write), Quantiles, Std, None)
        .Where(b => b is not QuantileBand q || q.Lower <= q.Upper, "has its lower end above its upper end");

    public static Codec<FigureSpec> Codec { get; } = new RecordCodec<FigureSpec>("A chart: panels side by side, one for each metric.", f =>
    {
        var file = f.Required("file", Codecs.FileName, x => x.File, "the name of the file, without ending");
        var panels = f.Required("panels", Codecs.List(Codecs.Text, 1), x => x.Panels, "the metrics, from left to right; also learning_rate, and survival: the fraction of seeds not yet diverged");
        var logY = f.Optional("log_y", Codecs.List(Codecs.Text), x => x.LogY, [], "those with a logarithmic axis");
        var logX = f.Optional("log_x", Codecs.Flag, x => x.LogX, false, "iterations on a logarithmic axis");
        var center = f.Optional("center", CenterCodec, x => x.Center, Center.Median, "the line of several seeds");
        var band = f.Optional("band", BandCodec, x => x.Band, Band.Quartiles, "the band of several seeds");
        var seeds = f.Optional("show_seeds", Codecs.Flag, x => x.ShowSeeds, false, "draw each seed as a thin line besides");
        return v => new(v.Get(file), v.Get(panels), v.Get(logY), v.Get(logX), v.Get(center), v.Get(band), v.Get(seeds));
    });
}
