namespace LargeSteps.Tests;

public class SnapshotTests
{
    [Fact]
    public void Line_endings_make_no_difference() => Assert.Null(Snapshot.Difference("a\nb\n", "a\r\nb\r\n"));

    [Theory]
    [InlineData("a\nb\nc", "a\nx\nc", "line 2 differs\n  stored:   b\n  received: x")]
    [InlineData("a\nb", "a", "line 2 differs\n  stored:   b\n  received: (the text ends before)")]
    [InlineData("a", "a\n", "line 2 differs\n  stored:   (the text ends before)\n  received: ")]
    public void The_first_difference_is_told(string stored, string received, string message) =>
        Assert.Equal(message, Snapshot.Difference(stored, received));
}
