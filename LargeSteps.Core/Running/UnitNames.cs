using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Text;
using LargeSteps.Configuration;
using LargeSteps.Datasets.Images;
using LargeSteps.Formats;
using LargeSteps.Numerics;
using LargeSteps.Pipelines;
using LargeSteps.Values;

namespace LargeSteps.Running;

/// <summary>All that the result of a unit depends on: its pipeline, the content of what it reads, and the version of the
/// numerics.</summary>
internal sealed record UnitIdentity(Pipeline Pipeline, Items<UnitInput> Inputs, int Numerics)
{
    /// <summary>The same as YAML: the canonical text of the pipeline, then the rest.</summary>
    public string Text { get; } = ExperimentYaml.Write(Pipeline) + ExperimentYaml.WriteInputs(Inputs, Numerics);

    /// <summary>The name of the unit: the SHA-256 of <see cref="Text"/>, in hexadecimal digits.</summary>
    public string Name => NameOf(Text);

    internal static string NameOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

/// <summary>Names units. Each file is read once for it, however many units read it; it may be asked from several threads.</summary>
/// <param name="dataFolder">Where the files of image datasets are.</param>
internal sealed class UnitNames(string dataFolder)
{
    private const string Missing = "missing";

    private readonly ConcurrentDictionary<(string Path, long Length, DateTime Written), string> _files = new();
    private readonly ConcurrentDictionary<(ImageSource Source, bool AllowPartial), Lazy<string>> _images = new();

    /// <summary>What a pipeline's result depends on.</summary>
    /// <exception cref="Datasets.DataException">The images are not there, or not what they should be.</exception>
    public UnitIdentity Of(Pipeline pipeline) => new(pipeline, Items.From(Inputs(pipeline)), NumericsVersion.Current);

    /// <summary>The names of units.</summary>
    /// <exception cref="Datasets.DataException">The images are not there, or not what they should be.</exception>
    public Items<string> Of(Items<RunUnit> units)
    {
        try
        {
            return Items.From(units.AsParallel().AsOrdered().Select(unit => Of(unit.Pipeline).Name));
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
            throw;
        }
    }

    private IEnumerable<UnitInput> Inputs(Pipeline pipeline)
    {
        // Those that it begins with and looks at have its data.
        var all = Needed(pipeline).ToArray();
        foreach (var checkpoint in all.Select(each => each.Checkpoint).OfType<string>().Distinct())
            yield return new("checkpoint", HashOf(CheckpointFile.Head(checkpoint)));
        foreach (var path in all.Select(each => each.Model.AsDeep?.Weights).OfType<string>().Distinct())
            yield return new("weights", HashOf(path));
        if (pipeline.Dataset.AsImages is { Source: { HasFiles: true } source, Options.AllowPartial: var partial })
        {
            yield return new("images", _images.GetOrAdd((source, partial), _ => new(() => ImageFingerprint.Of(source, dataFolder,
                partial))).Value);
        }
    }

    private static IEnumerable<Pipeline> Needed(Pipeline pipeline)
    {
        for (var each = pipeline; each is not null; each = each.Start?.Parent)
        {
            yield return each;
            foreach (var other in each.Others.SelectMany(other => Needed(other.Pipeline))) yield return other;
        }
    }

    // A file that is not there is told by who reads it.
    private string HashOf(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists) return Missing;
        file = WholeFile.Content(file);
        return _files.GetOrAdd((file.FullName, file.Length, file.LastWriteTimeUtc), key =>
        {
            using var stream = File.OpenRead(key.Path);
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        });
    }
}
