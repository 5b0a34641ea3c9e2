using System.Security.Cryptography;
using System.Text;
using LargeSteps.Experiments.Results;

namespace LargeSteps.Tests.Results;

public class WebAssetsTests
{
    [Fact]
    public void The_chart_library_is_that_of_which_the_decisions_tell()
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(WebAssets.Text("uPlot.iife.min.js"))));
        Assert.Contains(hash, File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "decisions", "figures.md")),
            StringComparison.Ordinal);
        Assert.Contains("The MIT License", WebAssets.Text("uPlot.LICENSE.txt"), StringComparison.Ordinal);
    }
}
