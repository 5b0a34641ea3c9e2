using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LargeSteps.Configuration;
using LargeSteps.Experiments.Charts;
using LargeSteps.Figures;
using LargeSteps.Formats;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;
using Microsoft.Data.Analysis;

namespace LargeSteps.Experiments.Results;

/// <summary>
/// The folder of an experiment's results. Every file is written aside and renamed, so that a file that is there is whole
/// whenever the program was killed; every file but the units can be made again from them.
/// </summary>
internal sealed class ResultFolder : IDisposable
{
    public const string ExperimentFile = "experiment.yaml";
    /// <summary>The folder of the tables of loss surfaces, in that of the results.</summary>
    public const string SurfaceFolder = "surfaces";
    public const string RunFile = "run.json";
    private const string ReportFile = "report.html";
    private const string LogFile = "log.txt";
    private const string HistoryFolder = "history", LogsFolder = "logs";
    /// <summary>The names of the units of the experiment.</summary>
    public const string NamesFile = "units.txt";

    // What is made of units.
    private static readonly string[] ProductFolders = ["figures", "tables", "tensorboard", LogsFolder], ProductFiles = ["metrics.csv",
        "metrics.arrow", "summary.csv", RunFile, ReportFile, LogFile];

    // Another program that moves a former experiment away is done within this time.
    private static readonly TimeSpan LongestMove = TimeSpan.FromSeconds(30);

    // Programs that begin the same experiment at a time look at the folder one after the other.
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(10);

    private FileStream? _claim;

    private ResultFolder(string path, UnitStore units) => (Path, Units) = (path, units);

    /// <summary>A folder of results that is only looked at: nothing is changed in it.</summary>
    public static ResultFolder ToRead(string path) => new(path, UnitStore.ToRead(UnitsOf(path)));

    public string Path { get; }

    private string Figures => System.IO.Path.Combine(Path, "figures");

    /// <summary>The folder of the tables of loss surfaces.</summary>
    public string Surfaces => System.IO.Path.Combine(Path, SurfaceFolder);

    /// <summary>The folder of the checkpoints of deep networks.</summary>
    public string Checkpoints => System.IO.Path.Combine(Path, "checkpoints");

    /// <summary>The folder of TensorBoard's event files.</summary>
    public string TensorBoard => System.IO.Path.Combine(Path, "tensorboard");

    /// <summary>The folder of the units in a folder of results.</summary>
    public static string UnitsOf(string path) => System.IO.Path.Combine(path, "units");

    /// <summary>The names of the units of which the tables of a folder are; none where it has none, null where what says it is
    /// damaged.</summary>
    public static IReadOnlyCollection<string>? UnitsShownIn(string path)
    {
        var file = System.IO.Path.Combine(path, RunFile);
        if (!File.Exists(file)) return [];
        try
        {
            return JsonNode.Parse(File.ReadAllText(file))?["runs"] is JsonArray runs ? [.. runs.Select(run => (string?)run?["unit"])
                .OfType<string>()] : [];
        }
        // The last is how JsonNode tells of a key that stands twice.
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>The results of the units.</summary>
    public UnitStore Units { get; }

    /// <summary>The folder, made where it is not there; ends the command where it cannot be written to.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="units">How many units are going to be there; 0: not known.</param>
    public static ResultFolder Create(string path, int units = 0)
    {
        try
        {
            var folder = new ResultFolder(path, new UnitStore(UnitsOf(path), units));
            Directory.CreateDirectory(folder.Figures);
            foreach (var each in (string[])[path, folder.Figures]) WholeFile.DeleteAbandoned(each);
            // Other programs may do the same in the same folder at this moment.
            var probe = System.IO.Path.Combine(path, ".writable");
            WholeFile.Write(probe, aside => File.WriteAllText(aside, ""));
            File.Delete(probe);
            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new CommandException(ExitCode.BadInput,
                $"error LS0301: the folder '{path}' cannot be written to: {e.Message} Choose another one with --output.");
        }
    }

    /// <summary>What the console said of the run.</summary>
    public string Log => System.IO.Path.Combine(Path, LogFile);

    /// <summary>The same of one of several programs that share the folder; the folder of it is made where it is not there.</summary>
    public string LogOf(int part, int parts) => System.IO.Path.Combine(
        Directory.CreateDirectory(System.IO.Path.Combine(Path, LogsFolder)).FullName,
        FormattableString.Invariant($"part-{part}-of-{parts}.txt"));

    /// <summary>The folders of what was made of experiments before the present one, see <see cref="WriteExperiment"/>.</summary>
    public IEnumerable<string> History()
    {
        var folder = System.IO.Path.Combine(Path, HistoryFolder);
        return Directory.Exists(folder) ? Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal) : [];
    }

