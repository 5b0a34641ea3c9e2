using LargeSteps.Forms;
using LargeSteps.Probes;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Configuration;

/// <summary>How probes stand in YAML.</summary>
internal static class ProbeCodec
{
    private static readonly Case<LossesProbe> Losses = new("losses",
        "train_loss and test_loss; of deep networks also train_error and test_error, the fractions of wrong classes, and validation_loss " +
        "and validation_error where images are held out.", f =>
    {
        var averaged = f.Optional("averaged", Codecs.Flag, p => p.Averaged, false,
            "deep networks: the same of the averaged weights besides, as train_loss_averaged and so on");
        var images = f.NullableValue("training_images", Codecs.Count(), p => p.TrainingImages,
            "deep networks: of how many training images, without augmentation, 10000 where nothing is said; of more than that, a random " +
            "choice that is the same in every run");
        var batches = f.NullableValue("training_batches", Codecs.Count(), p => p.TrainingBatches,
            "deep networks: of so many shuffled batches of the run's own size instead, augmented as in training; published: 5");
        var test = f.NullableValue("test_images", Codecs.Count(), p => p.TestImages,
            "deep networks: of the first so many test images, published: 10000; without it of all");
        f.Exclusive("training_images", "training_batches");
        return v => new(v.Get(averaged), v.Get(images), v.Get(batches), v.Get(test));
    });
    private static readonly Case<L0Norm> L0 = new("l0_norm",
        "Diagonal networks: the number of coordinates of u⊙v above a threshold, in magnitude.", f =>
    {
        var thresholds = Thresholds(f, n => n.Thresholds, 1e-50, "the threshold, or several: a column for each");
        return v => new(v.Get(thresholds));
    });
    private static readonly Case<L1Norm> L1 = new("l1_norm", "Diagonal networks: ‖u⊙v‖₁.", _ => _ => new());
    private static readonly Case<ParameterNorm> Parameters = new("parameter_norm",
        "The norm of the weights: √(‖u‖² + ‖v‖²) of diagonal networks, without the biases of ReLU networks.", _ => _ => new());
    private static readonly Case<L2Term> L2 = new("l2_term", "Deep networks: ½λ‖w‖², what weight decay adds to the loss.", _ => _ => new());
    private static readonly Case<Balancedness> Balance = new("balancedness", "Diagonal networks: ‖|u| − |v|‖₂.", _ => _ => new());
    private static readonly Case<JacobianRankProbe> Rank = new("jacobian_rank",
        "Diagonal and ReLU networks: the number of singular values of the Jacobian of the test outputs above the threshold times the " +
        "largest.", f =>
    {
        var thresholds = Thresholds(f, p => p.Thresholds, 1e-10,
            "the threshold, or several: a column for each; of ReLU networks at least 1e-6, and by default 1e-4");
        return v => new(v.Get(thresholds));
    });

    private static readonly Case<FeatureSparsity> Sparsity = new("feature_sparsity",
        "The fraction of nonzero activations, units that go together counted once; a column for each hidden layer or block.", f =>
    {
        var threshold = f.Optional("threshold", Codecs.Positive, p => p.Threshold, 0.99,
            "the correlation above which two units count as one");
        var samples = f.Optional("samples", Codecs.Count(2), p => p.Samples, 10_752, "deep networks: the first so many training images");
        var units = f.Optional("units", Codecs.Count(2), p => p.Units, 1000,
            "deep networks: how many units of a block are looked at for correlations");
        var rows = f.Optional("rows", Codecs.Word("choice of rows", "raw", "normalised").As(word => word == "normalised",
            normalised => normalised ? "normalised" : "raw"),
            p => p.NormalisedRows, false,
                "deep networks: correlations of activations as they are (as published), or divided for each image by their norm");
        return v => new(v.Get(threshold), v.Get(samples), v.Get(units), v.Get(rows));
    });
    private static readonly Case<ActivePercent> Active = new("active_percent",
        "ReLU networks: the percentage of nonzero activations, a column for each hidden layer.", _ => _ => new());
    private static readonly Case<ActiveUnits> Units = new("active_units",
        "ReLU networks: how many units of the last hidden layer are active on some training sample.", _ => _ => new());
    private static readonly Case<NuclearNorm> Nuclear = new("nuclear_norm",
        "One hidden layer: the sums of the singular values of the activations times the output weights (feature_nuclear_norm), and of the " +
        "hidden weights times the magnitudes of the output weights (weight_nuclear_norm).", _ => _ => new());
    private static readonly Case<FeatureEntropyRank> EntropyRank = new("feature_entropy_rank",
        "ReLU networks: −Σ p log p, p = σ/Σσ, of the singular values σ of the normalised activations of the last hidden layer.", _ => _ =>
        new());
    private static readonly Case<ActivationPatternDistance> PatternDistance = new("activation_pattern_distance",
        "One hidden layer: the fraction of activations that have switched on or off since the start.", _ => _ => new());
    private static readonly Case<JacobianUnitGroups> Groups = new("jacobian_unit_groups",
        "One hidden layer: the number of hidden units, those with the same gradients counted once.", f =>
    {
        var threshold = f.Optional("threshold", Codecs.Positive, p => p.Threshold, 0.999,
            "the correlation above which two units count as one");
        return v => new(v.Get(threshold));
    });

    // Like data in memory: the name stands for the function.
    private static readonly Case<CustomProbe> Custom = new("custom", "A function that only a program can give.", f =>
    {
        f.Required("name", Codecs.Text, p => p.Name, "the name of the column, which stands for the function");
        return _ => throw new System.Diagnostics.UnreachableException();
    });

    private static readonly Codec<ProbeSpec> Probe = new NamedUnionCodec<ProbeSpec>(
        "probe",
        probe => probe.Match(Losses.Write, norm => norm.Of.Match(L0.Write, L1.Write, Parameters.Write, Balance.Write, L2.Write), Rank.Write,
            dynamics => DynamicsCodec.Write(dynamics.Of),
            feature => feature.Of.Match(Sparsity.Write, Active.Write, Units.Write, Nuclear.Write, EntropyRank.Write, PatternDistance.Write,
                Groups.Write),
            Custom.Write),
        [Losses, Of(L0), Of(L1), Of(Parameters), Of(Balance), Of(L2), Rank, .. DynamicsCodec.Cases.Select(OfDynamics),
        OfFeature(Sparsity), OfFeature(Active), OfFeature(Units), OfFeature(Nuclear), OfFeature(EntropyRank), OfFeature(PatternDistance),
            OfFeature(Groups)]);

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
            ("end", "logarithmic") }) f.Exclusive(key, other);
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
                    "names a measurement twice"), s => ((ChosenSnapshots)s).Numbers,
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

    private static Field<Items<double>> Thresholds<T>(Fields<T> f, Func<T, Items<double>> get, double @default, string description) =>
        f.Optional("threshold", Codecs.OneOrMore(Codecs.NonNegative), get, [@default], description);

    private static Nested<TNorm, ProbeSpec> Of<TNorm>(Case<TNorm> norm) where TNorm : NormSpec => new(norm, n => new NormProbe(n));

    private static Nested<TFeature, ProbeSpec> OfFeature<TFeature>(Case<TFeature> feature) where TFeature : FeatureSpec =>
        new(feature, f => new FeatureProbe(f));

    private static Nested<DynamicsSpec, ProbeSpec> OfDynamics(ICase<DynamicsSpec> dynamics) => new(dynamics, d => new DynamicsProbe(d));
}
