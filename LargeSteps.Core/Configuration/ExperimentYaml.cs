using System.Security.Cryptography;
using System.Text;
using LargeSteps.Pipelines;
using LargeSteps.Probes;

namespace LargeSteps.Configuration;

/// <summary>Experiments as YAML text.</summary>
public static class ExperimentYaml
{
    private const string NameText = "the name of the experiment, also of the folder of its results";

    // Above this a file is no config: the largest real ones have a few KB.
    private const int MaxBytes = 1 << 20;

    private static readonly Codec<Seeds> SeedsCodec = new RecordCodec<Seeds>("The seeds over which every run is repeated.", f =>
    {
        var from = f.Optional("from", Codecs.Seed, s => s.From, 0u, "the first seed");
        var count = f.Required("count", Codecs.Whole(1, 1_000_000).As(x => (int)x, x => x), s => s.Count, "the number of seeds");
        var follow = f.Optional(
            "follow", Codecs.List(Codecs.Word("random stream", "data", "initialisation", "sampling"), 1).As(
                words => new Follow(words.Contains("data"), words.Contains("initialisation"), words.Contains("sampling")),
                follow => Items.From(new[] { ("data", follow.Data), ("initialisation", follow.Initialisation), ("sampling", follow.Sampling) }.Where(s => s.Item2).Select(s => s.Item1))),
            s => s.Follow, Follow.SamplingOnly, "the random streams that the seed seeds; the others keep the seeds of their stages");
        return v => new(v.Get(from), v.Get(count), v.Get(follow));
    });

    private static readonly Codec<Run> RunCodec = new RecordCodec<Run>("A run: a label, and what it puts in place of the shared stages.", f =>
    {
        var label = f.Required("label", Codecs.Text, r => r.Label, "the name in tables and legends");
        var stages = StagesOf(f, r => r.Overlay);
        return v => new(v.Get(label), stages(v));
    });

    private static readonly RecordCodec<Experiment> Codec = new("An experiment.", f =>
    {
        var name = f.Required("name", Codecs.FileName, e => e.Name, NameText);
        var stages = StagesOf(f, e => e.Shared);
        var runs = f.Required("runs", Codecs.List(RunCodec, 1), e => e.Runs, "the curves: each a label and what it puts in place of the shared stages");
        var seeds = f.Nullable("seeds", SeedsCodec, e => e.Seeds, "the seeds over which every run is repeated");
        var figures = f.Optional("figures", Codecs.List(FigureCodec.Codec), e => e.Figures, [], "the charts");
        return v => new(v.Get(name), stages(v), v.Get(runs), v.Get(figures), v.Get(seeds));
    });

    /// <summary>The experiment in a file.</summary>
    public static Outcome<Experiment> Load(string path)
    {
        byte[] bytes;
        try
        {
            if (Directory.Exists(path)) return Outcome.Failure<Experiment>(new Diagnostic("LS0001", "this is a folder, not a file", path));
            var length = new FileInfo(path).Length;
            if (length > MaxBytes) return Outcome.Failure<Experiment>(new Diagnostic("LS0001", FormattableString.Invariant($"the file has {length} bytes; a config has at most {MaxBytes}"), path));
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            var reason = e switch
            {
                FileNotFoundException or DirectoryNotFoundException => "there is no such file",
                UnauthorizedAccessException => "the file may not be read by this user",
                _ => "the file cannot be read: " + e.Message,
            };
            return Outcome.Failure<Experiment>(new Diagnostic("LS0001", reason, path));
        }
        try
        {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
            return Parse(text.TrimStart('\uFEFF'), path);
        }
        catch (DecoderFallbackException)
        {
            return Outcome.Failure<Experiment>(new Diagnostic("LS0002", "the file is no text in UTF-8", path));
        }
    }

    /// <summary>The experiment in a text.</summary>
    /// <param name="text">The YAML text.</param>
    /// <param name="file">The name of the file in diagnostics.</param>
    public static Outcome<Experiment> Parse(string text, string file)
    {
        var report = new Report(file);
        if (text.Contains('\0', StringComparison.Ordinal))
            report.Add(1, 1, "LS0002", "the file is no text");
        else if (YamlReader.Read(text, report) is { } root && Interpret(Overlaid(root), report) is { } experiment && report.Count == 0)
            return Outcome.Success(experiment);
        return new Outcome<Experiment>.Failure(report.Diagnostics);
    }

