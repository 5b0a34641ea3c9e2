using LargeSteps.Pipelines;

namespace LargeSteps.Configuration;

/// <summary>Collects everything that is wrong with one file.</summary>
internal sealed class Report(string file)
{
    private readonly List<Diagnostic> _diagnostics = [];
    private int _silent;

    public string File => file;

    /// <summary>How much is wrong so far: a reader that made it grow has no value to give.</summary>
    public int Count => _diagnostics.Count + _silent;

    /// <summary>All that is wrong, in the order of the file.</summary>
    public Items<Diagnostic> Diagnostics => Items.From(_diagnostics.Distinct().OrderBy(d => d.Line).ThenBy(d => d.Column));

    public void Add(Node at, string code, string message)
    {
        if (at is BrokenNode) _silent++;
        else _diagnostics.Add(new Diagnostic(code, message, at.Source ?? file, at.Line, at.Column));
    }

    public void Add(int line, int column, string code, string message) => _diagnostics.Add(new Diagnostic(code, message, file, line, column));
}
