using LargeSteps.Configuration;
using LargeSteps.Pipelines;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Results;

/// <summary>What a folder of results has, read without changing anything there.</summary>
/// <param name="Experiment">Its experiment.</param>
/// <param name="Found">The units that are there, and those that are not.</param>
internal sealed record ReadResults(Experiment Experiment, FoundUnits Found)
{
    /// <summary>What a folder has; a failure where it is no folder of results (LS0303), its experiment is damaged, or none of its units are
    /// there (LS0304).</summary>
    public static Outcome<ReadResults> Of(string path)
    {
        if (!Directory.Exists(path)) return Failed("LS0303", $"there is no folder '{path}'{Near(path)}");
        var file = Path.Combine(path, ResultFolder.ExperimentFile);
        if (!File.Exists(file)) return Failed("LS0303", $"'{path}' is no folder of results: it has no {ResultFolder.ExperimentFile}");
        return ExperimentYaml.LoadWritten(file).Bind(experiment =>
        {
            if (!Directory.Exists(ResultFolder.UnitsOf(path))) return Failed("LS0304", $"'{path}' has no results: run the experiment first");
            using var folder = ResultFolder.ToRead(path);
            var found = FoundUnits.In(folder, experiment);
            return found.Missing.Count < found.Results.Count ? Outcome.Success<ReadResults>(new(experiment, found))
                : Failed("LS0304", $"{found.Words(path)}. Run the experiment with --resume");
        });
    }

    private static Outcome<ReadResults> Failed(string code, string message) =>
        Outcome.Failure<ReadResults>(new Diagnostic(code, message));

    // Other folders beside it, of which one may be meant.
    private static string Near(string path)
    {
        var whole = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string[] beside = Path.GetDirectoryName(whole) is { } parent && Directory.Exists(parent)
            ? [.. Directory.EnumerateDirectories(parent).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)] : [];
        return Nearest.Of(Path.GetFileName(whole), beside) is { } near ? $"; did you mean '{near}'?" : "";
    }
}
