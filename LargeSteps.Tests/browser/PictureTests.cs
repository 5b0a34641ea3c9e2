using System.Globalization;
using Microsoft.Playwright;

namespace LargeSteps.Tests.Browser;

/// <summary>Drawings that are not curves over the steps of runs, in the view and in reports.</summary>
public sealed class PictureTests(ViewFixture view)
{
    [Theory]
    [InlineData("swept", "lines", "map", "bifurcation", "beside")]
    [InlineData("planes", "neurons", "trained")]
    [InlineData("functions", "limits", "function")]
    [InlineData("surfaces", "surface", "surface_signed", "overview")]
    public async Task Every_figure_is_drawn_by_the_script_in_the_view_and_in_the_report(string name, params string[] figures)
    {
        foreach (var address in new[] { $"/experiment?path={name}", "file://" + Path.Combine(view.Results.Path, name, "report.html") })
        {
            await using var page = await view.Open(address);
            foreach (var figure in figures)
                await page.Page.WaitForSelectorAsync($"figure[data-figure={figure}] .panel canvas");
            Assert.Equal(0, await page.Page.Locator("img:visible, .still:visible").CountAsync());
            Assert.Empty(page.Errors);
        }
    }

    [Fact]
    public async Task A_cell_of_a_map_says_what_the_table_of_ends_has()
    {
        await using var one = await view.Open("/experiment?path=swept");
        await one.Page.WaitForSelectorAsync("figure[data-figure=map] .panel canvas");
        var panel = one.Page.Locator("figure[data-figure=map] .panel").First;
        await panel.Locator(".plot").FocusAsync();
        await one.Page.Keyboard.PressAsync("ArrowRight");
        await one.Page.Keyboard.PressAsync("ArrowRight");
        await one.Page.Keyboard.PressAsync("ArrowUp");
        var lines = File.ReadAllLines(Path.Combine(view.Results.Path, "swept", "summary.csv"));
        var names = lines[0].Split(',')[1..];
        // The names of the runs have commas.
        var rows = lines.Skip(1).Select(line => line[(line.LastIndexOf('"') + 2)..].Split(',')).ToArray();
        double Number(string[] row, string name) => double.Parse(row[Array.IndexOf(names, name)], CultureInfo.InvariantCulture);
        // The second of four step sizes, the second of three moments.
        var median = Number(rows.Single(row => row[0] == "median" && Math.Abs(Number(row, "schedule.rate") - 0.2) < 1e-9
            && Number(row, "schedule.at[0].fraction") == 0.5), "test_loss");
        var told = await panel.Locator("output").TextContentAsync();
        Assert.Matches("^step size η 0.2, fraction of the run before η drops 0.5: test loss ", told);
        Assert.Equal(median, double.Parse(told!.Split(' ')[^1], CultureInfo.InvariantCulture), 1e-3 * median);
        Assert.Empty(one.Errors);
    }

    [Fact]
    public async Task A_drawn_rectangle_is_zoomed_into_and_all_is_shown_again()
    {
        await using var one = await view.Open("/experiment?path=surfaces");
        await one.Page.WaitForSelectorAsync("figure[data-figure=surface] .panel canvas");
        var over = one.Page.Locator("figure[data-figure=surface] .u-over").First;
        await over.ScrollIntoViewIfNeededAsync();
        var box = (await over.BoundingBoxAsync())!;
        var whole = await Ranges(one.Page, "surface");
        await one.Page.Mouse.MoveAsync(box.X + box.Width * 0.25f, box.Y + box.Height * 0.25f);
        await Assertions.Expect(one.Page.Locator("figure[data-figure=surface] output").First).ToContainTextAsync("train loss");
        await one.Page.Mouse.DownAsync();
        await one.Page.Mouse.MoveAsync(box.X + box.Width * 0.75f, box.Y + box.Height * 0.75f, new() { Steps = 5 });
        await one.Page.Mouse.UpAsync();
        var zoomed = await Ranges(one.Page, "surface");
        Assert.Equal(0.5, (zoomed[1] - zoomed[0]) / (whole[1] - whole[0]), 0.05);
        // A unit stays as long on both axes.
        Assert.Equal((zoomed[1] - zoomed[0]) / box.Width, (zoomed[3] - zoomed[2]) / box.Height, 0.02 * (zoomed[1] - zoomed[0]) / box.Width);
        await one.Page.Locator("figure[data-figure=surface]").GetByRole(AriaRole.Button, new() { Name = "reset" }).ClickAsync();
        Assert.Equal(whole, await Ranges(one.Page, "surface"));
        Assert.Empty(one.Errors);
    }

