using System.Text.Json.Nodes;
using LargeSteps.Configuration;
using LargeSteps.Figures;
using LargeSteps.Forms;
using LargeSteps.Pipelines;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Docs;

/// <summary>The published numbers as YAML text.</summary>
internal static class PublishedYaml
{
    private static readonly Codec<int> Digits = Codecs.Count(1, 17);

    private static readonly Form<ReproducesClass> Reproduces = new("reproduces", "Two builds agree to a number of decimal digits.", f =>
    {
        var digits = f.Required("digits", Digits, c => c.Digits, "the decimal digits that are asked for");
        return v => new(v.Get(digits));
    });

    private static readonly Form<MildlyChaoticClass> MildlyChaotic = new("mildly_chaotic",
        "Rounding is seen behind a number of decimal digits.", f =>
    {
        var digits = f.Required("digits", Digits, c => c.Digits, "the decimal digits that are asked for");
        return v => new(v.Get(digits));
    });

    private static readonly Form<ChaoticClass> Chaotic = new("chaotic", "Rounding changes the path.", _ => _ => new());

    private static readonly Codec<RunClass> ClassCodec = new NamedUnionCodec<RunClass>("class", c => c.Match(Reproduces.Write,
        MildlyChaotic.Write, Chaotic.Write), Reproduces, MildlyChaotic, Chaotic);

    private static readonly Codec<Items<PublishedValue>> Values = new MapCodec<PublishedNumber>(new PublishedNumberCodec())
        .As(entries => entries.Map(e => new PublishedValue(e.Key, e.Value)), values => values.Map(v => KeyValuePair.Create(v.Metric,
            v.Value)));

    private static readonly Codec<Items<PublishedSpread>> Means = new MapCodec<PublishedMean>(new MeanCodec())
        .As(entries => entries.Map(e => new PublishedSpread(e.Key, e.Value)), means => means.Map(m => KeyValuePair.Create(m.Metric,
            m.Mean)));

    private static readonly Codec<PublishedSeeds> SeedsCodec =
        new RecordCodec<PublishedSeeds>("What the published program gave over the seeds 0, 1, ….", f =>
    {
        var count = f.Required("count", Codecs.Count(), s => s.Count, "the number of seeds");
        var alive = f.Required("alive", Codecs.Count(0), s => s.Alive, "those that completed alive");
        var dead = f.NullableValue("dead", Codecs.Count(0), s => s.Dead, "those that completed dead");
        var means = f.Optional("means", Means, s => s.Means, [], "metrics over those alive: mean ± standard deviation");
        return v => new(v.Get(count), v.Get(alive), v.Get(dead), v.Get(means));
    }).Where(s => s.Alive + (s.Dead ?? 0) <= s.Count, "has more seeds alive and dead than there are");

    private static readonly Codec<PublishedPlateau> PlateauCodec =
        new RecordCodec<PublishedPlateau>("Where a curvature stays that comes to the edge of stability.", f =>
    {
        var metric = f.Required("metric", Codecs.Text, p => p.Metric, "the curvature: sharpness, batch_sharpness or critical_sharpness");
        var from = f.Required("from", Codecs.Whole(0), p => p.From, "the step from which on it is there");
        var value = f.Required("value", new PublishedNumberCodec(), p => p.Value, "its mean from there on, in parts of the edge");
        var within = f.Required("within", Codecs.Positive, p => p.Within, "how far ours may be from it, in parts of it");
        return v => new(v.Get(metric), v.Get(from), v.Get(value), v.Get(within));
    });

    private static readonly Codec<PublishedRun> RunCodec = new RecordCodec<PublishedRun>("The published numbers of a run.", f =>
    {
        var run = f.Required("run", Codecs.Text, r => r.Run, "the label of the run");
        var at = f.NullableValue("at", Codecs.Whole(0), r => r.At,
            "the iteration of these values; without it that of the last measurement");
        var @class = f.Required("class", ClassCodec, r => r.Class, "whether it can be reproduced");
        var values = f.Optional("values", Values, r => r.Values, [],
            "metrics there, to as many digits as the class asks for");
        var exact = f.Optional("exact", Values, r => r.Exact, [], "metrics there, in all digits that stand here");
        var seeds = f.Nullable("seeds", SeedsCodec, r => r.Seeds, "over seeds");
        var plateaus = f.Optional("plateaus", Codecs.List(PlateauCodec), r => r.Plateaus, [],
            "curvatures that come to the edge of stability, over the seeds of the config");
        return v => new(v.Get(run), v.Get(at), v.Get(@class), v.Get(values), v.Get(exact), v.Get(seeds)) { Plateaus = v.Get(plateaus) };
    });

