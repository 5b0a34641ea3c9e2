namespace LargeSteps.Pipelines;

/// <summary>A file, or several, that a unit reads.</summary>
/// <param name="What">What it is to the pipeline: <c>weights</c>, <c>images</c>.</param>
/// <param name="Sha256">The hash of its content, in hexadecimal digits.</param>
internal sealed record UnitInput(string What, string Sha256);
