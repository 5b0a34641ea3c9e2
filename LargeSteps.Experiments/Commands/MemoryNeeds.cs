using System.Globalization;
using LargeSteps.Datasets;
using LargeSteps.Datasets.Images;
using LargeSteps.Models.Deep;
using LargeSteps.Pipelines;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Commands;

/// <summary>What runs need at least, beside what there is: nobody waits for hours for what cannot end.</summary>
internal static class MemoryNeeds
{
    /// <summary>Ends the command where the machine, or what limits the process to a part of it, has less memory than the runs need: the
    /// arrays of the data, which runs share, and the weights, gradients and measurements of those that run at a time.</summary>
    /// <param name="units">The runs.</param>
    /// <param name="workers">How many run at a time.</param>
    /// <param name="available">The bytes that there are.</param>
    public static void Ensure(Items<RunUnit> units, int workers, double available)
    {
        var runs = units.GroupBy(unit => unit.Pipeline).Select(same => (Unit: same.First(), Bytes: BytesOf(same.Key))).ToArray();
        var data = runs.Select(run => run.Unit.Pipeline.Dataset).Distinct().Sum(BytesOf);
        var measured = runs.Sum(run => PipelineChecks.BytesOf(run.Unit.Pipeline) + BytesLookedAt(run.Unit.Pipeline));
        var needed = data + measured + runs.Select(run => run.Bytes).OrderDescending().Take(workers).Sum();
        if (needed <= available) return;
        throw new CommandException(ExitCode.NotAvailable, string.Create(CultureInfo.InvariantCulture,
            $"error LS0403: the runs need at least {needed / 1e9:G3} GB of memory ({data / 1e9:G3} for data, {measured / 1e9:G3} for " +
            $"measurements), and there are {available / 1e9:G3}"));
    }

    // Of deep networks, of which only the network knows how many weights it has; a projection has numbers of its own.
    private static double BytesLookedAt(Pipeline pipeline)
    {
        if (!pipeline.Probes.Others.Any() || (pipeline.Model.AsDeep, pipeline.Dataset.AsImages) is not ({ } model, { } images))
            return 0;
        using var network = FlatNetwork.Of(model, images.Shape, images.Classes);
        return PipelineChecks.BytesLookedAt(pipeline, network.ParameterCount) - PipelineChecks.BytesLookedAt(pipeline, 0);
    }

    private static double BytesOf(DatasetSpec dataset) => sizeof(double) * dataset.Match(
        sparse => ((double)sparse.Samples + sparse.TestSamples) * sparse.Dimensions,
        points => 0,
        teacher => ((double)teacher.Samples + teacher.TestSamples) * teacher.Inputs,
        memory => memory.Data.Features.AsSpan().Length + (double)memory.Data.TestFeatures.AsSpan().Length,
        // Their pixels are bytes, standardised ones numbers.
        images => ((double)images.TrainingImages + images.TestImages) * images.Shape.Length
            * (images.Options.Standardise == Standardisation.None ? sizeof(byte) : sizeof(float)) / sizeof(double));

    // The weights, their gradient, and what is kept of them beside; of deep networks only the network knows.
    private static double BytesOf(Pipeline pipeline)
    {
        const int copies = 3;
        return pipeline.Model.Match(
            diagonal => sizeof(double) * 2.0 * copies * pipeline.Dataset.Features,
            relu => sizeof(float) * copies * relu.Hidden.Prepend(pipeline.Dataset.Features).Zip(relu.Hidden,
                (from, to) => (double)from * to).Sum(),
            deep => 0,
            custom => 0);
    }
}
