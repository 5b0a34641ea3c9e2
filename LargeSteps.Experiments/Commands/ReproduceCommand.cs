using System.Diagnostics;
using System.Globalization;
using System.Text;
using LargeSteps.Datasets.Images;
using LargeSteps.Experiments.Docs;
using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Formats;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Commands;

/// <summary>What the command line asks of <c>reproduce</c>.</summary>
/// <param name="Docs">The folder with published.yaml; the configs are in the folder <c>configs</c> beside it.</param>
/// <param name="Only">The names of the experiments that are run; empty: all.</param>
/// <param name="Quick">Few seeds, and nothing that takes hours.</param>
/// <param name="Runs">Where and how they are run.</param>
internal sealed record ReproduceRequest(string Docs, Items<string> Only, bool Quick, KeptRuns Runs);

/// <summary>
/// Runs every published experiment that this machine can run, and writes the published numbers beside ours: all of them into docs/, a part
/// of them beside the results.
/// </summary>
internal static class ReproduceCommand
{
    private const string PublishedFile = "published.yaml", MarkdownFile = "reproduction.md", HtmlFile = "reproduction.html";

    private const int QuickSeeds = 10;

    public static int Run(ReproduceRequest request, Terminal terminal)
    {
        var watch = Stopwatch.StartNew();
        using var stop = new Interruption();
        var configs = ConfigFolder.Beside(request.Docs);
        var published = RunCommand.Loaded(PublishedYaml.Load(Path.Combine(request.Docs, PublishedFile), configs));
        var experiments = published.Experiments.Map(experiment => (Published: experiment,
            Config: RunCommand.Loaded(configs.Find(experiment.Config)!)));
        CheckNames(request.Only, published.Experiments.Map(experiment => experiment.Config), "published experiment");

        var ran = new List<UnitResult>();
        var page = new ReproductionPage(
            published.Text, CommandOf(request), experiments.Map(e => Compare(e.Published, e.Config)));
        Directory.CreateDirectory(request.Runs.Output);
        (string File, string Text)[] pages =
            [(Path.Combine(request.Quick || request.Only.Count > 0 ? request.Runs.Output : request.Docs, MarkdownFile), page.Markdown()),
                (Path.Combine(request.Runs.Output, HtmlFile), page.Html(Lead(ran, request, watch.Elapsed)))];
        foreach (var (file, text) in pages) WholeFile.Write(file, aside => File.WriteAllText(aside, text, new UTF8Encoding(false)));
        if (!request.Runs.Quiet)
        {
            foreach (var line in page.Comparisons.Select(ReproductionPage.Line)
                .Concat(pages.Select(p => p.File)))
            {
                terminal.Out.WriteLine(line);
            }
        }

        foreach (var (experiment, number) in page.Misses)
        {
            terminal.Error.WriteLine(
                $"misses: {experiment}, {number.Run}, {number.Number}: published {number.Published}, ours {number.Ours}; " +
                $"{number.Agreement.Text}, asked {number.Asked}");
        }

        var verdict = RunCommand.Verdict(Items.From(ran), terminal);
        return verdict == ExitCode.Done && page.Misses.Any() ? ExitCode.Misses : verdict;

        PublishedComparison Compare(PublishedExperiment experiment, Experiment config)
        {
            var own = Units.Of(config).OrThrow();
            Items<RunUnit> units = [.. own, .. OverSeeds(experiment, config, request.Quick)];
            var missing = MissingFor(experiment, units, request);
            var results = missing is null ? Run() : request.Runs.Find(config, units);
            return results is null
                ? PublishedComparison.Without(experiment, missing!) with { NeedsDevice = !experiment.OnCpu && units.Any(IsDeep) }
                : PublishedComparison.Of(experiment, config, new(Items.From(results.Take(own.Count)), Items.From(results.Skip(own.Count)),
                    map => missing is null ? MapOf(map, Items.From(results.Take(own.Count))) : null));

            TrainabilityMap? MapOf(MapFigure figure, Items<UnitResult> results)
            {
                var map = request.Runs.Surfaces(config, results, terminal, stop.Token).Of(figure, MapDrawing.RunOf(figure, results));
                return stop.Token.IsCancellationRequested ? throw request.Runs.Stopped : map;
            }

            Items<UnitResult> Run()
            {
                var results = request.Runs.Run(config, units, terminal, stop.Token);
                ran.AddRange(results);
                return results;
            }
        }
    }

