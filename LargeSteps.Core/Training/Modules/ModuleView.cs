using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Probes;
using static TorchSharp.torch;

namespace LargeSteps.Training.Modules;

/// <summary>What probes see of a module, which is in evaluation mode then; in the numbers of its parameters.</summary>
internal sealed class ModuleView : HostView<double[]>, IFeatures
{
    private readonly ModuleNetwork _network;
    private readonly LoadedData _data;
    private readonly ModuleSamples _train, _test;
    private readonly ModuleSamples? _validation;

    public ModuleView(ProbeTarget run, CustomModel model, LoadedData data, string device) : base(run)
    {
        (_data, _network) = (data, ModuleNetwork.On(device, model, data.Classes));
        _network.Try(ModuleSamples.ShapeOf(data));
        (_train, _test, _validation) = ModuleSamples.Of(_network, data);
    }

    /// <summary>What the module of the steps has beside its parameters, such as running statistics, which measurements take.</summary>
    public Func<IEnumerable<(string Name, double[] Values)>> Buffers { private get; set; } = () => [];

    public override void See(long iteration, double[] iterate, KeptIterates? kept = null, IEngine<double[]>? twin = null)
    {
        base.See(iteration, iterate, kept, twin);
        _network.SetBuffers(Buffers().ToDictionary(buffer => buffer.Name, buffer => buffer.Values));
    }

    public override RegressionData? Data => _data.AreImages ? null : _data.Table;

    public override IFeatures Features => this;

    public void Sparsity(FeatureSparsity probe, Span<double> row)
    {
        row.Fill(double.NaN);
        // A run that has diverged has no features.
        if (!Weights.IsFinite) return;
        _network.Load(Iterate);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var features = _network.Features(_train.X.narrow(0, 0, Math.Min(_train.Count, probe.Samples)));
        var (points, units) = ((int)features.shape[0], (int)features.shape[1]);
        row[0] = UnitDeduplication.Count(features.t().contiguous().cpu().data<double>().ToArray(), units, points, points,
            probe.Threshold).Sparsity;
    }

    public IEnumerable<Matrix> Products(int samples)
    {
        _network.Load(Iterate);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var features = _network.Features(_train.X.narrow(0, 0, Math.Min(_train.Count, samples)));
        var n = (int)features.shape[0];
        return [new Matrix(n, n, features.mm(features.t()).contiguous().cpu().data<double>().ToArray())];
    }

    public override double ParameterNorm => Weights.Norm;

    protected override IScores ScoresOfIterate()
    {
        _network.Load(Iterate);
        return new HostScores(() => _train.Score(_network), () => _test.Score(_network),
            () => _validation is { } held ? held.Score(_network) : null);
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (var owned in (IDisposable?[])[_network, _train, _test, _validation]) owned?.Dispose();
    }

    protected override double[] Flat(double[] iterate) => [.. iterate];

    protected override ITrainingLoss LossOf(Range part)
    {
        var (first, count) = part.GetOffsetAndLength(_train.Count);
        return Kept(_train.Slice(first, count));
    }

    protected override ITrainingLoss LossOf(ReadOnlySpan<int> rows) => Kept(_train.Of(rows));

    private ModuleTrainingLoss Kept(ModuleSamples samples) =>
        new(_network, new(samples.X.DetachFromDisposeScope(), samples.Y.DetachFromDisposeScope()));
}
