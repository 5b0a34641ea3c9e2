using System.Text.Json.Nodes;
using LargeSteps.Forms;
using LargeSteps.Pipelines;

namespace LargeSteps.Configuration;

/// <summary>How a fork stands in YAML: the label of a run and a step of it, or a checkpoint.</summary>
internal sealed class ForkCodec : Codec<Fork>
{
    /// <summary>The key of a fork, of the label in it.</summary>
    public const string Key = "from", RunKey = "run";

    private const string StepKey = "step", CheckpointKey = "checkpoint";

    private static readonly Codec<long> Step = Codecs.Whole(1);

    private static readonly Codec<RunFork> OfRun = new RecordCodec<RunFork>("A run that goes on from another one of the experiment.", f =>
    {
        var run = f.Required(RunKey, Codecs.Text, fork => fork.Run, "the label of a run before it, its parent");
        var step = f.Required(StepKey, Step, fork => fork.Step, "after how many steps of the parent");
        return v => new(v.Get(run), v.Get(step));
    });

    private static readonly Codec<CheckpointFork> OfCheckpoint = new RecordCodec<CheckpointFork>(
        "A run that goes on from a checkpoint.", f =>
    {
        var file = f.Required(CheckpointKey, Codecs.Text, fork => fork.File,
            "deep networks: a checkpoint of whatever experiment, its .json or its .safetensors, from where the program is started; what " +
            "the run does not say is then what is shared here");
        return v => new(v.Get(file));
    });

    public static ForkCodec Codec { get; } = new();

    internal override Fork Read(Node node, Report report)
    {
        if (node is MappingNode { Entries.Count: > 0 } mapping)
            return mapping.Find(CheckpointKey) is null ? OfRun.Read(node, report) : OfCheckpoint.Read(node, report);
        report.Add(node, "LS0103", $"expected run and step, or a checkpoint, found {node.Description}");
        return null!;
    }

    internal override Node Write(Fork value) => value.Match(OfRun.Write, OfCheckpoint.Write);

    // One mapping, of which a run has one or the other part.
    internal override JsonObject Schema()
    {
        var (run, checkpoint) = (OfRun.Schema(), OfCheckpoint.Schema());
        run["description"] = "Where a run begins that goes on from another one: run and step, or a checkpoint.";
        foreach (var (key, of) in checkpoint["properties"]!.AsObject()) run["properties"]![key] = of!.DeepClone();
        run["oneOf"] = new JsonArray(new JsonObject { ["required"] = run["required"]!.DeepClone() },
            new JsonObject { ["required"] = checkpoint["required"]!.DeepClone() });
        run.Remove("required");
        return run;
    }

    /// <summary>Where a pipeline begins, with all that its parent is; null: at its initial weights.</summary>
    public static Node? Write(Pipeline pipeline, Func<Pipeline, Node> parent) =>
        pipeline.Checkpoint is { } file ? OfCheckpoint.Write(new(file))
            : pipeline.Start is not { } start ? null
            : new MappingNode([new Entry(Word(StepKey), Step.Write(start.Step)), new Entry(Word(RunKey), parent(start.Parent))]);

    /// <summary>The pipeline that begins where such a node says; null where that is told.</summary>
    public static Pipeline? Read(Pipeline pipeline, Node from, Func<Node, Pipeline?> parent, Report report)
    {
        if (from is MappingNode mapping && mapping.Find(RunKey) is { } run && mapping.Find(StepKey) is { } step)
            return parent(run) is { } found ? pipeline.WithStart(new(found, Step.Read(step, report))) : null;
        return OfCheckpoint.Read(from, report) is { } checkpoint ? pipeline.WithCheckpoint(checkpoint.File) : null;
    }

    private static ScalarNode Word(string text) => new(text, Plain: true);
}
