namespace LargeSteps.Tests;

/// <summary>A clock that goes on when a test says so, and by a fixed time whenever it is looked at.</summary>
internal sealed class Clock : TimeProvider
{
    public double Seconds { get; set; }

    /// <summary>By how many seconds each look moves it on.</summary>
    public double PerLook { get; init; }

    public override long TimestampFrequency => 1000;

    public override long GetTimestamp() => (long)Math.Round(1000 * (Seconds += PerLook));
}
