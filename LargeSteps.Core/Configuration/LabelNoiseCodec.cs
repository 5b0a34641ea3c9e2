using System.Text.Json.Nodes;
using LargeSteps.Forms;
using LargeSteps.Optimizers;

namespace LargeSteps.Configuration;

/// <summary>How label noise stands in YAML: a number, the word matched, or a mapping.</summary>
internal sealed class LabelNoiseCodec : Codec<LabelNoise?>
{
    private const string MatchedWord = "matched";

    private static readonly Codec<LevelLabelNoise> Level =
        new RecordCodec<LevelLabelNoise>("The noise that SGD with one sample makes where its loss has stabilised, for gradient " +
        "descent.", f =>
    {
        var loss = f.Required("level", Codecs.Positive, n => n.Loss, "δ, the training loss of that level");
        var until = f.Nullable("until", DurationCodec.Moment, n => n.Until, "when the noise ends; without it with the run");
        return v => new(v.Get(loss), v.Get(until));
    })
        {
            Example = "level: 0.05, until: { fraction: 0.5 }",
        };

    private static readonly Codec<ScheduledLabelNoise> Scheduled =
        new RecordCodec<ScheduledLabelNoise>("Noise with a schedule of its own, whatever the learning rate does.", f =>
    {
        var schedule = f.Required("schedule", ScheduleCodec.Inner, n => n.Schedule,
            "σ, or the probability, over the run, as a step size would be; rate is its size");
        return v => new(v.Get(schedule));
    })
        {
            Example = "schedule: { kind: piecewise_10_100, rate: 0.2 }",
        };

    public static Codec<LabelNoise?> Codec { get; } = new LabelNoiseCodec();

    internal override LabelNoise? Read(Node node, Report report)
    {
        if (node is MappingNode mapping) return mapping.Find("schedule") is null ? Level.Read(node, report) : Scheduled.Read(node, report);
        if (node is ScalarNode { Text: var text } && text.Length > 0 && char.IsAsciiLetter(text[0]))
        {
            if (text != MatchedWord)
            {
                report.Add(node, "LS0104",
                $"label noise is a number, the word {MatchedWord}, or a mapping with a level or a schedule, not {node.Description}");
            }

            return LabelNoise.Matched;
        }
        return Codecs.NonNegative.Read(node, report) is var deviation && deviation > 0 ? LabelNoise.Gaussian(deviation) : null;
    }

    internal override Node Write(LabelNoise? value) => value?.Match(
        gaussian => Codecs.NonNegative.Write(gaussian.Deviation), matched => new ScalarNode(MatchedWord, Plain: true), Level.Write,
            Scheduled.Write) ?? Codecs.NonNegative.Write(0);

    internal override JsonObject Schema()
    {
        var number = Codecs.NonNegative.Schema();
        number["description"] = "σ: σ·N(0, 1) is added to each label of a step; it is divided by the factors of the decays that are " +
            "over. " +
            "Deep networks: the probability that a label of the batch is drawn anew, which stays the same";
        return new()
        {
            ["oneOf"] = new JsonArray(number, new JsonObject
            {
                ["const"] = MatchedWord,
                ["description"] = "for gradient descent: in each step as strong as the noise of SGD with one sample"
            }, Level.Schema(),
            Scheduled.Schema())
        };
    }
}
