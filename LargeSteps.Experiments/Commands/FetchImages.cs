using LargeSteps.Datasets.Images;
using LargeSteps.Pipelines;
using LargeSteps.Values;
using Spectre.Console;

namespace LargeSteps.Experiments.Commands;

/// <summary>Sees to it that the files of image datasets are there before anything runs.</summary>
internal static class FetchImages
{
    private const long Megabyte = 1 << 20;

    /// <summary>The datasets of images of some units, each once.</summary>
    public static IEnumerable<ImageDataset> DatasetsOf(IEnumerable<RunUnit> units) =>
        units.Select(unit => unit.Pipeline.Dataset.AsImages)
            .Where(images => images is not null).Select(images => images!).Distinct();

    /// <summary>
    /// Fetches the images of which there is nothing in the data folder; ends the command where that does not succeed. Where there is
    /// something, what is there must do: nothing is fetched over the files that somebody put there.
    /// </summary>
    public static void Ensure(
        Items<RunUnit> units, string folder, Uri? mirror, bool quiet, Terminal terminal, CancellationToken cancellation)
    {
        foreach (var same in DatasetsOf(units).GroupBy(images => images.Source))
        {
            if (ImageStore.Holds(same.Key, folder)) continue;
            Diagnostic[] problems = ImageStore.Place(same.Key, folder) is not null
                ? [.. same.SelectMany(images => Problems(ImageStore.Load(images.Source, folder, images.Options))).Distinct()]
                : [.. Problems(Fetch(same.Key, folder, mirror, quiet, terminal, cancellation))];
            if (problems.Length > 0 && ImageStore.Place(same.Key, folder) is null)
            {
                problems =
                [.. problems.Prepend(ImageProblems.NotFound(same.Key, folder)).Distinct()];
            }

            if (problems.Length > 0)
                throw new CommandException(ExitCode.NotAvailable, string.Join(Environment.NewLine, problems));
        }
    }

    private static Items<Diagnostic> Problems<T>(Outcome<T> outcome) => outcome.Match<Items<Diagnostic>>(_ => [], problems => problems);

    private static Outcome<Items<string>> Fetch(ImageSource source, string folder, Uri? mirror, bool quiet, Terminal terminal,
        CancellationToken cancellation)
    {
        Outcome<Items<string>> Start(IProgress<FetchProgress>? progress) => ImageStore.Fetch(source, folder, mirror, progress, cancellation)
            .GetAwaiter().GetResult();
        try
        {
            if (quiet) return Start(null);
            terminal.Error.WriteLine($"fetching {source} from {mirror ?? source.Url} into {folder}, where there is nothing of it");
            if (!terminal.Interactive) return Start(new Lines(terminal.Error));
            var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Screen) });
            return console.Progress()
                .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new DownloadedColumn(),
                    new TransferSpeedColumn(), new RemainingTimeColumn())
                .Start(context => Start(new Bars(context)));
        }
        catch (OperationCanceledException)
        {
            throw new CommandException(ExitCode.Stopped, "stopped: what has been fetched is kept, and the same command goes on from there");
        }
    }

    /// <summary>A line for every tenth of a file.</summary>
    private sealed class Lines(TextWriter log) : IProgress<FetchProgress>
    {
        private readonly Dictionary<string, long> _tenths = [];

        public void Report(FetchProgress value)
        {
            var tenth = 10 * value.Bytes / Math.Max(1, value.Total);
            if (_tenths.GetValueOrDefault(value.File, -1) >= tenth) return;
            _tenths[value.File] = tenth;
            log.WriteLine(FormattableString.Invariant($"{value.File}: {value.Bytes / Megabyte} of {value.Total / Megabyte} MB"));
        }
    }

    private sealed class Bars(ProgressContext context) : IProgress<FetchProgress>
    {
        private readonly Dictionary<string, ProgressTask> _bars = [];

        public void Report(FetchProgress value)
        {
            if (!_bars.TryGetValue(value.File, out var bar))
            {
                _bars[value.File] = bar = context.AddTask(Markup.Escape(value.File),
                maxValue: value.Total);
            }

            bar.Value = value.Bytes;
        }
    }
}
