using System.Net;
using System.Net.Http.Headers;
using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

/// <summary>How far a file has come.</summary>
/// <param name="File">Its name.</param>
/// <param name="Bytes">The bytes that are there, with those from before.</param>
/// <param name="Total">The bytes that it has.</param>
public sealed record FetchProgress(string File, long Bytes, long Total);

/// <summary>
/// Fetches published files. Each comes into a file with <c>.part</c> behind its name and goes on where it broke off; all get their places
/// once the length and the checksum of each are right.
/// </summary>
/// <param name="client">Asks the server; without a time limit of its own.</param>
/// <param name="time">The clock for the pauses between attempts and for the patience with a silent server.</param>
/// <param name="attempts">How often in a row no more bytes than before may come.</param>
/// <param name="staging">The folder in which they come; null: that in which they are placed.</param>
internal sealed class Downloads(HttpClient client, TimeProvider time, int attempts = 6, string? staging = null)
{
    /// <summary>How long a server may say nothing.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>How long a connection may take.</summary>
    public static readonly TimeSpan Connecting = TimeSpan.FromSeconds(4);

    /// <summary>The least that a server must send in a minute.</summary>
    public const int LeastBytes = 60_000;

    private const int MostRedirections = 10;

    // In seconds: the pauses double up to this one.
    private const int LongestPause = 30;

    // Bytes that are taken from the server and written in one go.
    private const int AtOnce = 1 << 17;

    // A server that cannot be reached is most often one that nobody can reach from here: so few attempts in a row end the matter.
    private const int Connections = 2;

    // And one that says nothing for a minute has nothing to say.
    private const int Silences = 2;

    /// <summary>What an attempt came to: the file is as long as it should be; it broke off, for a reason; or there is no use in another
    /// one.</summary>
    private readonly record struct Attempt(bool Complete, string? BrokenOff = null, Diagnostic? Hopeless = null, bool Connected = true,
        bool Silent = false);

