using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Values;

namespace LargeSteps.Tests.Results;

/// <summary>The kinds of figures that YAML knows, and those that are drawn.</summary>
public class FigureDrawingsTests
{
    private static readonly Items<FigureSpec> OfEachKind =
    [
        FigureSpec.Curves("curves", "train_loss"),
        FigureSpec.Sweep("sweep", "schedule.rate", "train_loss"),
        FigureSpec.Bifurcation("bifurcation", "schedule.rate", "train_loss"),
        FigureSpec.Map("map", new("schedule.rate", 0.1, 1, 2), new("model.u", 0.1, 1, 2)),
        FigureSpec.Function("function"),
        FigureSpec.Neurons("neurons"),
        FigureSpec.Surface("surface", SurfacePlane.Random(PlanePoint.Initial), new(new(0, 1), new(0, 1), 2)),
        FigureSpec.Table("table", ["train_loss"], null, Window.End),
    ];

    [Fact]
    public void Every_kind_that_YAML_knows_is_drawn_or_a_table()
    {
        // A new kind comes here, in the order of the reference.
        Assert.Equal(KnownFigures.Forms.Select(form => form.Name), OfEachKind.Select(figure => figure.File));
        Assert.All(KnownFigures.Forms.Zip(OfEachKind), pair => Assert.Same(pair.First, pair.Second.Form));
        Assert.All(OfEachKind, figure => Assert.Equal(figure is ChartFigure, FigureDrawings.Draws(figure)));
        Assert.Equal(["table"], OfEachKind.Where(figure => !FigureDrawings.Draws(figure)).Select(figure => figure.File));
    }
}
