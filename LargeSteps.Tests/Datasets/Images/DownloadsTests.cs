using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using LargeSteps.Datasets.Images;
using LargeSteps.Values;
using static LargeSteps.Tests.Datasets.Images.ImageTestData;

namespace LargeSteps.Tests.Datasets.Images;

public sealed class DownloadsTests : IDisposable
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 31 >> 5))];
    private static readonly PublishedFile Published = new("images.bin", Content.Length, Md5(Content));

    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly NoWaiting _time = new();

    private string Target => Path.Combine(_folder.Path, "images.bin");

    private string Part => Target + ".part";

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

#pragma warning disable CA5351 // MD5 for secrets: it is what published files are checked by.
    private static string Md5(byte[] content) => Convert.ToHexStringLower(MD5.HashData(content));
#pragma warning restore CA5351

    private Task<Outcome<Items<string>>> Fetch(Uri address, IProgress<FetchProgress>? progress = null) =>
        new Downloads(_client, _time).Fetch([Published], address, _folder.Path, progress, TestContext.Current.CancellationToken);

    private sealed class Reports : IProgress<FetchProgress>
    {
        public List<FetchProgress> All { get; } = [];

        public void Report(FetchProgress value) => All.Add(value);
    }

    [Fact]
    public async Task A_file_is_fetched_once()
    {
        using var server = new TinyServer((path, from) => TinyServer.Ranges(Content, from));
        var reports = new Reports();
        Assert.Equal([Target], (await Fetch(server.Address, reports)).OrThrow());
        Assert.Equal(Content, File.ReadAllBytes(Target));
        Assert.False(File.Exists(Part));
        Assert.Equal([("/data/images.bin", null)], server.Requests);
        Assert.Equal(new FetchProgress("images.bin", Content.Length, Content.Length), reports.All[^1]);
        Assert.Empty((await Fetch(server.Address)).OrThrow());
        Assert.Single(server.Requests);
        Assert.Empty(_time.Pauses);
    }

    [Fact]
    public async Task A_connection_that_is_cut_goes_on_where_it_was_cut()
    {
        using var server = new TinyServer((path, from) => TinyServer.Ranges(Content, from, cutAfter: 120_000));
        (await Fetch(server.Address)).OrThrow();
        Assert.Equal(Content, File.ReadAllBytes(Target));
        Assert.Equal([null, 120_000L, 240_000L], server.Requests.Select(request => request.From));
        Assert.Equal([TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)], _time.Pauses);
    }

    [Fact]
    public async Task What_an_earlier_call_left_is_not_fetched_again()
    {
        File.WriteAllBytes(Part, Content[..250_000]);
        using var server = new TinyServer((path, from) => TinyServer.Ranges(Content, from));
        (await Fetch(server.Address)).OrThrow();
        Assert.Equal(Content, File.ReadAllBytes(Target));
        Assert.Equal([250_000L], server.Requests.Select(request => request.From));
        // A whole one is only checked.
        File.Move(Target, Part);
        (await Fetch(server.Address)).OrThrow();
        Assert.Equal(Content, File.ReadAllBytes(Target));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_server_without_ranges_sends_everything_again()
    {
        var cuts = new Queue<int>([100_000, 200_000, int.MaxValue]);
        using var server = new TinyServer((path, from) => new("200 OK", Content, CutAfter: cuts.Dequeue()));
        (await Fetch(server.Address)).OrThrow();
        Assert.Equal(Content, File.ReadAllBytes(Target));
        Assert.Equal([null, 100_000L, 200_000L], server.Requests.Select(request => request.From));
    }

    [Fact]
    public async Task What_is_left_of_another_file_is_fetched_anew()
    {
        File.WriteAllBytes(Part, new byte[1000]);
        using var server = new TinyServer((path, from) => TinyServer.Ranges(Content, from));
        (await Fetch(server.Address)).OrThrow();
        Assert.Equal(Content, File.ReadAllBytes(Target));
        Assert.Equal([1000L, null], server.Requests.Select(request => request.From));
        // Longer than the file, it cannot be of it.
        File.Delete(Target);
        File.WriteAllBytes(Part, new byte[Content.Length + 1]);
        (await Fetch(server.Address)).OrThrow();
        Assert.Equal(Content, File.ReadAllBytes(Target));
        Assert.Null(server.Requests[^1].From);
        // A damaged file in the place of the right one is replaced.
        File.WriteAllBytes(Target, [1, 2, 3]);
        Assert.Single((await Fetch(server.Address)).OrThrow());
        Assert.Equal(Content, File.ReadAllBytes(Target));
    }

    [Fact]
    public async Task Another_length_is_told_and_nothing_is_kept()
    {
        using var longer = new TinyServer((path, from) => TinyServer.Ranges([.. Content, 1], from));
        AssertProblem("LS0603", "images.bin: error LS0603: has 300001 bytes, not 300000", await Fetch(longer.Address));
        Assert.Single(longer.Requests);
        using var silent = new TinyServer((path, from) => new("200 OK", [.. Content, 1], SaysLength: false));
        AssertProblem("LS0603", "has 300001 bytes, not 300000", await Fetch(silent.Address));
        File.WriteAllBytes(Part, Content[..10]);
        AssertProblem("LS0603", "has 300001 bytes", await Fetch(longer.Address));
        Assert.False(File.Exists(Target));
    }

    [Fact]
    public async Task Another_checksum_is_told_and_nothing_is_kept()
    {
        var wrong = Content.Select((b, i) => i == 5000 ? (byte)(b + 1) : b).ToArray();
        using var server = new TinyServer((path, from) => TinyServer.Ranges(wrong, from));
        AssertProblem("LS0604", $"has MD5 {Md5(wrong)}, not {Published.Md5}", await Fetch(server.Address));
        Assert.Single(server.Requests);
        Assert.Empty(Directory.EnumerateFiles(_folder.Path));
        // With bytes of an earlier call, it is tried once more from the beginning.
        File.WriteAllBytes(Part, Content[..100]);
        AssertProblem("LS0604", server.Address.AbsoluteUri, await Fetch(server.Address));
        Assert.Equal([null, 100L, null], server.Requests.Select(request => request.From));
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_told_at_once()
    {
        using var server = new TinyServer((path, from) => new("404 Not Found", []));
        AssertProblem("LS0607", $"{server.Address}images.bin answers 404 Not Found", await Fetch(server.Address));
        Assert.Single(server.Requests);
        Assert.Empty(_time.Pauses);
    }

    [Fact]
    public async Task A_busy_server_is_asked_again_after_longer_and_longer_pauses()
    {
        var busy = 3;
        using var server = new TinyServer((path, from) => busy-- > 0 ? new("503 Service Unavailable", []) : TinyServer.Ranges(Content,
            from));
        (await Fetch(server.Address)).OrThrow();
        Assert.Equal([1, 2, 4], _time.Pauses.Select(pause => (int)pause.TotalSeconds));
        busy = 100;
        File.Delete(Target);
        AssertProblem("LS0608", "in 6 attempts: the server answers 503", await Fetch(server.Address));
        // The other files of such a server are not tried.
        var asked = server.Requests.Count;
        AssertProblem("LS0608", "in 6 attempts: the server answers 503", await new Downloads(_client, _time).Fetch(
            [Published, new("other.bin", 1, "")], server.Address, _folder.Path, null, TestContext.Current.CancellationToken));
        Assert.Equal(asked + 6, server.Requests.Count);
    }

    [Fact]
    public async Task A_server_that_always_cuts_at_the_same_place_is_given_up()
    {
        using var server = new TinyServer((path, from) => new("200 OK", Content, CutAfter: 1000));
        AssertProblem("LS0608", "the connection was cut after 1000 of 300000 bytes", await Fetch(server.Address));
        Assert.Equal(6, server.Requests.Count);
        Assert.Equal(1000, new FileInfo(Part).Length);
    }

    [Fact]
    public async Task Without_a_network_it_is_told_which_address_was_tried()
    {
        // A port on which nobody listens.
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
        listener.Dispose();
        AssertProblem("LS0608", $"{address}images.bin could not be reached in 2 attempts", await Fetch(address));
        Assert.Equal([1], _time.Pauses.Select(pause => (int)pause.TotalSeconds));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
        // Several files of a server that cannot be reached are one problem.
        AssertProblem("LS0608", "train-images-idx3-ubyte.gz", await ImageStore.Fetch(new Downloads(_client, _time), ImageSource.Mnist,
            _folder.Path, address, null, TestContext.Current.CancellationToken));
    }

    // A network that swallows everything: neither refused nor connected.
    [Fact]
    public async Task A_connection_that_does_not_come_about_is_given_up()
    {
        var tries = 0;
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromMilliseconds(50),
            ConnectCallback = Never
        };
        using var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        AssertProblem("LS0608", "could not be reached in 2 attempts: there is no connection after 4 seconds; ", await new Downloads(client,
            _time).Fetch(
            [Published, new("other.bin", 1, "")], new Uri("http://127.0.0.1:1/"), _folder.Path, null,
                TestContext.Current.CancellationToken));
        Assert.Equal(2, tries);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));

        async ValueTask<Stream> Never(SocketsHttpConnectionContext context, CancellationToken cancel)
        {
            Interlocked.Increment(ref tries);
            await Task.Delay(Timeout.InfiniteTimeSpan, cancel);
            throw new InvalidOperationException();
        }
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_told()
    {
        File.WriteAllText(Path.Combine(_folder.Path, "file"), "");
        AssertProblem("LS0609", "cannot be written", await new Downloads(_client, _time).Fetch(
            [Published], new Uri("http://127.0.0.1:1/"), Path.Combine(_folder.Path, "file"), null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Files_are_placed_once_all_of_them_are_there_and_right()
    {
        byte[] other = [1, 2, 3];
        Items<PublishedFile> files = [Published, new("labels.bin", other.Length, Md5(other))];
        var (staging, target) = (Path.Combine(_folder.Path, "staging"), Path.Combine(_folder.Path, "data", "images"));
        var refuses = true;
        using var server = new TinyServer((path, from) =>
            path.EndsWith("images.bin", StringComparison.Ordinal) ? TinyServer.Ranges(Content, from) : refuses ? new("404 Not Found", [])
                : TinyServer.Ranges(other, from));
        Task<Outcome<Items<string>>> Both() => new Downloads(_client, _time, staging: staging).Fetch(files, server.Address, target, null,
            TestContext.Current.CancellationToken);

        AssertProblem("LS0607", Path.Combine(target, "labels.bin"), await Both());
        Assert.False(Directory.Exists(Path.Combine(_folder.Path, "data")));
        Assert.Equal(["images.bin.part"], Directory.GetFiles(staging).Select(Path.GetFileName));
        refuses = false;
        Assert.Equal([Path.Combine(target, "images.bin"), Path.Combine(target, "labels.bin")], (await Both()).OrThrow());
        Assert.Equal(Content, File.ReadAllBytes(Path.Combine(target, "images.bin")));
        Assert.Equal(other, File.ReadAllBytes(Path.Combine(target, "labels.bin")));
        Assert.Equal(2, Directory.GetFiles(target).Length);
        Assert.False(Directory.Exists(staging));
        // What had come was not asked for again.
        Assert.Equal(1, server.Requests.Count(request => request.Path.EndsWith("images.bin", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_has_come_stays_when_it_is_ended_early()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var server = new TinyServer((path, from) => TinyServer.Ranges(Content, from));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            new Downloads(_client, _time).Fetch([Published], server.Address, _folder.Path, new Ending(cancel), cancel.Token));
        Assert.InRange(new FileInfo(Part).Length, 1, Content.Length);
        (await Fetch(server.Address)).OrThrow();
        Assert.Equal(Content, File.ReadAllBytes(Target));
    }

    private sealed class Ending(CancellationTokenSource cancel) : IProgress<FetchProgress>
    {
        public void Report(FetchProgress value) => cancel.Cancel();
    }

    [Fact]
    public async Task All_files_of_a_source_come_from_the_mirror_into_its_folder_and_all_that_is_wrong_is_told()
    {
        using var server = new TinyServer((path, from) => new("404 Not Found", []));
        var mirror = new Uri(server.Address.AbsoluteUri.TrimEnd('/'));
        var outcome = await ImageStore.Fetch(new Downloads(_client, _time), ImageSource.MnistBinary, _folder.Path, mirror, null,
            TestContext.Current.CancellationToken);
        Assert.Equal(["LS0607", "LS0607", "LS0607", "LS0607"], Problems(outcome).Select(problem => problem.Code));
        Assert.Equal(ImageSource.Mnist.Files.Select(file => "/data/" + file.Name), server.Requests.Select(request => request.Path));
        Assert.Equal(Path.Combine(_folder.Path, "mnist", "t10k-labels-idx1-ubyte.gz"), Problems(outcome)[3].File);
        Assert.Empty((await ImageStore.Fetch(new Downloads(_client, _time), ImageSource.Shapes, _folder.Path, mirror, null,
            TestContext.Current.CancellationToken)).OrThrow());
    }

    [Fact]
    public async Task What_is_in_place_is_not_fetched()
    {
        var data = RealData();
        using var server = new TinyServer((path, from) => new("404 Not Found", []));
        Assert.Empty((await ImageStore.Fetch(new Downloads(_client, _time), ImageSource.Mnist, data, server.Address, null,
            TestContext.Current.CancellationToken)).OrThrow());
        Assert.Empty(server.Requests);
    }
}
