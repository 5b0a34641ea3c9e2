namespace LargeSteps.Experiments.Docs;

/// <summary>An error code and what there is to say of it.</summary>
/// <param name="Code">The code, <c>LSnnnn</c>.</param>
/// <param name="Title">A few words.</param>
/// <param name="Meaning">What is wrong, and why it is refused.</param>
/// <param name="Remedy">What to do.</param>
/// <param name="Wrong">Lines of a config that have the code; null where none say more than the words.</param>
/// <param name="Right">The same lines, as many, put right.</param>
internal sealed record ErrorCode(string Code, string Title, string Meaning, string Remedy, string? Wrong = null, string? Right = null)
{
    /// <summary>The lines as a difference: <c>-</c> before what is wrong, <c>+</c> before what is right, a blank before the
    /// others.</summary>
    public IEnumerable<string> Example => Wrong is null || Right is null ? []
        : Wrong.Split('\n').Zip(Right.Split('\n'))
            .SelectMany(line => line.First == line.Second ? (string[])[$" {line.First}"] : [$"-{line.First}", $"+{line.Second}"]);
}

/// <summary>The codes of a hundred.</summary>
/// <param name="Title">What they are of.</param>
/// <param name="Codes">The codes, in order.</param>
internal sealed record ErrorGroup(string Title, IReadOnlyList<ErrorCode> Codes)
{
    /// <summary>The hundred: 2 of LS0205.</summary>
    public int Number => int.Parse(Codes[0].Code[2..], System.Globalization.CultureInfo.InvariantCulture) / 100;
}
