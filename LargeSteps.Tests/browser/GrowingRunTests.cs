using Microsoft.Playwright;

namespace LargeSteps.Tests.Browser;

/// <summary>A run that grows while it is watched; in a folder of its own, since the list of others is counted meanwhile.</summary>
public sealed class GrowingRunTests(EmptyViewFixture view) : IClassFixture<EmptyViewFixture>
{
    [Fact]
    public async Task A_run_that_grows_is_followed_to_its_end()
    {
        Assert.SkipWhen(ViewFixture.Program is null, "there is no Chromium on this machine");
        using var gate = new GatedRun(view.Results.Path, "grows", TemporaryResults.SmallText("grows", "a", 0.1, "b", 0.1));
        gate.LetGoTo(10);
        await using var one = await view.Open("/experiment?path=grows");
        await one.Page.WaitForSelectorAsync(ViewTests.Drawn);
        await Assertions.Expect(one.Page.Locator("#state")).ToContainTextAsync("running 0/16");
        await Assertions.Expect(one.Page.Locator(".legend").First).ToContainTextAsync("a 1 running, 7 waiting");
        Assert.Equal(gate.Measured, await LastIteration(one.Page));
        await one.Page.GetByRole(AriaRole.Button, new() { Name = "log x" }).First.ClickAsync();
        gate.LetGoTo(30);
        await one.Page.WaitForFunctionAsync("to => Math.max(...document.querySelector('.interactive').chart.data.runs" +
            ".map(r => r.x.iteration.at(-1) ?? 0)) === to", gate.Measured);
        gate.End();
        await Assertions.Expect(one.Page.Locator("#state")).ToContainTextAsync("done, 16 units");
        await Assertions.Expect(one.Page.Locator(".legend").First).ToContainTextAsync("8/8 alive");
        await Assertions.Expect(one.Page.Locator("#ends")).ToContainTextAsync("8/8");
        // What somebody chose stays while the numbers change.
        Assert.Equal("true", await one.Page.GetByRole(AriaRole.Button, new() { Name = "log x" }).First.GetAttributeAsync("aria-pressed"));
        Assert.InRange(await LastIteration(one.Page), 1_950, 2_000);
        Assert.Empty(one.Errors);
    }

    private static Task<double> LastIteration(IPage page) =>
        page.EvaluateAsync<double>("Math.max(...document.querySelector('.interactive').chart.data.runs.map(r => r.x.iteration.at(-1) ?? 0))");
}

/// <summary>A view of a folder in which nothing is yet.</summary>
public sealed class EmptyViewFixture : ViewFixture
{
    private protected override void Fill(TemporaryResults results) { }
}