    [Fact]
    public async Task What_has_a_name_in_the_legend_is_switched_there_and_axes_are_logarithmic_where_that_is_asked_for()
    {
        await using var one = await view.Open("/experiment?path=planes");
        var legend = one.Page.Locator("figure[data-figure=neurons] .legend");
        var circle = legend.GetByRole(AriaRole.Button, new() { Name = "unit circle" });
        await one.Page.WaitForSelectorAsync("figure[data-figure=neurons] .panel canvas");
        var before = await Picture(one.Page, "neurons");
        await circle.ClickAsync();
        await Assertions.Expect(circle).ToHaveAttributeAsync("aria-pressed", "false");
        Assert.NotEqual(before, await Picture(one.Page, "neurons"));
        await circle.ClickAsync();
        Assert.Equal(before, await Picture(one.Page, "neurons"));
        await using var swept = await view.Open("/experiment?path=swept");
        await swept.Page.WaitForSelectorAsync("figure[data-figure=lines] .panel canvas");
        Assert.True((await Ranges(swept.Page, "lines"))[0] > 0);
        await swept.Page.Locator("figure[data-figure=lines]").GetByLabel("log", new() { Exact = true }).First.UncheckAsync();
        await swept.Page.Locator("figure[data-figure=lines]").GetByRole(AriaRole.Button, new() { Name = "log x" }).ClickAsync();
        await swept.Page.Locator("figure[data-figure=lines] .plot").First.FocusAsync();
        await swept.Page.Keyboard.PressAsync("ArrowRight");
        var readout = swept.Page.Locator("figure[data-figure=lines] output").First;
        await Assertions.Expect(readout).ToContainTextAsync("step size η 0.1, test loss ");
        Assert.Empty(one.Errors);
        Assert.Empty(swept.Errors);
    }

    [Fact]
    public async Task A_sweep_switches_between_medians_and_means_and_shows_its_seeds()
    {
        await using var one = await view.Open("/experiment?path=swept");
        var figure = one.Page.Locator("figure[data-figure=lines]");
        await one.Page.WaitForSelectorAsync("figure[data-figure=lines] .panel canvas");
        await Assertions.Expect(figure.Locator("figcaption")).ToHaveTextAsync(
            "test loss, surviving seeds over step size η: medians and quartiles of the seeds (lines)");
        // Of the first step size at the first moment, as the table has them.
        var lines = File.ReadAllLines(Path.Combine(view.Results.Path, "swept", "summary.csv"));
        var names = lines[0].Split(',')[1..];
        var ends = lines.Where(line => line.StartsWith("\"rate = 0.1, fraction = 0.25\"", StringComparison.Ordinal))
            .Select(line => line[(line.LastIndexOf('"') + 2)..].Split(',')).ToDictionary(row => row[0],
                row => double.Parse(row[Array.IndexOf(names, "test_loss")], CultureInfo.InvariantCulture));
        async Task<(string Text, double Value)> Told(int down)
        {
            await figure.Locator(".plot").First.FocusAsync();
            for (var i = 0; i < down; i++) await one.Page.Keyboard.PressAsync("ArrowDown");
            if (down == 0) await one.Page.Keyboard.PressAsync("ArrowRight");
            var text = (await figure.Locator("output").First.TextContentAsync())!;
            return (text, double.Parse(text.Split("test loss ")[1].Split(' ')[0], CultureInfo.InvariantCulture));
        }
        var median = await Told(0);
        Assert.Equal(ends["median"], median.Value, 1e-3 * ends["median"]);
        Assert.StartsWith("fraction = 0.25, median of 3 seeds: step size η 0.1", median.Text, StringComparison.Ordinal);
        await figure.GetByLabel("centre").SelectOptionAsync("mean");
        await Assertions.Expect(figure.Locator(".interactive")).ToContainTextAsync("over step size η: means and deviations of the seeds (lines)");
        var mean = await Told(0);
        Assert.Equal(ends["mean"], mean.Value, 1e-3 * ends["mean"]);
        Assert.NotEqual(median.Text, mean.Text);
        await figure.GetByRole(AriaRole.Button, new() { Name = "seeds" }).ClickAsync();
        await Told(0);
        var second = await Told(2);
        Assert.Contains("seed 1: step size η 0.1, test loss", second.Text, StringComparison.Ordinal);
        Assert.Equal(ends["1"], second.Value, 1e-3 * ends["1"]);
        Assert.Empty(one.Errors);
    }

