using System.Globalization;
using System.Text.Json;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace LargeSteps.Tests.Browser;

/// <summary>The view in a browser, as somebody who reads and clicks has it.</summary>
public sealed class ViewTests(ViewFixture view)
{
    internal const string Drawn = "#charts[data-drawn] .panel canvas";

    [Fact]
    public async Task The_list_is_filtered_and_sorted()
    {
        await using var list = await view.Open("/");
        var names = list.Page.Locator("#rows tr:visible th a");
        await list.Page.GetByRole(AriaRole.Button, new() { Name = "name" }).ClickAsync();
        Assert.Equal(TemporaryResults.Names, await names.AllTextContentsAsync());
        await list.Page.GetByRole(AriaRole.Button, new() { Name = "name" }).ClickAsync();
        Assert.Equal(TemporaryResults.Names.Reverse(), await names.AllTextContentsAsync());
        await list.Page.GetByLabel("find").FillAsync("SEED");
        Assert.Equal(["seeds"], await names.AllTextContentsAsync());
        Assert.Equal("1", await list.Page.TextContentAsync("#count"));
        Assert.Equal(FormattableString.Invariant($"{TemporaryResults.Names.Length}"), await list.Page.TextContentAsync("#all"));
        await list.Page.GetByLabel("find").FillAsync("");
        await list.Page.GetByLabel("state").SelectOptionAsync("running");
        Assert.Equal(0, await names.CountAsync());
        Assert.Empty(list.Errors);
    }

    [Fact]
    public async Task Notes_and_tags_are_kept_where_they_stand()
    {
        await using var list = await view.Open("/");
        var row = list.Page.Locator("tr[data-path=hostile]");
        await row.GetByRole(AriaRole.Button, new() { Name = "edit" }).ClickAsync();
        await row.GetByLabel("tags").FillAsync("<script>alert(1)</script>, paper");
        await row.GetByLabel("notes", new() { Exact = true }).FillAsync("\"quoted\" <b>bold</b>\nsecond line");
        await row.GetByRole(AriaRole.Button, new() { Name = "keep" }).ClickAsync();
        await Assertions.Expect(row.Locator(".tag")).ToHaveTextAsync(["<script>alert(1)</script>", "paper"]);
        await Assertions.Expect(row.Locator("td.notes")).ToContainTextAsync("\"quoted\" <b>bold</b>");
        await list.Page.GetByLabel("find").FillAsync("second paper");
        Assert.Equal(["hostile"], await list.Page.Locator("#rows tr:visible th a").AllTextContentsAsync());

        await using var one = await view.Open("/experiment?path=hostile");
        Assert.Equal("\"quoted\" <b>bold</b>\nsecond line", await one.Page.Locator("pre.notes").TextContentAsync());
        await one.Page.GetByText("edit notes and tags").ClickAsync();
        await one.Page.GetByLabel("tags, with commas").FillAsync("");
        await one.Page.Locator("textarea").FillAsync("");
        var keep = one.Page.GetByRole(AriaRole.Button, new() { Name = "keep" });
        var answered = await one.Page.RunAndWaitForResponseAsync(() => keep.ClickAsync(),
            answer => answer.Url.EndsWith("/notes", StringComparison.Ordinal));
        Assert.Equal(302, answered.Status);
        await Assertions.Expect(one.Page.Locator("pre.notes")).ToBeHiddenAsync();
        Assert.False(File.Exists(Path.Combine(view.Results.Path, "hostile", "notes.yaml")));
        Assert.Empty(list.Errors);
        Assert.Empty(one.Errors);
    }

