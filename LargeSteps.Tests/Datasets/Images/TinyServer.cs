using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace LargeSteps.Tests.Datasets.Images;

/// <summary>An answer: a status, headers, a body, and after how many bytes of it the connection is cut.</summary>
internal sealed record Answer(string Status, byte[] Body, string Headers = "", int CutAfter = int.MaxValue, bool SaysLength = true);

/// <summary>A server of this machine that answers as it is told: a request is its path, and the first byte that it asks for.</summary>
internal sealed class TinyServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<string, long?, Answer> _answer;
    private readonly Task _serving;

    public TinyServer(Func<string, long?, Answer> answer)
    {
        _answer = answer;
        _listener.Start();
        _serving = Task.Run(Serve);
    }

    /// <summary>The requests so far.</summary>
    public List<(string Path, long? From)> Requests { get; } = [];

    public Uri Address => new(FormattableString.Invariant($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/data/"));

    /// <summary>A file that is sent from the wanted byte on, cut off after so many bytes.</summary>
    public static Answer Ranges(byte[] file, long? from, int cutAfter = int.MaxValue) => from is not { } first
        ? new("200 OK", file, CutAfter: cutAfter)
        : first >= file.Length ? new("416 Range Not Satisfiable", [])
        : new("206 Partial Content", file[(int)first..],
        FormattableString.Invariant($"Content-Range: bytes {first}-{file.Length - 1}/{file.Length}\r\n"), cutAfter);

    public void Dispose()
    {
        _listener.Dispose();
        _serving.Wait();
    }

    private async Task Serve()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync();
            }
            catch (Exception e) when (e is SocketException or InvalidOperationException)
            {
                return;
            }
            using (client) await Serve(client.GetStream());
        }
    }

    private async Task Serve(NetworkStream stream)
    {
        var lines = new List<string>();
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        while (await reader.ReadLineAsync() is { Length: > 0 } line) lines.Add(line);
        if (lines.Count == 0) return;
        var path = lines[0].Split(' ')[1];
        var range = lines.FirstOrDefault(line => line.StartsWith("Range: bytes=", StringComparison.OrdinalIgnoreCase));
        long? from = range is null ? null : long.Parse(range["Range: bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture);
        Requests.Add((path, from));
        var answer = _answer(path, from);
        var length = answer.SaysLength ? FormattableString.Invariant($"Content-Length: {answer.Body.Length}\r\n") : "";
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {answer.Status}\r\n{length}{answer.Headers}Connection: close\r\n\r\n"));
        await stream.WriteAsync(answer.Body.AsMemory(0, Math.Min(answer.CutAfter, answer.Body.Length)));
    }
}

/// <summary>A clock on which no pause lasts, and on which nobody's patience ends.</summary>
internal sealed class NoWaiting : TimeProvider
{
    public List<TimeSpan> Pauses { get; } = [];

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime < TimeSpan.FromSeconds(60) && dueTime >= TimeSpan.Zero)
        {
            Pauses.Add(dueTime);
            dueTime = TimeSpan.Zero;
        }
        else
        {
            dueTime = Timeout.InfiniteTimeSpan;
        }
        return System.CreateTimer(callback, state, dueTime, Timeout.InfiniteTimeSpan);
    }
}
