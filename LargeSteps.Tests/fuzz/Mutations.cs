using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace LargeSteps.Fuzz;

/// <summary>What can have become of a file: pure functions of the file, of another one and of the random numbers.</summary>
internal static partial class Mutations
{
    private static readonly string[] Extremes =
    [
        "0", "-0", "-1", "1", "2", "0.5", "1e-3", "1e308", "-1e308", "1e309", "5e-324", "1e-320", "2147483647", "2147483648", "-2147483649",
        "4294967295", "4294967296",
        "9223372036854775807", "9223372036854775808", "1e18", "99999999999999999999999999", ".nan", "NaN", ".inf", "-.inf", "Infinity",
        "0x10", "1_000", "1e", "''", "~", "true",
    ];

    private static readonly string[] Controls = ["\0", "\a", "\b", "\t", "\r", "\u001b[2J", "\u007f", "\u0085", "\u200b", "\u2028",
        "\u202e", "\ufeff", "\ud800", "é", "ﬁ", "😀"];

    private static readonly string[] Marks = [":", "- ", "{", "}", "[", "]", ",", "#", "&a ", "*a", "!t ", "|", ">", "'", "\"", "%", "@",
        "---\n", "...\n", "? ", "<<: "];

    /// <summary>The words of texts, keys and names alike.</summary>
    public static string[] Words(IEnumerable<string> texts) =>
        [.. texts.SelectMany(text => Word().Matches(Comment().Replace(text, "")).Select(word => word.Value)).Distinct()
            .Order(StringComparer.Ordinal)];

    /// <summary>A config with one to four edits.</summary>
    /// <param name="text">The config.</param>
    /// <param name="other">Another one, of which parts are taken.</param>
    /// <param name="words">The words that stand in for others.</param>
    /// <param name="random">Decides.</param>
    public static byte[] OfConfig(string text, string other, string[] words, Random random)
    {
        // Half of them with a single edit: what is nearly right gets furthest.
        for (var edits = random.Next(2) == 0 ? 1 : random.Next(2, 5); edits > 0; edits--) text = Edited(text, other, words, random);
        var bytes = Encoding.UTF8.GetBytes(text);
        if (random.Next(10) == 0) Flip(bytes, random, random.Next(1, 4));
        return bytes;
    }

    private static string Edited(string text, string other, string[] words, Random random) => random.Next(15) switch
    {
        0 or 1 or 2 => Replaced(text, Number(), random, _ => Extremes[random.Next(Extremes.Length)]),
        3 => Replaced(text, Number(), random, number => Scaled(number, random)),
        4 or 5 => Replaced(text, Word(), random, _ => words[random.Next(words.Length)]),
        6 => WithLines(text, lines => lines.RemoveAt(random.Next(lines.Count))),
        7 => WithLines(text, lines => lines.Insert(random.Next(lines.Count + 1), lines[random.Next(lines.Count)])),
        8 => WithLines(text, lines =>
        {
            var line = lines[random.Next(lines.Count)];
            lines.Remove(line);
            lines.Insert(random.Next(lines.Count + 1), line);
        }),
        9 => WithLines(text, lines => lines.Insert(random.Next(lines.Count + 1), Lines(other)[random.Next(Lines(other).Count)])),
        10 => random.Next(2) == 0 ? text[..random.Next(text.Length + 1)] : WithLines(text, lines => lines[random.Next(lines.Count)] = ""),
        11 => text[..random.Next(text.Length + 1)] + other[random.Next(other.Length + 1)..],
        // A key with its value, inside a mapping of one line.
        12 => Replaced(text, Pair(), random, pair => random.Next(3) switch { 0 => "", 1 => pair + pair, _ => pair.Replace(':', ' ') }),
        13 => random.Next(2) == 0 ? Replaced(text, List(), random, list => list.Trim('[', ']').Split(',')[0])
            : Replaced(text, Scalar(), random, value => random.Next(3) switch
            {
                0 => $"[{value}]",
                1 => $"{{ {value}: {value} }}",
                _ =>
            $"[[{value}], {value}]"
            }),
        _ => text.Insert(random.Next(text.Length + 1), random.Next(2) == 0 ? Controls[random.Next(Controls.Length)]
            : Marks[random.Next(Marks.Length)]),
    };

