using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace LargeSteps.Tests.Browser;

public sealed class ViewTests(ViewFixture view) : IClassFixture<ViewFixture>
{
    [Fact]
    public async Task Look()
    {
        await using var list = await view.Open("/");
        await list.Page.ScreenshotAsync(new() { Path = "/tmp/s_list.png", FullPage = true });
        await using var one = await view.Open("/experiment?path=seeds");
        await one.Page.WaitForSelectorAsync("#charts[data-drawn] .panel canvas");
        await one.Page.ScreenshotAsync(new() { Path = "/tmp/s_one.png", FullPage = true });
        await using var phone = await view.Open("/experiment?path=seeds", 390, 844, ColorScheme.Dark);
        await phone.Page.WaitForSelectorAsync("#charts[data-drawn] .panel canvas");
        await phone.Page.ScreenshotAsync(new() { Path = "/tmp/s_phone.png", FullPage = true });
        foreach (var each in (WatchedPage[])[list, one, phone])
        {
            foreach (var e in each.Errors) Console.WriteLine(e);
            var axe = await each.Page.RunAxe();
            foreach (var v in axe.Violations) Console.WriteLine($"{v.Id}: {v.Help} {string.Join(" | ", v.Nodes.Take(3).Select(n => n.Html))}");
        }
    }
}
