using System.Text.RegularExpressions;

namespace LargeSteps.Tests.Docs;

/// <summary>docs/gallery.md shows the first picture of each experiment's page.</summary>
public partial class GalleryTests
{
    private static string Docs => Path.Combine(AppContext.BaseDirectory, "docs");

    [GeneratedRegex(@"!\[(?<words>[^\]]*)\]\(\.\./(?<picture>figures/[^)]+\.png)\)")]
    private static partial Regex Picture();

    [Fact]
    public void It_has_each_experiment_that_has_a_picture()
    {
        var gallery = File.ReadAllText(Path.Combine(Docs, "gallery.md"));
        var shown = 0;
        foreach (var page in Directory.GetFiles(Path.Combine(Docs, "experiments"), "*.md"))
        {
            if (Picture().Match(File.ReadAllText(page)) is not { Success: true } first) continue;
            Assert.Contains($"](experiments/{Path.GetFileName(page)})", gallery, StringComparison.Ordinal);
            Assert.Contains($"![{first.Groups["words"].Value}]({first.Groups["picture"].Value})", gallery, StringComparison.Ordinal);
            shown++;
        }
        Assert.Equal(shown, gallery.Split("\n## ").Length - 1);
    }
}
