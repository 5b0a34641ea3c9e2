using LargeSteps.Configuration;
using LargeSteps.Pipelines;

namespace LargeSteps.Running;

/// <summary>
/// The results of units in a folder: <c>&lt;hash of the pipeline&gt;.arrow</c>, each written aside and renamed when its unit is
/// done, so that a file that is there is whole whenever the program was killed.
/// </summary>
public sealed class UnitStore
{
    private readonly string _folder;

    /// <summary>The store in a folder, which is made where it is not there.</summary>
    public UnitStore(string folder)
    {
        _folder = folder;
        Directory.CreateDirectory(folder);
        // What a killed program left half-written.
        foreach (var file in Directory.EnumerateFiles(folder, "*.tmp")) File.Delete(file);
    }

    /// <summary>The result of a unit; null where it is not there or not whole.</summary>
    public RunResult? Find(Pipeline pipeline)
    {
        var path = PathOf(pipeline);
        return File.Exists(path) ? UnitFile.TryRead(path) : null;
    }

    /// <summary>Keeps the result of a unit.</summary>
    public void Keep(Pipeline pipeline, RunResult result)
    {
        var path = PathOf(pipeline);
        var aside = $"{path}.{Guid.NewGuid():N}.tmp";
        UnitFile.Write(aside, result);
        File.Move(aside, path, overwrite: true);
    }

    private string PathOf(Pipeline pipeline) => Path.Combine(_folder, ExperimentYaml.Hash(pipeline) + ".arrow");
}
