using System.Runtime.CompilerServices;
using System.Text;

namespace LargeSteps.Tests;

/// <summary>Texts that are compared with a stored file, Snapshots/NAME.txt. A changed one is accepted by hand: NAME.received.txt becomes
/// NAME.txt.</summary>
internal static class Snapshot
{
    // The sources where they are there, so that the received text lies beside the stored one; otherwise their copy beside the tests.
    private static readonly string Folder = Source() is { } source && Directory.Exists(source)
        ? source : Path.Combine(AppContext.BaseDirectory, "Snapshots");

    public static void Matches(string name, string text)
    {
        var (stored, received) = (Path.Combine(Folder, $"{name}.txt"), Path.Combine(Folder, $"{name}.received.txt"));
        var difference = File.Exists(stored) ? Difference(File.ReadAllText(stored), text) : "there is no such snapshot";
        File.Delete(received);
        if (difference is null) return;
        File.WriteAllText(received, text.ReplaceLineEndings("\n"), new UTF8Encoding(false));
        Assert.Fail($"Snapshot {name}: {difference}\nThe whole text is in {received}.");
    }

    /// <summary>The first difference of two texts, or null; line endings are none.</summary>
    public static string? Difference(string stored, string received)
    {
        var (a, b) = (stored.ReplaceLineEndings("\n").Split('\n'), received.ReplaceLineEndings("\n").Split('\n'));
        var line = Enumerable.Range(0, Math.Max(a.Length, b.Length))
            .FirstOrDefault(i => i >= a.Length || i >= b.Length || a[i] != b[i], -1);
        return line < 0 ? null : $"line {line + 1} differs\n  stored:   {Shown(a, line)}\n  received: {Shown(b, line)}";

        static string Shown(string[] lines, int i) => i < lines.Length ? lines[i] : "(the text ends before)";
    }

    private static string? Source([CallerFilePath] string file = "") => Path.GetDirectoryName(file) is { } folder
        ? Path.Combine(folder, "Snapshots") : null;
}
