namespace LargeSteps.Figures;

/// <summary>What runs are called where those of several folders of results stand together: <c>FOLDER: RUN</c>.</summary>
internal static class JoinedLabel
{
    private const string Between = ": ";

    /// <summary>The label of a run among those of other folders.</summary>
    public static string Of(string folder, string run) => folder + Between + run;

    /// <summary>The same label where a folder has another name now.</summary>
    public static string Renamed(string label, string from, string to) =>
        label.StartsWith(from + Between, StringComparison.Ordinal) ? to + label[from.Length..] : label;
}
