using LargeSteps.Figures;
using LargeSteps.Probes;

namespace LargeSteps.Experiments.Results;

/// <summary>What the horizontal axis of curves is called, and where steps lie on it.</summary>
internal static class CurveAxes
{
    /// <summary>The name below the axis.</summary>
    public static string Name(CurveAxis axis) => axis switch
    {
        CurveAxis.Iteration => "iteration",
        CurveAxis.Epoch => "epoch",
        CurveAxis.Time => "time Ση",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>The name of an axis where programs read it.</summary>
    public static string Word(CurveAxis axis) => axis.ToString().ToLowerInvariant();

    /// <summary>Where so many steps of a run, ascending, lie.</summary>
    public static double[] Places(CurveAxis axis, ProbeTarget run, long[] steps) => axis switch
    {
        CurveAxis.Iteration => Array.ConvertAll(steps, step => (double)step),
        CurveAxis.Epoch => Array.ConvertAll(steps, run.EpochsAt),
        CurveAxis.Time => run.TimesAt(steps),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