    private static readonly Codec<PublishedSurface> SurfaceCodec =
        new RecordCodec<PublishedSurface>("The published numbers of a loss surface.", f =>
    {
        var figure = f.Required("figure", Codecs.FileName, s => s.Figure, "the file of the figure in the config");
        var @class = f.Required("class", ClassCodec, s => s.Class, "whether they can be reproduced");
        var values = f.Required("values", Values, s => s.Values, "the numbers");
        return v => new(v.Get(figure), v.Get(@class), v.Get(values));
    });

    private static readonly Codec<PublishedExperiment> ExperimentCodec =
        new RecordCodec<PublishedExperiment>("The published numbers of an experiment.", f =>
    {
        var config = f.Required("config", Codecs.FileName, e => e.Config, "the config, without folder and ending");
        var text = f.Required("text", Codecs.Lines, e => e.Text, "what is to be known of it, in Markdown");
        var runs = f.Optional("runs", Codecs.List(RunCodec), e => e.Runs, [], "the runs");
        var surfaces = f.Optional("surfaces", Codecs.List(SurfaceCodec), e => e.Surfaces, [], "the loss surfaces");
        var cpu = f.Optional("on_cpu", Codecs.Flag, e => e.OnCpu, false, "what a CPU trains in minutes, deep networks too");
        var images = f.NullableValue("images_at_hand", Codecs.Count(), e => e.ImagesAtHand,
            "how many training images there were where the numbers were made, of a part of a dataset; without it all");
        var claims = f.Optional("claims", Codecs.List(PublishedClaimYaml.Codec), e => e.Claims, [],
            "what is claimed of several runs together, or of a figure");
        return v => new(v.Get(config), v.Get(text), v.Get(runs), v.Get(surfaces), v.Get(cpu), v.Get(images)) { Claims = v.Get(claims) };
    });

    private static readonly Codec<Published> Codec = new RecordCodec<Published>("Published numbers.", f =>
    {
        var text = f.Required("text", Codecs.Lines, p => p.Text, "what stands above the tables, in Markdown");
        var experiments = f.Required("experiments", Codecs.List(ExperimentCodec, 1), p => p.Experiments,
            "the experiments, in the order of the page");
        return v => new(v.Get(text), v.Get(experiments));
    });

    /// <summary>The published numbers in a file, with the experiments that they are of.</summary>
    /// <param name="path">The file.</param>
    /// <param name="configs">The configs; where one has problems of its own, they are not told here.</param>
    public static Outcome<Published> Load(string path, ConfigFolder configs) => YamlFile.Load(path, (root, report) =>
    {
        var published = Codec.Read(root, report);
        if (report.Count > 0) return null;
        Check(root, published, configs, report);
        return published;
    });

    /// <summary>The canonical text.</summary>
    public static string Write(Published published) => YamlWriter.Write(Codec.Write(published));

    private static void Check(Node root, Published published, ConfigFolder configs, Report report)
    {
        for (var i = 0; i < published.Experiments.Count; i++)
        {
            var (experiment, at) = (published.Experiments[i], root.At($"experiments[{i}]"));
            if (published.Experiments.Take(i).Any(other => other.Config == experiment.Config))
                report.Add(at.At("config"), "LS0108", $"the numbers of '{experiment.Config}' stand here a second time");
            configs.Check(experiment.Config, at.At("config"), report);
            if (configs.Find(experiment.Config)?.OrNull() is { } config) Check(at, experiment, config, report);
        }
    }

    private static void Check(Node at, PublishedExperiment experiment, Experiment config, Report report)
    {
        var runs = config.Resolve().OrThrow();
        for (var i = 0; i < experiment.Runs.Count; i++)
        {
            var (run, node) = (experiment.Runs[i], at.At($"runs[{i}]"));
            if (runs.FirstOrDefault(r => r.Label == run.Run) is not { Pipeline: var pipeline })
            {
                report.Add(node.At("run"), "LS0104",
                    $"'{experiment.Config}' has no run '{run.Run}'{Nearest.Suggestion(run.Run, runs.Map(r => r.Label))}");
                continue;
            }
            if (run.At is { } step && (run.Seeds is not null || !pipeline.Probes.At.Iterations(pipeline.Horizon).Contains(step)))
            {
                report.Add(node.At("at"), "LS0104", run.Seeds is not null ? "numbers over seeds are those of the last measurement"
                    : FormattableString.Invariant($"run '{run.Run}' measures nothing at iteration {step}"));
            }
            string[] known = [.. pipeline.Probes.Columns(pipeline.Target)];
            foreach (var (list, metrics) in ((string, IEnumerable<string>)[])
                [("values", run.Values.Select(v => v.Metric)), ("exact", run.Exact.Select(v => v.Metric)),
                    ("seeds.means", run.Seeds?.Means.Select(m => m.Metric) ?? [])])
            {
                CheckNames(node.At(list), metrics, known, "the run does not measure", report);
            }
            for (var j = 0; j < run.Plateaus.Count; j++) Check(node.At($"plateaus[{j}]"), run.Plateaus[j], pipeline, known, report);
        }
        for (var i = 0; i < experiment.Claims.Count; i++) Check(at.At($"claims[{i}]"), experiment.Claims[i], config, report);
        for (var i = 0; i < experiment.Surfaces.Count; i++)
        {
            var (surface, node) = (experiment.Surfaces[i], at.At($"surfaces[{i}]"));
            string[] figures = [.. config.Figures.OfType<SurfaceFigure>().Select(figure => figure.File)];
            if (config.Figures.OfType<SurfaceFigure>().FirstOrDefault(f => f.File == surface.Figure) is not { } figure)
            {
                report.Add(node.At("figure"), "LS0104",
                    $"'{experiment.Config}' has no loss surface '{surface.Figure}'{Nearest.Suggestion(surface.Figure, figures)}");
            }
            else
            {
                CheckNames(node.At("values"), surface.Values.Select(v => v.Metric), SurfaceNumbers.NamesOf(figure),
                    "a loss surface has no number", report);
            }
        }
    }

