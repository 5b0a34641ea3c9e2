using System.Globalization;
using LargeSteps.Numerics;
using LargeSteps.Pipelines;
using LargeSteps.Running;
using LargeSteps.Values;
using TorchSharp;

namespace LargeSteps.Experiments.Commands;

/// <summary>Chooses the devices of the autograd engine.</summary>
internal static class Devices
{
    /// <summary>The first CUDA device, or the CPU where there is none; all CUDA devices.</summary>
    public const string Auto = "auto", Cuda = "cuda";

    private const string Cpu = "cpu";

    private const int MostThreads = 1024;

    /// <summary>Whether libtorch sees a CUDA device.</summary>
    public static bool HasCuda()
    {
        NativeLibraries.EnsureLoaded();
        return torch.cuda.is_available();
    }

    /// <summary>The first of the devices, in libtorch's words.</summary>
    public static string First(string request, Items<RunUnit> units, TextWriter log) => Choose(request, units, log)[0].Device;

    /// <summary>The devices over which runs of deep networks are spread; the first is that of all others. Without a run that needs libtorch
    /// it is not loaded at all.</summary>
    public static Items<DeviceWorker> Choose(string request, Items<RunUnit> units, TextWriter log)
    {
        var asked = request.Split(',').Select(word => Asked(word, request)).ToArray();
        var autograd = units.Any(unit => !unit.Pipeline.Engine.IsClosedForm);
        // ReLU networks draw their initial weights by libtorch.
        var torchNeeded = autograd || units.Any(unit => unit.Pipeline.Model.BeginsInLibtorch);
        var cards = asked.Any(device => device.Kind == Cuda);
        if (!cards && !torchNeeded) return Items.From(asked.Select(device => new DeviceWorker(Cpu, device.Number)));

        NativeLibraries.EnsureLoaded();
        if (NativeLibraries.Notice is { } notice) log.WriteLine(notice);
        var automatic = request == Auto && autograd;
        var there = (cards || automatic) && torch.cuda.is_available() ? torch.cuda.device_count() : 0;
        if (automatic && there == 0) log.WriteLine("no CUDA device: running on the CPU");
        if (cards && !autograd)
        {
            log.WriteLine("these runs compute their gradients in closed form, on the CPU; 'engine: autograd' would use the " +
                "device");
        }
        return Items.From(asked.SelectMany(device => device.Kind switch
        {
            Auto => [automatic && there > 0 ? Card(0) : new(Cpu)],
            Cpu => [new(Cpu, device.Number)],
            _ => Cards(device.Number),
        }));

        IEnumerable<DeviceWorker> Cards(int? number)
        {
            if ((number ?? 0) < there) return number is { } one ? [Card(one)] : Enumerable.Range(0, there).Select(Card);
            throw new CommandException(ExitCode.NotAvailable, string.Create(CultureInfo.InvariantCulture,
                $"error LS0402: device '{request}' is not available: libtorch sees {there} CUDA devices. Use --device cpu, or set " +
                $"LARGESTEPS_LIBTORCH to the lib folder of a PyTorch with CUDA."));
        }
    }

    private static DeviceWorker Card(int number) => new(FormattableString.Invariant($"{Cuda}:{number}"));

    private readonly record struct AskedDevice(string Kind, int? Number);

    // The number is that of a card, or of the threads of the CPU.
    private static AskedDevice Asked(string word, string request)
    {
        var (kind, number) = word.Split(':', 2) is [var before, var after] ? (before, after) : (word, null);
        if (number is null && (kind is Cpu or Cuda || request == Auto)) return new(kind, null);
        if (kind is Cpu or Cuda && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var n)
            && (kind == Cuda || n is > 0 and <= MostThreads))
        {
            return new(kind, n);
        }
        throw new CommandException(ExitCode.BadInput, $"error LS0302: '{word}' is no device; it is one of auto, cpu, cpu:THREADS, cuda, " +
            "cuda:N, or several of them with commas");
    }
}
