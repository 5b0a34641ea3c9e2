using System.Net;
using LargeSteps.Experiments;
using LargeSteps.Experiments.Commands;
using LargeSteps.Experiments.View;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(LargeSteps.Tests.Browser.ViewFixture))]

namespace LargeSteps.Tests.Browser;

/// <summary>A Chromium of the system, and a view of a folder of results that is made once for all tests.</summary>
public class ViewFixture : IAsyncLifetime
{
    private static readonly string[] Programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private IPlaywright? _playwright;
    private ViewServer? _server;

    /// <summary>The browser that is on this machine; null: none.</summary>
    public static string? Program => Environment.GetEnvironmentVariable("LARGESTEPS_CHROMIUM") is { Length: > 0 } path ? path
        : Programs.FirstOrDefault(File.Exists);

    internal TemporaryResults Results { get; } = new();

    /// <summary>The browser; it is not there where a test is skipped.</summary>
    public IBrowser Chromium { get; private set; } = null!;

    /// <summary>The address of the view.</summary>
    public string Address => _server!.Address;

    public async ValueTask InitializeAsync()
    {
        if (Program is not { } program) return;
        // Other tests may have the machine meanwhile.
        Assertions.SetDefaultExpectTimeout(30_000);
        Fill(Results);
        _server = new ViewServer(Results.Path, IPAddress.Loopback, 0, TimeProvider.System);
        await _server.Start();
        _playwright = await Playwright.CreateAsync();
        Chromium = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = program, Args = ["--no-sandbox"] });
    }

    private protected virtual void Fill(TemporaryResults results) => results.Make();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (Chromium is not null) await Chromium.DisposeAsync();
        _playwright?.Dispose();
        if (_server is not null) await _server.DisposeAsync();
        Results.Dispose();
    }

    /// <summary>A page of the view in a window of a size; whatever goes wrong in it fails the test that closes it.</summary>
    public async Task<WatchedPage> Open(string address, int width = 1200, int height = 900, ColorScheme scheme = ColorScheme.Light)
    {
        Assert.SkipWhen(Program is null, "there is no Chromium on this machine (apt-get install chromium, or LARGESTEPS_CHROMIUM)");
        var page = await Chromium.NewPageAsync(new()
        {
            ViewportSize = new() { Width = width, Height = height },
            ColorScheme = scheme,
        });
        page.SetDefaultTimeout(60_000);
        var watched = new WatchedPage(page);
        await page.GotoAsync(address.StartsWith('/') ? Address.TrimEnd('/') + address : address);
        return watched;
    }
}

/// <summary>A page, with the errors that its scripts and its policy told.</summary>
public sealed class WatchedPage : IAsyncDisposable
{
    private readonly List<string> _errors = [];

    public WatchedPage(IPage page)
    {
        Page = page;
        page.PageError += (_, error) => _errors.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type == "error") _errors.Add(message.Text);
        };
        page.Dialog += (_, dialog) => _errors.Add($"a dialog: {dialog.Message}");
    }

    public IPage Page { get; }

    public IReadOnlyList<string> Errors => _errors;

    public async ValueTask DisposeAsync() => await Page.CloseAsync();
}

/// <summary>Results that the program made: small ones, with seeds, with hostile names.</summary>
internal sealed class TemporaryResults : IDisposable
{
    public const string Hostile = "<img src=x onerror=alert(1)> & \"quotes\"";

    /// <summary>What is made, in the order of the names.</summary>
    public static string[] Names { get; } = ["diagonal_sgd", "functions", "hostile", "planes", "seeds", "surfaces", "swept"];

    public string Path { get; } = Directory.CreateTempSubdirectory("largesteps-view-").FullName;

    public void Make()
    {
        Run("diagonal_sgd", File.ReadAllText(System.IO.Path.Combine(AppContext.BaseDirectory, "configs", "diagonal_sgd.yaml"))
            .Replace("steps: 100001", "steps: 4000", StringComparison.Ordinal));
        Run("seeds", SmallText("seeds", "small steps", 0.1, "large steps", 0.3));
        Run("swept", SweptText);
        Run("planes", PlanesText);
        Run("surfaces", File.ReadAllText(System.IO.Path.Combine(AppContext.BaseDirectory, "configs", "loss_surface.yaml"))
            .Replace("name: loss_surface", "name: surfaces", StringComparison.Ordinal)
            .Replace("steps: 10001", "steps: 2001", StringComparison.Ordinal)
            .Replace("points: 100", "points: 20", StringComparison.Ordinal));
        Run("functions", FunctionsText);
        Run("hostile", SmallText("hostile", "'" + Hostile.Replace("'", "''", StringComparison.Ordinal) + "'", 0.1, "other", 0.2));
    }

