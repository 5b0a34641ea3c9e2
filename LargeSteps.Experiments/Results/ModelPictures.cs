using LargeSteps.Datasets;
using LargeSteps.Experiments.Charts;
using LargeSteps.Figures;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Running;
using LargeSteps.Training;
using LargeSteps.Values;
using Coordinates = ScottPlot.Coordinates;
using Palette = LargeSteps.Experiments.Charts.Palette;

namespace LargeSteps.Experiments.Results;

/// <summary>Pictures of what the weights of the snapshots do.</summary>
internal static class ModelPictures
{
    public static FigureDrawing FunctionKind { get; } =
        FigureDrawing.Of<FunctionFigure>((figure, results) => new(Functions(figure, results.All)));

    public static FigureDrawing NeuronsKind { get; } =
        FigureDrawing.Of<NeuronsFigure>((figure, results) => new(Neurons(figure, results.All)));

    private const int GridPoints = 800;
    private const float SmallestDot = 2.5f, LargestDot = 13;

    // The light end of the map cannot be seen as a line on white.
    private const double LightestLine = 0.88;

    /// <summary>The function of a model with one input at each snapshot, over the training samples: a panel for each run, or for each
    /// measurement with all runs.</summary>
    private static Chart Functions(FunctionFigure figure, Items<UnitResult> results)
    {
        string[] labels = [.. results.Select(r => r.Unit.Label).Distinct()];
        var shown = ShownRun.Of(FigureCharts.Of(figure.Runs, results), figure.Seed).Map(run => (Run: run, Snapshots: Shown(figure, run)));
        long[] iterations = [.. shown.SelectMany(run => run.Snapshots).Select(snapshot => snapshot.Iteration).Distinct().Order()];
        Panel[] panels = figure.Together
            ? [.. iterations.Select(iteration => OfFunctions(FormattableString.Invariant($"iteration {iteration:N0}"),
                [.. shown.Select(run => run.Run)], [
                .. from run in shown
                from snapshot in run.Snapshots
                where snapshot.Iteration == iteration
                select (run.Run, snapshot, run.Run.Heading, Palette.Colour(Array.IndexOf(labels, run.Run.Label)))]))]
            : [.. shown.Select(run => OfFunctions(run.Run.Heading, [run.Run], [
                .. from snapshot in run.Snapshots
                select (run.Run, snapshot, FormattableString.Invariant($"iteration {snapshot.Iteration:N0}"),
                    Palette.Map(LightestLine * Array.IndexOf(iterations, snapshot.Iteration) / Math.Max(1, iterations.Length - 1)))]))];
        return new Chart(null, Items.Of<Panel>(panels), Columns(panels.Length)).In(figure.Style);
    }

    /// <summary>The movement of the hidden units of a network with two inputs: a panel for each run, all on the same axes.</summary>
    private static Chart Neurons(NeuronsFigure figure, Items<UnitResult> results)
    {
        var shown = ShownRun.Of(FigureCharts.Of(figure.Runs, results), figure.Seed).Map(run => (run.Heading, Movement: Movement.Of(run)));
        Coordinates[] seen = [.. Circle, .. shown.SelectMany(run => run.Movement.Teacher.Concat(run.Movement.Initial)
            .Concat(run.Movement.Final)).Select(neuron => neuron.At).Where(at => at.AreReal)];
        var (x, y) = (Range(seen.Select(at => at.X), 0.04), Range(seen.Select(at => at.Y), 0.04));
        var largest = shown.SelectMany(run => run.Movement.Final).Select(neuron => Math.Abs(neuron.Output)).DefaultIfEmpty(1).Max();
        return new Chart(null, shown.Map<Panel>(run => new PlanePanel(
            run.Heading, "weight of the first input", "weight of the second input", x, y, EqualUnits: true,
            Items.From(ShapesOf(run.Movement, largest).Where(shape => !shape.IsEmpty)))), Columns(shown.Count)).In(figure.Style);
    }

    // Planes are for looking closely.
    private static int Columns(int panels) => panels == 4 ? 2 : 3;

    private static Items<Snapshot> Shown(FunctionFigure figure, ShownRun run)
    {
        if (figure.Measurements.Count == 0) return run.Result.Snapshots;
        long[] iterations = [.. figure.Measurements.Where(number => number < run.Result.Measurements.Count)
            .Select(number => run.Result.Measurements[number].Iteration)];
        return Items.From(run.Result.Snapshots.Where(snapshot => iterations.Contains(snapshot.Iteration)));
    }

