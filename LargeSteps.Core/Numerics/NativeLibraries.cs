using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using TorchSharp;

namespace LargeSteps.Numerics;

/// <summary>
/// Loads libtorch and its binding to .NET. Whatever uses TorchSharp calls <see cref="EnsureLoaded"/> before.
/// </summary>
/// <remarks>
/// <para>TorchSharp's binding asks for version GLIBCXX_3.4.32 of libstdc++ (GCC 13.2), which Debian 12 and Ubuntu
/// 22.04 lack. The only symbol of that version that it names is never used. Where the system's libstdc++ is that old,
/// a copy of the binding that may do without the version is put into the user's cache folder and loaded from there.
/// TorchSharp then finds it under its name; no file of the application or of the package cache is touched.</para>
/// <para>LargeSteps puts the application's libtorch into its folder libtorch. There .NET does not search, for which
/// reason TorchSharp takes the libtorch that is loaded here. An application without one, such as the .NET tool, takes that of
/// NuGet's cache of packages, where it is there.</para>
/// <para>The environment variable LARGESTEPS_LIBTORCH names the folder of another libtorch of the same version, such
/// as the folder torch/lib of a PyTorch with CUDA, where it is: its libraries find those of NVIDIA's packages by their place.</para>
/// </remarks>
public static partial class NativeLibraries
{
    /// <summary>The libtorch that this TorchSharp is built for. TorchSharp's own constant would load it.</summary>
    internal const string LibTorchVersion = "2.10.0";

    private const string FolderVariable = "LARGESTEPS_LIBTORCH";
    private const string LibTorchFolder = "libtorch";
    private const string StandardLibrary = "libstdc++.so.6";
    private const string LateVersion = "GLIBCXX_3.4.32";
    private const string SymbolOfLateVersion = "_ZSt21ios_base_library_initv";

    private static readonly Lazy<string?> Loading = new(Load);

    /// <summary>
    /// One line for the program's log that says what was done beyond plain loading; null where nothing was, or where
    /// <see cref="EnsureLoaded"/> has not succeeded yet.
    /// </summary>
    internal static string? Notice => Loading.IsValueCreated ? Loading.Value : null;

    /// <summary>Whether <see cref="EnsureLoaded"/> has succeeded.</summary>
    internal static bool IsLoaded => Loading.IsValueCreated;

    /// <summary>
    /// Loads the native libraries unless they are loaded. Any thread may call it at any time; only the first call works.
    /// </summary>
    /// <exception cref="NativeLibraryException">A library is not there or does not load.</exception>
    public static void EnsureLoaded() => _ = Loading.Value;

    /// <summary>The file name of a native library on this system: libNAME.so, NAME.dll or libNAME.dylib.</summary>
    internal static string FileName(string name) =>
        OperatingSystem.IsWindows() ? $"{name}.dll" : OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : $"lib{name}.so";

    /// <summary>The full path of the application's own copy of a native library, or null.</summary>
    internal static string? Find(string fileName) =>
        ApplicationFolders().Select(folder => Path.Combine(folder, fileName)).FirstOrDefault(File.Exists);

    /// <summary>
    /// The path of a copy of <paramref name="source"/>, in a folder of <paramref name="cache"/> named by its content,
    /// that may do without <see cref="LateVersion"/>.
    /// </summary>
    internal static string RelaxedCopy(string source, string cache)
    {
        var bytes = File.ReadAllBytes(source);
        var relaxed = ElfVersionNeeds.Relax(bytes, StandardLibrary, LateVersion);
        var folder = Path.Combine(cache, Convert.ToHexStringLower(SHA256.HashData(bytes))[..16]);
        var copy = Path.Combine(folder, Path.GetFileName(source));
        if (!File.Exists(copy) || !File.ReadAllBytes(copy).AsSpan().SequenceEqual(relaxed))
        {
            // Other processes see the whole file or none, and those that have loaded an older one keep it.
            Directory.CreateDirectory(folder);
            var aside = Path.Combine(folder, $".{Guid.NewGuid():N}");
            File.WriteAllBytes(aside, relaxed);
            File.Move(aside, copy, overwrite: true);
        }

        return copy;
    }

