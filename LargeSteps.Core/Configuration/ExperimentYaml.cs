using System.Text.Json.Nodes;
using LargeSteps.Forms;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Configuration;

/// <summary>Experiments as YAML text.</summary>
public static class ExperimentYaml
{
    private const string NameText = "the name of the experiment, also of the folder of its results";

    private static readonly Codec<Seeds> SeedsCodec = new RecordCodec<Seeds>("The seeds over which every run is repeated.", f =>
    {
        var from = f.Optional("from", Codecs.Seed, s => s.From, 0u, "the first seed");
        var count = f.Required("count", Codecs.Whole(1, 1_000_000).As(x => (int)x, x => x), s => s.Count, "the number of seeds");
        var follow = f.Optional(
            "follow", Codecs.List(Codecs.Word("random stream", "data", "initialisation", "sampling"), 1).As(
                words => new Follow(words.Contains("data"), words.Contains("initialisation"), words.Contains("sampling")),
                follow => Items.From(new[] { ("data", follow.Data), ("initialisation", follow.Initialisation),
                    ("sampling", follow.Sampling) }.Where(s => s.Item2).Select(s => s.Item1))),
            s => s.Follow, Follow.SamplingOnly, "the random streams that the seed seeds; the others keep the seeds of their stages");
        return v => new(v.Get(from), v.Get(count), v.Get(follow));
    })
    {
        Example = "from: 0, count: 50, follow: [initialisation, sampling]",
    };

    private static readonly Codec<CheckpointPlan> CheckpointCodec =
        new RecordCodec<CheckpointPlan>("When deep networks keep their state; where they are stopped and at their end they do in " +
        "any case.", f =>
    {
        var every = f.OneOf(
            every => every.Match(
                steps => ("every", Codecs.Whole(1).Write(steps.Count)),
                epochs => ("every_epochs", Codecs.Positive.Write(epochs.Count)),
                fraction => ("every_fraction", Codecs.InsideUnit.Write(fraction.Part))),
            c => c.Every,
            Alternative<Duration>.Of("every_fraction", Codecs.InsideUnit, Duration.Fraction, "every such part of the run"),
            Alternative<Duration>.Of("every", Codecs.Whole(1), Duration.Steps, "every so many steps"),
            Alternative<Duration>.Of("every_epochs", Codecs.Positive, Duration.Epochs, "every so many passes over the training set"));
        var keep = f.Optional("keep", Codecs.Count(), c => c.Keep, 1, "how many of the latest are kept");
        var best = f.Nullable("best", Codecs.Text, c => c.Best,
            "a metric, like test_error: the iterate with its lowest value is kept besides");
        return v => new(v.Get(every), v.Get(keep), v.Get(best));
    })
        {
            Example = "every_epochs: 10, keep: 2, best: test_error",
        };

    private static readonly Codec<SweptValue> SweptCodec = new RecordCodec<SweptValue>("A value that a sweep gave to a run.", f =>
    {
        var path = f.Required("path", Codecs.Text, s => s.Path, "where it stands, like schedule.rate");
        var value = f.Required("value", AxisValueCodec.Codec, s => s.Value, "the value, a number or a word");
        return v => new(v.Get(path), v.Get(value));
    });

    private const string FromKey = ForkCodec.Key;

    private static readonly Codec<Run> RunCodec =
        new RecordCodec<Run>("A run: a label, and what it puts in place of the shared stages.", f =>
    {
        var label = f.Required("label", Codecs.Text, r => r.Label, "the name in tables and legends");
        var from = f.Nullable(FromKey, ForkCodec.Codec, r => r.From,
            "the run of which this one is a fork, and where it begins; what it says stands in place of its parent's stages");
        var stages = StagesOf(f, r => r.Overlay);
        var series = f.Nullable("series", Codecs.Text, r => r.Series, "the run of which a sweep made this one");
        var swept = f.Optional("swept", Codecs.List(SweptCodec), r => r.Swept, [], "the values that a sweep gave to this run");
        return v => new(v.Get(label), stages(v), v.Get(series), v.Get(swept)) { From = v.Get(from) };
    });

    private static readonly RecordCodec<Experiment> Codec = new("An experiment.", f =>
    {
        var name = f.Required("name", Codecs.FileName, e => e.Name, NameText);
        var stages = StagesOf(f, e => e.Shared);
        var runs = f.Optional("runs", Codecs.List(RunCodec, 1), e => e.Runs, [],
            "the curves: each a label and what it puts in place of the shared stages; without it, and without a sweep, one of the " +
                "experiment's name", inSchema: false);
        var seeds = f.Nullable("seeds", SeedsCodec, e => e.Seeds, "the seeds over which every run is repeated");
        var checkpoints = f.Nullable("checkpoints", CheckpointCodec, e => e.Checkpoints, "when deep networks keep their state");
        var figures = f.Optional("figures", Codecs.List(FigureCodec.Codec), e => e.Figures, [], "the charts");
        return v => new(
            v.Get(name), stages(v), v.Get(runs) is { Count: > 0 } all ? all : [Run.Of(v.Get(name), Stages.None)], v.Get(figures),
                v.Get(seeds), v.Get(checkpoints));
    });

