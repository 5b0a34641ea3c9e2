using System.CommandLine;
using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Commands;

/// <summary>What the command line asks of <c>compare</c>.</summary>
/// <param name="Folders">The folders of results.</param>
/// <param name="Output">Where the comparison goes; null: <c>compare/A-B</c> beside the folders, or here where they lie apart.</param>
/// <param name="Metrics">The metrics that are drawn; empty: those that all experiments have.</param>
/// <param name="LogY">Those on a logarithmic scale; empty: as the figures of the experiments have them.</param>
/// <param name="Axis">What the horizontal axis counts; null: what the first figure of curves has.</param>
internal sealed record CompareRequest(Items<string> Folders, string? Output, Items<string> Metrics, Items<string> LogY, CurveAxis? Axis);

/// <summary>Puts the results of several experiments beside one another.</summary>
internal static class CompareCommand
{
    private const string Folder = "compare";

    // As long as the longest name of an experiment.
    private const int LongestName = 100;

    /// <summary>The verb with its options.</summary>
    public static Command Verb(Terminal terminal)
    {
        var folders = new Argument<string[]>("RESULT_DIR")
        {
            Description = "Folders of results, like results/resnet18_large results/resnet18_small.",
            Arity = ArgumentArity.OneOrMore
        };
        var output = new Option<string?>("--output", "-o")
        {
            Description = "The folder of the comparison. [default: compare/A-B… beside the folders, or here where they lie apart]",
            HelpName = "DIR"
        };
        var metrics = Names("--metrics", "The metrics that are drawn, a panel for each; also learning_rate and survival. " +
            "[default: those that all of the experiments measure]");
        var logY = Names("--log-y", "Those on a logarithmic scale. [default: as in the figures of the experiments]");
        var x = new Option<string?>("--x")
        {
            Description = "What the horizontal axis counts: iteration, epoch or time. [default: as in their first figure of curves]",
            HelpName = "AXIS"
        };
        x.AcceptOnlyFromAmong([.. Enum.GetNames<CurveAxis>().Select(name => name.ToLowerInvariant())]);
        var command = new Command("compare", "Puts the results of several experiments beside one another: their ends, their curves, and " +
            "the keys in which their configs differ.")
        {
            folders, output, metrics, logY, x
        };
        command.SetAction(parsed => Run(new(Items.From(parsed.GetValue(folders)!), parsed.GetValue(output),
            Items.From(parsed.GetValue(metrics) ?? []), Items.From(parsed.GetValue(logY) ?? []),
            parsed.GetValue(x) is { } axis ? Enum.Parse<CurveAxis>(axis, ignoreCase: true) : null), terminal));
        return command;
    }

    private static Option<string[]> Names(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "METRIC",
        AllowMultipleArgumentsPerToken = true
    };

    public static int Run(CompareRequest request, Terminal terminal)
    {
        var output = request.Output ?? DefaultOutput(request.Folders);
        if (request.Metrics.Concat(request.LogY).FirstOrDefault(Directory.Exists) is { } folder)
            throw Bad($"'{folder}' is a folder and no metric: folders stand before --metrics and --log-y");
        var joined = new JoinedResults(Read(request.Folders, terminal));
        if (File.Exists(Path.Combine(output, ResultFolder.ExperimentFile)))
        {
            throw new CommandException(ExitCode.BadInput, $"error LS0301: '{output}' is a folder of results, whose report would be " +
                "overwritten. Choose another one with --output.");
        }
        var comparison = new ResultComparison(joined, FigureOf(request, joined));
        comparison.Write(output);
        terminal.Out.Write(ConsoleTable.Of(comparison.Ends, 2, terminal.Width));
        terminal.Out.WriteLine(EndsTable.Legend);
        terminal.Out.WriteLine();
        if (comparison.Differences is { Rows.Count: > 0 } differences) terminal.Out.Write(ConsoleTable.Of(differences, 1, terminal.Width));
        terminal.Out.WriteLine(comparison.Differences.Legend);
        if (request.Metrics.Count == 0 && joined.Metrics.Except(comparison.Figure.Panels.Metrics).ToArray() is { Length: > 0 } others)
        {
            terminal.Out.WriteLine($"not drawn, since not all of the experiments measure them: {string.Join(", ", others)}; " +
                "--metrics draws them");
        }
        terminal.Out.WriteLine($"comparison in {output}");
        return ExitCode.Done;
    }

