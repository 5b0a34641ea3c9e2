using System.Globalization;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Values;
using TorchSharp;

namespace LargeSteps.Experiments.Commands;

/// <summary>Chooses the device of the autograd engine.</summary>
internal static class Devices
{
    /// <summary>Whether libtorch sees a CUDA device.</summary>
    public static bool HasCuda()
    {
        NativeLibraries.EnsureLoaded();
        return torch.cuda.is_available();
    }

    /// <summary>The device in libtorch's words. Without a run that needs libtorch it is not loaded at all.</summary>
    public static string Choose(string request, Items<Unit> units, TextWriter log)
    {
        var autograd = units.Any(unit => unit.Pipeline.Engine is AutogradEngine);
        var index = request == "cuda" ? 0 : request.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(request[5..], out var n)
            && n >= 0 ? n : -1;
        if (request is not ("auto" or "cpu") && index < 0)
            throw new CommandException(ExitCode.BadInput, $"error LS0302: '{request}' is no device; it is one of auto, cpu, cuda, cuda:N");
        // ReLU networks draw their initial weights by libtorch.
        var torchNeeded = autograd || units.Any(unit => unit.Pipeline.Model is ReluNetwork or CustomModel);
        if (request is "auto" or "cpu" && !torchNeeded) return "cpu";

        NativeLibraries.EnsureLoaded();
        if (NativeLibraries.Notice is { } notice) log.WriteLine(notice);
        if (request == "cpu" || (request == "auto" && !autograd)) return "cpu";
        var devices = torch.cuda.is_available() ? torch.cuda.device_count() : 0;
        if (request == "auto")
        {
            if (devices > 0) return "cuda:0";
            log.WriteLine("no CUDA device: running on the CPU");
            return "cpu";
        }
        if (index >= devices)
        {
            throw new CommandException(ExitCode.NotAvailable, string.Create(CultureInfo.InvariantCulture,
                $"error LS0402: device '{request}' is not available: libtorch sees {devices} CUDA devices. Use --device cpu, or set " +
                $"LARGESTEPS_LIBTORCH to the lib folder of a PyTorch with CUDA."));
        }

        if (!autograd)
        {
            log.WriteLine("these runs compute their gradients in closed form, on the CPU; 'engine: autograd' would use the " +
            "device");
        }

        return FormattableString.Invariant($"cuda:{index}");
    }
}
