using LargeSteps.Forms;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Configuration;

/// <summary>
/// Places in an experiment that a program composed: it is written as YAML, and each of its nodes gets a number in place of a line, so that
/// the reader's checks serve code as well. Their words then begin with the path of the place: <c>runs[0].schedule.rate</c>.
/// </summary>
internal sealed class CodeReport
{
    private readonly List<string> _paths = [];

    public CodeReport(Node written, IReadOnlyList<object> own)
    {
        Root = Placed(written, "");
        Report = new Report("") { Own = own };
    }

    /// <summary>The same nodes, each with its number.</summary>
    public Node Root { get; }

    /// <summary>What collects what is wrong.</summary>
    public Report Report { get; }

    /// <summary>All that is wrong, with paths.</summary>
    public Items<Diagnostic> Diagnostics => Report.Diagnostics.Map(problem => new Diagnostic(problem.Code,
        PathOf(problem.Line) is { Length: > 0 } path ? $"{path}: {problem.Message}" : problem.Message));

    /// <summary>
    /// An experiment with other parts in place of those that only a program can give, which have no form that could be read again: what is
    /// wrong with the rest does not depend on them.
    /// </summary>
    public static Experiment Readable(Experiment experiment) => experiment with
    {
        Shared = Readable(experiment.Shared),
        Runs = experiment.Runs.Map(run => run with { Overlay = Readable(run.Overlay) }),
    };

    private static Stages Readable(Stages stages) => stages with
    {
        Dataset = stages.Dataset?.Readable,
        Model = stages.Model?.Readable,
        Schedule = stages.Schedule is { } schedule ? Readable(schedule) : null,
        Optimizer = stages.Optimizer is { } optimizer ? optimizer.WithRule(Readable(optimizer.Rule)) : null,
        Probes = stages.Probes is { } probes ? probes with { Measure = Readable(probes.Measure) } : null,
    };

    private static UpdateRule Readable(UpdateRule rule) => rule with
    {
        Own = [],
        LabelNoise = rule.LabelNoise?.WithSchedule(Readable),
    };

    // Each in the place of the one that it stands for, so that the others keep their numbers.
    private static Items<Probe> Readable(Items<Probe> probes) => probes.Any(probe => probe.FormInYaml is null)
        ? probes.Map(probe => probe.FormInYaml is null ? new Losses() : probe) : probes;

    private static Schedule Readable(Schedule schedule) => schedule.Match<Schedule>(
        constant => constant,
        warmUp => warmUp,
        drops => drops with { Base = Readable(drops.Base) },
        curve => curve.Curve.Match<Schedule>(cosine => curve, cyclic => curve, custom => Schedule.Constant(1)),
        joined => joined with { First = Readable(joined.First), Then = Readable(joined.Then) },
        scaled => scaled with { Base = Readable(scaled.Base) },
        endOfStep => endOfStep with { Base = Readable(endOfStep.Base) });

    private string PathOf(int number) => number > 0 && number <= _paths.Count ? _paths[number - 1] : "";

    private Node Placed(Node node, string path)
    {
        _paths.Add(path);
        var number = _paths.Count;
        return node switch
        {
            SequenceNode list => list with
            {
                Line = number,
                Column = 1,
                Items = [.. list.Items.Select((item, i) => Placed(item, FormattableString.Invariant($"{path}[{i}]")))]
            },
            MappingNode mapping => mapping with
            {
                Line = number,
                Column = 1,
                Entries = [.. mapping.Entries.Select(entry => Placed(entry, path.Length == 0 ? entry.Key.Text
                    : $"{path}.{entry.Key.Text}"))],
            },
            _ => node with { Line = number, Column = 1 },
        };
    }

    // A key has the number of its value: both are the same place.
    private Entry Placed(Entry entry, string path)
    {
        var value = Placed(entry.Value, path);
        return new((ScalarNode)(entry.Key with { Line = value.Line, Column = 1 }), value);
    }
}
