using LargeSteps.Forms;
using LargeSteps.Pipelines;
using LargeSteps.Values;

namespace LargeSteps.Configuration;

/// <summary>Sets numbers in pipelines at paths like <c>schedule.rate</c>, which lead where they would in a file.</summary>
internal static class PipelineValues
{
    /// <summary>The pipeline with another number at a path, or why there is none.</summary>
    public static Outcome<Pipeline> With(Pipeline pipeline, string path, double value)
    {
        var report = new Report("");
        var steps = NodeEdits.Steps(path);
        var rest = string.Join('.', steps.Skip(1));
        var changed = (steps.Count == 0 ? "" : steps[0]) switch
        {
            "dataset" => Changed(DatasetCodec.Codec, pipeline.Dataset) is { } dataset ? pipeline.WithDataset(dataset) : null,
            "model" => Changed(ModelCodec.Codec, pipeline.Model) is { } model ? pipeline.WithModel(model) : null,
            "schedule" => Changed(ScheduleCodec.Codec, pipeline.Schedule) is { } schedule ? pipeline.WithSchedule(schedule) : null,
            "optimizer" => Changed(OptimizerCodec.Codec, pipeline.Optimizer) is { } optimizer ? pipeline.WithOptimizer(optimizer) : null,
            _ => Nothing<Pipeline>(),
        };
        return changed is not null && report.Count == 0 ? Outcome.Success(changed)
            : new Outcome<Pipeline>.Failure(report.Diagnostics);

        T? Changed<T>(Codec<T> codec, T of) where T : class =>
            codec.Write(of).With(rest, new ScalarNode(NumberText.Invariant(value), Plain: true)) is { } node ? codec.Read(node, report)
                : Nothing<T>();

        T? Nothing<T>() where T : class
        {
            report.Add(new ScalarNode(path, Plain: true), "LS0110", $"there is nothing at '{path}' that a number could be set in");
            return null;
        }
    }
}
