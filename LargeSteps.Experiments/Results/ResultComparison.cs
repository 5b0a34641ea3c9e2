using LargeSteps.Configuration;
using LargeSteps.Experiments.Charts;
using LargeSteps.Figures;
using LargeSteps.Running;
using LargeSteps.Values;
using Microsoft.Data.Analysis;

namespace LargeSteps.Experiments.Results;

/// <summary>Several experiments beside one another: how their runs end, their metrics over one another, and in what their configs
/// differ.</summary>
/// <param name="Joined">The experiments with their results.</param>
/// <param name="Figure">The metrics that are drawn.</param>
internal sealed record ResultComparison(JoinedResults Joined, CurvesFigure Figure)
{
    /// <summary>The name of the chart's files.</summary>
    public const string ChartName = "comparison";

    // More columns are not read: then each experiment has one.
    private const int MostRuns = 8;

    /// <summary>How the runs end.</summary>
    public TextTable Ends { get; } = EndsTable.Of(Joined.All);

    /// <summary>The keys in which the configs differ, a column for each run, or for each experiment where there are many runs.</summary>
    public TextTable Differences { get; } = DifferencesOf(Joined.Configs);

    /// <summary>Writes all of it into a folder, which is made where it is not there; returns the files.</summary>
    public IReadOnlyList<string> Write(string folder)
    {
        foreach (var each in (string[])["figures", "tables"]) WholeFolder(Path.Combine(folder, each));
        var chart = FigureDrawings.Of(Figure, new(Joined.Parts[0].Experiment, Joined.All)).Chart;
        var (summary, ends, differences, values, report) = (Path.Combine(folder, "summary.csv"), Path.Combine(folder, "tables", "ends.md"),
            Path.Combine(folder, "tables", "differences.md"), Path.Combine(folder, "tables", "differences.csv"),
            Path.Combine(folder, "report.html"));
        TableFiles.Csv(summary, ResultFrames.SummaryInParts(Joined.All));
        TableFiles.Text(ends, Ends.Markdown());
        TableFiles.Text(differences, Differences.Markdown());
        TableFiles.Csv(values, [DifferenceFrame()]);
        var charts = ChartRenderer.Write(chart, Path.Combine(folder, "figures", ChartName));
        TableFiles.Text(report, HtmlReport.Of(string.Join(", ", Joined.Parts.Map(part => part.Name)), Joined.All,
            [new(Figure, chart)], [Differences],
            [.. Joined.Parts.Map(part => ($"Experiment {part.Name}", ExperimentYaml.Write(part.Experiment)))]));
        return [summary, ends, differences, values, .. charts, report];
    }

    private static TextTable DifferencesOf(Items<ConfiguredRun> configs)
    {
        var ofRuns = configs.Count <= MostRuns;
        var difference = ofRuns ? ConfigDifference.Of(configs) : ConfigDifference.OfExperiments(configs);
        return new("differences", ["key", .. difference.Columns], [.. difference.Keys.Select(key => (string[])
            [key.Path, .. key.Values.Map(ConfigDifference.Word)])],
            difference.Keys.Count == 0 ? "no key of the configs differs"
            : ofRuns ? "the keys in which the configs of the runs differ; – where a key is not there"
            : "the keys in which the configs of the experiments differ, with all values of their runs; – where a key is not there");
    }

    // For programs: each run by itself, however many there are.
    private DataFrame DifferenceFrame()
    {
        var difference = ConfigDifference.Of(Joined.Configs);
        var cells = difference.Keys.SelectMany(key => difference.Columns.Zip(key.Values,
            (run, value) => (key.Path, Run: run, Value: value))).ToArray();
        return new(new StringDataFrameColumn("key", cells.Select(cell => cell.Path)),
            new StringDataFrameColumn("run", cells.Select(cell => cell.Run)),
            new StringDataFrameColumn("value", cells.Select(cell => cell.Value)));
    }

    private static void WholeFolder(string path) => Formats.WholeFile.DeleteAbandoned(Directory.CreateDirectory(path).FullName);
}