    [Fact]
    public async Task A_drag_and_the_wheel_with_shift_move_and_zoom_a_sweep()
    {
        await using var one = await view.Open("/experiment?path=swept");
        var over = one.Page.Locator("figure[data-figure=lines] .u-over").First;
        await one.Page.WaitForSelectorAsync("figure[data-figure=lines] .panel canvas");
        await over.ScrollIntoViewIfNeededAsync();
        var box = (await over.BoundingBoxAsync())!;
        var whole = await Across(one.Page, "lines");
        await one.Page.Keyboard.DownAsync("Shift");
        await one.Page.Mouse.MoveAsync(box.X + box.Width * 0.75f, box.Y + box.Height * 0.5f);
        await one.Page.Mouse.DownAsync();
        await one.Page.Mouse.MoveAsync(box.X + box.Width * 0.5f, box.Y + box.Height * 0.5f, new() { Steps = 5 });
        await one.Page.Mouse.UpAsync();
        var moved = await Across(one.Page, "lines");
        Assert.Equal(0.25, (moved[0] - whole[0]) / (whole[1] - whole[0]), 0.02);
        Assert.Equal(whole[1] - whole[0], moved[1] - moved[0], 1e-6);
        await one.Page.Mouse.WheelAsync(0, -100);
        await one.Page.Keyboard.UpAsync("Shift");
        await one.Page.WaitForFunctionAsync("length => { const { x } = document.querySelector('[data-figure=lines] .interactive').picture" +
            ".plots[0].scales; return Math.log(x.max / x.min) < 0.9 * length; }", moved[1] - moved[0]);
        Assert.Empty(one.Errors);
    }

    // Of how many seeds a middle is; survival in percent; and nothing beyond all values.
    [Fact]
    public async Task Curves_say_of_how_many_seeds_they_are()
    {
        await using var one = await view.Open("/experiment?path=seeds");
        await one.Page.WaitForSelectorAsync("figure[data-figure=overview] .panel canvas");
        var told = await one.Page.EvaluateAsync<string[]>("(() => { const c = document.querySelector('[data-figure=overview] .interactive').chart;" +
            "const { lines, data } = c.series(c.figure.panels[0]), line = lines.find(l => l.counts && l.name === 'large steps');" +
            "return [0, data[0].length - 1].map(index => c.named(line, index)); })()");
        var alive = File.ReadAllLines(Path.Combine(view.Results.Path, "seeds", "summary.csv")).Count(line =>
            line.StartsWith("large steps,", StringComparison.Ordinal) && line.Contains(",completed,", StringComparison.Ordinal));
        Assert.InRange(alive, 1, 7);
        Assert.Equal(["large steps, median of 8 seeds", FormattableString.Invariant($"large steps, median of {alive} seed{(alive == 1 ? "" : "s")}")],
            told);
        const string Chart = "document.querySelector('[data-figure=overview] .interactive').chart";
        await one.Page.EvaluateAsync($"{Chart}.figure.panels[2].percent = true; {Chart}.draw()");
        var range = await one.Page.EvaluateAsync<double[]>($"[{Chart}.plots[2].scales.y.min, {Chart}.plots[2].scales.y.max]");
        Assert.Equal([-3, 103], range);
        await one.Page.EvaluateAsync($"{Chart}.zoom(0.5, 0)");
        Assert.False(await one.Page.EvaluateAsync<bool>($"{Chart}.range === null"));
        await one.Page.EvaluateAsync($"{Chart}.zoom(4, 0)");
        Assert.True(await one.Page.EvaluateAsync<bool>($"{Chart}.range === null"));
        Assert.Empty(one.Errors);
    }

    [Theory]
    [InlineData("seeds", "overview")]
    [InlineData("swept", "lines")]
    public async Task Fingers_move_and_zoom_a_chart(string name, string figure)
    {
        await using var one = await view.Open($"/experiment?path={name}", 420, 800);
        var over = one.Page.Locator($"figure[data-figure={figure}] .u-over").First;
        await one.Page.WaitForSelectorAsync($"figure[data-figure={figure}] .panel canvas");
        await over.ScrollIntoViewIfNeededAsync();
        var box = (await over.BoundingBoxAsync())!;
        var session = await one.Page.Context.NewCDPSessionAsync(one.Page);
        Task Touch(string type, params float[] places) => session.SendAsync("Input.dispatchTouchEvent", new()
        {
            ["type"] = type,
            ["touchPoints"] = places.Select((x, i) => new Dictionary<string, object>
            {
                ["x"] = box.X + x * box.Width,
                ["y"] = box.Y + box.Height / 2,
                ["id"] = i,
            }).ToArray(),
        });
        var whole = await Across(one.Page, figure);
        await Touch("touchStart", 0.8f);
        for (var x = 0.75f; x > 0.52; x -= 0.05f) await Touch("touchMove", x);
        await Touch("touchEnd");
        var moved = await Across(one.Page, figure);
        Assert.True(moved[0] > whole[0] && moved[1] > whole[1], $"{moved[0]} {moved[1]}");
        await Touch("touchStart", 0.4f, 0.6f);
        for (var by = 0.02f; by < 0.21; by += 0.02f) await Touch("touchMove", 0.4f - by, 0.6f + by);
        await Touch("touchEnd");
        var zoomed = await Across(one.Page, figure);
        Assert.InRange((zoomed[1] - zoomed[0]) / (moved[1] - moved[0]), 0.2, 0.6);
        Assert.Empty(one.Errors);
    }