    private static string? Load()
    {
        if (!Environment.Is64BitProcess)
        {
            throw new NativeLibraryException("libtorch exists for 64-bit systems only: run LargeSteps on a 64-bit .NET");
        }

        if (OperatingSystem.IsLinux())
        {
            // Waiting threads of libgomp spin, which slows a shared machine tenfold. libgomp reads this once, when it
            // is loaded, and sees only the native environment.
            _ = SetEnvironmentVariable("OMP_WAIT_POLICY", "PASSIVE", overwrite: 0);
        }

        var notices = new List<string>();
        var chosen = Environment.GetEnvironmentVariable(FolderVariable);
        if (!string.IsNullOrEmpty(chosen))
        {
            LoadChosen(Path.GetFullPath(chosen));
            notices.Add($"libtorch is that of {chosen} ({FolderVariable})");
        }
        else
        {
            notices.AddRange(LoadApplications());
        }

        if (OperatingSystem.IsLinux() && Find(FileName("LibTorchSharp")) is { } binding)
        {
            if (SystemIsTooOld(binding))
            {
                notices.Add($"the system's {StandardLibrary} lacks {LateVersion}, so a copy of {Path.GetFileName(binding)} that does " +
                    $"without is loaded ({LoadRelaxed(binding)})");
            }
            else
            {
                LoadFile(binding);
            }
        }

        StartTorchSharp();
        if (OneDnn.TurnOffWhereWrong(FileName("torch_cpu")) is { } told) notices.Add(told);
        return notices.Count == 0 ? null : string.Join("; ", notices);
    }

    private static void StartTorchSharp()
    {
        try
        {
            torch.InitializeDeviceType(DeviceType.CPU);
            using var one = torch.ones(1);
        }
        catch (Exception e) when (e is NotSupportedException or DllNotFoundException or EntryPointNotFoundException
            or TypeInitializationException or BadImageFormatException)
        {
            throw new NativeLibraryException(
                $"{FileName("LibTorchSharp")} does not load: it, libtorch or a library that they need is missing from " +
                $"{AppContext.BaseDirectory}. {Advice}",
                e);
        }
    }

    // Whether the binding asks for a version that the libstdc++ of this process lacks.
    private static bool SystemIsTooOld(string binding)
    {
        if (NativeLibrary.TryLoad(StandardLibrary, out var library) && NativeLibrary.TryGetExport(library, SymbolOfLateVersion, out _))
        {
            return false;
        }

        try
        {
            return ElfVersionNeeds.Read(File.ReadAllBytes(binding)).Contains(new(StandardLibrary, LateVersion, Weak: false));
        }
        catch (Exception e) when (e is BadImageFormatException or IOException or UnauthorizedAccessException)
        {
            throw new NativeLibraryException($"{binding} cannot be read: {e.Message}. Build the application again.", e);
        }
    }

    private static string LoadRelaxed(string binding)
    {
        var failures = new List<string>();
        foreach (var cache in CacheFolders())
        {
            if (TryLoadRelaxed(binding, cache, failures))
            {
                return $"in {cache}";
            }
        }

        // The folder for temporary files is everybody's: only a new folder of our own is safe in it. The library stays
        // loaded when its file is gone.
        var temporary = Directory.CreateTempSubdirectory("largesteps-").FullName;
        try
        {
            if (TryLoadRelaxed(binding, temporary, failures))
            {
                return string.Join("; ", failures.Prepend("from a temporary folder, for want of a cache folder"));
            }
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }

        throw new NativeLibraryException(
            $"{Path.GetFileName(binding)} does not load: the system's {StandardLibrary} lacks {LateVersion} (GCC 13.2), and a copy that " +
            $"does without it "
            + $"could not be loaded ({string.Join("; ", failures)}). If a symbol is undefined, {FolderVariable} names a libtorch that is " +
                $"not {LibTorchVersion}. "
            + "Otherwise set XDG_CACHE_HOME to a folder where files can be written and executed, or install a newer libstdc++.");
    }

    private static bool TryLoadRelaxed(string binding, string cache, List<string> failures)
    {
        try
        {
            NativeLibrary.Load(RelaxedCopy(binding, cache));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException)
        {
            // A folder may be read-only, full, or on a file system from which nothing may be executed.
            failures.Add(Reason(e));
            return false;
        }
    }

    private static void LoadChosen(string folder)
    {
        if (!File.Exists(Path.Combine(folder, FileName("torch_cpu"))))
        {
            throw new NativeLibraryException(
                $"{FileName("torch_cpu")} is not in {folder}, which {FolderVariable} names. Set it to the folder that holds libtorch " +
                $"{LibTorchVersion}, "
                + "such as torch/lib of a PyTorch of that version, or unset it to use the libtorch of the application.");
        }

        if (LibTorchPlace.VersionOf(folder) is { } version && !version.StartsWith(LibTorchVersion, StringComparison.Ordinal))
        {
            throw new NativeLibraryException(
                $"the libtorch in {folder}, which {FolderVariable} names, is {version}, and {LibTorchVersion} is needed: set it to " +
                "torch/lib of a PyTorch of that version, or unset it to use the libtorch of the application.");
        }

        // TorchSharp would load this one too, and two libtorch in one process end it.
        if (Find(FileName("torch_cpu")) is { } own)
        {
            throw new NativeLibraryException(
                $"{own} is where .NET finds it before the one that {FolderVariable} names. Build the application without a libtorch " +
                $"package of its own, or unset {FolderVariable}.");
        }

        LoadLibTorch(folder);
    }

