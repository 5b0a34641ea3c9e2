using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace LargeSteps.Experiments.Results;

/// <summary>What decides numbers on a machine besides the program: its processor and its graphics card.</summary>
internal static class Machine
{
    private static readonly string[] Instructions =
        ["avx2", "fma", "avx512f", "avx512_bf16", "avx512_vnni", "avx512_fp16", "amx_tile", "amx_bf16", "amx_int8", "asimd", "sve", "bf16"];

    /// <summary>The processor's name, and the instructions that libraries choose between; null where the system does not say.</summary>
    public static JsonObject Processor()
    {
        var lines = File.Exists("/proc/cpuinfo") ? File.ReadLines("/proc/cpuinfo").TakeWhile(line => line.Length > 0)
            .Select(line => line.Split(':', 2)).Where(parts => parts.Length == 2)
            .ToLookup(parts => parts[0].Trim(), parts => parts[1].Trim()) : null;
        var flags = lines is null ? null : (lines["flags"].FirstOrDefault() ?? lines["Features"].FirstOrDefault())?.Split(' ');
        return new JsonObject
        {
            ["name"] = lines?["model name"].FirstOrDefault() ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER"),
            ["instructions"] = flags is null ? null : new JsonArray([.. Instructions.Where(flags.Contains)
                .Select(flag => JsonValue.Create(flag))]),
        };
    }

    /// <summary>The graphics card's name and driver, and the versions of CUDA and cuDNN that are loaded; null where none is used.</summary>
    /// <param name="device">In libtorch's words.</param>
    public static JsonObject? GraphicsCard(string device)
    {
        if (!device.StartsWith("cuda", StringComparison.Ordinal)) return null;
        var index = device.Split(':') is [_, var number] ? number : "0";
        var said = Output("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader", "-i", index)?.Split(',');
        return new JsonObject
        {
            ["name"] = said?[0].Trim(),
            ["driver"] = said?[^1].Trim(),
            ["cuda"] = VersionOf("cudart", "cudaRuntimeGetVersion") is { } cuda
                ? FormattableString.Invariant($"{cuda / 1000}.{cuda % 1000 / 10}") : null,
            ["cudnn"] = VersionOf("cudnn", "cudnnGetVersion") is { } cudnn ? FormattableString.Invariant($"{cudnn}") : null,
        };
    }

    /// <summary>What another program prints; null where it is not there, fails or takes longer than some seconds.</summary>
    public static string? Output(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true
            });
            if (process is null) return null;
            var text = process.StandardOutput.ReadToEndAsync();
            if (process.WaitForExit(5000) && text.Wait(1000)) return process.ExitCode == 0 ? text.Result.TrimEnd() : null;
            process.Kill();
            return null;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException or InvalidOperationException)
        {
            return null;
        }
    }

    // Of the library that this process has loaded, whichever that is: its own word, not a name of a file.
    private static long? VersionOf(string library, string function)
    {
        using var process = Process.GetCurrentProcess();
        foreach (ProcessModule module in process.Modules)
        {
            if (module.ModuleName.Contains(library, StringComparison.OrdinalIgnoreCase) && NativeLibrary.TryLoad(module.FileName,
                out var handle) && NativeLibrary.TryGetExport(handle, function, out var address))
            {
                return function == "cudnnGetVersion" ? (long)Marshal.GetDelegateForFunctionPointer<CudnnVersion>(address)()
                    : Marshal.GetDelegateForFunctionPointer<CudaVersion>(address)(out var version) == 0 ? version : null;
            }
        }

        return null;
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nuint CudnnVersion();

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int CudaVersion(out int version);
}
