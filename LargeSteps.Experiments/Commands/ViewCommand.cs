using System.Net;
using LargeSteps.Experiments.View;

namespace LargeSteps.Experiments.Commands;

/// <summary>Shows folders of results to a browser until it is interrupted.</summary>
internal static class ViewCommand
{
    public static int Run(string folder, string host, int port, Terminal terminal)
    {
        if (File.Exists(folder))
            throw new CommandException(ExitCode.BadInput, $"error LS0303: '{folder}' is a file, and no folder of results");
        if (!Directory.Exists(folder)) throw new CommandException(ExitCode.BadInput, $"error LS0303: there is no folder '{folder}'");
        if (!IPAddress.TryParse(host == "localhost" ? "127.0.0.1" : host, out var address))
        {
            throw new CommandException(ExitCode.BadInput,
                $"error LS0300: --host expects an address like 127.0.0.1 or 0.0.0.0, not '{host}'");
        }

        return Serve(folder, address, port, terminal).GetAwaiter().GetResult();
    }

    private static async Task<int> Serve(string folder, IPAddress host, int port, Terminal terminal)
    {
        using var stop = new Interruption();
        await using var server = new ViewServer(folder, host, port, TimeProvider.System);
        try
        {
            await server.Start();
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            throw new CommandException(ExitCode.BadInput, FormattableString.Invariant(
                $"error LS0315: port {port} of {host} cannot be listened to: choose another one with --port, ") +
                FormattableString.Invariant($"or 0 for one that is free ({e.Message})"));
        }
        terminal.Out.WriteLine(server.Address);
        terminal.Out.Flush();
        if (!IPAddress.IsLoopback(host))
        {
            terminal.Error.WriteLine("whoever has this address can read the results here and write notes; it is not encrypted");
        }

        terminal.Error.WriteLine("Ctrl-C ends it");
        await Task.Delay(Timeout.Infinite, stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        return ExitCode.Done;
    }
}