    /// <summary>The canonical YAML text: <c>Parse(Write(e)) == e</c>.</summary>
    public static string Write(Experiment experiment) => YamlWriter.Write(Codec.Write(experiment));

    /// <summary>The canonical YAML text of one pipeline.</summary>
    public static string Write(Pipeline pipeline) => YamlWriter.Write(PipelineCodec.Write(Stages.Of(pipeline)));

    /// <summary>The name of a pipeline: the SHA-256 of its canonical text, in hexadecimal digits.</summary>
    public static string Hash(Pipeline pipeline) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Write(pipeline))));

    private static readonly RecordCodec<Stages> PipelineCodec = new("The stages of a run.", f => StagesOf(f, s => s));

    private static Func<Values, Stages> StagesOf<T>(Fields<T> f, Func<T, Stages> get)
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
    /// </summary>
    private static Node Overlaid(Node root)
    {
        if (root is not MappingNode experiment || experiment.Find("runs") is not SequenceNode runs) return root;
        var overlaid = new SequenceNode([.. runs.Items.Select(Overlay)], runs.Line, runs.Column);
        return experiment with { Entries = [.. experiment.Entries.Select(e => e.Value == (Node)runs ? e with { Value = overlaid } : e)] };

        Node Overlay(Node run) => run is not MappingNode mapping ? run : mapping with
        {
            Entries = [.. mapping.Entries.Select(e =>
                e.Value is MappingNode stage && stage.Find(UnionCodec<object>.Discriminator) is null && experiment.Find(e.Key.Text) is MappingNode shared
                    ? e with { Value = stage.Over(shared) } : e)],
        };
    }

    private static Experiment? Interpret(Node root, Report report)
    {
        var experiment = Codec.Read(root, report);
        if (report.Count > 0) return null;
        CheckRuns(root, experiment, report);
        if (report.Count == 0) CheckFigures(root, experiment, report);
        return experiment;
    }

    private static void CheckRuns(Node root, Experiment experiment, Report report)
    {
        for (var i = 0; i < experiment.Runs.Count; i++)
        {
            var run = experiment.Runs[i];
            var node = root.At($"runs[{i}]");
            if (experiment.Runs.Take(i).Any(other => other.Label == run.Label))
                report.Add(node.At("label"), "LS0108", $"another run has the label '{run.Label}' already");
            var stages = run.Overlay.Over(experiment.Shared);
            if (stages.Missing() is { Count: > 0 } missing)
            {
                report.Add(node, "LS0201", $"run '{run.Label}' has no {string.Join(", no ", missing)}: neither its own nor a shared one");
                continue;
            }
            var pipeline = new Pipeline(stages.Dataset!, stages.Model!, stages.Schedule!, stages.Optimizer!, stages.Probes!, stages.Engine ?? Engine.ClosedForm);
            foreach (var problem in PipelineChecks.Problems(pipeline))
            {
                var stage = problem.Path.Split('.', '[')[0];
                var owner = node is MappingNode mapping && mapping.Find(stage) is not null ? node : root;
                report.Add(owner.At(problem.Path), problem.Code, problem.Message);
            }
        }
    }

    private static void CheckFigures(Node root, Experiment experiment, Report report)
    {
        var known = experiment.Resolve().OrThrow()
            .SelectMany(run => run.Pipeline.Probes.Measure).SelectMany(MetricNames.Of).Concat(["learning_rate", "survival"]).Distinct().ToArray();
        for (var i = 0; i < experiment.Figures.Count; i++)
        {
            var figure = experiment.Figures[i];
            if (experiment.Figures.Take(i).Any(other => other.File == figure.File))
                report.Add(root.At($"figures[{i}].file"), "LS0108", $"another figure has the file '{figure.File}' already");
            for (var p = 0; p < figure.Panels.Count; p++)
                if (!known.Contains(figure.Panels[p]))
                    report.Add(root.At($"figures[{i}].panels[{p}]"), "LS0109", $"no run measures '{figure.Panels[p]}'{Nearest.Suggestion(figure.Panels[p], known)}");
            for (var p = 0; p < figure.LogY.Count; p++)
                if (!figure.Panels.Contains(figure.LogY[p]))
                    report.Add(root.At($"figures[{i}].log_y[{p}]"), "LS0109", $"no panel shows '{figure.LogY[p]}'{Nearest.Suggestion(figure.LogY[p], figure.Panels)}");
        }
    }
}