    private static Items<NamedResults> Read(Items<string> folders, Terminal terminal)
    {
        if (folders.Count < 2) throw Bad("compare takes two folders of results or more, like results/a results/b");
        var paths = folders.Map(WholePath);
        if (folders.Where((_, i) => paths.AsSpan()[..i].Contains(paths[i])).ToArray() is { Length: > 0 } twice)
            throw Bad($"'{string.Join("', '", twice)}' is named twice");
        var read = folders.Map(ReadResults.Of);
        string[] problems = [.. read.SelectMany(one => one.Match<IEnumerable<Diagnostic>>(_ => [], problems => problems))
            .Select(problem => problem.ToString())];
        if (problems.Length > 0) throw new CommandException(ExitCode.BadInput, string.Join(Environment.NewLine, problems));
        var names = NamedResults.NamesOf(paths);
        return Items.From(read.Select((one, i) =>
        {
            var (experiment, found) = one.OrThrow();
            if (found.Missing.Count > 0)
            {
                terminal.Error.WriteLine($"warning LS0304: {found.Words(folders[i])}. Run the experiment with --resume. " +
                    "The comparison shows the others.");
            }
            return new NamedResults(names[i], experiment, found.Results);
        }));
    }

    private static CommandException Bad(string message) => new(ExitCode.BadInput, $"error LS0300: {message}");

    // A link and the folder that it leads to are one.
    private static string WholePath(string path)
    {
        var whole = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return Directory.Exists(whole) ? new DirectoryInfo(whole).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? whole : whole;
    }

    private static string DefaultOutput(Items<string> folders)
    {
        string[] parents = [.. folders.Map(folder => Path.GetDirectoryName(WholePath(folder)) ?? "").Distinct()];
        var parent = parents.Length == 1 ? Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(folders[0])) ?? "" : "";
        string[] leaves = [.. folders.Map(folder => Path.GetFileName(WholePath(folder)))];
        var name = string.Join('-', leaves);
        return Path.Combine(parent, Folder, name.Length <= LongestName ? name
            : FormattableString.Invariant($"{leaves[0]}-and-{leaves.Length - 1}-more"));
    }

    private static CurvesFigure FigureOf(CompareRequest request, JoinedResults joined)
    {
        string[] measured = [.. joined.Metrics, "learning_rate", Ensemble.Survival];
        Check(request.Metrics, measured, "no run measures");
        var metrics = request.Metrics.Count > 0 ? Items.From(request.Metrics.Distinct())
            : joined.SharedMetrics is { Count: > 0 } shared ? shared
            : joined.Metrics is { Count: > 0 } all ? all : ["learning_rate"];
        Check(request.LogY, metrics, "no panel shows");
        var figures = joined.Parts.SelectMany(part => part.Experiment.Figures).ToArray();
        var panels = figures.Select(figure => figure.MetricsOfPanels).OfType<MetricPanels>().ToArray();
        return new(ResultComparison.ChartName, MetricPanels.Of([.. metrics]) with
        {
            LogY = request.LogY.Count > 0 ? request.LogY : Those(shown => shown.LogY),
            Percent = Those(shown => shown.Percent),
        }, ShowSeeds: false)
        {
            Axis = request.Axis ?? figures.OfType<CurvesFigure>().FirstOrDefault()?.Axis ?? CurveAxis.Iteration,
        };

        static void Check(Items<string> names, IReadOnlyCollection<string> known, string problem)
        {
            string[] unknown = [.. names.Where(name => !known.Contains(name)).Select(name => $"{problem} '{name}'" +
                Nearest.Suggestion(name, known))];
            if (unknown.Length > 0) throw Bad(string.Join($"{Environment.NewLine}error LS0300: ", unknown));
        }

        Items<string> Those(Func<MetricPanels, Items<string>> of) =>
            Items.From(metrics.Where(metric => panels.Any(shown => of(shown).Contains(metric))));
    }
}
