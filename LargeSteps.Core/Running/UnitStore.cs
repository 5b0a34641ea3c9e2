using LargeSteps.Configuration;
using LargeSteps.Pipelines;

namespace LargeSteps.Running;

/// <summary>
/// The results of units in a folder: <c>&lt;hash of the pipeline&gt;.arrow</c>, each written aside and renamed when its unit is
/// done, so that a file that is there is whole whenever the program was killed. Several programs can use one folder at the same time.
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
    public RunResult? Find(Pipeline pipeline)
    {
        var path = PathOf(pipeline);
        return File.Exists(path) ? UnitFile.TryRead(path) : null;
    }

    /// <summary>Keeps the result of a unit.</summary>
    public void Keep(Pipeline pipeline, RunResult result) => WholeFile.Write(PathOf(pipeline), path => UnitFile.Write(path, result));

    private string PathOf(Pipeline pipeline) => Path.Combine(_folder, ExperimentYaml.Hash(pipeline) + ".arrow");
}