    private static void Check(Node at, PublishedClaim claim, Experiment config, Report report)
    {
        foreach (var (key, problem) in claim.Problems(config)) report.Add(at.At(key), "LS0104", problem);
    }

    private static void Check(Node at, PublishedPlateau plateau, Pipeline pipeline, string[] known, Report report)
    {
        if (!PublishedPlateau.Metrics.Contains(plateau.Metric) || !known.Contains(plateau.Metric))
        {
            string[] measured = [.. PublishedPlateau.Metrics.Where(known.Contains)];
            report.Add(at.At("metric"), "LS0109",
                $"the run measures no curvature '{plateau.Metric}'{Nearest.Suggestion(plateau.Metric, measured)}");
        }
        else if (plateau.EdgeOf(pipeline) is null)
        {
            report.Add(at.At("metric"), "LS0109", "the steps of this optimizer have no edge");
        }
        if (!pipeline.Probes.At.Iterations(pipeline.Horizon).Any(step => step >= plateau.From))
            report.Add(at.At("from"), "LS0104", FormattableString.Invariant($"the run measures nothing from step {plateau.From} on"));
    }

    private static void CheckNames(Node at, IEnumerable<string> names, IReadOnlyCollection<string> known, string what, Report report)
    {
        foreach (var name in names.Where(name => !known.Contains(name)))
        {
            report.Add(at is MappingNode mapping ? mapping.Entries.First(e => e.Key.Text == name).Key : at, "LS0109",
                $"{what} '{name}'{Nearest.Suggestion(name, known)}");
        }
    }

    /// <summary>A mapping from names to values, in its order.</summary>
    private sealed class MapCodec<T>(Codec<T> value) : Codec<Items<KeyValuePair<string, T>>>
    {
        internal override Items<KeyValuePair<string, T>> Read(Node node, Report report)
        {
            if (node is MappingNode mapping)
            {
                return Items.From(mapping.Entries.Select(e => KeyValuePair.Create(e.Key.Text,
                value.Read(e.Value, report))).ToArray());
            }

            report.Add(node, "LS0103", $"expected a mapping from names to numbers, found {node.Description}");
            return [];
        }

        internal override Node Write(Items<KeyValuePair<string, T>> entries) =>
            new MappingNode([.. entries.Select(e => new Entry(new ScalarNode(e.Key, Plain: false), value.Write(e.Value)))]);

        internal override JsonObject Schema() => new() { ["type"] = "object", ["additionalProperties"] = value.Schema() };
    }

    /// <summary>A mean, with its standard deviation behind ± where that is known.</summary>
    private sealed class MeanCodec : Codec<PublishedMean>
    {
        private readonly PublishedNumberCodec _number = new();

        internal override PublishedMean Read(Node node, Report report)
        {
            var parts = node is ScalarNode { Plain: true, IsNothing: false } scalar ? scalar.Text.Split('±',
                StringSplitOptions.TrimEntries) : [];
            if (parts.Length is not (1 or 2))
            {
                report.Add(node, "LS0103", $"expected a mean like 173 ± 16 or 173, found {node.Description}");
                return null!;
            }
            var numbers = parts.Select(part => _number.Read((ScalarNode)node with { Text = part }, report)).ToArray();
            return new(numbers[0], numbers.ElementAtOrDefault(1));
        }

        internal override Node Write(PublishedMean value) => new ScalarNode(value.Text, Plain: true);

        internal override JsonObject Schema() => new() { ["type"] = new JsonArray("string", "number") };
    }
}
