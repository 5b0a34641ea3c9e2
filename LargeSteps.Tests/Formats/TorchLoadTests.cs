using System.Diagnostics;
using System.Text.Json;
using LargeSteps.Formats;

namespace LargeSteps.Tests.Formats;

/// <summary>What PyTorch itself makes of the files; skipped where no Python has it.</summary>
public class TorchLoadTests
{
    internal static readonly Lazy<string?> Python =
        new(() => ((string[])["/usr/bin/python3", "python3"]).FirstOrDefault(python => Run(python, "-c", "import torch").Code == 0));

    private static string Script => Fixture.PathOf("torch/torch_files.py");

    [Fact]
    public void PyTorch_loads_what_is_written() => TemporaryFolder.In(folder =>
    {
        Assert.SkipWhen(Python.Value is null, "There is no Python with PyTorch.");
        string[] files = [Path.Combine(folder, "module.pth"), Path.Combine(folder, "types.pth")];
        NamedTensor[] module =
        [
            NamedTensor.Of<float>("0.weight", [2, 3], [0, 1, 2, 3, 4, 5]), NamedTensor.Of<float>("0.bias", [2], [10, 11]),
            NamedTensor.Of<float>("1.weight", [2], [20, 21]), NamedTensor.Of<float>("1.bias", [2], [30, 31]),
            NamedTensor.Of<float>("1.running_mean", [2], [40, 41]), NamedTensor.Of<float>("1.running_var", [2], [50, 51]),
            NamedTensor.Of<long>("1.num_batches_tracked", [], [60]),
        ];
        NamedTensor[] types =
        [
            NamedTensor.Of<float>("ärger.weight", [2, 1, 3], [1, 2, 3, -4, 5.5f, 1e30f]),
            NamedTensor.Of<double>("double", [2], [0.1, -1e300]), NamedTensor.Of<Half>("half", [1], [(Half)0.25]),
            new("bfloat16", ElementType.BFloat16, [1], (byte[])[0xc0, 0x3f]), NamedTensor.Of<long>("long", [], [1L << 40]),
            NamedTensor.Of<int>("int", [1], [-7]),
            NamedTensor.Of<short>("short", [1], [-300]), NamedTensor.Of<sbyte>("sbyte", [1], [-3]),
            NamedTensor.Of<byte>("byte", [0, 3], []), NamedTensor.Of<bool>("bool", [2], [true, false]),
        ];
        TorchFile.WriteStateDict(files[0], module);
        TorchFile.WriteStateDict(files[1], types);
        var (code, text) = Run(Python.Value!, [Script, "check", .. files]);
        Assert.True(code == 0, text);
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("""["OrderedDict", "<All keys matched successfully>", [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]], 60]""", lines[0]);
        var expected = types.Select(tensor => (tensor.Name, tensor.Type.Name, string.Join(',', tensor.Shape), tensor.Count, true));
        var found = JsonDocument.Parse(lines[1]).RootElement.EnumerateArray().ToArray();
        Assert.Equal(expected, found.Select(x =>
            (x[0].GetString()!, x[1].GetString()!, string.Join(',', x[2].EnumerateArray()), x[3].GetArrayLength(), x[4].GetBoolean())));
        Assert.Equal(
            [1, 2, 3, -4, 5.5, 1e30f, 0.1, -1e300, 0.25, 1.5, 1L << 40, -7, -300, -3, 1, 0],
            found.SelectMany(x => x[3].EnumerateArray()).Select(x => x.GetDouble()));
    });

    // The fixtures are what a program of another version wrote; these are written now.
    [Fact]
    public void What_PyTorch_saves_now_is_read_as_the_fixtures_are() => TemporaryFolder.In(folder =>
    {
        Assert.SkipWhen(Python.Value is null, "There is no Python with PyTorch.");
        var (code, text) = Run(Python.Value!, Script, "write", folder);
        Assert.True(code == 0, text);
        foreach (var name in (string[])["state.pth", "legacy.pth", "checkpoint.pth", "protocol4.pth", "types.pth", "views.pth"])
        {
            // Versions differ in the options of optimizers that they keep.
            var at = name == "checkpoint.pth" ? "model" : "";
            Assert.Equal(TorchFile.Read(Fixture.PathOf("torch/" + name)).OrThrow().Find(at), TorchFile.Read(Path.Combine(folder, name))
                .OrThrow().Find(at));
        }
    });

    internal static (int Code, string Text) Run(string program, params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["PYTHONIOENCODING"] = "utf-8";
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            var text = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, process.ExitCode == 0 ? text : text + error.GetAwaiter().GetResult());
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (-1, "");
        }
    }
}
