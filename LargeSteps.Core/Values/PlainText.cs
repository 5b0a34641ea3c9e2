using System.Globalization;

namespace LargeSteps.Values;

/// <summary>Texts of inputs inside of what people read: a terminal acts on some characters, and others forge lines or their
/// order.</summary>
internal static class PlainText
{
    /// <summary>Whether a character does something instead of being seen: a control character, the end of a line, a change of the direction
    /// of writing.</summary>
    public static bool Acts(char c) => char.IsControl(c) || c is '\u2028' or '\u2029' or '\u061c' or '\u200e' or '\u200f'
        or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');

    /// <summary>The text with a space for each such character.</summary>
    public static string OneLine(string text) => text.Any(Acts) ? string.Concat(text.Select(c => Acts(c) ? ' ' : c)) : text;

    /// <summary>The first such character of a text as people name it, U+001B; null where there is none.</summary>
    public static string? Acting(string text) => text.Any(Acts)
        ? "U+" + ((int)text.First(Acts)).ToString("X4", CultureInfo.InvariantCulture) : null;
}
