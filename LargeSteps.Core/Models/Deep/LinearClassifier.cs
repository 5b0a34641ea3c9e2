namespace LargeSteps.Models.Deep;

public abstract partial record Architecture
{
    /// <summary>A linear classifier of the pixels without bias; it has no width.</summary>
    public static Architecture Linear { get; } = new LinearClassifier();
}

/// <summary>A linear function of the pixels.</summary>
internal sealed record LinearClassifier() : Architecture("linear")
{
    internal override Layer Build(NetworkBuilder b) => b.Linear("linear", b.Input.Length, b.Classes, bias: false);
}
