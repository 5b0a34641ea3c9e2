using LargeSteps.Numerics;
using TorchSharp;

namespace LargeSteps.Tests.Numerics;

public class NativeLibrariesTests
{
    [Fact]
    public void Tensors_work_once_the_libraries_are_loaded()
    {
        Parallel.For(0, 8, _ => NativeLibraries.EnsureLoaded());
        using var scope = torch.NewDisposeScope();
        Assert.Equal(3f, torch.ones(3).sum().item<float>());
    }
}
