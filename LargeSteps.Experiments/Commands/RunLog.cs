using System.Text;

namespace LargeSteps.Experiments.Commands;

/// <summary>A terminal whose words are written into a file as well: whole lines, each as soon as it ends. What was said before the file is
/// named is its beginning.</summary>
internal sealed class RunLog : IDisposable
{
    private readonly Lock _lock = new();
    private readonly StringBuilder _before = new();
    private StreamWriter? _file;
    private bool _failed;

    private readonly TextWriter _error;

    /// <summary>A log of what a terminal is told from now on.</summary>
    public RunLog(Terminal terminal)
    {
        _error = terminal.Error;
        Terminal = terminal with
        {
            Out = new Tee(this, terminal.Out),
            Error = new Tee(this, terminal.Error),
            Record = new Tee(this, TextWriter.Null),
        };
    }

    /// <summary>The terminal to talk to.</summary>
    public Terminal Terminal { get; }

    /// <summary>Goes on in a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="append">Whether what it has stays, for a run that goes on.</param>
    public void WriteTo(string path, bool append)
    {
        lock (_lock)
        {
            Try(() =>
            {
                _file = new StreamWriter(path, append, new UTF8Encoding(false)) { AutoFlush = true };
                _file.Write(_before);
            });
            _before.Clear();
        }
    }

    public void Dispose() => Try(() => _file?.Dispose());

    private void Add(string line)
    {
        lock (_lock)
        {
            if (_failed) return;
            if (_file is { } file) Try(() => file.Write(line));
            else _before.Append(line);
        }
    }

    // A log that cannot be written takes no result with it.
    private void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!_failed) _error.WriteLine($"warning LS0309: the log cannot be written to: {e.Message}");
            _failed = true;
        }
    }

    private sealed class Tee(RunLog log, TextWriter inner) : TextWriter
    {
        private readonly StringBuilder _line = new();

        public override Encoding Encoding => inner.Encoding;

        public override void Write(char value) => Write(value.ToString());

        public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

        public override void Write(string? value)
        {
            if (value is null) return;
            inner.Write(value);
            lock (_line)
            {
                _line.Append(value);
                if (!value.Contains('\n', StringComparison.Ordinal)) return;
                var text = _line.ToString();
                var end = text.LastIndexOf('\n') + 1;
                log.Add(text[..end]);
                _line.Clear().Append(text, end, text.Length - end);
            }
        }

        public override void WriteLine(string? value) => Write(value + CoreNewLineText);

        public override void Flush() => inner.Flush();

        private string CoreNewLineText => new(CoreNewLine);
    }
}
