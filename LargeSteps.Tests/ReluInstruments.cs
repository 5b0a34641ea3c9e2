using System.Numerics;
using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Schedules;
using LargeSteps.Training.Relu;
using LargeSteps.Values;

namespace LargeSteps.Tests;

/// <summary>Writes what is measured of weights into a row.</summary>
internal delegate void MeasureWeights<T>(ReluWeights<T> weights, Span<double> row) where T : unmanaged, IBinaryFloatingPointIeee754<T>;

/// <summary>A probe of fully connected networks that is asked of any weights, without a run.</summary>
internal sealed record ReluInstrument<T>(Items<string> Metrics, MeasureWeights<T> Measure) where T : unmanaged,
    IBinaryFloatingPointIeee754<T>
{
    /// <summary>Instruments side by side as one.</summary>
    public static ReluInstrument<T> Join(IReadOnlyList<ReluInstrument<T>> instruments) =>
        new(Items.From(instruments.SelectMany(i => i.Metrics)), (weights, row) =>
        {
            foreach (var instrument in instruments)
            {
                instrument.Measure(weights, row[..instrument.Metrics.Count]);
                row = row[instrument.Metrics.Count..];
            }
        });
}

/// <summary>The probes of fully connected networks on given data.</summary>
internal static class ReluInstruments<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static ReluInstrument<T> Losses(ReluShape shape, RegressionData data, ReluLoss loss = ReluLoss.Squared) =>
        Of(new Losses(), shape, data, loss: loss);

    public static ReluInstrument<T> Sparsity(ReluShape shape, RegressionData data, double threshold) =>
        Of(new FeatureSparsity(threshold), shape, data);

    public static ReluInstrument<T> ActivePercent(ReluShape shape, RegressionData data) => Of(new ActivePercent(), shape, data);

    public static ReluInstrument<T> ActiveUnits(ReluShape shape, RegressionData data) => Of(new ActiveUnits(), shape, data);

    public static ReluInstrument<T> NuclearNorms(ReluShape shape, RegressionData data) => Of(new NuclearNorm(), shape, data);

    public static ReluInstrument<T> FeatureEntropyRank(ReluShape shape, RegressionData data, Matrix points) =>
        Of(new FeatureEntropyRank(), shape, data, points);

    public static ReluInstrument<T> ActivationPatternDistance(ReluShape shape, RegressionData data, ReluWeights<T> initial) =>
        Of(new ActivationPatternDistance(), shape, data, start: initial);

    public static ReluInstrument<T> ParameterNorm(ReluShape shape, RegressionData data) => Of(new ParameterNorm(), shape, data);

    public static ReluInstrument<T> JacobianRank(ReluShape shape, RegressionData data, Matrix points, params double[] thresholds) =>
        Of(new JacobianRank(Items.From(thresholds)), shape, data, points);

    public static ReluInstrument<T> JacobianUnitGroups(ReluShape shape, RegressionData data, double threshold) =>
        Of(new JacobianUnitGroups(threshold), shape, data);

    private static ReluInstrument<T> Of(
        Probe probe, ReluShape shape, RegressionData data, Matrix? points = null, ReluWeights<T>? start = null,
            ReluLoss loss = ReluLoss.Squared)
    {
        var model = ModelSpec.ReluNetwork(Items.From(shape.Widths.Skip(1).Take(shape.Hidden)), Initialisation.Default);
        var run = Pipeline.Of(DatasetSpec.InMemory(data), model, Schedule.Constant(1), OptimizerSpec.GradientDescent(1),
            ProbePlan.Of(Cadence.Every(1), probe)).Target;
        var view = new ReluView<T>(run, shape, data, loss, part => new ReluTrainingLoss(shape, part, loss),
            new(() => points ?? throw new InvalidOperationException("There are no points.")));
        view.See(0, start ?? ReluWeights<T>.Zero(shape));
        var instrument = Instrument.Of(probe, view);
        return new(probe.ColumnsIn(run), (weights, row) =>
        {
            view.See(1, weights);
            instrument.Measure(view, row);
        });
    }
}
