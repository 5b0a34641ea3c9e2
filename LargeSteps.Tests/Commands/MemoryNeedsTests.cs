using System.Diagnostics;
using LargeSteps.Configuration;
using LargeSteps.Experiments;
using LargeSteps.Experiments.Commands;
using LargeSteps.Pipelines;

namespace LargeSteps.Tests.Commands;

public class MemoryNeedsTests
{
    [Fact]
    public void Runs_that_need_more_memory_than_there_is_are_refused_with_the_estimate_before_they_begin() => Cli.InFolder(folder =>
    {
        // Of a quarter of a gigabyte, as in a small container.
        using var process = Process.Start(new ProcessStartInfo(Program.Host, [Program.Dll, Path.Combine(folder, "small.yaml"), "--output",
            Path.Combine(folder, "results"), "--set", "dataset.dimensions=10000000", "--set", "dataset.test_samples=0"])
        { RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["DOTNET_GCHeapHardLimit"] = "0x10000000" } })!;
        var said = Program.Ended(process);
        Assert.Equal(ExitCode.NotAvailable, said.Code);
        Assert.Contains("error LS0403: the runs need at least ", said.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(folder, "results", "small", "metrics.csv")));
    });

    [Fact]
    public void What_is_needed_is_that_of_the_data_once_and_of_so_many_runs_as_there_are_workers()
    {
        var units = Units.Of(ExperimentYaml.Parse(Cli.Small.Replace("dimensions: 20", "dimensions: 1000000",
            StringComparison.Ordinal), "small.yaml").OrThrow()).OrThrow();
        // 30 samples of a million numbers, and for each run two vectors with their gradients and copies.
        const double data = 30e6 * 8, run = 6e6 * 8, measured = 1e5;
        MemoryNeeds.Ensure(units, 1, data + run + measured);
        Assert.Equal("error LS0403: the runs need at least 0.336 GB of memory (0.24 for data, 3.33E-06 for measurements), and there are 0.288",
            Assert.Throws<CommandException>(() => MemoryNeeds.Ensure(units, 2, data + run)).Message);
    }

    [Fact]
    public void Memory_that_runs_out_is_no_bug()
    {
        using var error = new StringWriter();
        var exception = Assert.Throws<OutOfMemoryException>(() => new byte[int.MaxValue, int.MaxValue]);
        Assert.Equal(ExitCode.NotAvailable, CommandLine.Tell(exception, error));
        Assert.StartsWith("error LS0403: there is not enough memory", error.ToString(), StringComparison.Ordinal);
    }
}
