using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace LargeSteps.Tests.Browser;

/// <summary>The report that every run leaves, as a file that somebody was sent.</summary>
public sealed class ReportTests(ViewFixture view)
{
    private string Report(string name) => "file://" + Path.Combine(view.Results.Path, name, "report.html");

    [Fact]
    public async Task It_has_the_charts_of_the_view_and_asks_nobody_for_anything()
    {
        await using var report = await view.Open(Report("seeds"));
        var asked = new List<string>();
        report.Page.Request += (_, request) => asked.Add(request.Url);
        await report.Page.ReloadAsync();
        await report.Page.WaitForSelectorAsync("figure.live .panel canvas");
        Assert.Equal([Report("seeds")], asked);
        await Assertions.Expect(report.Page.Locator(".still").First).ToBeHiddenAsync();
        await report.Page.GetByRole(AriaRole.Button, new() { Name = "small steps" }).ClickAsync();
        await report.Page.Locator(".plot").First.FocusAsync();
        await report.Page.Keyboard.PressAsync("ArrowRight");
        await Assertions.Expect(report.Page.Locator(".panel output").First).ToContainTextAsync("large steps, median of 8 seeds: iteration 0,");
        Assert.Empty(report.Errors);
    }

    [Fact]
    public async Task Without_script_and_on_paper_it_has_the_drawings()
    {
        Assert.SkipWhen(ViewFixture.Program is null, "there is no Chromium on this machine");
        var still = await view.Chromium.NewPageAsync(new() { JavaScriptEnabled = false });
        await still.GotoAsync(Report("seeds"));
        await Assertions.Expect(still.Locator(".still svg").First).ToBeVisibleAsync();
        await still.CloseAsync();
        await using var printed = await view.Open(Report("seeds"));
        await printed.Page.WaitForSelectorAsync("figure.live .panel canvas");
        await printed.Page.EmulateMediaAsync(new() { Media = Media.Print });
        await Assertions.Expect(printed.Page.Locator(".still svg").First).ToBeVisibleAsync();
        await Assertions.Expect(printed.Page.Locator(".interactive").First).ToBeHiddenAsync();
    }

    [Theory]
    [InlineData("seeds", 1200, ColorScheme.Light)]
    [InlineData("hostile", 1200, ColorScheme.Dark)]
    [InlineData("diagonal_sgd", 360, ColorScheme.Light)]
    [InlineData("swept", 1200, ColorScheme.Dark)]
    [InlineData("planes", 360, ColorScheme.Light)]
    [InlineData("surfaces", 1200, ColorScheme.Dark)]
    public async Task It_is_for_everybody(string name, int width, ColorScheme scheme)
    {
        await using var report = await view.Open(Report(name), width, 800, scheme);
        await report.Page.WaitForSelectorAsync("figure.live .panel canvas");
        foreach (var details in await report.Page.Locator("main > details > summary").AllAsync()) await details.ClickAsync();
        var found = await report.Page.RunAxe();
        Assert.Empty(found.Violations.Select(v => $"{v.Id}: {v.Help}: {string.Join(" | ", v.Nodes.Take(3).Select(node => node.Html))}"));
        Assert.True(await report.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"));
        Assert.Empty(report.Errors);
    }
}