    /// <summary>The experiment in a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="overrides">Changes like <c>optimizer.steps=20000</c>, made before anything is checked.</param>
    public static Outcome<Experiment> Load(string path, params string[] overrides) =>
        Load(path, [], overrides);

    /// <summary>The experiment in a file in which probes of the program's own may stand.</summary>
    /// <param name="path">The file.</param>
    /// <param name="own">Their forms, see <see cref="Probes.Probe.Form"/>.</param>
    /// <param name="overrides">Changes like <c>optimizer.steps=20000</c>, made before anything is checked.</param>
    public static Outcome<Experiment> Load(string path, Items<IForm<Probe>> own, params string[] overrides) =>
        YamlFile.Load(path, (root, report) => Read(root, overrides, report), own: [.. own]);

    /// <summary>The experiment in a file that <see cref="Write(Experiment)"/> has written, which can be larger than what a person
    /// writes.</summary>
    internal static Outcome<Experiment> LoadWritten(string path) =>
        YamlFile.Load(path, (root, report) => Read(root, [], report), MaxBytesWritten);

    /// <summary>The experiment in a text.</summary>
    /// <param name="text">The YAML text.</param>
    /// <param name="file">The name of the file in diagnostics.</param>
    /// <param name="overrides">Changes like <c>optimizer.steps=20000</c>, made before anything is checked.</param>
    public static Outcome<Experiment> Parse(string text, string file, params string[] overrides) =>
        Parse(text, file, [], overrides);

    /// <summary>The experiment in a text in which probes of the program's own may stand.</summary>
    /// <param name="text">The YAML text.</param>
    /// <param name="file">The name of the file in diagnostics.</param>
    /// <param name="own">Their forms, see <see cref="Probes.Probe.Form"/>.</param>
    /// <param name="overrides">Changes like <c>optimizer.steps=20000</c>, made before anything is checked.</param>
    public static Outcome<Experiment> Parse(string text, string file, Items<IForm<Probe>> own, params string[] overrides) =>
        YamlFile.Parse(text, file, (root, report) => Read(root, overrides, report), [.. own]);

    private static Experiment? Read(Node root, string[] overrides, Report report)
    {
        var expanded = Overlaid(Sweep.Expand(Overrides.Apply(root, overrides, report), report));
        ExperimentPlaces.CheckNumbers(expanded, report);
        return report.Any("LS0228") ? null : Interpret(ModelDefaults.Fill(expanded), report);
    }