    /// <summary>A client for the published servers.</summary>
    public static HttpClient CreateClient()
    {
        var client = new HttpClient(new SocketsHttpHandler { ConnectTimeout = Connecting, AllowAutoRedirect = false })
        {
            Timeout =
            Timeout.InfiniteTimeSpan
        };
        client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("LargeSteps", null));
        return client;
    }

    /// <summary>The files that were fetched, those that are not in the folder as they should be; or all that went wrong.</summary>
    public async Task<Outcome<Items<string>>> Fetch(Items<PublishedFile> files, Uri address, string folder,
        IProgress<FetchProgress>? progress, CancellationToken cancel)
    {
        var (fetched, problems) = (new List<(string Part, string Path)>(), new List<Diagnostic>());
        var parts = staging ?? folder;
        foreach (var file in files)
        {
            var (path, part) = (Path.Combine(folder, file.Name), Path.Combine(parts, file.Name) + ".part");
            try
            {
                if (ImageFiles.Exists(path) && !ImageFiles.Check(path, file).Any()) continue;
                Directory.CreateDirectory(parts);
                if (await FetchOne(file, new Uri(address, file.Name), path, part, progress, cancel)
                    .ConfigureAwait(false) is not var (problem, goOn))
                {
                    fetched.Add((part, path));
                    continue;
                }
                problems.Add(problem);
                // The others lie on the same server.
                if (!goOn) break;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                problems.Add(ImageProblems.Unwritable(path, e.Message));
            }
            finally
            {
                if (File.Exists(part) && new FileInfo(part).Length == 0) File.Delete(part);
            }
        }
        if (problems.Count == 0) problems.AddRange(fetched.SelectMany(one => Place(one.Part, one.Path)));
        if (staging is not null && Directory.Exists(staging) && !Directory.EnumerateFileSystemEntries(staging)
            .Any())
        {
            Directory.Delete(staging);
        }

        return problems.Count > 0 ? Outcome.Failure<Items<string>>([.. problems])
            : Outcome.Success(Items.From(fetched.Select(one => one.Path)));
    }

    // Another disk is copied to, aside.
    private static IEnumerable<Diagnostic> Place(string part, string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var aside = path + ".part";
            if (aside != part) File.Move(part, aside, overwrite: true);
            File.Move(aside, path, overwrite: true);
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [ImageProblems.Unwritable(path, e.Message)];
        }
    }

    /// <summary>Fetches a file into its part. What went wrong, and whether another file of the server is worth a try; null where it is
    /// there.</summary>
    private async Task<(Diagnostic Problem, bool GoOn)?> FetchOne(
        PublishedFile file, Uri address, string path, string part, IProgress<FetchProgress>? progress, CancellationToken cancel)
    {
        // Bytes of several answers may be of several files, where one was replaced in between: then all is fetched once more.
        var (most, resumed, failures, unreached, silent) = (0L, false, 0, 0, 0);
        while (true)
        {
            Attempt attempt;
            long length;
            // Nobody else writes it at the same time.
            var stream = new FileStream(part, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
            await using (stream.ConfigureAwait(false))
            {
                if (stream.Length > file.Bytes) stream.SetLength(0);
                resumed |= stream.Length > 0;
                attempt = stream.Length == file.Bytes ? new Attempt(Complete: true) : await Receive(file, address, stream, path, progress,
                    cancel).ConfigureAwait(false);
                length = stream.Length;
            }
            if (attempt.Hopeless is { } hopeless) return (hopeless, !attempt.Silent);
            if (attempt.Complete)
            {
                if (ImageFiles.CheckMd5(part, file.Md5).FirstOrDefault() is not { } wrong) return null;
                File.Delete(part);
                if (!resumed) return (wrong with { File = path, Message = $"{wrong.Message} ({address})" }, true);
                (resumed, most) = (false, 0);
                continue;
            }
            failures = length > most ? 1 : failures + 1;
            most = Math.Max(most, length);
            unreached = attempt.Connected ? 0 : unreached + 1;
            if (unreached >= Connections) return (ImageProblems.NoConnection(address, attempt.BrokenOff!, unreached, path), false);
            silent = attempt.Silent ? silent + 1 : 0;
            if (failures >= attempts || silent >= Silences)
                return (ImageProblems.Unreachable(address, attempt.BrokenOff!, failures, path), false);
            await Task.Delay(TimeSpan.FromSeconds(Math.Min(1 << (failures - 1), LongestPause)), time, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Asks for what is missing and writes it behind what is there.</summary>
    private async Task<Attempt> Receive(PublishedFile file, Uri address, FileStream stream, string path, IProgress<FetchProgress>? progress,
        CancellationToken cancel)
    {
        using var silence = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, silence.Token);
        try
        {
            var (found, refused) = await Ask(address, stream.Length, path, either.Token).ConfigureAwait(false);
            if (refused is not null) return new Attempt(false, Hopeless: refused);
            using var response = found!;
            if (Judge(response, file, address, stream.Length, path) is { } verdict)
            {
                // The server has less than what is there: that is of another file.
                if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable) stream.SetLength(0);
                return verdict;
            }
            // A server that knows no ranges sends everything.
            if (response.StatusCode == HttpStatusCode.OK) stream.SetLength(0);
            stream.Seek(0, SeekOrigin.End);
            var body = await response.Content.ReadAsStreamAsync(either.Token).ConfigureAwait(false);
            var buffer = new byte[AtOnce];
            var (minute, before) = (time.GetTimestamp(), stream.Length);
            while (true)
            {
                if (time.GetElapsedTime(minute) >= TimeSpan.FromMinutes(1))
                {
                    if (stream.Length - before < LeastBytes)
                    {
                        return new Attempt(false, Hopeless: ImageProblems.TooSlow(address, stream.Length - before, path), Silent: true);
                    }

                    (minute, before) = (time.GetTimestamp(), stream.Length);
                }
                silence.CancelAfter(Patience);
                var read = await Read(body, buffer, either.Token).ConfigureAwait(false);
                if (read < 0)
                {
                    return new Attempt(false, FormattableString.Invariant(
                    $"the connection was cut after {stream.Length} of {file.Bytes} bytes"));
                }

                if (read == 0) break;
                if (stream.Length + read > file.Bytes)
                {
                    var sent = stream.Length + read;
                    stream.SetLength(0);
                    return new Attempt(false, Hopeless: ImageProblems.Length(path, file.Bytes, sent));
                }
                await stream.WriteAsync(buffer.AsMemory(0, read), cancel).ConfigureAwait(false);
                progress?.Report(new FetchProgress(file.Name, stream.Length, file.Bytes));
            }
            return stream.Length == file.Bytes
                ? new Attempt(Complete: true)
                : new Attempt(false, FormattableString.Invariant($"the answer ended after {stream.Length} of {file.Bytes} bytes"));
        }
        catch (HttpRequestException e)
        {
            return new Attempt(false, e.InnerException?.Message ?? e.Message,
                Connected: e.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                    or HttpRequestError.ProxyTunnelError));
        }
        catch (OperationCanceledException e) when (e.InnerException is TimeoutException && !cancel.IsCancellationRequested
            && !silence.IsCancellationRequested)
        {
            return new Attempt(false, FormattableString.Invariant($"there is no connection after {Connecting.TotalSeconds} seconds"),
                Connected: false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new Attempt(false, FormattableString.Invariant($"the server said nothing for {Patience.TotalSeconds} seconds"),
                Silent: true);
        }
    }

    /// <summary>The head of the answer, from wherever the server sends us for it; or why we do not go there.</summary>
    private async Task<(HttpResponseMessage? Response, Diagnostic? Refused)> Ask(Uri address, long from, string path,
        CancellationToken cancel)
    {
        var at = address;
        for (var i = 0; i <= MostRedirections; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, at);
            if (from > 0) request.Headers.Range = new RangeHeaderValue(from, null);
            var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
            if (response.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
                or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect)
                || response.Headers.Location is not { } location)
            {
                return (response, null);
            }

            response.Dispose();
            at = new Uri(at, location);
            // Nothing but the web is asked, and nobody goes from where an answer is sure to where it is not.
            if (at.Scheme != Uri.UriSchemeHttps && (at.Scheme != Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps))
                return (null, ImageProblems.Refused(address, $"that the file is at '{at}', where it is not fetched from", path));
        }
        return (null, ImageProblems.Refused(address, FormattableString.Invariant(
            $"more than {MostRedirections} times that the file is elsewhere"), path));
    }

    /// <summary>What a head of an answer says that is not the file from the wanted byte on, or null.</summary>
    private static Attempt? Judge(HttpResponseMessage response, PublishedFile file, Uri address, long from, string path)
    {
        var (status, content) = (response.StatusCode, response.Content.Headers);
        return status switch
        {
            HttpStatusCode.OK when content.ContentLength is { } length && length != file.Bytes =>
                new Attempt(false, Hopeless: ImageProblems.Length(path, file.Bytes, length)),
            HttpStatusCode.OK => null,
            HttpStatusCode.PartialContent when content.ContentRange is { Length: { } length } && length != file.Bytes =>
                new Attempt(false, Hopeless: ImageProblems.Length(path, file.Bytes, length)),
            HttpStatusCode.PartialContent when content.ContentRange?.From == from => null,
            HttpStatusCode.PartialContent => new Attempt(false, "the server sent another range than it was asked for"),
            HttpStatusCode.RequestedRangeNotSatisfiable or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
                or >= HttpStatusCode.InternalServerError =>
                new Attempt(false, FormattableString.Invariant($"the server answers {(int)status} {response.ReasonPhrase}")),
            _ => new Attempt(false, Hopeless: ImageProblems.Refused(address,
                FormattableString.Invariant($"{(int)status} {response.ReasonPhrase}"), path)),
        };
    }

    /// <summary>The bytes that came, or −1 where the connection was cut: such an error is not one of the disk.</summary>
    private static async Task<int> Read(Stream body, byte[] buffer, CancellationToken cancel)
    {
        try
        {
            return await body.ReadAsync(buffer, cancel).ConfigureAwait(false);
        }
        catch (IOException)
        {
            return -1;
        }
    }
}