    /// <summary>Ends the command where a name is none of those that there are.</summary>
    public static void CheckNames(Items<string> names, IReadOnlyCollection<string> known, string what)
    {
        if (names.Where(name => !known.Contains(name)).ToArray() is { Length: > 0 } unknown)
        {
            throw new CommandException(ExitCode.BadInput, string.Join(Environment.NewLine, unknown.Select(
                name => $"error LS0300: there is no {what} '{name}'{Nearest.Suggestion(name, known)}")));
        }
    }

    // The streams follow that follow the seeds of the config.
    private static Items<RunUnit> OverSeeds(PublishedExperiment experiment, Experiment config, bool quick) =>
        Items.From(experiment.Runs.SelectMany(run =>
    {
        if (run.Seeds is not { } seeds) return [];
        var count = quick ? Math.Min(seeds.Count, QuickSeeds) : seeds.Count;
        return Units.Of(config.WithSeeds(new Seeds(0, count, config.Seeds?.Follow ?? Follow.SamplingOnly))).OrThrow()
            .Where(unit => unit.Label == run.Run);
    }));

    /// <summary>What is missing for the runs of an experiment; null: nothing.</summary>
    private static string? MissingFor(PublishedExperiment experiment, Items<RunUnit> units, ReproduceRequest request)
    {
        if (request.Only.Count > 0 && !request.Only.Contains(experiment.Config)) return "its name behind --only";
        if (request.Quick && experiment.OnCpu) return "minutes, which --quick does not have";
        if (!units.Any(IsDeep)) return null;
        var images = FetchImages.DatasetsOf(units).Select(dataset => dataset.Source).Distinct()
            .Where(source => experiment.ImagesAtHand is { } part ? AtHand(source, request.Runs.Data) != part
                : !ImageStore.Holds(source, request.Runs.Data))
            .Select(source => experiment.ImagesAtHand is { } part ? string.Create(CultureInfo.InvariantCulture,
                $"the {part} training images of {source} that the numbers are of, alone") : $"the images of {source}").ToArray();
        // Published networks take days on a CPU.
        string[] missing = experiment.OnCpu || Devices.HasCuda() ? images : ["a CUDA device", .. images];
        return missing.Length > 0 ? string.Join(", ", missing)
            : request.Quick ? "hours, which --quick does not have" : null;
    }

    // How many training images of a source there are, all or a part.
    private static int AtHand(ImageSource source, string folder) =>
        ImageStore.Load(source, folder, new ImageOptions { AllowPartial = true }).Match(set => set.Train.Count, _ => 0);

    private static bool IsDeep(RunUnit unit) => unit.Pipeline.Model.AsDeep is not null;

    private static string CommandOf(ReproduceRequest request) =>
        "reproduce" + (request.Quick ? " --quick" : "") + string.Concat(request.Only.Select(name => $" --only {name}"));

    private static string Lead(List<UnitResult> ran, ReproduceRequest request, TimeSpan time)
    {
        var (steps, training, probing) = (ran.Sum(r => r.AtEnd.LastIteration), ran.Sum(r => r.AtEnd.TrainingSeconds),
            ran.Sum(r => r.AtEnd.ProbeSeconds));
        return string.Create(CultureInfo.InvariantCulture, $"""
            Made by {CommandOf(request)} in {time.TotalSeconds:N0} s: {ran.Count:N0} runs with their seeds, those that were kept among them;
            {steps:N0} steps in {training:N0} s, measured in {probing:N0} s of one core.
            """);
    }
}
