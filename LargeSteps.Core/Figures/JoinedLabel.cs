using LargeSteps.Values;

namespace LargeSteps.Figures;

/// <summary>What runs are called where those of several folders of results stand together: <c>FOLDER: RUN</c>.</summary>
internal static class JoinedLabel
{
    private const string Between = ": ";

    /// <summary>The label of a run among those of other folders.</summary>
    public static string Of(string folder, string run) => folder + Between + run;

    /// <summary>Labels that no run of some folders can have.</summary>
    public static IEnumerable<string> Problems(Items<string> labels, Items<string> folders) => labels
        .Where(label => !folders.Any(folder => IsOf(label, folder)))
        .Select(label => $"there is no run '{label}': with results, runs are called FOLDER: RUN, of {string.Join(" or ", folders)}");

    /// <summary>Whether a label is that of a run of a folder.</summary>
    public static bool IsOf(string label, string folder) => label.StartsWith(folder + Between, StringComparison.Ordinal);

    /// <summary>The same label where a folder has another name now.</summary>
    public static string Renamed(string label, string from, string to) =>
        IsOf(label, from) ? to + label[from.Length..] : label;
}