    [Fact]
    public async Task Lines_are_the_medians_and_means_of_the_table_of_measurements()
    {
        await using var one = await view.Open("/experiment?path=seeds");
        await one.Page.WaitForSelectorAsync(Drawn);
        var rows = File.ReadLines(Path.Combine(view.Results.Path, "seeds", "metrics.csv")).Select(line => line.Split(',')).ToArray();
        var loss = Array.IndexOf(rows[0], "train_loss");
        var (iteration, run) = (Array.IndexOf(rows[0], "iteration"), Array.IndexOf(rows[0], "run"));
        foreach (var mean in (bool[])[false, true])
        {
            if (mean) await one.Page.GetByLabel("centre").First.SelectOptionAsync("mean");
            var drawn = await Line(one.Page, "train_loss", "large steps");
            var expected = rows.Skip(1).Where(row => row[run] == "large steps")
                .GroupBy(row => long.Parse(row[iteration], CultureInfo.InvariantCulture)).OrderBy(row => row.Key)
                .Select(row => row.Select(cells => double.Parse(cells[loss], CultureInfo.InvariantCulture)).Order().ToArray())
                .Select(values => mean ? values.Average() : (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2).ToArray();
            Assert.Equal(expected.Length, drawn.Length);
            Assert.All(expected.Zip(drawn), pair => Assert.Equal(1, pair.Second / pair.First, 1e-6));
        }
        Assert.Empty(one.Errors);
    }

    [Fact]
    public async Task A_chart_is_zoomed_by_mouse_and_keys_and_says_what_is_under_the_cursor()
    {
        await using var one = await view.Open("/experiment?path=seeds");
        await one.Page.WaitForSelectorAsync(Drawn);
        var over = one.Page.Locator(".panel .u-over").First;
        var box = (await over.BoundingBoxAsync())!;
        var readout = one.Page.Locator(".panel output").First;
        await one.Page.Mouse.MoveAsync(box.X + box.Width / 2, box.Y + box.Height / 2);
        await Assertions.Expect(readout).ToHaveTextAsync(new System.Text.RegularExpressions.Regex("^(small|large) steps, median of 8 seeds: iteration \\d+, train loss [0-9.e-]+$"));

        var whole = await Range(one.Page);
        await Drag(0.25f, 0.5f);
        var zoomed = await Range(one.Page);
        Assert.Equal(0.25, (zoomed.To - zoomed.From) / (whole.To - whole.From), 0.03);
        await one.Page.GetByRole(AriaRole.Button, new() { Name = "reset" }).First.ClickAsync();
        Assert.Equal(whole, await Range(one.Page));

        await Drag(0.25f, 0.5f);
        Assert.Equal(zoomed, await Range(one.Page));
        await one.Page.Keyboard.DownAsync("Shift");
        await Drag(0.5f, 0.25f);
        await one.Page.Keyboard.UpAsync("Shift");
        Assert.Equal(zoomed.From + 0.25 * zoomed.Length, (await Range(one.Page)).From, 0.05 * zoomed.Length);
        await one.Page.Mouse.DblClickAsync(box.X + box.Width * 0.5f, box.Y + 40);
        Assert.Equal(whole, await Range(one.Page));

        await one.Page.Locator(".plot").First.FocusAsync();
        await one.Page.Keyboard.PressAsync("+");
        Assert.Equal(0.5, (await Range(one.Page)).Length / whole.Length, 0.01);
        await one.Page.Keyboard.PressAsync("0");
        Assert.Equal(whole, await Range(one.Page));
        await one.Page.Keyboard.PressAsync("ArrowRight");
        await Assertions.Expect(readout).ToContainTextAsync("iteration 0,");
        await one.Page.Keyboard.PressAsync("ArrowRight");
        await Assertions.Expect(readout).ToContainTextAsync("iteration 41,");
        await one.Page.Keyboard.PressAsync("ArrowDown");
        await Assertions.Expect(readout).ToContainTextAsync("large steps");
        Assert.Empty(one.Errors);

        async Task Drag(float from, float to)
        {
            await one.Page.Mouse.MoveAsync(box.X + box.Width * from, box.Y + 40);
            await one.Page.Mouse.DownAsync();
            await one.Page.Mouse.MoveAsync(box.X + box.Width * to, box.Y + 60, new() { Steps = 5 });
            await one.Page.Mouse.UpAsync();
        }
    }

    // Some seeds of the large steps explode before they diverge: their values are cut, as in the drawings, until all are asked for.
    [Fact]
    public async Task Values_far_out_are_cut_until_they_are_asked_for()
    {
        await using var one = await view.Open("/experiment?path=seeds");
        await one.Page.WaitForSelectorAsync(Drawn);
        await one.Page.GetByRole(AriaRole.Button, new() { Name = "seeds", Exact = true }).ClickAsync();
        var cut = await Vertical(one.Page);
        Assert.InRange(cut.To, 0.1, 1e6);
        await one.Page.GetByRole(AriaRole.Button, new() { Name = "all values" }).ClickAsync();
        var whole = await Vertical(one.Page);
        Assert.True(whole.To > 1e12, $"{whole.To}");
        Assert.True(await one.Page.EvaluateAsync<bool>("document.querySelector('.interactive').chart.plots.every(p => p.axes[1]._splits.length > 1)"));
        Assert.Empty(one.Errors);
    }

    [Fact]
    public async Task Runs_and_seeds_are_switched_in_the_legend()
    {
        await using var one = await view.Open("/experiment?path=seeds");
        await one.Page.WaitForSelectorAsync(Drawn);
        Assert.Equal(2, (await Names(one.Page)).Length);
        await one.Page.GetByRole(AriaRole.Button, new() { Name = "small steps" }).ClickAsync();
        Assert.Equal(["large steps, median of 8 seeds"], await Names(one.Page));
        await one.Page.Locator(".legend summary").Nth(1).ClickAsync();
        await one.Page.Locator(".legend .seeds input").First.UncheckAsync();
        Assert.Equal(["large steps, median of 7 seeds"], await Names(one.Page));
        await one.Page.GetByRole(AriaRole.Button, new() { Name = "seeds", Exact = true }).ClickAsync();
        await one.Page.GetByRole(AriaRole.Button, new() { Name = "bands" }).ClickAsync();
        Assert.Equal(Enumerable.Range(1, 7).Select(seed => $"large steps, seed {seed}"), await Names(one.Page));
        await one.Page.Locator(".bar select").First.SelectOptionAsync("epoch");
        var (from, to) = await Range(one.Page);
        Assert.InRange(to, 20, 26);
        Assert.InRange(from, -1, 0);
        Assert.Empty(one.Errors);
    }

    [Fact]
    public async Task The_table_is_sorted_and_switched()
    {
        await using var one = await view.Open("/experiment?path=seeds");
        await one.Page.WaitForSelectorAsync(Drawn);
        var first = one.Page.Locator("#ends tbody th").First;
        await one.Page.GetByRole(AriaRole.Button, new() { Name = "test_loss" }).ClickAsync();
        await Assertions.Expect(first).ToHaveTextAsync("large steps");
        await one.Page.GetByRole(AriaRole.Button, new() { Name = "test_loss" }).ClickAsync();
        await Assertions.Expect(first).ToHaveTextAsync("small steps");
        await one.Page.Locator("select.centre").SelectOptionAsync("mean");
        await Assertions.Expect(one.Page.Locator("#ends .mean").First).ToContainTextAsync("±");
        await Assertions.Expect(one.Page.Locator("#ends .median").First).ToBeHiddenAsync();
    }

    [Fact]
    public async Task Experiments_are_laid_over_one_another_with_the_difference_of_their_configs()
    {
        await using var list = await view.Open("/");
        await list.Page.GetByLabel("compare seeds").CheckAsync();
        await list.Page.GetByLabel("compare diagonal_sgd").CheckAsync();
        await list.Page.GetByRole(AriaRole.Button, new() { Name = "compare those" }).ClickAsync();
        await list.Page.WaitForSelectorAsync(Drawn);
        var names = await Names(list.Page);
        Assert.Equal(6, names.Length);
        Assert.Contains("diagonal_sgd: η = 0.25", names);
        Assert.Contains("seeds: large steps, median of 8 seeds", names);
        Assert.Equal(6, await list.Page.Locator("#ends tbody tr").CountAsync());
        var shown = list.Page.Locator("table.differences tbody tr:visible th");
        var differing = await shown.AllTextContentsAsync();
        Assert.Contains("optimizer.steps", differing);
        Assert.DoesNotContain("model.u", differing);
        await list.Page.GetByLabel("only what differs").UncheckAsync();
        Assert.Contains("model.u", await shown.AllTextContentsAsync());

        await list.Page.GetByText("choose runs").ClickAsync();
        foreach (var box in await list.Page.Locator("details.edit input[type=checkbox]").AllAsync()) await box.UncheckAsync();
        await list.Page.Locator("details.edit").GetByLabel("seeds: small steps").CheckAsync();
        await list.Page.Locator("details.edit").GetByLabel("diagonal_sgd: η = 0.25").CheckAsync();
        await list.Page.GetByRole(AriaRole.Button, new() { Name = "compare these" }).ClickAsync();
        await list.Page.WaitForSelectorAsync(Drawn);
        Assert.Equal(["diagonal_sgd: η = 0.25", "seeds: small steps, median of 8 seeds"], (await Names(list.Page)).Order());
        Assert.Empty(list.Errors);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/experiment?path=seeds")]
    [InlineData("/experiment?path=hostile")]
    [InlineData("/experiment?path=swept")]
    [InlineData("/experiment?path=planes")]
    [InlineData("/experiment?path=functions")]
    [InlineData("/experiment?path=surfaces")]
    [InlineData("/compare?path=seeds&path=diagonal_sgd")]
    [InlineData("/nothing")]
    public async Task A_page_is_for_everybody_and_every_width(string address)
    {
        foreach (var (width, scheme) in new[] { (1200, ColorScheme.Light), (1200, ColorScheme.Dark), (360, ColorScheme.Light) })
        {
            await using var page = await view.Open(address, width, 800, scheme);
            if (await page.Page.Locator("#charts").CountAsync() > 0) await page.Page.WaitForSelectorAsync(Drawn);
            foreach (var details in await page.Page.Locator("main > details > summary").AllAsync()) await details.ClickAsync();
            var found = await page.Page.RunAxe();
            Assert.Empty(found.Violations.Select(v => $"{v.Id}: {v.Help}: {string.Join(" | ", v.Nodes.Take(3).Select(node => node.Html))}"));
            Assert.Empty(await page.Page.EvaluateAsync<string[]>("document.documentElement.scrollWidth <= innerWidth ? [] : " +
                "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth && !e.closest('.scroll, pre'))" +
                ".map(e => `${e.tagName} ${e.className}`)"));
            if (address != "/nothing") Assert.Empty(page.Errors);
        }
    }

    [Fact]
    public async Task Names_from_anywhere_are_text()
    {
        await using var one = await view.Open("/experiment?path=hostile");
        await one.Page.WaitForSelectorAsync(Drawn);
        await Assertions.Expect(one.Page.Locator(".legend").First).ToContainTextAsync(TemporaryResults.Hostile);
        await Assertions.Expect(one.Page.Locator("#ends")).ToContainTextAsync(TemporaryResults.Hostile);
        Assert.Equal(0, await one.Page.Locator("img[src=x]").CountAsync());
        Assert.Empty(one.Errors);
    }

    [Fact]
    public async Task Pages_are_read_without_script_too()
    {
        Assert.SkipWhen(ViewFixture.Program is null, "there is no Chromium on this machine");
        var page = await view.Chromium.NewPageAsync(new() { JavaScriptEnabled = false });
        await page.GotoAsync(view.Address + "experiment?path=seeds");
        await Assertions.Expect(page.Locator("figure.drawn img")).ToBeVisibleAsync();
        Assert.True(await page.Locator("figure.drawn img").EvaluateAsync<int>("image => image.naturalWidth") > 300);
        await Assertions.Expect(page.Locator("#ends")).ToContainTextAsync("large steps");
        await page.CloseAsync();
    }

    private static async Task<(double From, double To)> Vertical(IPage page)
    {
        var range = await page.EvaluateAsync<double[]>("(() => { const s = document.querySelector('.interactive').chart.plots[0].scales.y; return [s.min, s.max]; })()");
        return (range[0], range[1]);
    }

    private static async Task<(double From, double To)> Range(IPage page)
    {
        var range = await page.EvaluateAsync<double[]>("(() => { const s = document.querySelector('.interactive').chart.plots[0].scales.x; return [s.min, s.max]; })()");
        return (range[0], range[1]);
    }

    // The curves of the first panel.
    private static Task<string[]> Names(IPage page) => page.EvaluateAsync<string[]>("(() => { const c = document.querySelector('.interactive').chart; " +
        "return c.series(c.figure.panels[0]).lines.filter(line => !line.edge).map(line => c.named(line, 0)); })()");

    private static async Task<double[]> Line(IPage page, string metric, string run)
    {
        var json = await page.EvaluateAsync<string>("([metric, run]) => { const c = document.querySelector('.interactive').chart; " +
            "const { lines, data } = c.series(c.figure.panels.find(panel => panel.metric === metric)); " +
            "const i = lines.findIndex(line => !line.edge && line.name.startsWith(run)); " +
            "return JSON.stringify(data[i + 1].filter(y => y !== undefined && y !== null)); }", new[] { metric, run });
        return JsonSerializer.Deserialize<double[]>(json)!;
    }
}

internal static class Ranges
{
    extension((double From, double To) range)
    {
        public double Length => range.To - range.From;
    }
}
