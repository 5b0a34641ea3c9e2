using System.Globalization;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Docs;

/// <summary>All error codes.</summary>
internal static class ErrorCodes
{
    public static IReadOnlyList<ErrorGroup> Groups { get; } =
    [
        ConfigErrors.Reading, ConfigErrors.Values, StageErrors.Together, ProgramErrors.Results, ProgramErrors.Machine, FileErrors.Tables,
        FileErrors.Images, FileErrors.Weights,
    ];

    public static IEnumerable<ErrorCode> All => Groups.SelectMany(group => group.Codes);

    /// <summary>The code that a word names, in any case and also by its number alone; null where there is none.</summary>
    public static ErrorCode? Find(string word) => All.FirstOrDefault(code => code.Code == Full(word));

    /// <summary>The code that was probably meant, or null: of the same hundred the one of the nearest number, else the one that is written
    /// most alike.</summary>
    public static string? Near(string word)
    {
        string[] codes = [.. All.Select(code => code.Code)];
        var sameHundred = Full(word) is ['L', 'S', .. var digits]
            && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? codes.Where(code => Number(code) / 100 == number / 100).MinBy(code => Math.Abs(Number(code) - number)) : null;
        return sameHundred ?? Nearest.Of(Full(word), codes);
    }

    private static int Number(string code) => int.Parse(code.AsSpan(2), CultureInfo.InvariantCulture);

    private static string Full(string word) => word.Length is > 0 and <= 4 && word.All(char.IsAsciiDigit) ? $"LS{word.PadLeft(4, '0')}"
        : word.ToUpperInvariant();
}
