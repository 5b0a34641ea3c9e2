using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Results;

/// <summary>
/// The results of other folders that the figures of an experiment show beside its own. What is not there is left out and told of: a figure
/// that lacks some can be drawn again, and results are not lost for it.
/// </summary>
/// <param name="output">The folder in which the folders of results lie.</param>
/// <param name="log">Where it is told what is not there, each thing once; null: nowhere.</param>
internal sealed class OtherResults(string output, TextWriter? log)
{
    private readonly Dictionary<string, ReadResults?> _read = [];
    private readonly HashSet<string> _told = [];

    /// <summary>Those beside a folder of results.</summary>
    public static OtherResults Beside(string folder, TextWriter? log) =>
        new(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))) ?? folder, log);

    /// <summary>The results that a figure shows: those of the experiment, or of the folders that it names, joined.</summary>
    /// <param name="figure">The figure.</param>
    /// <param name="experiment">The experiment.</param>
    /// <param name="own">The results of the experiment.</param>
    public Items<UnitResult> For(FigureSpec figure, Experiment experiment, Items<UnitResult> own)
    {
        if (figure.ResultsShown.Count == 0) return own;
        var parts = figure.ResultsShown.Map(name => name == experiment.Name ? new NamedResults(name, experiment, own)
            : Find(name) is { } read ? new(name, read.Experiment, read.Found.Results) : null);
        var joined = new JoinedResults(Items.From(parts.OfType<NamedResults>()));
        TellOfRuns(figure, joined);
        if (!parts.Contains(null)) TellOfMetrics(figure, joined);
        return joined.All;
    }

    private ReadResults? Find(string name)
    {
        var path = Path.Combine(output, name);
        if (!_read.TryGetValue(name, out var read))
        {
            _read[name] = read = Read(path).Match<ReadResults?>(read => read, problems =>
            {
                Tell("LS0320", $"the figures that show the results of '{name}' are drawn without them: {problems[0].Message}");
                return null;
            });
        }
        if (read?.Found is { Missing.Count: > 0 } found)
            Tell("LS0304", $"{found.Words(path)}. The figures that show them show the others.");
        return read;
    }

    private static Outcome<ReadResults> Read(string path)
    {
        try
        {
            return ReadResults.Of(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Outcome.Failure<ReadResults>(new Diagnostic("LS0301", e.Message));
        }
    }

    // Of folders that are not there it is told already.
    private void TellOfRuns(FigureSpec figure, JoinedResults joined)
    {
        string[] known = [.. joined.All.Select(result => result.Unit.Label).Distinct()];
        foreach (var label in figure.LabelsShown.Where(label => !known.Contains(label)
            && joined.Parts.Any(part => JoinedLabel.IsOf(label, part.Name))))
        {
            Tell("LS0320", $"the figure '{figure.File}' shows no run '{label}', since there is none{Nearest.Suggestion(label, known)}");
        }
    }

    private void TellOfMetrics(FigureSpec figure, JoinedResults joined)
    {
        string[] known = [.. joined.Metrics, "learning_rate", Ensemble.Survival];
        foreach (var metric in (figure.MetricsOfPanels?.Metrics ?? figure.MetricsOfTable ?? []).Where(metric => !known.Contains(metric)))
            Tell("LS0320", $"no run that the figure '{figure.File}' shows measures '{metric}'{Nearest.Suggestion(metric, known)}");
    }

    private void Tell(string code, string message)
    {
        if (_told.Add(message)) log?.WriteLine($"warning {code}: {PlainText.OneLine(message)}");
    }
}
