namespace LargeSteps.Values;

/// <summary>Something that is wrong between the parts of a run.</summary>
/// <param name="Path">Where, in the words of the YAML form: <c>schedule.at[0]</c>.</param>
/// <param name="Code">The stable code, <c>LSnnnn</c>.</param>
/// <param name="Message">What is wrong and what would be right.</param>
public sealed record Problem(string Path, string Code, string Message);
