using LargeSteps.Running;
using LargeSteps.Running.Formats;

namespace LargeSteps.Experiments.Commands;

/// <summary>Writes the weights of a checkpoint into a file that PyTorch reads: <c>torch.load</c> gives the state_dict.</summary>
internal static class ExportCommand
{
    public static int Run(string checkpoint, string target, Terminal terminal)
    {
        var tensors = DeepWeights.Read(checkpoint).Match(
            tensors => tensors, problems => throw new CommandException(ExitCode.BadInput, string.Join(Environment.NewLine, problems)));
        TorchFile.Write(target, TorchValue.StateDict(tensors));
        terminal.Out.WriteLine(FormattableString.Invariant($"{tensors.Count} tensors in {target}"));
        return ExitCode.Done;
    }
}
