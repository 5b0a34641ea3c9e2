using System.Text.Json.Nodes;
using LargeSteps.Experiments.Charts;
using LargeSteps.Figures;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Results;

/// <summary>Curves over the steps of some runs.</summary>
/// <param name="Figures">The figures.</param>
/// <param name="Results">The results that they show, in the order of their colours.</param>
/// <param name="States">What is said of a unit in place of how it ended; null: how it ended.</param>
internal sealed record ShownCurves(IReadOnlyList<CurvesFigure> Figures, Items<UnitResult> Results, Func<UnitResult, string>? States = null);

/// <summary>All that the scripts of a page draw.</summary>
internal static class PageCharts
{
    // Curves are what is looked at most.
    private const double PartOfPictures = 0.4;

    /// <summary>The numbers of curves and of other drawings, as they stand in a page.</summary>
    /// <param name="curves">The curves, by the results that they show.</param>
    /// <param name="pictures">The other drawings, with the names of their figures.</param>
    /// <param name="most">How many characters there may be; drawings that do not fit even with few of their points are left out.</param>
    public static JsonObject Of(IReadOnlyList<ShownCurves> curves, IReadOnlyList<(string File, Chart Chart)> pictures, int most)
    {
        var drawn = pictures.Select(picture => PictureData.Of(picture.File, picture.Chart, (int)(PartOfPictures * most / pictures.Count)))
            .OfType<JsonObject>().ToArray();
        var left = most - drawn.Sum(picture => picture.ToJsonString().Length);
        var blocks = curves.Select(shown => ChartData.Of(shown.Figures, shown.Results, left / curves.Count, shown.States))
            .OfType<JsonObject>().ToArray();
        return new()
        {
            ["blocks"] = new JsonArray([.. blocks]),
            ["pictures"] = new JsonArray([.. drawn]),
            // Of what is left out there are the drawings.
            ["leftOut"] = drawn.Length < pictures.Count
                || blocks.Length < curves.Count(shown => shown.Figures.Count > 0 && shown.Results.Count > 0),
        };
    }

    /// <summary>Whether there is nothing to draw.</summary>
    public static bool IsEmpty(JsonObject charts) => charts["blocks"]!.AsArray().Count == 0 && charts["pictures"]!.AsArray().Count == 0;
}