    // The parts of the first panel's horizontal axis, on whatever scale it has.
    private static Task<double[]> Across(IPage page, string figure) => page.EvaluateAsync<double[]>("figure => { const place = " +
        "document.querySelector(`[data-figure=${figure}] .interactive`), { x } = (place.chart || place.picture).plots[0].scales; " +
        "return [x.min, x.max].map(v => x.distr === 3 ? Math.log(v) : v); }", figure);

    // What the drawing shows of the same figure: its title, its names of axes, quartiles about means, limits in the unit of the metric.
    [Fact]
    public async Task A_figure_is_as_its_config_says()
    {
        await using var one = await view.Open("/experiment?path=functions");
        await one.Page.WaitForSelectorAsync("figure[data-figure=limits] .panel canvas");
        await Assertions.Expect(one.Page.Locator("figure[data-figure=limits] .interactive > .title")).ToHaveTextAsync("A title");
        var shown = await one.Page.EvaluateAsync<string>("(() => { const c = document.querySelector('[data-figure=limits] .interactive').chart;" +
            "const y = c.plots[1].scales.y; return [c.plots[0].axes[0].label, y.min, y.max, c.spread.mean, c.spread.band].join(); })()");
        Assert.Equal("steps made,0,120,true,quantiles", shown);
        var band = await one.Page.EvaluateAsync<double[]>("(() => { const c = document.querySelector('[data-figure=limits] .interactive').chart;" +
            "const { data } = c.series(c.figure.panels[0]); return data.slice(1).map(column => column.at(-1)); })()");
        var table = Path.Combine(view.Results.Path, "functions", "metrics.csv");
        var lines = File.ReadAllLines(table).Select(line => line.Split(',')).ToArray();
        var (loss, last) = (Array.IndexOf(lines[0], "train_loss"), lines[^1][Array.IndexOf(lines[0], "iteration")]);
        double[] ends = [.. lines.Where(line => line[Array.IndexOf(lines[0], "iteration")] == last)
            .Select(line => double.Parse(line[loss], CultureInfo.InvariantCulture)).Order()];
        Assert.Equal([(ends[0] + ends[1]) / 2, (ends[1] + ends[2]) / 2, ends.Average()], band, (a, b) => Math.Abs(a / b - 1) < 1e-6);
        Assert.Empty(one.Errors);
    }

    [Fact]
    public async Task Other_numbers_are_drawn_where_the_panel_stays()
    {
        await using var one = await view.Open("/experiment?path=swept");
        await one.Page.WaitForSelectorAsync("figure[data-figure=map] .panel canvas");
        var kept = await one.Page.EvaluateAsync<bool>("(() => { const p = document.querySelector('[data-figure=map] .interactive').picture;" +
            "const before = p.plots[0], data = structuredClone(p.data); p.views[0] = { x: [-0.5, 0], y: [0.2, 0.5] }; p.draw(); const drawn = p.plots[0];" +
            "data.panels[0].missing = 'other'; p.update(data); return p.plots[0] === drawn && p.views[0].x[0] === -0.5 && before !== drawn; })()");
        Assert.True(kept);
        Assert.Empty(one.Errors);
    }

    private static Task<double[]> Ranges(IPage page, string figure) => page.EvaluateAsync<double[]>("figure => { const { x, y } = " +
        "document.querySelector(`[data-figure=${figure}] .interactive`).picture.plots[0].scales; return [x.min, x.max, y.min, y.max]; }", figure);

    private static Task<string> Picture(IPage page, string figure) => page.EvaluateAsync<string>("figure => " +
        "document.querySelector(`[data-figure=${figure}] canvas`).toDataURL()", figure);
}