    /// <summary>
    /// Writes the experiment, and holds the folder for it: other programs may do the same experiment here until this one is disposed, and
    /// none another. Where the folder has another one, or results of other contents of the same files, all that was made of that moves to
    /// <c>history/TIME/</c> first; units and checkpoints stay, since both may use them.
    /// </summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="units">The names of its units.</param>
    /// <param name="now">The time that the folder of the former one is named by.</param>
    /// <returns>The folder of the former one; null where there was none, or the same.</returns>
    public string? WriteExperiment(Experiment experiment, Items<string> units, DateTimeOffset now)
    {
        var (text, former, watch) = (ExperimentYaml.Write(experiment), (string?)null, Stopwatch.StartNew());
        for (; ; )
        {
            _claim = FileClaim.Waited(() => FileClaim.Shared(Claim), LongestMove) ?? throw Busy();
            if (IsPresent()) return former;
            _claim.Dispose();
            using (_claim = FileClaim.Alone(Claim))
            {
                if (_claim is not null)
                {
                    former ??= !File.Exists(FileOf(ExperimentFile)) || IsPresent() || !IsAnother() ? null : MoveToHistory(now);
                    WriteText(NamesFile, string.Join('\n', units.Prepend(HeadOf(experiment, units))) + "\n");
                    WriteText(ExperimentFile, text);
                }
            }
            // Somebody looks, or is at work: on another experiment, or on this one, which then stands there in a moment.
            if (_claim is null && watch.Elapsed > LongestLook) throw Busy();
            if (_claim is null) Thread.Sleep(Random.Shared.Next(10, 100));
        }

        bool IsPresent() => Has(text) && NamesOf(experiment) is { } there && there.Equals(units);

        // What was made is that of others, and there is something: an experiment of which nothing is made has nothing to move.
        bool IsAnother() => HasProducts() && !(Has(text) && NamesOf(experiment) is null && UnitsShownIn(Path) is { } shown
            && shown.Count > 0 && shown.All(units.ToHashSet().Contains));
    }

    private string FileOf(string name) => System.IO.Path.Combine(Path, name);

    private bool HasProducts() => ProductFiles.Any(name => File.Exists(FileOf(name))) || ProductFolders.Any(name =>
        Directory.Exists(FileOf(name)) && Directory.EnumerateFileSystemEntries(FileOf(name)).Any());

    /// <summary>The names of the units of the folder's experiment, in their order, as the last run or <c>submit</c> has found them, with
    /// what they read; null where no program has written them down, or they are damaged.</summary>
    public Items<string>? NamesOf(Experiment experiment)
    {
        var file = FileOf(NamesFile);
        if (!File.Exists(file)) return null;
        var lines = File.ReadAllLines(file);
        if (lines.Length == 0) return null;
        var names = Items.Of<string>(lines.AsSpan(1));
        return lines[0] == HeadOf(experiment, names) ? names : null;
    }

    /// <summary>The names of the units that a folder was last made for, whatever its experiment; none where nobody has written them
    /// down.</summary>
    public static IEnumerable<string> NamesIn(string path) => System.IO.Path.Combine(path, NamesFile) is var file && File.Exists(file)
        ? File.ReadLines(file).Skip(1) : [];

    // Bound to the experiment, between whose writing and that of the names a program may be killed, and to the names; figures may be
    // edited.
    private static string HeadOf(Experiment experiment, Items<string> names) =>
        $"units of {HashOf([ExperimentYaml.Write(experiment.WithFigures())])}, {HashOf(names)}";