    // The samples of runs that share them are drawn once.
    private static PlanePanel OfFunctions(string heading, ShownRun[] runs, (ShownRun Run, Snapshot Snapshot, string Label,
        ScottPlot.Color Colour)[] functions)
    {
        Coordinates[] samples = [.. runs.Select(run => DatasetFactory.Create(run.Pipeline.Dataset))
            .SelectMany(data => data.Labels.Select((label, i) => new Coordinates(data.Features[i, 0], label))).Distinct()];
        var (x, y) = (Range(samples.Select(at => at.X), 0.05), Range(samples.Select(at => at.Y), 0.35));
        var grid = new Matrix(GridPoints, 1, [.. Enumerable.Range(0, GridPoints).Select(i => x.Min + i * x.Span / (GridPoints - 1))]);
        var lines = functions.Select(Shape (f) => new LineShape(
            f.Label, f.Colour, 1.7f, Items.From(ModelFunction.Outputs(f.Run.Pipeline.Model, f.Snapshot.Weights, grid)
                .Select((value, i) => new Coordinates(grid[i, 0], value)))));
        return new(heading, "input", "output", x, y, EqualUnits: false, [.. lines, new DotsShape("training data", Palette.Text,
            Hollow: false, Items.From(samples.Select(at => new Dot(at, 7))))])
        {
            MarksCuts = true,
        };
    }

    private static IEnumerable<Shape> ShapesOf(Movement movement, double largest)
    {
        yield return new LineShape("unit circle", Palette.MissingStroke, 1, Items.From(Circle));
        yield return new ArrowsShape(null, Palette.MissingStroke, 0.8f, Items.From(movement.Initial.Zip(movement.Final,
            (from, to) => (from.At, to.At))));
        foreach (var (name, colour, sign) in Signs)
        {
            yield return new ArrowsShape($"teacher, {name}", colour.WithOpacity(0.55), 3,
                Items.From(movement.Teacher.Where(neuron => sign * neuron.Output > 0)
                .Select(neuron => (new Coordinates(0, 0), neuron.At))));
        }

        yield return new DotsShape("initial", Palette.Frame, Hollow: true,
            Items.From(movement.Initial.Select(neuron => new Dot(neuron.At, 5))));
        foreach (var (name, colour, sign) in Signs)
        {
            yield return new DotsShape($"final, {name} (area: |w₂|)", colour, Hollow: false,
                Items.From(movement.Final.Where(neuron => sign * neuron.Output > 0)
                .Select(neuron => new Dot(neuron.At,
                    Math.Max(SmallestDot, (float)(LargestDot * Math.Sqrt(Math.Abs(neuron.Output) / largest)))))));
        }
    }

    private static (string Name, ScottPlot.Color Colour, int Sign)[] Signs { get; } = [("w₂ > 0", Palette.Colour(0), 1),
        ("w₂ < 0", Palette.Colour(1), -1)];

    private static Coordinates[] Circle { get; } = [.. Enumerable.Range(0, 121).Select(i => new Coordinates(Math.Cos(i * Math.PI / 60),
        Math.Sin(i * Math.PI / 60)))];

    /// <summary>A hidden unit: the weights of its two inputs, and that of its output.</summary>
    private sealed record Neuron(Coordinates At, double Output);

    /// <summary>The hidden units of a run, first and last, in one order, and those of its teacher where it has one. Of a single snapshot
    /// there is no last.</summary>
    private sealed record Movement(Neuron[] Teacher, Neuron[] Initial, Neuron[] Final)
    {
        public static Movement Of(ShownRun run)
        {
            Neuron[] teacher = run.Pipeline.Dataset.AsTaught is { Teacher.Count: 1 } dataset
                ? NeuronsOf(DatasetFactory.Teacher(dataset).As<double>()) : [];
            var shape = ReluShape.Of(run.Pipeline.Model.AsRelu!, 2);
            return run.Result.Snapshots switch
            {
                [] => new(teacher, [], []),
                [var only] => new(teacher, Of(only), []),
                [var first, .., var last] => new(teacher, Of(first), Of(last)),
            };

            Neuron[] Of(Snapshot snapshot) => NeuronsOf(new(shape, [.. snapshot.Weights]));
        }

        private static Neuron[] NeuronsOf(ReluWeights<double> weights)
        {
            var (inputs, outputs) = (weights.Weight(0).ToArray(), weights.Weight(1).ToArray());
            return [.. outputs.Select((output, j) => new Neuron(new(inputs[2 * j], inputs[2 * j + 1]), output))];
        }
    }

    private static AxisRange Range(IEnumerable<double> values, double room)
    {
        var (min, max) = (values.Min(), values.Max());
        var span = max > min ? max - min : 1;
        return new(min - room * span, max + room * span);
    }
}
