using LargeSteps.Forms;
using LargeSteps.Probes;
using LargeSteps.Schedules;

namespace LargeSteps.Configuration;

/// <summary>How probes stand in YAML.</summary>
internal static class ProbeCodec
{
    // Like data in memory: the name stands for the function.
    private static readonly Form<Probe> Named = new("custom", "A function that only a program can give.", f =>
    {
        f.Required("name", Codecs.Text, p => OwnNames.Of(p, p.Key), "the name of the column, which stands for the function");
        return _ => throw new System.Diagnostics.UnreachableException();
    });

    private static readonly Codec<Probe> Probe = new NamedUnionCodec<Probe>(
        "probe", probe => probe.FormInYaml is { } form ? form.Write(probe) : Named.Write(probe), [.. KnownProbes.Forms]);

    private static readonly Codec<Cadence> At = new RecordCodec<Cadence>("The iterations at which a run is measured, counted from 0.", f =>
    {
        // Written before the second key, since people write them in this order.
        var first = f.Optional("first", Codecs.Count(0), c => c.Match(e => e.First, e => 0, l => l.First), 0,
            "measure each of the first iterations; not with every");
        var rest = f.OneOf<Cadence>(
            c => c.Match(
                e => ("evenly", Codecs.Count(2).Write(e.Points)),
                e => e.Interval.Match(
                    steps => ("every", Codecs.Whole(1).Write(steps.Count)),
                    epochs => ("every_epochs", Codecs.Positive.Write(epochs.Count)),
                    fraction => ("every_fraction", Codecs.Number.Write(fraction.Part))),
                l => ("logarithmic", Codecs.Count(2).Write(l.Points))),
            c => c,
            Alternative<Cadence>.Of("evenly", Codecs.Count(2), n => Cadence.Evenly(0, n),
                "so many points evenly spaced over the run, its end left out"),
            Alternative<Cadence>.Of("every", Codecs.Whole(1), n => Cadence.Every(n), "every so many steps"),
            Alternative<Cadence>.Of("every_epochs", Codecs.Positive, n => Cadence.EveryEpochs(n),
                "every so many passes over the training set"),
            Alternative<Cadence>.Of("logarithmic", Codecs.Count(2), n => Cadence.Logarithmic(0, n),
                "so many points evenly spaced in the logarithm of the iteration"));
        var end = f.Optional("end", Codecs.Flag, c => c.Match(_ => false, e => e.End, _ => false), false,
            "measure the iterate after the last step too; with every or every_epochs");
        var after = f.Optional("after", Codecs.Flag, c => c.After, false,
            "measure after the steps of these iterations, not before them: the tables then count one more");
        foreach (var (key, other) in new[] { ("first", "every"), ("first", "every_epochs"), ("end", "evenly"),
            ("end", "logarithmic") })
        {
            f.Exclusive(key, other);
        }

        return v => v.Get(rest).Match(e => Cadence.Evenly(v.Get(first), e.Points), e => e with { End = v.Get(end) },
            l => Cadence.Logarithmic(v.Get(first), l.Points)).WithAfter(v.Get(after));
    })
    {
        Example = "first: 100, evenly: 250",
    };

    private static readonly Codec<ValleyProjection> Valley =
        new RecordCodec<ValleyProjection>("Diagonal networks: gradient descent from a copy of the iterate before it is measured.", f =>
    {
        var steps = f.Optional("steps", Codecs.Count(), p => p.Steps, 2000, "the number of steps");
        var rate = f.Optional("rate", Codecs.Positive, p => p.Rate, 0.5, "their step size");
        return v => new(v.Get(steps), v.Get(rate));
    });

    private static readonly Codec<SnapshotSpec> Snapshots = Codecs.WordOr(
        "choice of snapshots", s => s.Match<string?>(all => "all", ends => "ends", chosen => null), [("all", SnapshotSpec.All),
            ("ends", SnapshotSpec.Ends)],
        new RecordCodec<SnapshotSpec>("Measurements of given numbers.", f =>
        {
            var numbers = f.Required(
                "measurements", Codecs.List(Codecs.Count(0), 1).Where(all => all.Distinct().Count() == all.Count,
                    "names a measurement twice"), s => s.Numbered ?? [],
                    "their numbers among the measurements of the run, counted from 0");
            return v => new ChosenSnapshots(v.Get(numbers));
        }));

    public static Codec<ProbePlan> Codec { get; } = new RecordCodec<ProbePlan>("What is measured, and when.", f =>
    {
        var at = f.Required("at", At, p => p.At, "the iterations, each before its step where nothing else is said");
        var measure = f.Required("measure", Codecs.List(Probe, 1), p => p.Measure, "the probes, in the order of their columns");
        var averaged = f.Optional("averaged", Codecs.Flag, p => p.Averaged, false,
            "measure the average of the iterates; the optimizer must keep one");
        var valley = f.Nullable("valley_projection", Valley, p => p.Valley,
            "diagonal networks: measure what gradient descent makes of the iterate, in place of the iterate");
        var snapshots = f.Nullable("snapshots", Snapshots, p => p.Snapshots,
            "the measurements that keep the weights, for figures of them: all, ends (the first and the last), or some by number");
        return v => new(v.Get(at), v.Get(measure), v.Get(averaged), v.Get(valley), v.Get(snapshots));
    })
    {
        Example = "at: { first: 100, evenly: 250 }, measure: [losses, { l0_norm: { threshold: [1e-50, 1e-3] } }, parameter_norm], " +
            "snapshots: ends",
    };
}
