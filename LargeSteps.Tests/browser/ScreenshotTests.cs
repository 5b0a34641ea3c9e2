using Microsoft.Playwright;

namespace LargeSteps.Tests.Browser;

/// <summary>The pictures of docs/view.md: <c>LARGESTEPS_SCREENSHOTS=docs/screenshots</c> names where they go; else they are only
/// taken.</summary>
public sealed class ScreenshotTests(ViewFixture view)
{
    private const string Drawn = "#charts[data-drawn] .panel canvas";

    [Theory]
    [InlineData("view_list", "/", 1100, ColorScheme.Light)]
    [InlineData("view_experiment", "/experiment?path=seeds", 1100, ColorScheme.Light)]
    [InlineData("view_compare", "/compare?path=seeds&path=diagonal_sgd", 1100, ColorScheme.Light)]
    [InlineData("view_phone", "/experiment?path=diagonal_sgd", 400, ColorScheme.Dark)]
    public async Task A_picture(string name, string address, int width, ColorScheme scheme)
    {
        await using var page = await view.Open(address, width, 760, scheme);
        if (address != "/")
        {
            await page.Page.WaitForSelectorAsync(Drawn);
            if (width > 600) await page.Page.Locator(".panel .u-over").First.HoverAsync();
        }
        var folder = Environment.GetEnvironmentVariable("LARGESTEPS_SCREENSHOTS");
        var picture = await page.Page.ScreenshotAsync(new()
        {
            Path = folder is { Length: > 0 } ? Path.Combine(folder, name + ".png") : null,
            FullPage = width > 600,
        });
        Assert.True(picture.Length > 10_000);
        if (address != "/") Assert.True(await page.Page.Locator(".panel canvas").CountAsync() > 1);
        Assert.Empty(page.Errors);
    }
}
