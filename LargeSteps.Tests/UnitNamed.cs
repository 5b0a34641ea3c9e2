using LargeSteps.Numerics;
using LargeSteps.Pipelines;
using LargeSteps.Running;

namespace LargeSteps.Tests;

/// <summary>The names of units as far as their pipelines decide them: those of units that read no files.</summary>
internal static class UnitNamed
{
    public static string Of(Pipeline pipeline) => new UnitIdentity(pipeline, [], NumericsVersion.Current).Name;
}
