using System.Globalization;
using System.Text.Json.Nodes;
using LargeSteps.Numerics;

namespace LargeSteps.Configuration;

/// <summary>
/// Expands a grid into runs: <c>sweep: { schedule.rate: { log: [0.05, 0.35, 13] } }</c> becomes a run for each value (of several paths: for each
/// combination), of every run that stands there besides. Each run says under <c>swept</c> what it was made of.
/// </summary>
internal static class Sweep
{
    public const string Key = "sweep";

    // More runs than this is a slip of the pen.
    private const int Most = 10_000;

    public static Node Expand(Node root, Report report)
    {
        if (root is not MappingNode experiment || experiment.Find(Key) is not { } sweep) return root;
        var rest = experiment with { Entries = [.. experiment.Entries.Where(e => e.Key.Text != Key)] };
        if (sweep is not MappingNode { Entries.Count: > 0 } grid)
        {
            report.Add(sweep, "LS0103", $"expected a mapping from paths like schedule.rate to values, found {sweep.Description}");
            return rest;
        }
        var before = report.Count;
        var axes = grid.Entries.Select(e => (Path: e.Key, Values: Values(e.Value, report))).ToArray();
        if (report.Count > before) return rest;
        if (axes.Aggregate(1.0, (n, axis) => n * axis.Values.Count) > Most)
        {
            report.Add(grid, "LS0106", FormattableString.Invariant($"the grid has more than {Most} points"));
            return rest;
        }
        // What is no run is left for the decoder to complain about.
        if (rest.Find("runs") is not (null or SequenceNode)) return rest;
        var bases = rest.Find("runs") is SequenceNode { Items.Count: > 0 } runs ? runs.Items : [new MappingNode([], sweep.Line, sweep.Column)];
        var expanded = new SequenceNode(
            [.. bases.SelectMany<Node, Node>(run => run is MappingNode mapping ? Grid(axes).Select(point => At(mapping, point, rest, report)) : [run])], sweep.Line, sweep.Column);
        return rest.With("runs", expanded)!;
    }

    public static JsonObject Schema()
    {
        var range = new JsonObject
        {
            ["type"] = "array",
            ["items"] = new JsonObject { ["type"] = "number" },
            ["minItems"] = 3,
            ["maxItems"] = 3,
            ["description"] = "from, to, and the number of points",
        };
        JsonObject Spaced(string how) => new()
        {
            ["type"] = "object",
            ["properties"] = new JsonObject { [how] = range.DeepClone() },
            ["required"] = new JsonArray(how),
            ["additionalProperties"] = false,
        };
        return new JsonObject
        {
            ["type"] = "object",
            ["description"] = "a grid: paths like schedule.rate, and the values that each takes; a run for each combination",
            ["additionalProperties"] = new JsonObject
            {
                ["oneOf"] = new JsonArray(new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "number" }, ["minItems"] = 1 }, Spaced("log"), Spaced("linear")),
            },
        };
    }

    private static IEnumerable<(ScalarNode Path, Node Value)[]> Grid(IEnumerable<(ScalarNode Path, IReadOnlyList<Node> Values)> axes) =>
        axes.Aggregate<(ScalarNode Path, IReadOnlyList<Node> Values), IEnumerable<(ScalarNode, Node)[]>>(
            [[]], (points, axis) => points.SelectMany(point => axis.Values.Select(value => ((ScalarNode, Node)[])[.. point, (axis.Path, value)])));

    /// <summary>A run at a point of the grid: its stages, or copies of the shared ones, with the point's values in them.</summary>
    private static MappingNode At(MappingNode run, (ScalarNode Path, Node Value)[] point, MappingNode experiment, Report report)
    {
        foreach (var (path, value) in point)
        {
            var steps = NodeEdits.Steps(path.Text);
            var stage = steps.Count == 0 ? null : run.Find(steps[0]) ?? experiment.Find(steps[0]);
            var inner = string.Join('.', steps.Skip(1));
            if (stage?.With(inner, value) is not { } changed || inner.Length == 0)
                report.Add(path, "LS0110", $"there is nothing at '{path.Text}' that a value could be set in");
            else
                run = (MappingNode)run.With(steps[0], changed)!;
        }
        var own = run.Find("label") as ScalarNode;
        var name = string.Join(", ", point.Select(p => $"{(NodeEdits.Steps(p.Path.Text) is [.., var last] ? last : "")} = {((ScalarNode)p.Value).Text}").Prepend(own?.Text).OfType<string>());
        var swept = new SequenceNode([.. point.Select(p => new MappingNode(
            [new Entry(Word("path"), p.Path), new Entry(Word("value"), p.Value)], p.Path.Line, p.Path.Column))], run.Line, run.Column);
        run = (MappingNode)run.With("label", new ScalarNode(name, Plain: false, run.Line, run.Column))!.With("swept", swept)!;
        return own is null ? run : (MappingNode)run.With("series", own)!;
    }

    private static ScalarNode Word(string word) => new(word, Plain: true);

    private static IReadOnlyList<Node> Values(Node node, Report report)
    {
        if (node is SequenceNode { Items.Count: > 0 } list && list.Items.All(item => item is ScalarNode { Plain: true })) return list.Items;
        if (node is MappingNode { Entries: [{ Key.Text: "log" or "linear" } entry] })
        {
            var before = report.Count;
            var range = Range.Read(entry.Value, report);
            if (report.Count > before) return [];
            if (range is [var from, var to, var points] && points >= 2 && points == Math.Floor(points) && points <= Most && (entry.Key.Text == "linear" || from > 0 && to > 0))
                return [.. Enumerable.Range(0, (int)points).Select(i => i / (points - 1)).Select(t =>
                    new ScalarNode(NumberText.Invariant(Rounded(entry.Key.Text == "log" ? from * Math.Pow(to / from, t) : from + (to - from) * t)), Plain: true, node.Line, node.Column))];
            report.Add(entry.Value, "LS0106", "expected [from, to, points] with at least 2 points, and ends above 0 where they are logarithmic");
            return [];
        }
        report.Add(node, "LS0103", $"expected a list of numbers, or one of {{ log: [from, to, points] }} and {{ linear: [from, to, points] }}, found {node.Description}");
        return [];
    }

    private static readonly Codec<Pipelines.Items<double>> Range = Codecs.List(Codecs.Number, 3);

    // Nobody wants to read 0.15000000000000002 in a label, and no experiment depends on the last digits.
    private static double Rounded(double value) => double.Parse(value.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