    /// <summary>An experiment of two runs with eight seeds each, of which some diverge.</summary>
    public static string SmallText(string name, string first, double firstRate, string second, double secondRate) =>
        FormattableString.Invariant($$"""
        name: {{name}}
        dataset:   { kind: sparse_regression, samples: 80, dimensions: 200, support: 20, seed: 0 }
        model:     { kind: diagonal_linear, u: 0.1, v: 0.0 }
        optimizer: { kind: sgd, batch_size: 1, steps: 2000, seed: 1 }
        probes:    { at: { evenly: 50 }, measure: [losses, { l0_norm: { threshold: 1e-3 } }, l1_norm] }
        seeds:     { from: 0, count: 8, follow: [sampling] }
        runs:
          - { label: {{first}}, schedule: { kind: constant, rate: {{firstRate}} } }
          - { label: {{second}}, schedule: { kind: drops, rate: {{secondRate}}, at: [{ fraction: 0.5, divide_by: 4 }] } }
        figures:
          - { file: overview, panels: [train_loss, l0_norm, survival], log_y: [train_loss] }
        """);

    // Curves over a swept value, a map of colours, a bifurcation, and curves of other results.
    private const string SweptText = """
        name: swept
        dataset:   { kind: sparse_regression, samples: 20, dimensions: 30, support: 3, test_samples: 100, seed: 0 }
        model:     { kind: diagonal_linear, u: 0.1, v: 0.0 }
        schedule:  { kind: drops, rate: 0.25, at: [{ fraction: 0.5, divide_by: 4 }] }
        optimizer: { kind: sgd, batch_size: 1, steps: 400, seed: 1 }
        probes:    { at: { every: 20, end: true }, measure: [losses, { l0_norm: { threshold: 1e-3 } }] }
        seeds:     { from: 0, count: 3, follow: [sampling] }
        sweep:
          schedule.rate: { log: [0.1, 0.8, 4] }
          schedule.at[0].fraction: [0.25, 0.5, 0.75]
        figures:
          - { kind: sweep, file: lines, x: schedule.rate, panels: [test_loss, survival], log_y: [test_loss], percent: [survival] }
          - { kind: sweep, file: map, x: schedule.rate, y: "schedule.at[0].fraction", panels: [test_loss, survival], log_y: [test_loss] }
          - { kind: bifurcation, file: bifurcation, x: schedule.rate, panels: [l0_norm], last: 0.5 }
          - { file: beside, results: [seeds, diagonal_sgd], panels: [train_loss], log_y: [train_loss] }
        """;

    // Functions of one input, limits in percent, and means with quartiles.
    private const string FunctionsText = """
        name: functions
        dataset:   { kind: regression_points }
        model:     { kind: relu_network, hidden: [30], biases: [true, false], initialisation: blanc, seed: 0 }
        schedule:  { kind: constant, rate: 0.001 }
        optimizer: { kind: gd, steps: 200 }
        probes:    { at: { every: 50, end: true }, measure: [losses, active_percent], snapshots: all }
        seeds:     { from: 0, count: 3, follow: [initialisation] }
        figures:
          - file: limits
            title: A title
            x_label: steps made
            panels: [train_loss, survival]
            center: mean
            percent: [survival]
            y_limits: { survival: { from: 0, to: 1.2 } }
          - { kind: function, file: function }
        """;

    // Weights in a plane, and a map of where training converges.
    private const string PlanesText = """
        name: planes
        dataset:   { kind: teacher_student, samples: 20, inputs: 2, teacher: [3], test_samples: 0, seed: 1 }
        model:     { kind: relu_network, hidden: [8], biases: [false, false], initialisation: { gaussian: { scales: [1, 1] } }, seed: 0 }
        schedule:  { kind: constant, rate: 1 }
        optimizer: { kind: gd, steps: 50, layer_rates: [0.1, 0.05] }
        probes:    { at: { every: 10, end: true }, measure: [losses], snapshots: ends }
        figures:
          - { kind: neurons, file: neurons }
          - kind: map
            file: trained
            x: { path: "optimizer.layer_rates[0]", from: 0.01, to: 100, points: 24, log: true }
            y: { path: "optimizer.layer_rates[1]", from: 0.01, to: 100, points: 16, log: true }
        """;

    public void Run(string name, string text)
    {
        var config = System.IO.Path.Combine(Path, name + ".yaml");
        File.WriteAllText(config, text);
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = CommandLine.Run([config, "--output", Path, "--quiet"], new Terminal(output, error, Interactive: false));
        Assert.True(code == 0, error.ToString());
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
