using LargeSteps.Configuration;
using LargeSteps.Experiments.Results;
using LargeSteps.Pipelines;
using LargeSteps.Running;

namespace LargeSteps.Experiments.Commands;

/// <summary>Says why a result is not taken: in which keys, files or numerics units differ.</summary>
internal static class WhyCommand
{
    /// <param name="first">A unit (<c>units/NAME.arrow</c> or <c>.yaml</c>), or a config: all of its units.</param>
    /// <param name="second">A unit, or a folder of results: all of its units.</param>
    /// <param name="data">The folder of image datasets; null: the usual one.</param>
    /// <param name="terminal">The terminal.</param>
    public static int Run(string first, string second, string? data, Terminal terminal)
    {
        // What is asked for first, what is there second; people name them in either order.
        if (!IsUnit(second) && !Directory.Exists(second) && Directory.Exists(first)) (first, second) = (second, first);
        if (Directory.Exists(first))
        {
            throw new CommandException(ExitCode.BadInput,
            $"error LS0306: '{first}' is a folder of results: name a config or a unit, and then the folder in which it is looked for");
        }

        var there = Directory.Exists(second) ? UnitsIn(second) : [UnitAt(second)];
        if (IsUnit(first) && there is [var one])
        {
            var differences = Differences(UnitAt(first).Text, one.Text);
            if (differences.Count == 0) terminal.Out.WriteLine("nothing differs: they are the same unit");
            foreach (var difference in differences) terminal.Out.WriteLine(Line(difference));
        }
        else
        {
            Compare(IsUnit(first) ? [($"'{first}'", UnitAt(first))] : UnitsOf(first, data), there, second,
            terminal.Out);
        }

        return ExitCode.Done;
    }

    private static void Compare((string Words, StoredUnit Unit)[] asked, StoredUnit[] there, string second, TextWriter output)
    {
        var names = there.Select(unit => unit.Name).ToHashSet();
        var missing = asked.Where(one => !names.Contains(one.Unit.Name)).ToArray();
        output.WriteLine(FormattableString.Invariant($"{asked.Length - missing.Length} of {asked.Length} units are in '{second}'"));
        if (there.Length == 0) return;
        var near = there.Take(MostThere).Select(unit => (unit.Text, Lines: unit.Text.Split('\n'))).ToArray();
        // Seeds of a run differ from those that are there in the same way: one line tells of all of them.
        var reasons = missing.Take(MostCompared).Select(one => (one.Words, Lines: string.Join(Environment.NewLine,
            Nearest(one.Unit.Text, near).Select(difference => "  " + Line(difference)))));
        foreach (var same in reasons.GroupBy(reason => reason.Lines))
        {
            output.WriteLine(FormattableString.Invariant(
                $"{same.Count()} not there, like {same.First().Words}; of the nearest unit there it differs in"));
            output.WriteLine(same.Key);
        }
        if (missing.Length > MostCompared)
            output.WriteLine(FormattableString.Invariant($"{missing.Length - MostCompared} more are not there, and were not compared"));
    }

    // Of seeds of a run a few tell of all; a comparison of each with each would take hours for ten thousand.
    private const int MostCompared = 1000, MostThere = 10_000, MostRead = 8;

    // By their lines at first, a stage of the pipeline each, of which some are the same.
    private static IReadOnlyList<Difference> Nearest(string text, (string Text, string[] Lines)[] there)
    {
        var lines = text.Split('\n');
        return there.OrderBy(other => Unlike(lines, other.Lines)).Take(MostRead).Select(other => Differences(text, other.Text))
            .MinBy(differences => differences.Count)!;
    }

    private static int Unlike(string[] lines, string[] others)
    {
        var unlike = Math.Abs(lines.Length - others.Length);
        for (var i = 0; i < Math.Min(lines.Length, others.Length); i++)
            if (lines[i] != others[i]) unlike++;
        return unlike;
    }

    private static IReadOnlyList<Difference> Differences(string first, string second)
    {
        try
        {
            return NodeDifferences.Of(first, second);
        }
        catch (InvalidDataException e)
        {
            throw new CommandException(ExitCode.BadInput, $"error LS0306: what a unit depends on is damaged: {e.Message}");
        }
    }

    private static string Line(Difference difference) =>
        $"{difference.Path}: {difference.First ?? "nothing"} | {difference.Second ?? "nothing"}";

    private static (string, StoredUnit)[] UnitsOf(string config, string? data)
    {
        var names = new UnitNames(RunCommand.DataFolder(data, Path.GetDirectoryName(Path.GetFullPath(config)) ?? "."));
        return [.. Units.Of(RunCommand.Load(config)).OrThrow().Select(unit => (Unit: unit, Identity: names.Of(unit.Pipeline)))
            .Select(named => (FormattableString.Invariant($"run '{named.Unit.Label}', seed {named.Unit.Seed}"),
                new StoredUnit(named.Identity.Name, named.Identity.Text)))];
    }

    private static StoredUnit[] UnitsIn(string folder) => ResultFolder.UnitsOf(folder) is var path && Directory.Exists(path)
        ? [.. new UnitStore(path).Identities().Select(unit => new StoredUnit(unit.Name, unit.Text))] : [];

    private static StoredUnit UnitAt(string path)
    {
        var file = Path.ChangeExtension(path, ".yaml");
        return IsUnit(path) && File.Exists(file) ? new(Path.GetFileNameWithoutExtension(path), File.ReadAllText(file))
            : throw new CommandException(ExitCode.BadInput,
                $"error LS0306: '{path}' is no unit: a unit is NAME.arrow beside NAME.yaml, of which NAME is a hash of 64 digits");
    }

    // Named by the hash of what it depends on, which no config is.
    private static bool IsUnit(string path) => Path.GetFileNameWithoutExtension(path) is { Length: 64 } name
        && name.All(char.IsAsciiHexDigit);

    private sealed record StoredUnit(string Name, string Text);
}
