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
    // Of more units folders are slow, on file systems of networks above all.
    private const int MostInAFolder = 10_000;

    private readonly string _folder;
    private readonly bool _fansOut;

    /// <summary>The store in a folder, which is made where it is not there.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="units">How many units are going to be there, as far as is known: of more than 10,000 each is put into the folder of the
    /// first two digits of its name. Units are found in either place.</param>
    public UnitStore(string folder, int units = 0)
    {
        (_folder, _fansOut) = (folder, units > MostInAFolder);
        Directory.CreateDirectory(folder);
        foreach (var each in Folders()) WholeFile.DeleteAbandoned(each);
    }

    private UnitStore(string folder) => _folder = folder;

    /// <summary>The store in a folder in which nothing is changed, and which need not be there.</summary>
    internal static UnitStore ToRead(string folder) => new(folder);

    /// <summary>The result of a unit; null where it is not there or not whole.</summary>
    internal RunResult? Find(UnitIdentity identity) => Find(identity.Name);

    /// <summary>The result of the unit of a name, with the weights that it kept or without; null where it is not there or not
    /// whole.</summary>
    internal RunResult? Find(string name, bool weights = true)
    {
        foreach (var folder in (ReadOnlySpan<string>)[FolderOf(name, _fansOut), FolderOf(name, !_fansOut)])
        {
            var path = Path.Combine(folder, name + Ending);
            if (File.Exists(path) && UnitFile.TryRead(path, name, weights: weights) is { } result) return result;
        }
        return null;
    }

    /// <summary>The names of the units that are there, whole or not.</summary>
    /// <param name="since">Only of those that were written since then; null: of all.</param>
    internal HashSet<string> Names(DateTimeOffset? since = null) => [.. Files($"*{Ending}")
        .Where(file => since is null || File.GetLastWriteTimeUtc(file) >= since.Value.UtcDateTime)
        .Select(file => Path.GetFileNameWithoutExtension(file)!)];

    /// <summary>The files of the store.</summary>
    internal IEnumerable<string> Files(string pattern = "*") => Folders().SelectMany(folder => Directory.EnumerateFiles(folder, pattern));

    /// <summary>Keeps the result of a unit.</summary>
    internal void Keep(UnitIdentity identity, RunResult result)
    {
        var folder = FolderOf(identity.Name, _fansOut);
        if (_fansOut) Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, identity.Name);
        WholeFile.Write(file + ".yaml", path => File.WriteAllText(path, identity.Text, new UTF8Encoding(false)));
        WholeFile.Write(file + Ending, path => UnitFile.Write(path, result, identity.Name));
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
        return pipelines.Map(pipeline => texts[ExperimentYaml.Write(pipeline)].Select(name => Find(name) is { } result
            ? ((string, RunResult)?)(name, result) : null).FirstOrDefault(found => found is not null));
    }

    /// <summary>What the units of the folder depend on, by their names, as <see cref="UnitIdentity.Text"/>; those that were kept last come
    /// first.</summary>
    internal IEnumerable<(string Name, string Text)> Identities() =>
        Files("*.yaml").OrderByDescending(File.GetLastWriteTimeUtc)
            .Select(file => (Path.GetFileNameWithoutExtension(file), File.ReadAllText(file)));

    private const string Ending = ".arrow";

    private string FolderOf(string name, bool fansOut) => fansOut ? Path.Combine(_folder, name[..2]) : _folder;

    private IEnumerable<string> Folders() => !Directory.Exists(_folder) ? []
        : Directory.EnumerateDirectories(_folder, "??").Prepend(_folder);
}
