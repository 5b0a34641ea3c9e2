using System.Globalization;
using LargeSteps.Experiments;
using LargeSteps.Tests.Commands;
using LargeSteps.Tests.Formats;

namespace LargeSteps.Tests.Docs;

/// <summary>The samples in Python; those in C# and F# are run against the packages, see <see cref="Packages.PackagesTests"/>.</summary>
public class SamplesTests
{
    private static string Sample(string name) => Path.Combine(AppContext.BaseDirectory, "docs", "samples", name);

    [Fact]
    public void The_page_names_every_sample()
    {
        var page = File.ReadAllText(Sample("README.md"));
        string[] samples = [.. Directory.GetFiles(Sample("")).Select(Path.GetFileName).OfType<string>()
            .Where(name => Path.GetExtension(name) is ".cs" or ".fsx" or ".py")];
        Assert.Equal(7, samples.Length);
        Assert.All(samples, name => Assert.Contains($"| [{name}]({name}) |", page, StringComparison.Ordinal));
    }

    [Fact]
    public void Python_reads_the_tables() => Cli.InFolder(folder =>
    {
        var results = Cli.RunSmall(folder, "--quiet");
        var said = Run("pandas", "read_results.py", results);
        string[][] rows = [.. said.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        string[][] metrics = [.. File.ReadAllLines(Path.Combine(results, "metrics.csv")).Skip(1).Select(line => line.Split(','))];
        foreach (var run in (string[])["a", "b"])
        {
            // The median of two seeds.
            var expected = metrics.Where(row => row[0] == run).GroupBy(row => row[1])
                .Average(seed => double.Parse(seed.Last()[5], CultureInfo.InvariantCulture));
            var median = rows.First(row => row is [var name, _] && name == run)[1];
            Assert.Equal(expected, double.Parse(median, CultureInfo.InvariantCulture), 1e-5);
            Assert.Contains(rows, row => row is [var name, "completed", "2"] && name == run);
        }
    });

    [Fact]
    public void Python_reads_a_checkpoint() => TemporaryFolder.In(folder =>
    {
        var config = Path.Combine(folder, "deep.yaml");
        File.WriteAllText(config, DeepCommandTests.Config);
        Assert.Equal(ExitCode.Done, Cli.Run(config, "--output", folder, "--quiet").Code);
        var checkpoint = Directory.GetFiles(folder, "best.safetensors", SearchOption.AllDirectories)[0];
        var tensors = LargeSteps.Formats.SafetensorsFile.Read(checkpoint).OrThrow().Tensors
            .Where(tensor => !tensor.Name.Contains('/', StringComparison.Ordinal)).Select(tensor => tensor.Name).ToArray();
        string[] lines = Run("numpy", "read_checkpoint.py", checkpoint).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(tensors.Order(StringComparer.Ordinal), lines.Select(line => line.Split(' ')[0]).Order(StringComparer.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("conv1.weight [2, 3, 3, 3] norm ", StringComparison.Ordinal));
    });

    private static string Run(string needs, params string[] arguments)
    {
        var python = ((string[])["/usr/bin/python3", "python3"]).FirstOrDefault(name =>
            TorchLoadTests.Run(name, "-c", $"import {needs}").Code == 0);
        Assert.SkipWhen(python is null, $"There is no Python with {needs}.");
        var (code, text) = TorchLoadTests.Run(python, [Sample(arguments[0]), .. arguments[1..]]);
        Assert.True(code == 0, text);
        return text;
    }
}