    private static string HashOf(IEnumerable<string> lines)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var line in lines)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(line));
            hash.AppendData("\n"u8);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Holds the folder for its present experiment, so that none takes its place meanwhile; ends the command where another
    /// program is changing it.</summary>
    public void ClaimShared() => _claim = FileClaim.Waited(() => FileClaim.Shared(Claim), LongestMove) ?? throw Busy();

    /// <summary>Whether the folder is that of an experiment.</summary>
    public bool Has(Experiment experiment) => Has(ExperimentYaml.Write(experiment));

    private bool Has(string text) => System.IO.Path.Combine(Path, ExperimentFile) is var file && File.Exists(file)
        && File.ReadAllText(file) == text;

    /// <summary>Holds the folder for this program alone, which then deletes in it; ends the command where another is at work
    /// in it.</summary>
    public void ClaimAlone() => _claim = FileClaim.Alone(Claim) ?? throw Busy();

    private string Claim => System.IO.Path.Combine(Path, FileClaim.Ending);

    private CommandException Busy() => new(ExitCode.BadInput,
        $"error LS0308: another program is at work on another experiment in '{Path}': " +
        "wait until it has ended, or choose another name or another folder with --output");

    /// <summary>Lets other programs have the folder for other experiments.</summary>
    public void Dispose() => _claim?.Dispose();

    private string MoveToHistory(DateTimeOffset now)
    {
        var time = System.IO.Path.Combine(Path, HistoryFolder, now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'",
            CultureInfo.InvariantCulture));
        var target = time;
        for (var i = 2; Directory.Exists(target); i++) target = FormattableString.Invariant($"{time}-{i}");
        Directory.CreateDirectory(target);
        // The experiment last: where the program is killed before, the next run moves what is left.
        // Tables of surfaces are taken again where they fit, which saves minutes: the former experiment has a copy.
        if (Directory.Exists(Surfaces))
        {
            var copies = Directory.CreateDirectory(System.IO.Path.Combine(target, SurfaceFolder)).FullName;
            foreach (var file in Directory.GetFiles(Surfaces))
            {
                File.Copy(file, System.IO.Path.Combine(copies,
                System.IO.Path.GetFileName(file)), overwrite: true);
            }
        }
        foreach (var name in ProductFolders)
            if (Directory.Exists(FileOf(name))) Directory.Move(FileOf(name), System.IO.Path.Combine(target, name));
        foreach (var name in ProductFiles.Append(NamesFile).Append(ExperimentFile))
            if (File.Exists(FileOf(name))) File.Move(FileOf(name), System.IO.Path.Combine(target, name));
        Directory.CreateDirectory(Figures);
        return target;
    }

    /// <summary>Everything that is made of the units.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="results">The units.</param>
    /// <param name="info">What is to be known of the run.</param>
    /// <param name="surfaces">The tables in the folder <see cref="Surfaces"/>.</param>
    /// <param name="others">The results of other folders.</param>
    public void WriteResults(Experiment experiment, Items<UnitResult> results, RunInfo info, SurfaceTables surfaces, OtherResults others)
    {
        Write("metrics.arrow", arrow =>
        {
            using var batches = ArrowTables.Begin(arrow);
            WriteCsv("metrics.csv", ResultFrames.MetricsInParts(results).Select(part =>
            {
                batches.Write(part);
                return part;
            }));
        });
        WriteCsv("summary.csv", ResultFrames.SummaryInParts(results));
        Write(RunFile, path =>
        {
            using var file = File.Create(path);
            // With what the tables took.
            (info.PeakMemoryBytes > 0 ? info with { PeakMemoryBytes = RunInfo.PeakMemory() } : info).Write(file, results);
        });
        WriteFigures(experiment, results, surfaces, others);
    }

    /// <summary>The charts and the report; returns their files.</summary>
    public IReadOnlyList<string> WriteFigures(Experiment experiment, Items<UnitResult> results, SurfaceTables surfaces, OtherResults others)
    {
        var files = new List<string>();
        var tables = experiment.Figures.OfType<TableFigure>().Select(table => new ComparisonTable(table,
            Comparison.Of(table, others.For(table, experiment, results)))).ToArray();
        if (tables.Length > 0) WholeFile.DeleteAbandoned(Directory.CreateDirectory(System.IO.Path.Combine(Path, "tables")).FullName);
        foreach (var table in tables) files.AddRange(WriteTable(table));
        var charts = new List<ReportFigure>();
        foreach (var figure in experiment.Figures.OfType<ChartFigure>())
        {
            var shown = new FigureResults(experiment, results) { Tables = surfaces, Others = others }.For(figure);
            var (drawn, path) = (FigureDrawings.Of(figure, shown), System.IO.Path.Combine(Figures, figure.File));
            charts.Add(new(figure, drawn.Chart) { Others = figure.ResultsShown.Count == 0 ? null : shown.All });
            files.AddRange([.. drawn.Tables, .. drawn.Beside(path), .. ChartRenderer.Write(drawn.Chart, path)]);
        }
        var run = System.IO.Path.Combine(Path, RunFile);
        var environment = File.Exists(run) ? RunInfo.Shown(run) : null;
        WriteText(ReportFile, HtmlReport.Of(experiment, results, charts, tables, environment));
        return [.. files, System.IO.Path.Combine(Path, ReportFile)];
    }

    /// <summary>A table for programs and one for documents; returns their files.</summary>
    private string[] WriteTable(ComparisonTable table)
    {
        var name = System.IO.Path.Combine("tables", table.File);
        WriteCsv(name + ".csv", [Comparison.Frame(table.Cells)]);
        WriteText(name + ".md", table.Text.Markdown());
        return [System.IO.Path.Combine(Path, name + ".csv"), System.IO.Path.Combine(Path, name + ".md")];
    }

    private void WriteText(string name, string text) => TableFiles.Text(FileOf(name), text);

    private void WriteCsv(string name, IEnumerable<DataFrame> parts) => TableFiles.Csv(FileOf(name), parts);

    private void Write(string name, Action<string> write) => WholeFile.Write(System.IO.Path.Combine(Path, name), write);
}