    /// <summary>The JSON schema of the files, for editors.</summary>
    public static JsonObject Schema()
    {
        var schema = Codec.Schema();
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "title", "LargeSteps experiment");
        var properties = schema["properties"]!.AsObject();
        properties["sweep"] = Sweep.Schema();
        schema["required"] = new JsonArray("name");
        // A stage of a run without kind changes single keys of the shared one. Of which kind that is only the decoder knows.
        var run = properties["runs"]!["items"]!["properties"]!.AsObject();
        foreach (var stage in (string[])["dataset", "model", "schedule", "optimizer"])
        {
            var whole = run[stage]!.DeepClone().AsObject();
            run[stage] = new JsonObject
            {
                ["description"] = whole["description"]?.DeepClone(),
                ["anyOf"] = new JsonArray(whole, SchemaOfChanges(whole)),
            };
        }
        run["probes"]!.AsObject().Remove("required");
        schema["$defs"] = new JsonObject { ["schedule"] = ScheduleCodec.Codec.Schema() };
        ReadExamples(schema);
        return schema;
    }

    // Forms know no YAML: their examples are texts up to here.
    private static void ReadExamples(JsonNode schema)
    {
        if (schema is JsonObject { } each && each["examples"] is JsonArray examples && each.ContainsKey("properties"))
        {
            each["examples"] = new JsonArray([.. examples.Select(example => NodeJson.Of(
                YamlReader.Read(example!.GetValue<string>(), new Report("example"))
                    ?? throw new InvalidOperationException($"no YAML: {example}")))]);
        }

        foreach (var below in schema switch
        {
            JsonObject mapping => mapping.Where(entry => entry.Key != "examples").Select(entry => entry.Value),
            JsonArray list => list,
            _ => Enumerable.Empty<JsonNode?>(),
        })
        {
            if (below is not null) ReadExamples(below);
        }
    }

    /// <summary>The schema of single keys of a stage: those of all its kinds, none of them required. What stands where they do not is not
    /// their default, but what is shared.</summary>
    private static JsonObject SchemaOfChanges(JsonObject whole)
    {
        var properties = new JsonObject();
        foreach (var same in whole["oneOf"]!.AsArray().SelectMany(kind => kind!["properties"]!.AsObject())
            .Where(p => p.Key != UnionCodec<object>.Discriminator).GroupBy(p => p.Key))
        {
            var schemas = same.Select(p => WithoutDefault(p.Value!)).DistinctBy(schema => schema.ToJsonString()).ToArray();
            var descriptions = schemas.Select(schema => schema["description"]!.GetValue<string>()).Distinct();
            properties[same.Key] = schemas is [var only] ? only : new JsonObject
            {
                ["anyOf"] = new JsonArray(schemas),
                ["description"] = string.Join("; or: ", descriptions)
            };
        }
        return new JsonObject { ["type"] = "object", ["properties"] = properties, ["additionalProperties"] = false };

        static JsonObject WithoutDefault(JsonNode schema)
        {
            var copy = schema.DeepClone().AsObject();
            copy.Remove("default");
            return copy;
        }
    }

    /// <summary>All that is wrong with an experiment that a program composed, in the words and with the codes of the same experiment in a
    /// file.</summary>
    internal static Items<Diagnostic> Problems(Experiment experiment)
    {
        var code = new CodeReport(Codec.Write(CodeReport.Readable(experiment)), OwnForms(experiment));
        ExperimentPlaces.CheckNumbers(code.Root, code.Report);
        Codec.Read(code.Root, code.Report);
        // In a file, where no runs are written there is one.
        if (experiment.Runs.Count == 0) code.Report.Add(code.Root, "LS0106", "an experiment needs at least one run");
        ExperimentPlaces.Check(code.Root, experiment, code.Report);
        return code.Diagnostics;
    }

    private static object[] OwnForms(Experiment experiment) => [.. experiment.Runs.Select(run => run.Overlay).Prepend(experiment.Shared)
        .SelectMany(stages => stages.Probes?.Measure ?? []).Select(probe => probe.FormInYaml).OfType<IForm<Probe>>()];

    // All values at their longest.
    private const int MaxBytesWritten = 1 << 27;

    /// <summary>The canonical YAML text: <c>Parse(Write(e)) == e</c>.</summary>
    public static string Write(Experiment experiment) => YamlWriter.Write(Codec.Write(experiment));

    /// <summary>The canonical YAML text of one pipeline.</summary>
    public static string Write(Pipeline pipeline) => YamlWriter.Write(NodeOf(pipeline));

    /// <summary>The canonical YAML text of the seeds of an experiment, with their key.</summary>
    internal static string Write(Seeds seeds) => YamlWriter.Write(new MappingNode([new Entry(Word("seeds"), SeedsCodec.Write(seeds))]));

    // With all that its parent is.
    private static MappingNode NodeOf(Pipeline pipeline)
    {
        var stages = (MappingNode)PipelineCodec.Write(Stages.Of(pipeline));
        var others = new SequenceNode([.. pipeline.Others.Select(other => new MappingNode(
            [new Entry(Word(ForkCodec.RunKey), Codecs.Text.Write(other.Label)), .. NodeOf(other.Pipeline).Entries]))]);
        return stages with
        {
            Entries =
            [
                .. stages.Entries,
                .. ForkCodec.Write(pipeline, NodeOf) is { } from ? [new Entry(Word(FromKey), from)] : Array.Empty<Entry>(),
                .. others.Items.Count > 0 ? [new Entry(Word(OthersKey), others)] : Array.Empty<Entry>(),
            ],
        };
    }

    /// <summary>The pipeline in such a text, and in what a unit depends on.</summary>
    internal static Outcome<Pipeline> ParsePipeline(string text, string file) => YamlFile.Parse(text, file, (root, report) =>
    {
        return Of(root);

        Pipeline? Of(Node node)
        {
            if (node is not MappingNode mapping) return Stop(node);
            var bare = mapping with
            {
                Entries = [.. mapping.Entries.Where(entry => entry.Key.Text is not
                    (FromKey or InputsKey or NumericsKey or OthersKey or ForkCodec.RunKey))],
            };
            if (PipelineCodec.Read(bare, report) is not { } stages || report.Count > 0) return null;
            if (stages.Missing().Count > 0) return Stop(node);
            var pipeline = new Pipeline(stages.Dataset!, stages.Model!, stages.Schedule!, stages.Optimizer!, stages.Probes!,
                stages.Engine ?? Engine.Of(stages.Model!));
            foreach (var other in (mapping.Find(OthersKey) as SequenceNode)?.Items ?? [])
            {
                if (Of(other) is not { } found || (other as MappingNode)?.Find(ForkCodec.RunKey) is not { } label) return null;
                pipeline = pipeline.WithOthers([.. pipeline.Others, new OtherRun(Codecs.Text.Read(label, report), found)]);
            }
            return mapping.Find(FromKey) is not { } from ? pipeline : ForkCodec.Read(pipeline, from, Of, report);
        }

        Pipeline? Stop(Node node)
        {
            report.Add(node, "LS0103", "expected the stages of a run");
            return null;
        }
    });

    private const string InputsKey = "inputs", NumericsKey = "numerics", OthersKey = "others";

    /// <summary>What a unit depends on besides its pipeline, to stand below it.</summary>
    internal static string WriteInputs(Items<UnitInput> inputs, int numerics)
    {
        var rest = new Entry(Word(NumericsKey), Word(numerics.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        return YamlWriter.Write(new MappingNode(inputs.Count == 0
            ? [rest] : [new Entry(Word(InputsKey),
                new MappingNode([.. inputs.Map(input => new Entry(Word(input.What), Word(input.Sha256)))])), rest]));
    }

    private static ScalarNode Word(string text) => new(text, Plain: true);

    /// <summary>The canonical text of the pipeline in what a unit depends on.</summary>
    internal static string PipelineTextOf(string identity)
    {
        var end = identity.IndexOf($"\n{InputsKey}:", StringComparison.Ordinal) is >= 0 and var inputs ? inputs
            : identity.LastIndexOf($"\n{NumericsKey}:", StringComparison.Ordinal);
        return identity[..(end + 1)];
    }

    private static readonly RecordCodec<Stages> PipelineCodec = new("The stages of a run.", f => StagesOf(f, s => s));

    private static Func<FieldValues, Stages> StagesOf<T>(Fields<T> f, Func<T, Stages> get)
    {
        var dataset = f.Nullable("dataset", DatasetCodec.Codec, x => get(x).Dataset, "what is learned");
        var model = f.Nullable("model", ModelCodec.Codec, x => get(x).Model, "what learns it, and from which initial weights");
        var schedule = f.Nullable("schedule", ScheduleCodec.Codec, x => get(x).Schedule, "the step size over training progress");
        var optimizer = f.Nullable("optimizer", OptimizerCodec.Codec, x => get(x).Optimizer, "how steps are made, and how many");
        var probes = f.Nullable("probes", ProbeCodec.Codec, x => get(x).Probes, "what is measured, and when");
        var engine = f.Nullable("engine", EngineCodec.Codec, x => get(x).Engine, "what computes the gradients");
        return v => new(v.Get(dataset), v.Get(model), v.Get(schedule), v.Get(optimizer), v.Get(probes), v.Get(engine));
    }

    /// <summary>
    /// A stage of a run that does not say its kind changes single keys of the shared stage: the shared stage's other keys are put below it.
    /// Probes have no kind; they stand alone where they say all that probes must say.
    /// </summary>
    private static Node Overlaid(Node root)
    {
        if (root is not MappingNode experiment || experiment.Find("runs") is not SequenceNode runs) return root;
        // Of a fork what is shared is what its parent has.
        var stages = new Dictionary<string, MappingNode>();
        var overlaid = new SequenceNode([.. runs.Items.Select(Overlay)], runs.Line, runs.Column);
        return experiment with { Entries = [.. experiment.Entries.Select(e => e.Value == (Node)runs ? e with { Value = overlaid } : e)] };

        Node Overlay(Node run)
        {
            if (run is not MappingNode mapping) return run;
            var parent = (mapping.Find(FromKey) as MappingNode)?.Find(ForkCodec.RunKey) is ScalarNode label
                ? stages.GetValueOrDefault(label.Text) : null;
            var own = mapping with
            {
                Entries = [.. mapping.Entries.Select(e => e.Value is MappingNode stage && !StandsAlone(e.Key.Text, stage)
                    && (parent?.Find(e.Key.Text) ?? experiment.Find(e.Key.Text)) is MappingNode shared
                        ? e with { Value = stage.Over(shared) } : e)],
            };
            if (mapping.Find("label") is ScalarNode name)
            {
                stages.TryAdd(name.Text, parent is null ? own : own with
                {
                    Entries = [.. own.Entries, .. parent.Entries.Where(e => own.Find(e.Key.Text) is null)],
                });
            }
            return own;
        }
    }

    private static bool StandsAlone(string name, MappingNode stage) => name switch
    {
        "probes" => stage.Find("at") is not null && stage.Find("measure") is not null,
        "engine" or FromKey => true,
        _ => stage.Find(UnionCodec<object>.Discriminator) is not null,
    };

    private static Experiment? Interpret(Node root, Report report)
    {
        var experiment = Codec.Read(root, report);
        ExperimentPlaces.Check(root, experiment, report);
        return report.Count > 0 ? null : experiment;
    }
}
