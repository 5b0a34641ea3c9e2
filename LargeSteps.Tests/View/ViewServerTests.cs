using System.Net;
using System.Text.RegularExpressions;
using LargeSteps.Experiments.View;
using LargeSteps.Tests.Commands;

namespace LargeSteps.Tests.View;

/// <summary>What the view answers, to whom; what it looks like is in the tests of the browser.</summary>
public sealed partial class ViewServerTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private ViewServer _server = null!;
    private HttpClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        File.WriteAllText(Path.Combine(_folder.Path, "small.yaml"), Cli.Small);
        Cli.RunSmall(_folder.Path);
        File.WriteAllText(Path.Combine(_folder.Path, "secret.txt"), "secret");
        _server = new ViewServer(Path.Combine(_folder.Path, "results"), IPAddress.Loopback, 0, TimeProvider.System);
        await _server.Start();
        _client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(_server.Address) };
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_page_allows_scripts_of_its_own_alone()
    {
        foreach (var address in (string[])["/", "/experiment?path=small", "/compare?path=small", "/nothing", "/rows"])
        {
            using var answer = await Get(address);
            var policy = string.Join(' ', answer.Headers.GetValues("Content-Security-Policy"));
            Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            var nonce = Nonce().Match(policy).Groups[1].Value;
            var text = await answer.Content.ReadAsStringAsync(Stop);
            Assert.All(Scripts().Matches(text), script =>
                Assert.Contains($"nonce=\"{nonce}\" src=\"/assets/", script.Value, StringComparison.Ordinal));
            Assert.DoesNotMatch("\\son[a-z]+=|\\sstyle=|javascript:", text);
            Assert.Equal("nosniff", string.Join(' ', answer.Headers.GetValues("X-Content-Type-Options")));
        }
        Assert.NotEqual(await NonceOf("/"), await NonceOf("/"));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/experiment?path=small")]
    [InlineData("/file?path=small&name=metrics.csv")]
    public async Task Who_asks_for_the_head_alone_gets_it(string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, address);
        using var answer = await _client.SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Stop));
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:6060")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("127.0.0.1")]
    [InlineData("10.0.0.1")]
    public async Task Another_host_is_refused(string host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Host = host;
        using var answer = await _client.SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Theory]
    [InlineData("/experiment?path=..")]
    [InlineData("/experiment?path=../results/small")]
    [InlineData("/experiment?path=/etc")]
    [InlineData("/experiment?path=small/../../results")]
    [InlineData("/experiment?path=small%00")]
    [InlineData("/experiment")]
    [InlineData("/data?path=..")]
    [InlineData("/file?path=small&name=../../secret.txt")]
    [InlineData("/file?path=small&name=..%2F..%2Fsecret.txt")]
    [InlineData("/file?path=small&name=/etc/passwd")]
    [InlineData("/file?path=small&name=units")]
    [InlineData("/file?path=small&name=link/secret.txt")]
    [InlineData("/file?path=small&name=secret.txt")]
    [InlineData("/file?path=small")]
    [InlineData("/assets/..%2Fpage.css")]
    [InlineData("/assets/LICENSE.txt")]
    public async Task Nothing_outside_of_the_folder_is_shown(string address)
    {
        var small = Path.Combine(_folder.Path, "results", "small");
        Directory.CreateSymbolicLink(Path.Combine(small, "link"), _folder.Path);
        File.CreateSymbolicLink(Path.Combine(small, "secret.txt"), Path.Combine(_folder.Path, "secret.txt"));
        using var answer = await Get(address);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.DoesNotContain("secret", await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("metrics.csv", "application/octet-stream")]
    [InlineData("metrics.arrow", "application/octet-stream")]
    [InlineData("figures/losses.pdf", "application/pdf")]
    [InlineData("figures/losses.svg", "image/svg+xml")]
    [InlineData("run.json", "text/plain")]
    public async Task A_file_is_sent_as_it_is(string name, string type)
    {
        using var answer = await Get($"/file?path=small&name={name}");
        Assert.Equal(type, answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(File.ReadAllBytes(Path.Combine(_folder.Path, "results", "small", name)),
            await answer.Content.ReadAsByteArrayAsync(Stop));
    }

    [Fact]
    public async Task Notes_are_taken_from_pages_of_its_own_alone()
    {
        var token = Token().Match(await Text("/")).Groups[1].Value;
        Assert.Equal(HttpStatusCode.Forbidden, await Post(null));
        Assert.Equal(HttpStatusCode.Forbidden, await Post("0123"));
        Assert.Equal(HttpStatusCode.Forbidden, await Post(token, origin: "http://evil.example"));
        Assert.Equal(HttpStatusCode.NotFound, await Post(token, path: ".."));
        Assert.Equal(HttpStatusCode.BadRequest, await Post(token, notes: new string('x', Notes.MostCharacters + 1)));
        Assert.Equal(HttpStatusCode.BadRequest, await Post(token, tags: new string('x', Notes.MostOfTag + 1)));
        var file = Path.Combine(_folder.Path, "results", "small", Notes.FileName);
        Assert.False(File.Exists(file));
        Assert.Equal(HttpStatusCode.Redirect, await Post(token, notes: "a: \"b\" # c\r\n- d\u0007", tags: "one, two ,, one"));
        Assert.Equal(new Notes("a: \"b\" # c\n- d", ["one", "two"]), Notes.Of(Path.GetDirectoryName(file)!).OrThrow());
        Assert.Contains("one", await Text("/"), StringComparison.Ordinal);
        // Another program may have written it.
        File.WriteAllText(file, "nots: x");
        Assert.Contains("notes.yaml(1,1): error LS0101: unknown key &#39;nots&#39;; did you mean &#39;notes&#39;?", await Text("/"), StringComparison.Ordinal);
        // What cannot be read is not written over.
        Assert.Equal(HttpStatusCode.Conflict, await Post(token));
        Assert.Equal("nots: x", File.ReadAllText(file));
        File.WriteAllText(file, "notes: x");
        Assert.Equal(HttpStatusCode.Redirect, await Post(token, notes: "", tags: ""));
        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task Other_machines_must_know_the_token()
    {
        await using var open = new ViewServer(Path.Combine(_folder.Path, "results"), IPAddress.Any, 0, TimeProvider.System);
        await open.Start();
        var address = new Uri(open.Address);
        var here = new Uri($"http://127.0.0.1:{address.Port}/");
        using var client = new HttpClient();
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync(here, Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync(new Uri(here, "?token=0123"), Stop)).StatusCode);
        var page = await client.GetStringAsync(new Uri(here, address.Query), Stop);
        Assert.Contains("small", page, StringComparison.Ordinal);
        // It is in a cookie now, and not in the addresses of pages.
        Assert.DoesNotContain(address.Query[7..], page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri(here, "experiment?path=small"), Stop)).StatusCode);
    }

    [Fact]
    public async Task A_folder_that_is_looked_at_stays_as_it_is()
    {
        var before = Cli.Times(_folder.Path);
        foreach (var address in (string[])["/", "/experiment?path=small", "/data?path=small", "/compare-data?path=small"])
            await Text(address);
        Assert.Equal(before, Cli.Times(_folder.Path));
    }

    [Fact]
    public async Task What_cannot_be_read_is_told_on_its_page()
    {
        File.WriteAllText(Path.Combine(_folder.Path, "results", "small", "experiment.yaml"), "name: [");
        Assert.Contains("This build cannot read the experiment", await Text("/experiment?path=small"), StringComparison.Ordinal);
        Assert.Contains("unreadable", await Text("/"), StringComparison.Ordinal);
        using var data = await Get("/data?path=small");
        Assert.Equal(HttpStatusCode.NotFound, data.StatusCode);
    }

    [Fact]
    public async Task What_is_compared_and_is_not_there_is_told() =>
        Assert.Contains("there are no results &#39;nope&#39;", await Text("/compare?path=small&path=nope"), StringComparison.Ordinal);

    // The first list does not wait until each has been read.
    [Fact]
    public async Task What_cannot_be_read_is_told_in_the_list()
    {
        Assert.Contains("data-state=\"done\"", await Text("/rows"), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder.Path, "results", "small", "experiment.yaml"), "name: small\nnothing: else\n");
        while (!(await Text("/rows")).Contains("data-state=\"unreadable\"", StringComparison.Ordinal)) await Task.Delay(20, Stop);
    }

    [Theory]
    [InlineData("\"wall_seconds\": 0", "\"wall_seconds\": \"x\"")]
    [InlineData("\"wall_seconds\": 0", "\"wall_seconds\": 1e300")]
    [InlineData("\"started\": \"", "\"started\": 5, \"x\": \"")]
    [InlineData("\"alive\": 2", "\"alive\": \"q\"")]
    [InlineData("\"seeds\": 2", "\"seeds\": 1.5")]
    [InlineData("\"versions\": {", "\"versions\": [")]
    public async Task A_folder_with_odd_files_takes_no_other_with_it(string old, string odd)
    {
        var run = Path.Combine(_folder.Path, "results", "small", "run.json");
        var text = Regex.Replace(File.ReadAllText(run), "\"wall_seconds\": [0-9.]+", "\"wall_seconds\": 0");
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(run, text.Replace(old, odd, StringComparison.Ordinal));
        using var list = await Get("/");
        Assert.Equal(HttpStatusCode.OK, list.StatusCode);
        using var one = await Get("/experiment?path=small");
        Assert.Equal(HttpStatusCode.OK, one.StatusCode);
    }

    // Of a run that ended before its plane the table of a surface has no rows; of another it is damaged.
    [Theory]
    [InlineData("x,y,train_loss,test_loss\n", false)]
    [InlineData("x,y,train_loss,test_loss\n1,2\n", false)]
    [InlineData("x,y,train_loss,test_loss\nq,q,q,q\n", false)]
    [InlineData(null, true)]
    public async Task A_surface_whose_table_is_odd_takes_no_curves_with_it(string? table, bool shown)
    {
        var config = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "configs", "loss_surface.yaml"))
            .Replace("steps: 10001", "steps: 1001", StringComparison.Ordinal)
            .Replace("points: 100", "points: 5", StringComparison.Ordinal);
        var file = Path.Combine(_folder.Path, "surface.yaml");
        File.WriteAllText(file, config);
        Assert.Equal(0, Cli.Run([file, "--output", Path.Combine(_folder.Path, "results"), "--quiet"]).Code);
        var folder = Path.Combine(_folder.Path, "results", "loss_surface");
        if (table is not null)
        {
            foreach (var each in Directory.EnumerateFiles(folder, "surface*.csv", SearchOption.AllDirectories))
                File.WriteAllText(each, table);
        }
        var data = System.Text.Json.Nodes.JsonNode.Parse(await Text("/data?path=loss_surface"))!;
        Assert.Equal(shown ? 2 : 0, data["pictures"]!.AsArray().Count);
        Assert.Contains("overview", data["blocks"]![0]!["figures"]!.AsArray().Select(figure => (string)figure!["file"]!));
    }

    [Theory]
    [InlineData("/data?path=gone")]
    [InlineData("/events?path=gone")]
    public async Task What_is_gone_is_told_in_a_sentence(string address)
    {
        using var answer = await Get(address);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("This experiment is not there any more.\n", await answer.Content.ReadAsStringAsync(Stop));
    }

    // A unit that was looked at may be deleted, and made again.
    [Fact]
    public async Task Units_that_are_deleted_are_not_shown()
    {
        Assert.DoesNotContain("missing", await Ends(), StringComparison.Ordinal);
        File.Delete(Directory.EnumerateFiles(Path.Combine(_folder.Path, "results", "small", "units"), "*.arrow").First());
        Assert.Contains("1 missing", await Ends(), StringComparison.Ordinal);

        async Task<string> Ends() => (string)System.Text.Json.Nodes.JsonNode.Parse(await Text("/data?path=small"))!["ends"]!;
    }

    [Fact]
    public async Task An_event_comes_at_once_where_something_has_changed_since_the_page_was_made()
    {
        using var answer = await _client.GetAsync(new Uri("/events?path=small&since=0123", UriKind.Relative),
            HttpCompletionOption.ResponseHeadersRead, Stop);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Stop));
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        while (await reader.ReadLineAsync(Stop) is { } line)
            if (line == "data: changed") return;
        Assert.Fail("there was no event");
    }

    [Fact]
    public async Task States_are_those_of_the_files()
    {
        var small = Path.Combine(_folder.Path, "results", "small");
        Assert.Contains("done, 4 units", await Text("/"), StringComparison.Ordinal);
        File.Delete(Path.Combine(small, "run.json"));
        File.Delete(Directory.EnumerateFiles(Path.Combine(small, "units"), "*.arrow").First());
        Assert.Contains("stopped 3/4", await Text("/"), StringComparison.Ordinal);
    }

    private Task<HttpResponseMessage> Get(string address) =>
        _client.GetAsync(new Uri(address, UriKind.Relative), Stop);

    private async Task<string> Text(string address)
    {
        using var answer = await Get(address);
        return await answer.Content.ReadAsStringAsync(Stop);
    }

    private async Task<string> NonceOf(string address)
    {
        using var answer = await Get(address);
        return Nonce().Match(string.Join(' ', answer.Headers.GetValues("Content-Security-Policy"))).Groups[1].Value;
    }

    private async Task<HttpStatusCode> Post(string? token, string path = "small", string notes = "n", string tags = "t",
        string? origin = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/notes")
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["token"] = token ?? "",
                ["path"] = path,
                ["notes"] = notes,
                ["tags"] = tags,
            }),
        };
        if (origin is not null) request.Headers.Add("Origin", origin);
        using var answer = await _client.SendAsync(request, Stop);
        return answer.StatusCode;
    }

    [GeneratedRegex("script-src 'nonce-([0-9a-f]{32})'")]
    private static partial Regex Nonce();

    [GeneratedRegex("<script[^>]*>")]
    private static partial Regex Scripts();

    [GeneratedRegex("data-token=\"([0-9a-f]{32})\"")]
    private static partial Regex Token();
}
