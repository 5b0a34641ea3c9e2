using System.Globalization;
using System.Runtime.InteropServices;
using LargeSteps.Numerics;

namespace LargeSteps.Tests.Numerics;

public class NativeHeapTests
{
    // More than glibc keeps by itself: twice the largest block that was freed.
    private const int Blocks = 3;
    private const int Rounds = 20;
    private static readonly byte[] Content = new byte[20 << 20];

    [Fact]
    public void The_heap_takes_the_options_where_there_is_glibc() =>
        Assert.Equal(OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out _), NativeHeap.KeepLargeBlocks());

    // By itself: among other tests a thread shares its part of the heap, and 64 MB of that, the most there are in one piece, can be full.
    [Fact(Explicit = true)]
    public void Blocks_that_are_freed_and_allocated_again_are_not_asked_of_the_system_again()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/proc/thread-self/stat"), "There is no glibc here.");
        Assert.True(NativeHeap.KeepLargeBlocks());
        Touch();
        var before = PageFaultsOfThisThread();
        for (var i = 0; i < Rounds; i++) Touch();
        // Each round would have cost one for every page.
        Assert.InRange(PageFaultsOfThisThread() - before, 0, Rounds * Blocks * (Content.Length / Environment.SystemPageSize) / 10);

        static void Touch()
        {
            nint[] blocks = [.. Enumerable.Range(0, Blocks).Select(_ => Marshal.AllocHGlobal(Content.Length))];
            foreach (var block in blocks) Marshal.Copy(Content, 0, block, Content.Length);
            foreach (var block in blocks) Marshal.FreeHGlobal(block);
        }
    }

    // proc(5): the tenth field, of which the second can contain blanks, but ends with a bracket.
    private static long PageFaultsOfThisThread() =>
        long.Parse(File.ReadAllText("/proc/thread-self/stat").Split(") ")[^1].Split(' ')[7], CultureInfo.InvariantCulture);
}
