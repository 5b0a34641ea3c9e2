using LargeSteps.Configuration;
using LargeSteps.Experiments.Results;
using LargeSteps.Pipelines;
using LargeSteps.Running;

namespace LargeSteps.Experiments.Commands;

/// <summary>Says why a result is not taken: in which keys, files or numerics two units differ, or those of a config and those of a folder
/// of results.</summary>
internal static class WhyCommand
{
    /// <param name="first">A unit (<c>units/NAME.arrow</c> or <c>.yaml</c>), or a config.</param>
    /// <param name="second">A unit, or a folder of results.</param>
    /// <param name="data">The folder of image datasets; null: the usual one.</param>
    /// <param name="terminal">The terminal.</param>
    public static int Run(string first, string second, string? data, Terminal terminal)
    {
        if (Directory.Exists(second))
        {
            var experiment = RunCommand.Load(first);
            Compare(experiment, second, new UnitNames(RunCommand.DataFolder(data, Path.GetDirectoryName(Path.GetFullPath(first)) ?? ".")),
                terminal.Out);
            return ExitCode.Done;
        }
        var differences = NodeDifferences.Of(TextOf(first), TextOf(second));
        if (differences.Count == 0) terminal.Out.WriteLine("nothing differs: they are the same unit");
        foreach (var difference in differences) terminal.Out.WriteLine(Line(difference));
        return ExitCode.Done;
    }

    private static void Compare(Experiment experiment, string folder, UnitNames names, TextWriter output)
    {
        var units = Units.Of(experiment).OrThrow();
        var path = ResultFolder.UnitsOf(folder);
        var there = Directory.Exists(path) ? new UnitStore(path).Identities().ToArray() : [];
        var missing = units.Where(unit => there.All(other => other.Name != names.Of(unit.Pipeline).Name)).ToArray();
        output.WriteLine(FormattableString.Invariant(
            $"{units.Count - missing.Length} of {units.Count} units of the config are in '{folder}'"));
        if (there.Length == 0) return;
        // Seeds of a run differ from the folder's in the same way: one line tells of all of them.
        var reasons = missing.Select(unit => (Unit: unit, Lines: string.Join("\n", Nearest(names.Of(unit.Pipeline).Text, there)
            .Select(difference => "  " + Line(difference)))));
        foreach (var same in reasons.GroupBy(reason => reason.Lines))
        {
            var example = same.First().Unit;
            output.WriteLine(FormattableString.Invariant(
                $"{same.Count()} not there, like run '{example.Label}', seed {example.Seed}; of the nearest unit there it differs in"));
            output.WriteLine(same.Key);
        }
    }

    private static IReadOnlyList<Difference> Nearest(string text, (string Name, string Text)[] there) =>
        there.Select(other => NodeDifferences.Of(text, other.Text)).MinBy(differences => differences.Count)!;

    private static string Line(Difference difference) =>
        $"{difference.Path}: {difference.First ?? "nothing"} | {difference.Second ?? "nothing"}";

    private static string TextOf(string path)
    {
        var file = Path.ChangeExtension(path, ".yaml");
        return File.Exists(file) ? File.ReadAllText(file)
            : throw new CommandException(ExitCode.BadInput,
                $"error LS0306: '{path}' is no unit: there is no '{file}', in which a unit says what it depends on");
    }
}
