using System.Runtime.InteropServices;
using LargeSteps.Numerics;
using TorchSharp;

namespace LargeSteps.Tests.Numerics;

public class NativeLibrariesTests
{
    private static readonly ElfVersionNeed LateVersion = new("libstdc++.so.6", "GLIBCXX_3.4.32", Weak: false);

    [Fact]
    public void Tensors_work_once_the_libraries_are_loaded()
    {
        Parallel.For(0, 8, _ => NativeLibraries.EnsureLoaded());
        using var scope = torch.NewDisposeScope();
        Assert.Equal(3f, torch.ones(3).sum().item<float>());
    }

    [Fact]
    public void The_version_of_libtorch_is_the_one_that_TorchSharp_asks_for()
    {
        NativeLibraries.EnsureLoaded();
        Assert.StartsWith(NativeLibraries.LibTorchVersion, torch.__version__);
    }

    [Fact]
    public void The_applications_own_file_is_left_alone()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only on Linux is a copy made");
        NativeLibraries.EnsureLoaded();
        var own = NativeLibraries.Find("libLibTorchSharp.so");
        Assert.NotNull(own);
        Assert.Contains(LateVersion, ElfVersionNeeds.Read(File.ReadAllBytes(own)));
    }

    [Fact]
    public void A_folder_of_packages_has_libtorch_where_its_library_is_there()
    {
        var packages = Directory.CreateTempSubdirectory().FullName;
        try
        {
            Assert.Null(NativeLibraries.InPackages(packages));
            var rid = $"{(OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux")}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
            var folder = Directory.CreateDirectory(Path.Combine(packages, $"libtorch-cpu-{rid}", NativeLibraries.LibTorchVersion,
                "runtimes", rid, "native")).FullName;
            Assert.Null(NativeLibraries.InPackages(packages));
            File.WriteAllText(Path.Combine(folder, NativeLibraries.FileName("torch_cpu")), "");
            Assert.Equal(folder, NativeLibraries.InPackages(packages));
        }
        finally
        {
            Directory.Delete(packages, recursive: true);
        }
    }

    [Theory]
    [InlineData("version.py", "__version__ = '2.10.0+cu128'\ndebug = False\n", "2.10.0+cu128")]
    [InlineData("version.py", "from typing import Optional\n__version__ = \"1.13.1\"\n", "1.13.1")]
    [InlineData("version.py", "nothing", null)]
    [InlineData("build-version", "2.4.0+cpu\n", "2.4.0+cpu")]
    [InlineData("other", "2.4.0", null)]
    public void The_version_of_a_libtorch_is_what_lies_beside_it(string file, string text, string? version)
    {
        var torch = Directory.CreateTempSubdirectory().FullName;
        try
        {
            var folder = Directory.CreateDirectory(Path.Combine(torch, "lib")).FullName;
            File.WriteAllText(Path.Combine(torch, file), text);
            Assert.Equal(version, LibTorchPlace.VersionOf(folder));
        }
        finally
        {
            Directory.Delete(torch, recursive: true);
        }
    }

    [Fact]
    public void The_version_of_a_systems_libtorch_is_in_its_name()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the names of libraries are those of Linux");
        var folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "libtorch_cpu.so.1.13.0"), "");
            File.CreateSymbolicLink(Path.Combine(folder, "libtorch_cpu.so"), "libtorch_cpu.so.1.13.0");
            Assert.Equal("1.13.0", LibTorchPlace.VersionOf(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_notice_is_one_line()
    {
        NativeLibraries.EnsureLoaded();
        Assert.DoesNotContain("\n", NativeLibraries.Notice ?? "");
    }

    [Fact]
    public void A_relaxed_copy_is_made_once_and_repaired()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only on Linux is a copy made");
        var own = NativeLibraries.Find("libLibTorchSharp.so")!;
        var before = File.ReadAllBytes(own);
        var cache = Directory.CreateTempSubdirectory().FullName;
        try
        {
            var copies = new string[8];
            Parallel.For(0, copies.Length, i => copies[i] = NativeLibraries.RelaxedCopy(own, cache));
            var copy = Assert.Single(copies.Distinct());
            Assert.Equal(copy, Assert.Single(Directory.GetFiles(cache, "*", SearchOption.AllDirectories)));
            var relaxed = File.ReadAllBytes(copy);
            Assert.Contains(LateVersion with { Weak = true }, ElfVersionNeeds.Read(relaxed));

            File.WriteAllText(copy, "half a file");
            Assert.Equal(copy, NativeLibraries.RelaxedCopy(own, cache));
            Assert.Equal(relaxed, File.ReadAllBytes(copy));
            Assert.Equal(before, File.ReadAllBytes(own));
        }
        finally
        {
            Directory.Delete(cache, recursive: true);
        }
    }
}