    private static string Scaled(string number, Random random) =>
        double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? (value * ((double[])[0.1, 0.5, 2, 10, -1, 1000])[random.Next(6)]).ToString("R", CultureInfo.InvariantCulture) : number;

    private static string Replaced(string text, Regex what, Random random, Func<string, string> by)
    {
        var found = what.Matches(text);
        if (found.Count == 0) return text;
        var one = found[random.Next(found.Count)];
        return text[..one.Index] + by(one.Value) + text[(one.Index + one.Length)..];
    }

    private static List<string> Lines(string text) => [.. text.Split('\n')];

    private static string WithLines(string text, Action<List<string>> edit)
    {
        var lines = Lines(text);
        edit(lines);
        return string.Join('\n', lines);
    }

    /// <summary>A damaged file, which differs from the file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="other">Another one, of which parts are taken.</param>
    /// <param name="random">Decides.</param>
    public static byte[] OfFile(byte[] file, byte[] other, Random random)
    {
        byte[] damaged;
        do damaged = Damaged(file, other, random);
        while (damaged.AsSpan().SequenceEqual(file));
        return damaged;
    }

    private static byte[] Damaged(byte[] file, byte[] other, Random random)
    {
        switch (random.Next(9))
        {
            case 0 or 1:
                var flipped = (byte[])file.Clone();
                Flip(flipped, random, random.Next(3) == 0 ? random.Next(2, 33) : 1);
                return flipped;
            case 2: return file[..random.Next(file.Length + 1)];
            case 3:
                // As a disk leaves what it had no time to write.
                var zeros = (byte[])file.Clone();
                var (from, length) = Range(file.Length, random);
                zeros.AsSpan(from, length).Clear();
                return zeros;
            case 4:
                var inserted = new byte[random.Next(1, 65)];
                random.NextBytes(inserted);
                var at = random.Next(file.Length + 1);
                return [.. file[..at], .. inserted, .. file[at..]];
            case 5:
                var (cut, cutLength) = Range(file.Length, random);
                return [.. file[..cut], .. file[(cut + cutLength)..]];
            case 6:
                // The same place in a file of the same kind, so that much of it fits.
                var seam = random.Next(Math.Min(file.Length, other.Length) + 1);
                return random.Next(2) == 0 ? [.. file[..seam], .. other[seam..]] : [.. other[..seam], .. file[seam..]];
            case 7:
                var number = BitConverter.GetBytes(
                    ((long[])[-1, long.MaxValue, long.MinValue, int.MaxValue, int.MinValue, uint.MaxValue, 1L << 40, 0])[random.Next(8)]);
                var huge = (byte[])file.Clone();
                var place = random.Next(Math.Max(1, file.Length - 7)) / (random.Next(2) == 0 ? 8 : 1) is var p && random.Next(2) == 0
                    ? Math.Min(p * 8, Math.Max(0, file.Length - 8)) : p;
                number.AsSpan(0, Math.Min(random.Next(2) == 0 ? 4 : 8, Math.Max(0, file.Length - place)))
                    .CopyTo(huge.AsSpan(Math.Min(place, file.Length)));
                return huge;
            default:
                // The numbers of a text, other digits of as many places.
                var text = (byte[])file.Clone();
                int[] digits = [.. Enumerable.Range(0, text.Length).Where(i => text[i] is >= (byte)'0' and <= (byte)'9')];
                if (digits.Length > 0) text[digits[random.Next(digits.Length)]] = (byte)random.Next('0', '9' + 1);
                return text;
        }
    }

    private static (int From, int Length) Range(int length, Random random)
    {
        var from = random.Next(length + 1);
        return (from, random.Next(Math.Min(length - from, 512) + 1));
    }

    private static void Flip(byte[] bytes, Random random, int times)
    {
        for (var i = 0; i < times && bytes.Length > 0; i++) bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
    }

    [GeneratedRegex(@"(?<![A-Za-z_])-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")]
    private static partial Regex Number();

    [GeneratedRegex("[A-Za-z_][A-Za-z0-9_]*")]
    private static partial Regex Word();

    [GeneratedRegex("#.*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"[A-Za-z_]+: [^,{}\[\]\n]+,?")]
    private static partial Regex Pair();

    [GeneratedRegex(@"\[[^\[\]\n]*\]")]
    private static partial Regex List();

    [GeneratedRegex(@"(?<=: )[^,{}\[\]\n]+")]
    private static partial Regex Scalar();
}
