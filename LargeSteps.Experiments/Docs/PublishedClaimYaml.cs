using System.Text.Json.Nodes;
using LargeSteps.Forms;

namespace LargeSteps.Experiments.Docs;

/// <summary>Published claims as YAML text.</summary>
internal static class PublishedClaimYaml
{
    private static readonly Form<OrderClaim> Rises = Order("rises", "From run to run a metric rises.", rises: true);

    private static readonly Form<OrderClaim> Falls = Order("falls", "From run to run a metric falls.", rises: false);

    private static readonly Form<SlopeClaim> Slope = new("slope", "A metric is a power of something.", f =>
    {
        var metric = f.Required("metric", Codecs.Text, c => c.Metric, "the metric");
        var from = f.NullableValue("from", Codecs.Whole(0), c => c.From, "the step from which on it is averaged; without it the last one");
        var runs = f.Required("runs", Codecs.List(Codecs.Text, 2), c => c.Runs, "the runs");
        var against = f.Required("against", Codecs.List(Codecs.Positive, 2), c => c.Against, "what it is a power of, of each run");
        var value = f.Required("value", new PublishedNumberCodec(), c => c.Value, "the slope of its logarithm");
        var within = f.Required("within", Codecs.Positive, c => c.Within, "how far ours may be from it, in parts of it");
        return v => new(v.Get(metric), v.Get(from), v.Get(runs), v.Get(against), v.Get(value), v.Get(within));
    });

    private static readonly Form<HalfSurvivalClaim> HalfSurvival = new("half_survival",
        "Half of the seeds are lost at a step size that a metric tells.", f =>
    {
        var run = f.Required("run", Codecs.Text, c => c.Run, "the run of which a sweep over schedule.rate made runs");
        var metric = f.Required("metric", Codecs.Text, c => c.Metric, "the metric");
        var value = f.Required("value", new PublishedNumberCodec(), c => c.Value, "the one over the other");
        var within = f.Required("within", Codecs.Positive, c => c.Within, "how far ours may be from it, in parts of it");
        return v => new(v.Get(run), v.Get(metric), v.Get(value), v.Get(within));
    });

    private static readonly Form<DimensionClaim> Dimension = new("dimension", "The boundary of a map has a dimension in a range.", f =>
    {
        var figure = f.Required("figure", Codecs.FileName, c => c.Figure, "the file of the map in the config");
        var from = f.Required("from", new PublishedNumberCodec(), c => c.From, "the least");
        var to = f.Required("to", new PublishedNumberCodec(), c => c.To, "the largest");
        return v => new(v.Get(figure), v.Get(from), v.Get(to));
    });

    /// <summary>A claim.</summary>
    public static Codec<PublishedClaim> Codec { get; } = new UnionCodec<PublishedClaim>("claim",
        c => c.Match(order => (order.Rises ? Rises : Falls).Write(order), Slope.Write, HalfSurvival.Write, Dimension.Write),
        Rises, Falls, Slope, HalfSurvival, Dimension);

    private static Form<OrderClaim> Order(string name, string text, bool rises) => new(name, text, f =>
    {
        var metric = f.Required("metric", Codecs.Text, c => c.Metric, "the metric");
        var runs = f.Required("runs", Codecs.List(Codecs.Text, 2), c => c.Runs, "the runs");
        var from = f.NullableValue("from", Codecs.Whole(0), c => c.From, "the step from which on it is averaged; without it the last one");
        return v => new(v.Get(metric), v.Get(runs), rises, v.Get(from));
    });
}

/// <summary>A number that keeps its digits.</summary>
internal sealed class PublishedNumberCodec : Codec<PublishedNumber>
{
    internal override PublishedNumber Read(Node node, Report report)
    {
        var before = report.Count;
        Codecs.Number.Read(node, report);
        return report.Count == before ? new(((ScalarNode)node).Text) : null!;
    }

    internal override Node Write(PublishedNumber value) => new ScalarNode(value.Text, Plain: true);

    internal override JsonObject Schema() => Codecs.Number.Schema();
}
