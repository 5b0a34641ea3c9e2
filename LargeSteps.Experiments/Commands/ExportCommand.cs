using LargeSteps.Formats;
using LargeSteps.Training.Deep;

namespace LargeSteps.Experiments.Commands;

/// <summary>Writes the weights of a checkpoint into a file that PyTorch reads: <c>torch.load</c> gives the state_dict.</summary>
internal static class ExportCommand
{
    public static int Run(string checkpoint, string target, bool averaged, string? at, Terminal terminal)
    {
        if (averaged && at is not null)
        {
            throw new CommandException(ExitCode.BadInput,
            "error LS0300: --averaged and --at exclude each other: --averaged is --at averaged");
        }

        if (FileKind.EndOf(target) is { } there && there == FileKind.EndOf(checkpoint))
        {
            throw new CommandException(ExitCode.BadInput,
                $"error LS0300: '{target}' is the checkpoint itself, which would be lost: name another file");
        }

        var (tensors, ownStatistics) = DeepWeights.Read(checkpoint, averaged ? DeepWeights.Averaged.TrimEnd('/') : at).Match(
            read => read, problems => throw new CommandException(ExitCode.BadInput, string.Join(Environment.NewLine, problems)));
        try
        {
            TorchFile.Write(target, TorchValue.StateDict(tensors));
        }
        // The format has no room for them.
        catch (ArgumentException e)
        {
            throw new CommandException(ExitCode.BadInput, $"{target}: error LS0711: {e.Message}");
        }
        terminal.Out.WriteLine(FormattableString.Invariant($"{tensors.Count} tensors in {target}"));
        if (!averaged && at is null && WeightPlace.In(checkpoint).Match(
            places => places is [{ At: var only }] && only + "/" == DeepWeights.Averaged, _ => false))
        {
            terminal.Error.WriteLine("they are the averaged weights: the file has no others");
        }

        if (!ownStatistics)
        {
            terminal.Error.WriteLine(
                "the running statistics of batch norm are those of the current weights: torch.optim.swa_utils.update_bn estimates those " +
                "of the averaged ones");
        }

        return ExitCode.Done;
    }
}
