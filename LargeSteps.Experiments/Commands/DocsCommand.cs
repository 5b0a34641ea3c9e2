using LargeSteps.Experiments.Charts;
using LargeSteps.Experiments.Docs;
using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Formats;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Commands;

/// <summary>What the command line asks of <c>docs</c>.</summary>
/// <param name="Docs">The folder with figures.yaml and the folder figures; the configs are in the folder <c>configs</c> beside it.</param>
/// <param name="Only">The files of the figures that are drawn, without ending, or the configs of several; empty: all.</param>
/// <param name="Long">Make the runs that take long as well.</param>
/// <param name="Runs">Where and how they are run.</param>
internal sealed record DocsRequest(string Docs, Items<string> Only, bool Long, KeptRuns Runs);

/// <summary>Draws the figures of the pages: the same bytes each time.</summary>
internal static class DocsCommand
{
    private const string ListFile = "figures.yaml", FigureFolder = "figures";

    public static int Run(DocsRequest request, Terminal terminal)
    {
        using var stop = new Interruption();
        var configs = ConfigFolder.Beside(request.Docs);
        var all = RunCommand.Loaded(DocFigures.Load(Path.Combine(request.Docs, ListFile), configs));
        foreach (var figure in all) RunCommand.Loaded(figure.Experiment(configs)!);
        ReproduceCommand.CheckNames(request.Only, [.. all.SelectMany(figure => (string[])[figure.File, figure.Config]).Distinct()],
            "figure, or config of figures,");
        var folder = Directory.CreateDirectory(Path.Combine(request.Docs, FigureFolder)).FullName;
        WholeFile.DeleteAbandoned(folder);

        var log = request.Runs.Quiet ? TextWriter.Null : terminal.Error;
        var ran = new List<UnitResult>();
        var chosen = all.Where(figure => request.Only.Count == 0 || request.Only.Contains(figure.File)
            || request.Only.Contains(figure.Config));
        // The figures of one config show the same runs.
        foreach (var same in chosen.GroupBy(figure => (figure.Config, figure.Seeds, figure.Set)))
        {
            var experiment = same.First().Experiment(configs)!.OrThrow();
            var units = Units.Of(experiment).OrThrow();
            if (same.Any(figure => figure.Long) && !request.Long)
            {
                if (request.Runs.Find(experiment, units) is { } kept)
                {
                    Draw(same, experiment, kept);
                }
                else
                {
                    log.WriteLine(
                        $"not drawn: {string.Join(", ", same.Select(figure => figure.FileName))}, whose runs take long and are not in "
                        + $"'{Path.Combine(request.Runs.Output, experiment.Name)}'; make them with: docs --long --only {same.Key.Config}");
                }

                continue;
            }
            var results = request.Runs.Run(experiment, units, terminal, stop.Token);
            ran.AddRange(results);
            // A figure without a run that failed would look as if it were whole.
            if (!results.Any(r => r.AtEnd.End.Failure is not null)) Draw(same, experiment, results);
        }
        return RunCommand.Verdict(Items.From(ran), terminal);

        void Draw(IEnumerable<DocFigure> figures, Experiment experiment, Items<UnitResult> results)
        {
            foreach (var figure in figures)
            {
                var path = Path.Combine(request.Docs, FigureFolder, figure.File);
                var files = Write(figure, new(experiment, results) { Others = new(request.Runs.Output, log) },
                    request.Runs.Surfaces(experiment, results, terminal, stop.Token), request.Runs, path);
                if (request.Runs.Quiet) continue;
                foreach (var file in files) terminal.Out.WriteLine(file);
            }
        }
    }

    private static IReadOnlyList<string> Write(DocFigure figure, FigureResults results, SurfaceTables tables, KeptRuns runs, string path)
    {
        var spec = results.Experiment.Figures.First(f => f.File == figure.Figure);
        if (figure.Animation)
        {
            var surface = (SurfaceFigure)spec;
            var picture = SurfacePicture.Of(surface, results.All, (of, pipeline, plane) => tables.Of(of, pipeline, plane)
                ?? throw runs.Stopped);
            WholeFile.Write($"{path}.gif", aside => File.WriteAllBytes(aside, SurfaceFrames.Gif(picture, surface.Animation!)));
            return [$"{path}.gif"];
        }
        var drawn = FigureDrawings.Of(spec, results with { Tables = tables });
        return tables.Stopped ? throw runs.Stopped : ChartRenderer.Write(drawn.Chart, path);
    }
}
