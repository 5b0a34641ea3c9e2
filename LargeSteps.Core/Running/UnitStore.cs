using System.Text;
using LargeSteps.Configuration;
using LargeSteps.Formats;
using LargeSteps.Numerics;
using LargeSteps.Pipelines;
using LargeSteps.Values;

namespace LargeSteps.Running;

/// <summary>
/// The results of units in a folder, two files each: <c>NAME.arrow</c>, the result, and <c>NAME.yaml</c>, all that it depends on, whose
/// hash is the name. Each is written aside and renamed when its unit is done, so that a file that is there is whole whenever the program
/// was killed. Several programs can use one folder at the same time.
/// </summary>
public sealed class UnitStore
{
    private readonly string _folder;

    /// <summary>The store in a folder, which is made where it is not there.</summary>
    public UnitStore(string folder)
    {
        _folder = folder;
        Directory.CreateDirectory(folder);
        WholeFile.DeleteAbandoned(folder);
    }

    /// <summary>The result of a unit; null where it is not there or not whole.</summary>
    internal RunResult? Find(UnitIdentity identity) => Read(identity.Name);

    /// <summary>Keeps the result of a unit.</summary>
    internal void Keep(UnitIdentity identity, RunResult result)
    {
        WholeFile.Write(PathOf(identity.Name, ".yaml"), path => File.WriteAllText(path, identity.Text, new UTF8Encoding(false)));
        WholeFile.Write(PathOf(identity.Name, ".arrow"), path => UnitFile.Write(path, result, identity.Name));
    }

    /// <summary>
    /// The results that were kept last for pipelines, whatever they have read: what a chart of a folder is drawn from, where images and
    /// weights may not be at hand.
    /// </summary>
    /// <param name="pipelines">The pipelines.</param>
    /// <param name="ofThisBuild">Whether they must be of this build's numerics.</param>
    /// <param name="shown">The names of units that come before all others: those of which the folder's tables are.</param>
    /// <returns>For each of the pipelines the name of its unit and its result; null where there is none that is whole.</returns>
    internal Items<(string Name, RunResult Result)?> Latest(Items<Pipeline> pipelines, bool ofThisBuild,
        IReadOnlyCollection<string>? shown = null)
    {
        var ending = ofThisBuild ? ExperimentYaml.WriteInputs([], NumericsVersion.Current) : "";
        // A text that is damaged may be that of another unit.
        var texts = Identities().Where(unit => unit.Text.EndsWith(ending, StringComparison.Ordinal)
            && UnitIdentity.NameOf(unit.Text) == unit.Name)
            .OrderByDescending(unit => shown?.Contains(unit.Name) == true).ToLookup(unit => ExperimentYaml.PipelineTextOf(unit.Text),
            unit => unit.Name);
        return pipelines.Map(pipeline => texts[ExperimentYaml.Write(pipeline)].Select(name => Read(name) is { } result
            ? ((string, RunResult)?)(name, result) : null).FirstOrDefault(found => found is not null));
    }

    /// <summary>What the units of the folder depend on, by their names, as <see cref="UnitIdentity.Text"/>; those that were kept last come
    /// first.</summary>
    internal IEnumerable<(string Name, string Text)> Identities() =>
        Directory.EnumerateFiles(_folder, "*.yaml").OrderByDescending(File.GetLastWriteTimeUtc)
            .Select(file => (Path.GetFileNameWithoutExtension(file), File.ReadAllText(file)));

    private RunResult? Read(string name)
    {
        var path = PathOf(name, ".arrow");
        return File.Exists(path) ? UnitFile.TryRead(path, name) : null;
    }

    private string PathOf(string name, string ending) => Path.Combine(_folder, name + ending);
}
