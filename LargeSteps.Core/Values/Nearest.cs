namespace LargeSteps.Values;

/// <summary>The name that somebody probably meant.</summary>
internal static class Nearest
{
    // Of more names nobody reads a list, and each is compared letter by letter.
    private const int Most = 1000;

    /// <summary><c>; did you mean 'rate'?</c>, or the list of what there is where nothing is near.</summary>
    public static string Suggestion(string name, IReadOnlyCollection<string> known) =>
        known.Count is 0 or > Most ? ""
        : Of(name, known) is { } nearest ? $"; did you mean '{nearest}'?"
        : known.Count == 1 ? $"; expected '{known.First()}'"
        : $"; expected one of {string.Join(", ", known)}";

    /// <summary>The known name that somebody probably meant, or null.</summary>
    public static string? Of(string name, IReadOnlyCollection<string> known)
    {
        // Nothing that is much longer than every name is near one.
        var near = known.Where(k => name.Length < 2 * k.Length).Select(k => (Name: k, Distance: Distance(name, k))).ToArray();
        return near.Length > 0 && near.MinBy(k => k.Distance) is var best
            && best.Distance <= Math.Min(name.Length, best.Name.Length) / 3 + 1 && best.Distance < name.Length
            ? best.Name : null;
    }

    /// <summary>The number of characters to insert, delete, replace or swap with their neighbour.</summary>
    internal static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }

        return d[a.Length, b.Length];
    }
}
