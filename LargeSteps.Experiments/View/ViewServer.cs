using System.Net;
using System.Security.Cryptography;
using System.Text;
using LargeSteps.Experiments.Charts;
using LargeSteps.Experiments.Results;
using LargeSteps.Figures;
using LargeSteps.Running;
using LargeSteps.Values;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LargeSteps.Experiments.View;

/// <summary>Shows folders of results to a browser, and follows those that are being made. It changes nothing but notes.</summary>
internal sealed class ViewServer : IAsyncDisposable
{
    /// <summary>What figures of metrics that no figure has are called.</summary>
    public const string Others = "other metrics";

    // Ten thousand characters of any script, as forms write them.
    private const long MostBytesOfForm = 256 << 10;

    // The labels of hundreds of runs stand in an address.
    private const int MostBytesOfLine = 128 << 10;

    // The characters of the numbers of a page, which is looked at on the machine itself.
    private const int MostOfCharts = 10_000_000;

    // How often a folder is looked at for something new.
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private static readonly Dictionary<string, string> Types = new()
    {
        [".svg"] = "image/svg+xml",
        [".png"] = "image/png",
        [".gif"] = "image/gif",
        [".webp"] = "image/webp",
        [".pdf"] = "application/pdf",
        [".html"] = "text/html; charset=utf-8",
    };

    private static readonly HashSet<string> Assets = ["page.css", "view.css", "uPlot.min.css", "uPlot.iife.min.js", "base.js",
        "pictures.js", "charts.js", "view.js"];

    private readonly ExperimentIndex _index;
    private readonly SeenExperiments _seen;
    private readonly ViewGuard _guard;
    private readonly WebApplication _application;
    private readonly IPAddress _host;
    private readonly bool _open;

