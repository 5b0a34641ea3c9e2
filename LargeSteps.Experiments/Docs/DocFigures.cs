using LargeSteps.Configuration;
using LargeSteps.Experiments.Charts;
using LargeSteps.Figures;
using LargeSteps.Forms;
using LargeSteps.Pipelines;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Docs;

/// <summary>A figure of the pages: what <c>docs/figures.yaml</c> says in a line.</summary>
/// <param name="File">Its file in docs/figures, without ending.</param>
/// <param name="Config">The config that makes it, without folder and ending.</param>
/// <param name="Figure">The file of the figure in the config.</param>
/// <param name="Seeds">The runs are repeated over the seeds 0, 1, …, so many; null: over those of the config.</param>
/// <param name="Set">Changes of the config, like those of <c>--set</c>.</param>
/// <param name="Animation">Whether it is the GIF of the figure's animation, not the chart.</param>
/// <param name="Long">Whether its runs take long: it is drawn where their results are there, and they are made on request alone.</param>
internal sealed record DocFigure(string File, string Config, string Figure, int? Seeds, Items<string> Set, bool Animation, bool Long)
{
    /// <summary>The name of the file that pages show, with its ending.</summary>
    public string FileName => File + (Animation ? ".gif" : ".png");

    /// <summary>The names of all its files.</summary>
    public IEnumerable<string> Files => Animation ? [FileName] : ChartRenderer.Endings.Select(ending => File + ending);

    /// <summary>The experiment whose runs it shows.</summary>
    public Outcome<Experiment>? Experiment(ConfigFolder configs) => configs.Find(Config, [.. Set])?.Map(config =>
        Seeds is { } count ? config.WithSeeds(new Seeds(0, count, config.Seeds?.Follow ?? Follow.SamplingOnly)) : config);
}

/// <summary>The figures of the pages as YAML text.</summary>
internal static class DocFigures
{
    private static readonly Codec<DocFigure> FigureCodec = new RecordCodec<DocFigure>("A figure of the pages.", f =>
    {
        var file = f.Required("file", Codecs.FileName, x => x.File, "its file in docs/figures, without ending");
        var config = f.Required("config", Codecs.FileName, x => x.Config, "the config that makes it, without folder and ending");
        var figure = f.Required("figure", Codecs.FileName, x => x.Figure, "the file of the figure in the config");
        var seeds = f.NullableValue("seeds", Codecs.Count(), x => x.Seeds, "repeat the runs over so many seeds from 0 on");
        var set = f.Optional("set", Codecs.OneOrMore(Codecs.Text), x => x.Set, [], "changes of the config, like those of --set");
        var animation = f.Optional("animation", Codecs.Flag, x => x.Animation, false, "the GIF of the figure's animation, not the chart");
        var @long = f.Optional("long", Codecs.Flag, x => x.Long, false, "the runs are made with --long alone");
        return v => new(v.Get(file), v.Get(config), v.Get(figure), v.Get(seeds), v.Get(set), v.Get(animation), v.Get(@long));
    });

    private static readonly Codec<Items<DocFigure>> Codec = new RecordCodec<Items<DocFigure>>("The figures of the pages.", f =>
    {
        var figures = f.Required("figures", Codecs.List(FigureCodec, 1), x => x, "the figures");
        return v => v.Get(figures);
    });

    /// <summary>The figures in a file. What is wrong with a config that is there is not told here.</summary>
    public static Outcome<Items<DocFigure>> Load(string path, ConfigFolder configs) => YamlFile.Load(path, (root, report) =>
    {
        var figures = Codec.Read(root, report);
        if (report.Count > 0) return null;
        for (var i = 0; i < figures.Count; i++)
        {
            var (figure, at) = (figures[i], root.At($"figures[{i}]"));
            // Not every file system tells F from f.
            if (figures.Take(i).Any(other => other.FileName.Equals(figure.FileName, StringComparison.OrdinalIgnoreCase)))
                report.Add(at.At("file"), "LS0108", $"another figure has the file '{figure.FileName}' already");
            configs.Check(figure.Config, at.At("config"), report);
            if (figure.Experiment(configs)?.OrNull() is { } config) Check(at, figure, config, report);
        }
        return figures;
    });

    /// <summary>The canonical text.</summary>
    public static string Write(Items<DocFigure> figures) => YamlWriter.Write(Codec.Write(figures));

    private static void Check(Node at, DocFigure figure, Experiment config, Report report)
    {
        // A table is no picture.
        var charts = config.Figures.OfType<ChartFigure>().ToArray();
        string[] files = [.. charts.Select(f => f.File)];
        if (charts.FirstOrDefault(f => f.File == figure.Figure) is not { } found)
        {
            report.Add(at.At("figure"), "LS0104",
                $"'{figure.Config}' has no figure '{figure.Figure}'{Nearest.Suggestion(figure.Figure, files)}");
        }
        else if (figure.Animation && found is not SurfaceFigure { Animation: not null })
        {
            report.Add(at.At("animation"), "LS0104", $"the figure '{figure.Figure}' of '{figure.Config}' has no animation");
        }
    }
}
