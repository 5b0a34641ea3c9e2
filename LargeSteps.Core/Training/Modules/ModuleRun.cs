using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;

namespace LargeSteps.Training.Modules;

/// <summary>A run of a module of TorchSharp.</summary>
internal sealed class ModuleRun : EngineRun<double[]>
{
    private readonly IEngine<double[]> _engine;

    private ModuleRun(Pipeline pipeline, IEngine<double[]> engine, Func<double, IEngine<double[]>> twin, ModuleView view)
        : base(pipeline, engine, twin, view) => _engine = engine;

    public static ModuleRun Of(Pipeline pipeline, CustomModel model, LoadedData data, string device)
    {
        var view = new ModuleView(pipeline.Target, model, data, device);
        return new(pipeline, EngineOf(1, view), perturbation => EngineOf(1 + perturbation), view);

        IEngine<double[]> EngineOf(double scale, ModuleView? seen = null)
        {
            var (engine, rule) = (new ModuleEngine(pipeline.Optimizer, model, data, device, scale), pipeline.Optimizer.Rule);
            if (seen is not null) seen.Buffers = () => engine.Buffers;
            return ModuleEngine.Knows(rule) ? engine
                : new ChainEngine<double[]>(engine,
                Chain.Of(rule, ofFactors: false, new HostVector<double>(engine.Current), []),
                    w => [.. HostVector<double>.Of(w)]);
        }
    }

    public override bool IsFinite() => double.IsFinite(_engine.MeanSquare());
}
