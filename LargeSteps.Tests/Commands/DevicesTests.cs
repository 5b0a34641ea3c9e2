using System.Text.Json.Nodes;
using LargeSteps.Experiments;
using LargeSteps.Numerics;
using TorchSharp;

namespace LargeSteps.Tests.Commands;

public class DevicesTests
{
    [Fact]
    public void A_device_that_is_not_there_has_exit_code_4() => DeepCommandTests.InFolder(DeepCommandTests.Config, (config, folder) =>
    {
        NativeLibraries.EnsureLoaded();
        Assert.SkipWhen(torch.cuda.is_available(), "There is a CUDA device.");
        var said = Cli.Run(config, "--device", "cuda", "--output", folder);
        Assert.Equal(ExitCode.NotAvailable, said.Code);
        Assert.Contains("error LS0402: device 'cuda' is not available", said.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder, "deep")));
    });

    [Fact]
    public void Runs_are_spread_over_several_devices_and_run_json_says_which_made_which() =>
        DeepCommandTests.InFolder(DeepCommandTests.Config + """
          - { label: small, schedule: { kind: constant, rate: 0.04 } }

        """, (config, folder) =>
    {
        string Metrics(string devices)
        {
            var said = Cli.Run(config, "--device", devices, "--seeds", "0..2", "--output", Path.Combine(folder, devices));
            Assert.True(said.Code == ExitCode.Done, said.Error);
            var info = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, devices, "deep", "run.json")))!;
            Assert.Equal((devices, devices.Split(',').Length), ((string)info["device"]!, (int)info["threads"]!));
            Assert.All(info["runs"]!.AsArray(), run => Assert.Equal("cpu:1", (string)run!["device"]!));
            return File.ReadAllText(Path.Combine(folder, devices, "deep", "metrics.csv"));
        }
        Assert.Equal(Metrics("cpu:1"), Metrics("cpu:1,cpu:1"));
        var mixed = Cli.Run(config, "--device", "cpu:1,cpu:2", "--seeds", "0..2", "--output", Path.Combine(folder, "mixed"));
        Assert.True(mixed.Code == ExitCode.Done, mixed.Error);
        Assert.Equal(["cpu:1", "cpu:2"], JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "mixed", "deep", "run.json")))!["runs"]!
            .AsArray().Select(run => (string)run!["device"]!).Distinct().Order(StringComparer.Ordinal));
    });

    [Theory]
    [InlineData("cpu:0")]
    [InlineData("cpu:two")]
    [InlineData("auto,cpu")]
    [InlineData("cpu,")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:0:1")]
    public void What_is_no_device_is_told(string devices) => DeepCommandTests.InFolder(DeepCommandTests.Config, (config, folder) =>
    {
        var said = Cli.Run(config, "--device", devices, "--output", folder);
        Assert.Equal(ExitCode.BadInput, said.Code);
        Assert.StartsWith("error LS0302: '", said.Error, StringComparison.Ordinal);
    });
}