    /// <param name="root">The folder.</param>
    /// <param name="host">What is listened to; anything but this machine itself is open to others.</param>
    /// <param name="port">The port; 0: one that is free.</param>
    /// <param name="clock">What says what time it is.</param>
    public ViewServer(string root, IPAddress host, int port, TimeProvider clock)
    {
        (_host, _open) = (host, !IPAddress.IsLoopback(host));
        (_index, _seen, _guard) = (new ExperimentIndex(root, clock), new SeenExperiments(clock), new ViewGuard(() => Port, _open));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxRequestBodySize = MostBytesOfForm;
            (options.Limits.MaxRequestLineSize, options.Limits.MaxRequestBufferSize) = (MostBytesOfLine, 4 * MostBytesOfLine);
            options.Listen(host, port);
        });
        _application = builder.Build();
        _application.Use(next => context => Answered(context, () => _guard.Check(context, next)));
        Map();
    }

    private int Port => new Uri(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
        .First()).Port;

    /// <summary>The address that a browser is given.</summary>
    public string Address => FormattableString.Invariant($"http://{Named(_host)}:{Port}/{(_open ? $"?token={_guard.Key}" : "")}");

    private static string Named(IPAddress host) => host.Equals(IPAddress.Any) || host.Equals(IPAddress.IPv6Any) ? Dns.GetHostName()
        : host.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{host}]" : host.ToString();

    /// <summary>Begins to listen.</summary>
    /// <exception cref="IOException">The port is taken.</exception>
    public Task Start() => _application.StartAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private void Get(string address, RequestDelegate answer) => _application.MapMethods(address, ["GET", "HEAD"], answer);

    private void Map()
    {
        Get("/", context =>
        {
            var all = _index.All();
            return Html(context, frame => ListPage.Of(_index.Root, all, StampOf(all), frame));
        });
        Get("/rows", context =>
        {
            var all = _index.All();
            context.Response.Headers["X-Stamp"] = StampOf(all);
            return Html(context, _ => ListPage.Rows(all).ToString());
        });
        Get("/experiment", context => WithFolder(context, folder => _index.Entry(folder) is { } entry
            ? Html(context, frame => ExperimentPage.Of(folder, entry, _seen.Of(folder), frame)) : NotThere(context)));
        Get("/data", context => _index.Find(context.Request.Query["path"].FirstOrDefault()) is { } folder ? Data(context, folder)
            : ViewGuard.Refuse(context, 404, "This experiment is not there any more."));
        Get("/compare", Compare);
        Get("/compare-data", CompareData);
        Get("/events", context => context.Request.Query["path"].Count == 0 ? Follow(context, () => StampOf(_index.All()))
            : FoldersOf(context) is { Count: > 0 } folders ? Follow(context, () => StampOf(folders.Select(folder => folder.Folder)))
            : ViewGuard.Refuse(context, 404, "This experiment is not there any more."));
        Get("/file", context => WithFolder(context, folder => Send(context, folder)));
        Get("/assets/{name}", Asset);
        _application.MapPost("/notes", Keep);
        _application.MapFallback(NotThere);
    }

    // A folder may be moved or deleted while it is looked at; anything else is a bug, which must not end in an empty page either.
    private static async Task Answered(HttpContext context, Func<Task> answer)
    {
        try
        {
            await answer();
        }
        catch (Exception e) when (e is not OperationCanceledException && !context.Response.HasStarted)
        {
            var (status, words) = e switch
            {
                BadHttpRequestException { StatusCode: 413 } => (413, "That is too much for one form."),
                BadHttpRequestException bad => (bad.StatusCode, "That is no form of this view."),
                InvalidDataException => (400, "That is no form of this view."),
                IOException or UnauthorizedAccessException => (404, "What was here is being changed, or is gone: load the page again."),
                _ => (500, $"This is a bug of the program: {e.GetType().Name}: {e.Message}"),
            };
            await ViewGuard.Refuse(context, status, words);
        }
    }

    private static string StampOf(IEnumerable<ExperimentEntry> entries) => HashOf(entries.Select(entry => entry.Stamp()));

    private string StampOf(IEnumerable<string> folders) => HashOf(folders.SelectMany(folder => (string[])[LiveFolder.Stamp(folder),
        _index.Entry(folder)?.Stamp() ?? ""]));

    private static string HashOf(IEnumerable<string> texts) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', texts))))[..16];

    private static Task Html(HttpContext context, Func<ViewPages.Frame, string> page)
    {
        context.Response.ContentType = Types[".html"];
        return context.Response.WriteAsync(page(FrameOf(context)), context.RequestAborted);
    }

    private static ViewPages.Frame FrameOf(HttpContext context) => (ViewPages.Frame)context.Items[nameof(ViewPages.Frame)]!;

    private static Task NotThere(HttpContext context)
    {
        context.Response.StatusCode = 404;
        return Html(context, frame => ViewPages.Problem("There is nothing at this address.", frame));
    }

    private Task WithFolder(HttpContext context, Func<string, Task> answer) =>
        _index.Find(context.Request.Query["path"]) is { } folder ? answer(folder) : NotThere(context);

    private async Task Data(HttpContext context, string folder)
    {
        // Before it is read: what comes meanwhile is told.
        var stamp = StampOf(FoldersOf(context).Select(each => each.Folder));
        if (_seen.Of(folder).OrNull() is not { } seen || _index.Entry(folder) is not { } entry)
        {
            await ViewGuard.Refuse(context, 404, "The experiment cannot be read.");
            return;
        }
        await Json(context, stamp, [seen.Curves(Others), .. CurvesOfOthers(folder, seen)], _seen.Pictures(folder, seen), seen.Results,
            seen.StateOf, WebUtility.HtmlDecode(ExperimentPage.Lead(entry)));
    }

    // Those of figures that show folders beside this one.
    private IEnumerable<ShownCurves> CurvesOfOthers(string folder, SeenExperiment seen)
    {
        foreach (var figure in seen.Experiment.Figures.OfType<CurvesFigure>().Where(figure => figure.Results.Count > 0))
        {
            var parts = Items.From(figure.Results.Select(name => (name, name, name == seen.Experiment.Name ? seen : Beside(name)!))
                .Where(part => part.Item3 is not null));
            var (joined, stateOf) = new Compared(parts, new HashSet<string>()).Results();
            yield return new([figure], joined.All, stateOf);
        }

        SeenExperiment? Beside(string name) => _index.Beside(folder, name) is { } other
            && _seen.Of(other).OrNull() is { } there ? there : null;
    }

    private List<(string Path, string Folder)> FoldersOf(HttpContext context) => [.. context.Request.Query["path"].OfType<string>()
        .Distinct().Take(Compared.Most).Select(path => (path, _index.Find(path))).Where(each => each.Item2 is not null)
        .Select(each => (each.path, each.Item2!))];

    private (Compared Compared, List<string> Problems) ComparedOf(HttpContext context)
    {
        var (folders, parts, problems) = (FoldersOf(context), new List<(string, string, SeenExperiment)>(), new List<string>());
        var names = NamedResults.NamesOf([.. folders.Select(folder => folder.Path)]);
        foreach (var ((path, folder), name) in folders.Zip(names))
        {
            if (_seen.Of(folder).OrNull() is { } seen) parts.Add((path, name, seen));
            else problems.Add($"{name} cannot be read");
        }
        problems.AddRange(context.Request.Query["path"].OfType<string>().Distinct().Take(Compared.Most)
            .Where(path => _index.Find(path) is null).Select(path => $"there are no results '{path}'"));
        return (new(Items.From(parts), context.Request.Query["run"].OfType<string>().ToHashSet()), problems);
    }

    private Task Compare(HttpContext context)
    {
        var (compared, problems) = ComparedOf(context);
        return compared.Parts.Count == 0 ? Html(context, frame => ViewPages.Problem("Tick the experiments to be compared, in the list of all.",
            frame)) : Html(context, frame => ComparePage.Of(compared, problems, frame));
    }

    private Task CompareData(HttpContext context)
    {
        var stamp = StampOf(FoldersOf(context).Select(folder => folder.Folder));
        var (compared, _) = ComparedOf(context);
        var (joined, stateOf) = compared.Results();
        return Json(context, stamp, [new([compared.Figure(joined)], joined.All, stateOf)], [], joined.All, stateOf, state: null);
    }

    // The numbers of some charts, with the table below them as it is now.
    private static Task Json(HttpContext context, string stamp, IReadOnlyList<ShownCurves> curves, IReadOnlyList<(string, Chart)> pictures,
        Items<UnitResult> results, Func<UnitResult, string> stateOf, string? state)
    {
        var ends = new StringBuilder();
        EndsHtml.Append(ends, results, stateOf);
        var data = PageCharts.Of(curves, pictures, MostOfCharts);
        data["stamp"] = stamp;
        data["others"] = Others;
        data["ends"] = ends.ToString();
        data["state"] = state;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(data.ToJsonString(), context.RequestAborted);
    }

    // An event whenever something changed, for as long as the page is open.
    private static async Task Follow(HttpContext context, Func<string> stampOf)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync("retry: 2000\n\n", context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        var known = context.Request.Query["since"].ToString() is { Length: > 0 } since ? since : stampOf();
        try
        {
            for (var quiet = 0; ; quiet++)
            {
                if (quiet > 0) await Task.Delay(Look, context.RequestAborted);
                if (stampOf() is var now && now != known)
                {
                    known = now;
                    await context.Response.WriteAsync("data: changed\n\n", context.RequestAborted);
                }
                // A connection of which nothing is heard is closed on the way.
                else if (quiet % 15 == 14)
                {
                    await context.Response.WriteAsync(": still here\n\n", context.RequestAborted);
                }
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
        // The page is closed.
        catch (OperationCanceledException) { }
    }

    private async Task Send(HttpContext context, string folder)
    {
        if (_index.FileIn(folder, context.Request.Query["name"]) is not { } file)
        {
            await NotThere(context);
            return;
        }
        // Whatever is no picture and no page is text, or nothing that a browser shows.
        var ending = Path.GetExtension(file).ToLowerInvariant();
        context.Response.ContentType = Types.GetValueOrDefault(ending, ending is ".yaml" or ".txt" or ".md" or ".json"
            ? "text/plain; charset=utf-8" : "application/octet-stream");
        if (!Types.ContainsKey(ending)) context.Response.Headers.ContentDisposition = $"attachment; filename*=UTF-8''{Uri.EscapeDataString(Path.GetFileName(file))}";
        // A report has its script inside: it runs in a world of its own, from which nothing of this view can be reached, nor any network.
        if (ending is ".html" or ".svg")
        {
            context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; " +
                (ending is ".html" ? "script-src 'unsafe-inline'; sandbox allow-scripts" : "sandbox");
        }
        await context.Response.SendFileAsync(file, context.RequestAborted);
    }

    private static async Task Asset(HttpContext context)
    {
        var name = (string)context.Request.RouteValues["name"]!;
        if (!Assets.Contains(name))
        {
            await ViewGuard.Refuse(context, 404, "There is no such file.");
            return;
        }
        context.Response.ContentType = name.EndsWith(".css", StringComparison.Ordinal) ? "text/css; charset=utf-8"
            : "text/javascript; charset=utf-8";
        await context.Response.WriteAsync(WebAssets.Text(name), context.RequestAborted);
    }

    private async Task Keep(HttpContext context)
    {
        if (!context.Request.HasFormContentType)
        {
            await ViewGuard.Refuse(context, 415, "A form is expected.");
            return;
        }
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        if (!_guard.IsOwn(context.Request, form["token"]))
        {
            await ViewGuard.Refuse(context, 403, "This is not from a page of this view, or the view was started again: load the page again.");
            return;
        }
        if (_index.Find(form["path"]) is not { } folder)
        {
            await ViewGuard.Refuse(context, 404, "There is no such experiment.");
            return;
        }
        if (Notes.Of(folder).OrNull() is null)
        {
            await ViewGuard.Refuse(context, 409, $"The notes that are there cannot be read, and are left as they are: mend {Notes.FileName}.");
            return;
        }
        if (Notes.Typed(form["notes"].ToString(), form["tags"].ToString()).OrNull() is not { } notes)
        {
            await ViewGuard.Refuse(context, 400, FormattableString.Invariant(
                $"Notes have at most {Notes.MostCharacters} characters, and there are at most {Notes.MostTags} tags of at most {Notes.MostOfTag}."));
            return;
        }
        try
        {
            notes.Write(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await ViewGuard.Refuse(context, 500, $"The notes cannot be written: {e.Message}");
            return;
        }
        if (context.Request.Headers.Accept == "text/plain") await context.Response.WriteAsync("kept", context.RequestAborted);
        else context.Response.Redirect(ViewPages.Address("experiment", form["path"].ToString()));
    }
}
