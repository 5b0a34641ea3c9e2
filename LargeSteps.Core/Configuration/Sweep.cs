using System.Text.Json.Nodes;
using LargeSteps.Figures;
using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Configuration;

/// <summary>
/// Expands a grid into runs: <c>sweep: { schedule.rate: { log: [0.05, 0.35, 13] } }</c> becomes a run for each value (of several paths: for
/// each combination), of every run that stands there besides but those that others are forks of or look at. Each run says under
/// <c>swept</c> what it was made of.
/// </summary>
internal static class Sweep
{
    public const string Key = "sweep";

    // More runs than this is a slip of the pen.
    private const int Most = 10_000;

    // Each stands in the label of every point.
    private const int MostPaths = 20;

    // A stage that is a word, and can be swept as a whole.
    private const string WordStage = "engine";

    /// <summary>A value of an axis, and what labels call it.</summary>
    private sealed record Point(ScalarNode Value, string Label);

    /// <summary>A path, and the values that it takes.</summary>
    private sealed record Axis(ScalarNode Path, IReadOnlyList<Point> Points);

    public static Node Expand(Node root, Report report)
    {
        if (root is not MappingNode experiment || experiment.Find(Key) is not { } sweep) return root;
        var rest = experiment with { Entries = [.. experiment.Entries.Where(e => e.Key.Text != Key)] };
        if (sweep is not MappingNode { Entries.Count: > 0 } grid)
        {
            report.Add(sweep, "LS0103", $"expected a mapping from paths like schedule.rate to values, found {sweep.Description}");
            return rest;
        }
        if (grid.Entries.Count > MostPaths)
        {
            report.Add(grid, "LS0228", FormattableString.Invariant($"a grid has at most {MostPaths} paths, not {grid.Entries.Count}"));
            return rest;
        }
        var before = report.Count;
        var axes = grid.Entries.Select(e => new Axis(e.Key, Points(e.Value, report))).ToArray();
        if (report.Count > before) return rest;
        if (axes.Aggregate(1.0, (n, axis) => n * axis.Points.Count) > Most)
        {
            report.Add(grid, "LS0106", FormattableString.Invariant($"the grid has more than {Most} points"));
            return rest;
        }
        // What is no run is left for the decoder to complain about.
        if (rest.Find("runs") is not (null or SequenceNode)) return rest;
        var bases = rest.Find("runs") is SequenceNode { Items.Count: > 0 } given ? given.Items
            : [new MappingNode([], sweep.Line, sweep.Column)];
        // Each point has copies of the stages that it changes.
        var points = axes.Aggregate(1.0, (n, axis) => n * axis.Points.Count);
        var copied = axes.Select(axis => NodeEdits.Steps(axis.Path.Text) is [var stage, ..] ? stage : "").Distinct().ToArray();
        var values = bases.Sum(run => copied.Sum(stage => ((run as MappingNode)?.Find(stage) ?? rest.Find(stage))?.CountUpTo(
            ExperimentPlaces.MaxValues) ?? 1));
        var runs = points * bases.Count;
        var problem = runs > ExperimentPlaces.MaxRuns ? FormattableString.Invariant(
                $"{bases.Count} runs at each point of the grid are {runs} runs; an experiment has at most {ExperimentPlaces.MaxRuns}")
            : points * values > ExperimentPlaces.MaxValues ? FormattableString.Invariant(
                $"{points} points of a grid with {values} values each have more than {ExperimentPlaces.MaxValues}")
            : null;
        if (problem is not null)
        {
            report.Add(grid, "LS0228", problem);
            return rest;
        }
        // A run that has forks is theirs, whatever they are made of, and so is one that is looked at: the grid is one of the others.
        var parents = bases.OfType<MappingNode>().SelectMany(run => LookedAt(run).Append((run.Find("from") as MappingNode)?.Find("run")))
            .Concat(LookedAt(rest)).OfType<ScalarNode>().Select(label => label.Text).ToHashSet();
        var expanded = new SequenceNode(
            [.. bases.SelectMany<Node, Node>(run => run is MappingNode mapping && !IsParent(mapping) ? Grid(axes)
                .Select(point => At(mapping, point, rest, report)) : [run])], sweep.Line, sweep.Column);
        return rest.With("runs", expanded)!;

        static IEnumerable<Node?> LookedAt(MappingNode stages) =>
            ((stages.Find("probes") as MappingNode)?.Find("measure") as SequenceNode)?.Items.OfType<MappingNode>()
                .SelectMany(probe => probe.Entries).Select(probe => ((probe.Value as MappingNode)?.Find("to") as MappingNode)?.Find("run"))
            ?? [];

        bool IsParent(MappingNode run) => run.Find("label") is ScalarNode label && parents.Contains(label.Text);
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
                ["oneOf"] = new JsonArray(
                    new JsonObject { ["type"] = "array", ["items"] = AxisValueCodec.Codec.Schema(), ["minItems"] = 1 }, Spaced("log"),
                        Spaced("linear")),
            },
        };
    }

    private static IEnumerable<(ScalarNode Path, Point Point)[]> Grid(IEnumerable<Axis> axes) =>
        axes.Aggregate<Axis, IEnumerable<(ScalarNode, Point)[]>>(
            [[]], (grid, axis) => grid.SelectMany(at => axis.Points.Select(point => ((ScalarNode, Point)[])[.. at, (axis.Path, point)])));

    // Of a fork what it does not say is what its parent says; a label that goes in a circle is told elsewhere.
    private static Node? StageOf(MappingNode run, string stage, MappingNode experiment)
    {
        var runs = (experiment.Find("runs") as SequenceNode)?.Items.OfType<MappingNode>().ToArray() ?? [];
        for (var left = runs.Length; left >= 0; left--)
        {
            if (run.Find(stage) is { } found) return found;
            if ((run.Find("from") as MappingNode)?.Find("run") is not ScalarNode label
                || Array.Find(runs, other => other.Find("label") is ScalarNode name && name.Text == label.Text) is not { } parent)
            {
                break;
            }
            run = parent;
        }
        return experiment.Find(stage);
    }

    /// <summary>A run at a point of the grid: its stages, or copies of the shared ones, with the point's values in them.</summary>
    private static MappingNode At(MappingNode run, (ScalarNode Path, Point Point)[] grid, MappingNode experiment, Report report)
    {
        foreach (var (path, point) in grid)
        {
            var steps = NodeEdits.Steps(path.Text);
            var stage = steps.Count == 0 ? null : StageOf(run, steps[0], experiment);
            var changed = steps is [WordStage] ? point.Value : stage?.With(string.Join('.', steps.Skip(1)), point.Value, path);
            if (changed is null)
                report.Add(path, "LS0110", $"there is nothing at '{path.Text}' that a value could be set in");
            else
                run = (MappingNode)run.With(steps[0], changed, path)!;
        }
        var own = run.Find("label") as ScalarNode;
        var name = string.Join(", ",
            grid.Select(at => $"{(NodeEdits.Steps(at.Path.Text) is [.., var last] ? last : "")} = {at.Point.Label}")
            .Prepend(own?.Text).OfType<string>());
        var swept = new SequenceNode([.. grid.Select(at => new MappingNode(
            [new Entry(Word("path"), at.Path), new Entry(Word("value"), at.Point.Value)], at.Path.Line, at.Path.Column))], run.Line,
                run.Column);
        run = (MappingNode)run.With("label", new ScalarNode(name, Plain: false, run.Line, run.Column))!.With("swept", swept)!;
        return own is null ? run : (MappingNode)run.With("series", own)!;
    }

    private static ScalarNode Word(string word) => new(word, Plain: true);

    private static Point[] Points(Node node, Report report)
    {
        if (node is SequenceNode { Items.Count: > 0 } list)
        {
            foreach (var item in list.Items.Where(item => !AxisValueCodec.Takes(item)))
                report.Add(item, "LS0103", $"expected a number or a word, found {item.Description}");
            return [.. list.Items.OfType<ScalarNode>().Select(item => new Point(item, item.Text))];
        }
        if (node is MappingNode { Entries: [{ Key.Text: "log" or "linear" } entry] })
        {
            var before = report.Count;
            var range = Range.Read(entry.Value, report);
            if (report.Count > before) return [];
            var log = entry.Key.Text == "log";
            if (range is [var from, var to, var points] && points >= 2 && points == Math.Floor(points) && points <= Most
                && (!log || from > 0 && to > 0))
            {
                return Spaced(from, to, (int)points, log, (SequenceNode)entry.Value);
            }

            report.Add(entry.Value, "LS0106",
                "expected [from, to, points] with at least 2 points, and ends above 0 where they are logarithmic");
            return [];
        }
        report.Add(node, "LS0103",
            "expected a list of numbers or words, or one of { log: [from, to, points] } and { linear: [from, to, points] }, " +
            $"found {node.Description}");
        return [];
    }

    private static readonly Codec<Items<double>> Range = Codecs.List(Codecs.Number, 3);

    // What somebody writes who means a decimal has no more digits.
    private const int MostDigits = 12;

    /// <summary>A spaced grid. Its ends are the numbers that were written, and labels have no more digits than tell its points
    /// apart.</summary>
    private static Point[] Spaced(double from, double to, int points, bool log, SequenceNode range)
    {
        double[] values = [.. Enumerable.Range(0, points).Select(i => i == 0 ? from : i == points - 1 ? to
            : Inside((double)i / (points - 1)))];
        return [.. values.Zip(NumberText.Distinct(values), (value, label) => (value, label)).Select((point, i) =>
        {
            var place = i == 0 ? range.Items[0] : i == points - 1 ? range.Items[1] : range;
            return new Point(new ScalarNode(NumberText.Invariant(point.value), Plain: true, place.Line,
                place.Column) { Source = place.Source }, point.label);
        })];

        // A grid is written in decimals: 0.15 between 0.1 and 0.2 is meant, not 0.15000000000000002, and 4 between 1 and 16 is whole.
        // What is further off than rounding alone can take it keeps all its digits.
        double Inside(double t)
        {
            // A few roundings of a double, and the half of one of t.
            const double rounding = 1e-15, ofExponent = 2e-16;
            var value = log ? from * Math.Pow(to / from, t) : from + (to - from) * t;
            var rounded = NumberText.Rounded(value, MostDigits);
            // The exponent t is rounded too, which the power makes larger.
            var error = log ? (rounding + ofExponent * Math.Abs(Math.Log(to / from))) * value
                : rounding * Math.Max(Math.Abs(from), Math.Abs(to));
            return Math.Abs(rounded - value) <= error ? rounded : value;
        }
    }
}

/// <summary>How values of sweeps stand in YAML: a plain scalar that is a number is one, and every other scalar is a word.</summary>
internal sealed class AxisValueCodec : Codec<AxisValue>
{
    public static AxisValueCodec Codec { get; } = new();

    /// <summary>Whether a node is such a value.</summary>
    public static bool Takes(Node node) => node is ScalarNode { IsNothing: false, Text: not "" };

    // Words come from what the field that they are set in takes: it says what is wrong with them.
    internal override AxisValue Read(Node node, Report report)
    {
        if (node is ScalarNode { Plain: true, Text: var text } && Codecs.NumberOf(text) is { } number)
        {
            return AxisValue.Number(
            number);
        }

        if (Takes(node)) return AxisValue.Word(((ScalarNode)node).Text);
        report.Add(node, "LS0103", $"expected a number or a word, found {node.Description}");
        return AxisValue.Word("");
    }

    internal override Node Write(AxisValue value) => value.Match(number => Codecs.Number.Write(number.Value),
        word => Codecs.Text.Write(word.Value));

    internal override JsonObject Schema() => new() { ["type"] = new JsonArray("number", "string", "boolean"), ["minLength"] = 1 };
}
