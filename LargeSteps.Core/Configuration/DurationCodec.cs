using LargeSteps.Forms;
using LargeSteps.Pipelines;
using LargeSteps.Schedules;

namespace LargeSteps.Configuration;

/// <summary>How durations stand in YAML: as one key of the mapping that they belong to.</summary>
internal static class DurationCodec
{
    /// <summary>A moment of a run: a mapping with the one key fraction, step or epoch.</summary>
    public static Codec<Duration> Moment { get; } = new RecordCodec<Duration>("A moment of a run.", f =>
    {
        var moment = MomentOf(f, m => m);
        return v => v.Get(moment);
    });

    /// <summary>A moment as a field of a record: fraction, step or epoch.</summary>
    public static Field<Duration> MomentOf<T>(Fields<T> fields, Func<T, Duration> get) => fields.OneOf(
        moment => moment.Match(
            steps => ("step", Codecs.Whole(1).Write(steps.Count)),
            epochs => ("epoch", Codecs.Positive.Write(epochs.Count)),
            fraction => ("fraction", Codecs.InsideUnit.Write(fraction.Part))),
        get,
        Alternative<Duration>.Of("fraction", Codecs.InsideUnit, Duration.Fraction, "the fraction of the run that is over"),
        Alternative<Duration>.Of("step", Codecs.Whole(1), Duration.Steps, "the first step that is concerned, counted from 0"),
        Alternative<Duration>.Of("epoch", Codecs.Positive, Duration.Epochs, "the epochs that are over"));

    /// <summary>A length as a field of a record: steps or epochs.</summary>
    public static Field<Duration> LengthOf<T>(Fields<T> fields, Func<T, Duration> get) => fields.OneOf(
        length => length.Match(
            steps => ("steps", Codecs.Whole(1).Write(steps.Count)),
            epochs => ("epochs", Codecs.Positive.Write(epochs.Count)),
            fraction => ("fraction", Codecs.Number.Write(fraction.Part))),
        get,
        Alternative<Duration>.Of("steps", Codecs.Whole(1, PipelineChecks.MaxSteps), Duration.Steps, "the number of optimisation steps"),
        Alternative<Duration>.Of("epochs", Codecs.Positive, Duration.Epochs, "the number of passes over the training set"),
        Alternative<Duration>.Refused("fraction", "LS0204",
            "the length of a run is a number of steps or epochs, not a fraction of itself"));
}
