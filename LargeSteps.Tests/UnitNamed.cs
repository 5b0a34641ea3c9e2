using LargeSteps.Numerics;
using LargeSteps.Pipelines;
using LargeSteps.Running;

namespace LargeSteps.Tests;

/// <summary>The names of units as far as their pipelines decide them: those of units that read no files.</summary>
internal static class UnitNamed
{
    public static string Of(Pipeline pipeline) => Identity(pipeline).Name;

    public static RunResult? Find(this UnitStore store, Pipeline pipeline) => store.Find(Identity(pipeline));

    public static void Keep(this UnitStore store, Pipeline pipeline, RunResult result) => store.Keep(Identity(pipeline), result);

    private static UnitIdentity Identity(Pipeline pipeline) => new(pipeline, [], NumericsVersion.Current);
}
