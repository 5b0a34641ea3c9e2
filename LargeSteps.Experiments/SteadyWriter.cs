using System.Text;
using LargeSteps.Values;

namespace LargeSteps.Experiments;

/// <summary>
/// A stream of the console that never ends the program: where it cannot be written to (it is closed, its disk is full), what is said there
/// from then on is lost, and nothing else. Characters of labels, files and servers on which a terminal acts are spaces in it.
/// </summary>
/// <param name="inner">The stream.</param>
/// <param name="raw">Whether characters on which a terminal acts are meant.</param>
internal sealed class SteadyWriter(TextWriter inner, bool raw = false) : TextWriter
{
    public override Encoding Encoding => inner.Encoding;

    /// <summary>Why it cannot be written to; null: it can.</summary>
    public string? Failure { get; private set; }

    public override void Write(char value) => Write(value.ToString());

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Write(string? value)
    {
        if (value is not null) Try(() => inner.Write(raw ? value : Harmless(value)));
    }

    public override void WriteLine(string? value) => Write(value + Environment.NewLine);

    public override void Flush() => Try(inner.Flush);

    private void Try(Action write)
    {
        if (Failure is not null) return;
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // .NET says of a closed stream that access to a path is denied.
            Failure = e is UnauthorizedAccessException ? "it is closed" : e.Message;
        }
    }

    private static string Harmless(string text) => text.Any(IsHarmful) ? string.Concat(text.Select(c => IsHarmful(c) ? ' ' : c)) : text;

    private static bool IsHarmful(char c) => c is not ('\n' or '\r' or '\t') && PlainText.Acts(c);
}
