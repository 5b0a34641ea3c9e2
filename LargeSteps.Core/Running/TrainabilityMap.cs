using LargeSteps.Configuration;
using LargeSteps.Datasets;
using LargeSteps.Figures;
using LargeSteps.Numerics;
using LargeSteps.Pipelines;
using LargeSteps.Training;
using LargeSteps.Values;

namespace LargeSteps.Running;

/// <summary>Whether training converges, and how fast, at each point of a grid over two values of a run.</summary>
/// <param name="X">The values on the horizontal axis, ascending.</param>
/// <param name="Y">The values on the vertical axis, ascending.</param>
/// <param name="Cells">
/// At place j · X.Count + i, of the run with X_i and Y_j, ℓ its losses over the first one: where it converges the mean of ℓ over its
/// steps, above 0, the less the faster; where it does not, −1 times the mean of 1/ℓ, below 0, the nearer to 0 the faster. Not a number
/// where the first loss is 0.
/// </param>
/// <remarks>
/// A run converges where the mean of its last 20 losses is below its first one (Sohl-Dickstein, arXiv 2402.06184, without the further
/// colours). Losses are those of the batches of its steps, of gradient descent of all samples. The seeds of a cell are those of its run.
/// </remarks>
public sealed record TrainabilityMap(Items<double> X, Items<double> Y, Items<double> Cells)
{
    // Where a loss has grown by this it does not come back, and 1/ℓ adds nothing.
    private const double Hopeless = 1e12;
    private const int Last = 20, StepsBetweenLooks = 1000;

    /// <summary>Is raised whenever the definition of a cell changes, so that tables of before are not taken for those of now.</summary>
    internal const int Version = 1;

    /// <summary>The box-counting dimension of the boundary between the cells that converge and those that do not; not a number where there
    /// is none.</summary>
    public double BoundaryDimension => BoxCounting.Dimension([.. Cells.Select(cell => cell > 0)], X.Count);

    /// <summary>Trains the run at each point of a figure's grid; how many rows at once changes no bit.</summary>
    /// <param name="figure">The figure.</param>
    /// <param name="of">The run, of a small model.</param>
    /// <param name="kept">Rows that are known already, by their numbers; null: none.</param>
    /// <param name="row">Told of each row that is done, its number and its cells, by one thread at a time; null: nobody.</param>
    /// <param name="workers">How many rows at a time; null: one for each core.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static TrainabilityMap Of(MapFigure figure, Pipeline of, IReadOnlyDictionary<int, double[]>? kept = null,
        Action<int, double[]>? row = null, int? workers = null, CancellationToken cancellation = default)
    {
        double[] x = figure.X.Values(), y = figure.Y.Values();
        var rows = new double[y.Length][];
        var pipelines = x.Select(value => PipelineValues.With(of, figure.X.Path, value).OrThrow()).ToArray();
        var data = new DataOf(of);
        var gate = new Lock();
        Parallel.For(0, y.Length, new ParallelOptions
        {
            MaxDegreeOfParallelism = workers ?? Environment.ProcessorCount,
            CancellationToken = cancellation,
        }, j =>
        {
            if (kept is not null && kept.TryGetValue(j, out var known))
            {
                rows[j] = known;
                return;
            }
            rows[j] = Array.ConvertAll(pipelines, pipeline => Cell(PipelineValues.With(pipeline, figure.Y.Path, y[j]).OrThrow(), data,
                cancellation));
            lock (gate) row?.Invoke(j, rows[j]);
        });
        return new(Items.From(x), Items.From(y), Items.From(rows.SelectMany(cells => cells)));
    }

    private static double Cell(Pipeline pipeline, DataOf data, CancellationToken cancellation)
    {
        using var run = TrainingRun.Create(pipeline, data.Of(pipeline.Dataset), "cpu");
        var (horizon, first, sum, inverse) = (run.Horizon, double.NaN, 0.0, 0.0);
        var last = new double[Math.Min(Last, horizon.Steps)];
        for (long k = 0; k < horizon.Steps; k++)
        {
            if (k % StepsBetweenLooks == 0) cancellation.ThrowIfCancellationRequested();
            var loss = run.Step(run.Rate(horizon.Progress(k)));
            if (k == 0) first = loss;
            if (first == 0) return double.NaN;
            var ratio = loss / first;
            // Not a number is no number below.
            if (!(ratio < Hopeless)) return -inverse / horizon.Steps;
            sum += ratio;
            inverse += 1 / ratio;
            last[k % last.Length] = ratio;
        }
        return last.Average() < 1 ? sum / horizon.Steps : -inverse / horizon.Steps;
    }

    // Most often all cells have the same.
    private sealed class DataOf(Pipeline pipeline)
    {
        private readonly LoadedData _usual = new(DatasetFactory.Create(pipeline.Dataset), null);

        public LoadedData Of(DatasetSpec dataset) => dataset == pipeline.Dataset ? _usual : new(DatasetFactory.Create(dataset), null);
    }
}
