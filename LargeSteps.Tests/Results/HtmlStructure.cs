using System.Xml.Linq;

namespace LargeSteps.Tests.Results;

/// <summary>The elements of a page and their texts; what a chart or a style sheet looks like is no matter of structure.</summary>
internal static class HtmlStructure
{
    /// <summary>A page as the lines of a snapshot.</summary>
    public static string Of(string page) => string.Concat(Lines(XDocument.Parse(page).Root!, 0));

    private static IEnumerable<string> Lines(XElement element, int depth)
    {
        var attributes = string.Concat(element.Attributes().Where(a => a.Name.LocalName is "class" or "aria-label" or "title")
            .Select(a => $" {a.Name.LocalName}={a.Value}"));
        var inside = element.Name.LocalName is "svg" or "style" or "pre" or "script"
            ? "…" : string.Concat(element.Nodes().OfType<XText>().Select(text => text.Value)).Trim();
        yield return $"{new string(' ', 2 * depth)}{element.Name.LocalName}{attributes}{(inside.Length > 0 ? $": {inside.ReplaceLineEndings(" ")}" : "")}\n";
        if (inside == "…") yield break;
        foreach (var line in element.Elements().SelectMany(child => Lines(child, depth + 1))) yield return line;
    }
}
