using LargeSteps.Values;

namespace LargeSteps.Forms;

/// <summary>Collects everything that is wrong with one file.</summary>
internal sealed class Report(string file)
{
    private const int Most = 100, Longest = 300;

    // What is found twice is told once: with so much more than is told, some is left.
    private const int MoreThanTold = 10;

    private readonly List<Diagnostic> _diagnostics = [];
    private readonly Dictionary<object, object> _looked = [];
    private int _silent;

    public string File => file;

    /// <summary>Forms of a program's own, which may stand in the file where those of the library may.</summary>
    public IReadOnlyList<object> Own { get; init; } = [];

    /// <summary>How much is wrong so far: a reader that made it grow has no value to give.</summary>
    public int Count => _diagnostics.Count + _silent;

    /// <summary>Whether there is something wrong of a code.</summary>
    public bool Any(string code) => _diagnostics.Any(problem => problem.Code == code);

    /// <summary>Whether so much is wrong that no more is told: hints need not be found.</summary>
    public bool IsFull => _diagnostics.Count >= MoreThanTold * Most;

    /// <summary>All that is wrong, in the order of the file: the first hundred places, and how many more there are.</summary>
    public Items<Diagnostic> Diagnostics
    {
        get
        {
            Diagnostic[] all = [.. _diagnostics.Distinct().OrderBy(d => d.Line).ThenBy(d => d.Column)];
            return all.Length <= Most ? Items.From(all) : [.. all[..Most], new("LS0008", FormattableString.Invariant(
                $"{all.Length - Most} more are not told"), File.Length > 0 ? File : null)];
        }
    }

    /// <summary>What a look at other files gives: one look for all places of this file that name the same.</summary>
    public T Once<T>(object key, Func<T> look) where T : class =>
        (T)(_looked.TryGetValue(key, out var known) ? known : _looked[key] = look());

    public void Add(Node at, string code, string message)
    {
        if (at is BrokenNode) _silent++;
        else _diagnostics.Add(new Diagnostic(code, Cut(message), at.Source ?? file, at.Line, at.Column));
    }

    public void Add(int line, int column, string code, string message) =>
        _diagnostics.Add(new Diagnostic(code, Cut(message), file, line, column));

    private static string Cut(string message) => message.Length <= Longest ? message : message[..(Longest - 1)] + "…";
}
