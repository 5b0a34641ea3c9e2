using System.Globalization;
using System.Text;
using LargeSteps.Formats;
using Microsoft.Data.Analysis;

namespace LargeSteps.Experiments.Results;

/// <summary>Files of texts and tables, whole whenever they are there.</summary>
internal static class TableFiles
{
    /// <summary>Writes a text.</summary>
    public static void Text(string path, string text) =>
        WholeFile.Write(path, aside => File.WriteAllText(aside, text, new UTF8Encoding(false)));

    /// <summary>Writes the parts of a table, one below the other.</summary>
    public static void Csv(string path, IEnumerable<DataFrame> parts) => WholeFile.Write(path, aside =>
    {
        using var file = File.Create(aside);
        var isFirst = true;
        foreach (var part in parts)
        {
            DataFrame.SaveCsv(part, file, ',', header: isFirst, new UTF8Encoding(false), CultureInfo.InvariantCulture);
            isFirst = false;
        }
    });
}
