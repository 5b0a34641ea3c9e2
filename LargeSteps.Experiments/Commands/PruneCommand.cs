using System.Globalization;
using LargeSteps.Configuration;
using LargeSteps.Experiments.Results;
using LargeSteps.Pipelines;
using LargeSteps.Running;

namespace LargeSteps.Experiments.Commands;

/// <summary>
/// Deletes the units and checkpoints of a folder of results that neither its experiment nor one in its history uses: those that a run.json
/// does not name, and that are of no pipeline of an experiment.yaml there.
/// </summary>
internal static class PruneCommand
{
    public static int Run(string path, bool dryRun, Terminal terminal)
    {
        if (!File.Exists(Path.Combine(path, ResultFolder.ExperimentFile)))
        {
            throw new CommandException(ExitCode.BadInput,
                $"error LS0303: '{path}' is no folder of results: it has no {ResultFolder.ExperimentFile}");
        }

        using var folder = ResultFolder.Create(path);
        folder.ClaimAlone();
        string[] used = [path, .. folder.History()];
        HashSet<string> named = [.. used.SelectMany(UnitsShownIn), .. used.SelectMany(ResultFolder.NamesIn)];
        HashSet<string> pipelines = [.. used.SelectMany(PipelinesOf)];
        // The unit of a pipeline that was kept last is what --resume may take, and of those that no run.json names yet there may be no
        // other.
        var identities = folder.Units.Identities().ToArray();
        named.UnionWith(identities.GroupBy(unit => ExperimentYaml.PipelineTextOf(unit.Text)).Where(same => pipelines.Contains(same.Key))
            .Select(same => same.First().Name));

        var units = folder.Units.Files().Select(file => new FileInfo(file))
            .Where(file => !named.Contains(Path.GetFileNameWithoutExtension(file.Name)) && file.Extension is ".arrow" or ".yaml").ToArray();
        HashSet<string> done = [.. identities.Select(unit => unit.Name)];
        var checkpoints = Directory.Exists(folder.Checkpoints)
            ? new DirectoryInfo(folder.Checkpoints).EnumerateDirectories().Where(each => !named.Contains(each.Name) && !IsBegun(each))
                .ToArray() : [];
        var bytes = units.Sum(file => file.Length) + checkpoints.SelectMany(each => each.EnumerateFiles("*", SearchOption.AllDirectories))
            .Sum(file => file.Length);
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{units.Count(file => file.Extension == ".arrow")} units and the checkpoints of {checkpoints.Length} runs, {bytes / 1e6:F1} " +
            $"MB, are used by nothing here{(dryRun ? "" : " and are deleted")}"));
        if (dryRun) return ExitCode.Done;
        foreach (var file in units) file.Delete();
        foreach (var each in checkpoints) each.Delete(recursive: true);
        return ExitCode.Done;

        // A run that was stopped has checkpoints and no result: it goes on from them.
        bool IsBegun(DirectoryInfo each)
        {
            var unit = Path.Combine(each.FullName, CheckpointFile.UnitText);
            return !done.Contains(each.Name) && File.Exists(unit)
                && pipelines.Contains(ExperimentYaml.PipelineTextOf(File.ReadAllText(unit)));
        }
    }

    private static IReadOnlyCollection<string> UnitsShownIn(string folder) => ResultFolder.UnitsShownIn(folder)
        ?? throw new CommandException(ExitCode.BadInput,
            $"error LS0307: '{Path.Combine(folder, ResultFolder.RunFile)}' is damaged, so that what it uses is not known; nothing is " +
            $"deleted");

    // A folder of the history has no experiment where the program was killed while it moved there: it moves last, and is still above.
    private static IEnumerable<string> PipelinesOf(string folder) =>
        File.Exists(Path.Combine(folder, ResultFolder.ExperimentFile))
            ? Units.Of(RunCommand.LoadWritten(folder)).OrThrow().Select(unit => ExperimentYaml.Write(unit.Pipeline)) : [];
}