    // Where an application has a libtorch in the usual place as well, TorchSharp takes that one, so it comes first.
    private static string[] LoadApplications()
    {
        var own = Path.Combine(AppContext.BaseDirectory, LibTorchFolder);
        if ((Path.GetDirectoryName(Find(FileName("torch_cpu"))) ?? (Directory.Exists(own) ? own : null)) is { } folder)
        {
            LoadLibTorch(folder);
        }
        else if (InPackages(PackagesFolder()) is { } cached)
        {
            LoadLibTorch(cached);
            return [$"libtorch is that of NuGet's cache of packages ({cached})"];
        }
        else if (OperatingSystem.IsLinux() && Find(FileName("LibTorchSharp")) is not null)
        {
            throw new NativeLibraryException(
                $"{FileName("torch_cpu")} is not among the application's files ({AppContext.BaseDirectory}), and {Package} " +
                $"{LibTorchVersion} is not in NuGet's cache of packages. {Advice}");
        }

        return [];
    }

    /// <summary>The folder of libtorch in a folder of packages, or null.</summary>
    internal static string? InPackages(string packages)
    {
        var folder = Path.Combine(packages, Package, LibTorchVersion, "runtimes", PortableRid(), "native");
        return File.Exists(Path.Combine(folder, FileName("torch_cpu"))) ? folder : null;
    }

    private static string PackagesFolder()
    {
        var chosen = Environment.GetEnvironmentVariable("NUGET_PACKAGES");
        return string.IsNullOrEmpty(chosen) ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget",
            "packages") : chosen;
    }

    // Once these are loaded, whatever needs them by name takes them.
    private static void LoadLibTorch(string folder)
    {
        foreach (var name in (string[])["c10", "torch_cpu", "c10_cuda", "torch_cuda", "torch"])
        {
            var file = Path.Combine(folder, FileName(name));
            if (File.Exists(file))
            {
                LoadFile(file);
            }
        }
    }

    private static void LoadFile(string path)
    {
        try
        {
            NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new NativeLibraryException(
                $"{Path.GetFileName(path)} does not load: {Reason(e)}. Install what is missing, or, if the file is damaged, build the " +
                $"application again. A PyTorch that {FolderVariable} names stays where it was installed: its libraries find those of the " +
                "packages nvidia-* by their place beside it.",
                e);
        }
    }

    // Where .NET itself looks, and where the packages lie when a script or a plug-in refers to them.
    private static IEnumerable<string> ApplicationFolders()
    {
        var native = Path.Combine("runtimes", PortableRid(), "native");
        var searched = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        string[] assemblies = [AppContext.BaseDirectory, FolderOf(typeof(NativeLibraries).Assembly), FolderOf(typeof(torch).Assembly)];
        return assemblies.SelectMany(folder => (string[])[folder, Path.Combine(folder, native)])
            .Concat(searched.Split(Path.PathSeparator))
            .Append(Path.Combine(FolderOf(typeof(torch).Assembly), "..", "..", native))
            .Where(Path.IsPathFullyQualified)
            .Select(Path.GetFullPath)
            .Distinct();
    }

    private static string FolderOf(Assembly assembly) => Path.GetDirectoryName(assembly.Location) ?? "";

    private static string Package => $"libtorch-cpu-{PortableRid()}";

    private static string Advice =>
        $"Put it there by 'dotnet package download {Package}@{LibTorchVersion} --output {PackagesFolder()}', build the application with " +
        $"this package, or set {FolderVariable} to the folder of a libtorch {LibTorchVersion}.";

    private static string PortableRid()
    {
        var system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
        return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
    }

    /// <summary>The folders of this user for what can be made again, of which the first that can be written is taken.</summary>
    internal static IEnumerable<string> CacheFolders()
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (!string.IsNullOrEmpty(cache) && Path.IsPathFullyQualified(cache))
        {
            yield return Path.Combine(cache, "largesteps");
        }

        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (!string.IsNullOrEmpty(home))
        {
            yield return Path.Combine(home, ".cache", "largesteps");
        }
    }

    // .NET's advice on how to find out more comes first, the system's own message last.
    private static string Reason(Exception e) => e.Message.TrimEnd().Split('\n')[^1].Trim().TrimEnd('.');

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironmentVariable(string name, string value, int overwrite);
}
