using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;

namespace LargeSteps.Tests.Packages;

/// <summary>
/// The packages as their users get them: packed, installed from a local folder, run. They take a minute and the sources, so they run only
/// where LARGESTEPS_PACK is 1.
/// </summary>
public sealed class PackagesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("largesteps-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_packages_install_from_a_folder_and_run()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("LARGESTEPS_PACK") == "1", "packing takes a minute: set LARGESTEPS_PACK=1");
        var (root, packages) = (SourceFolder(), Path.Combine(_folder, "packages"));
        foreach (var project in (string[])["LargeSteps.Core", "LargeSteps.Core/fsharp", "LargeSteps.Experiments"])
        {
            // The analyzers have seen these sources when the tests were built.
            Succeeds(root, Commands.Program.Host, "pack", project, "-c", "Release", "-o", packages, "-v", "quiet", "-p:RunAnalyzers=false",
                "-p:RepositoryUrl=https://example.org/largesteps");
        }

        var library = Content(Assert.Single(Directory.GetFiles(packages, "LargeSteps.Core.*.nupkg")));
        Assert.Superset(new HashSet<string> { "README.md", "LICENSE", "lib/net10.0/LargeSteps.Core.dll",
            "lib/net10.0/LargeSteps.Core.xml" }, library);
        Assert.Contains("lib/net10.0/LargeSteps.Core.pdb",
            Content(Assert.Single(Directory.GetFiles(packages, "LargeSteps.Core.*.snupkg"))));
        var facade = Content(Assert.Single(Directory.GetFiles(packages, "LargeSteps.FSharp.*.nupkg")));
        Assert.Superset(new HashSet<string> { "README.md", "LICENSE", "lib/net10.0/LargeSteps.FSharp.dll",
            "lib/net10.0/LargeSteps.FSharp.xml" }, facade);
        Assert.DoesNotContain("lib/net10.0/LargeSteps.Core.dll", facade);
        Assert.Contains("lib/net10.0/LargeSteps.FSharp.pdb",
            Content(Assert.Single(Directory.GetFiles(packages, "LargeSteps.FSharp.*.snupkg"))));
        var tool = Content(Assert.Single(Directory.GetFiles(packages, "LargeSteps.?.*.nupkg")));
        Assert.Superset(new HashSet<string> { "README.md", "LICENSE", "tools/net10.0/any/LargeSteps.Experiments.dll" }, tool);
        foreach (var package in Directory.GetFiles(packages, "*.nupkg")) SaysWhatItIs(package, root);
        Assert.DoesNotContain(library.Concat(tool), file => file.Contains("torch_cpu", StringComparison.Ordinal));
        // Native libraries of the systems that there is a libtorch for, and no others.
        Assert.Equal(["linux-x64", "osx", "osx-arm64", "win-x64"], tool.Where(file => file.Contains("/runtimes/", StringComparison.Ordinal))
            .Select(file => file.Split('/')[4]).Distinct().Order(StringComparer.Ordinal));
        Assert.DoesNotContain(tool, file => file.EndsWith("libSkiaSharp.pdb", StringComparison.Ordinal));

        var installed = Path.Combine(_folder, "tool");
        Succeeds(_folder, Commands.Program.Host, "tool", "install", "LargeSteps", "--tool-path", installed, "--add-source", packages);
        var program = Path.Combine(installed, OperatingSystem.IsWindows() ? "largesteps.exe" : "largesteps");
        Assert.StartsWith("LargeSteps 0.1.0", Succeeds(_folder, program, "--version"), StringComparison.Ordinal);

        // It has the published configs inside.
        Assert.Contains("new: ", Succeeds(_folder, program, "list"), StringComparison.Ordinal);
        Succeeds(_folder, program, "new", "first");
        Succeeds(_folder, program, "first.yaml", "--smoke");

        // Without libtorch, wherever it may be: a diagonal network does not miss it, and a ReLU network says what to do.
        (string, string?)[] none = [("NUGET_PACKAGES", Path.Combine(_folder, "none")), ("LARGESTEPS_LIBTORCH", null)];
        const string Rest = """

            optimizer: { kind: sgd, steps: 100, seed: 1, sampling: without_replacement }
            probes: { at: { evenly: 5 }, measure: [losses] }
            runs: [{ label: one, schedule: { kind: constant, rate: 0.01 } }]
            """;
        const string Data = "dataset: { kind: sparse_regression, samples: 10, dimensions: 8, support: 2 }\n";
        File.WriteAllText(Path.Combine(_folder, "diagonal.yaml"), "name: diagonal\n" + Data + "model: { kind: diagonal_linear }" + Rest);
        File.WriteAllText(Path.Combine(_folder, "relu.yaml"), "name: relu\n" + Data
            + "model: { kind: relu_network, hidden: [4], biases: [true, true], seed: 1 }" + Rest);
        Assert.Equal(0, Start(_folder, none, program, "diagonal.yaml", "--smoke").Code);
        Assert.True(Directory.Exists(Path.Combine(_folder, "results", "diagonal-smoke")));
        var (code, text) = Start(_folder, none, program, "relu.yaml", "--smoke");
        Assert.Equal(4, code);
        Assert.Contains("dotnet package download libtorch-cpu-", text, StringComparison.Ordinal);
        // NuGet's cache has the libtorch that this was built with.
        Succeeds(_folder, program, "relu.yaml", "--smoke");

        TheSamplesRun(Path.Combine(root, "docs", "samples"), packages);
        TheScriptOfTheReadmeRuns(Path.Combine(root, "LargeSteps.Core", "fsharp", "README.md"), packages);

        var application = Path.Combine(_folder, "application");
        Directory.CreateDirectory(application);
        File.WriteAllText(Path.Combine(application, "application.csproj"), """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings>
              </PropertyGroup>
              <ItemGroup><PackageReference Include="LargeSteps.Core" Version="*" /></ItemGroup>
            </Project>
            """);
        File.WriteAllText(Path.Combine(application, "Program.cs"), """
            using LargeSteps.Datasets;
            using LargeSteps.Models;
            using LargeSteps.Optimizers;
            using LargeSteps.Pipelines;
            using LargeSteps.Probes;
            using LargeSteps.Running;
            using LargeSteps.Schedules;

            foreach (var model in (ModelSpec[])[ModelSpec.DiagonalLinear(), ModelSpec.ReluNetwork([4], Initialisation.Default)])
                Console.WriteLine(Runner.Run(Pipeline.Of(
                    DatasetSpec.SparseRegression(10, 8, 2), model, Schedule.Constant(0.01),
                    OptimizerSpec.Sgd(100, sampling: Sampling.WithoutReplacement),
                    ProbePlan.Of(Cadence.Every(20), new Losses()))).End.Word);
            """);
        // The packages of this machine serve, but the library is not to stay among them.
        var text2 = Succeeds(application, Commands.Program.Host, "run", $"-p:RestoreAdditionalProjectSources={packages}",
            $"-p:RestorePackagesPath={Path.Combine(_folder, "restored")}",
            $"-p:RestoreFallbackFolders={PackagesFolder()}");
        Assert.Equal(["completed", "completed"],
            text2.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^2..]);
    }

    // In a folder of their own, with the packages in place of the project.
    private void TheSamplesRun(string samples, string packages)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "samples")).FullName;
        File.WriteAllText(Path.Combine(folder, "nuget.config"), $"""
            <configuration><packageSources><add key="packed" value="{packages}" /></packageSources></configuration>
            """);
        const string Project = "#:project ../../LargeSteps.Core/LargeSteps.Core.csproj";
        var libtorch = OperatingSystem.IsWindows() ? "win-x64" : OperatingSystem.IsMacOS() ? "osx-arm64" : "linux-x64";
        foreach (var (file, shown, chart) in ((string, string, string?)[])
        [
            // How many seeds survive is decided by rounding, which processors do in several ways.
            ("whole_idea.cs", " of 8 seeds survive, ", "whole_idea.svg"),
            ("edge_of_stability.cs", "completed, 10000 steps, 200 measurements: train_loss ", "edge_of_stability.svg"),
            ("step_sizes.cs", "median weights above 1e-3", null),
            ("whole_idea.fsx", "large step size, then small  8", "whole_idea.svg"),
            ("own_rule.fsx", "own: completed, 2000 steps, 10 measurements: train_loss ", null),
        ])
        {
            var code = File.ReadAllText(Path.Combine(samples, file));
            var (isScript, own) = (Path.GetExtension(file) == ".fsx", Path.Combine(folder, file));
            if (!isScript) Assert.Contains(Project, code, StringComparison.Ordinal);
            File.WriteAllText(own, isScript ? $"#i \"nuget: {packages.Replace('\\', '/')}\"\n{code}" : code.Replace(Project,
                $"#:package LargeSteps.Core@0.1.0\n#:package libtorch-cpu-{libtorch}@2.10.0", StringComparison.Ordinal));
            if (chart is not null) File.Delete(Path.Combine(folder, chart));
            (string, string?)[] environment =
                [("NUGET_PACKAGES", Path.Combine(_folder, "restored")), ("NUGET_FALLBACK_PACKAGES", PackagesFolder())];
            var (exit, text) = Start(folder, environment, Commands.Program.Host, isScript ? "fsi" : "run", file);
            Assert.True(exit == 0, $"{file}: {text}");
            Assert.Contains(shown, text, StringComparison.Ordinal);
            if (chart is not null) Assert.Contains("<svg", File.ReadAllText(Path.Combine(folder, chart)), StringComparison.Ordinal);
        }
    }

    private void TheScriptOfTheReadmeRuns(string readme, string packages)
    {
        var script = Assert.Single(Docs.Pages.FencesOf(readme, File.ReadAllText(readme)), fence => fence.Language == "fsharp").Code.Text;
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "script")).FullName;
        File.WriteAllText(Path.Combine(folder, "script.fsx"), $"#i \"nuget: {packages.Replace('\\', '/')}\"\n{script}\n");
        (string, string?)[] environment =
            [("NUGET_PACKAGES", Path.Combine(_folder, "restored")), ("NUGET_FALLBACK_PACKAGES", PackagesFolder())];
        var (code, text) = Start(folder, environment, Commands.Program.Host, "fsi", "script.fsx");
        Assert.True(code == 0, text);
        Assert.DoesNotContain("warning", text, StringComparison.Ordinal);
        // A row for each run and seed, and the chart.
        Assert.Equal(8, text.Split('\n').Count(line => line.Contains("  completed  ", StringComparison.Ordinal)));
        Assert.StartsWith("<svg", File.ReadAllText(Path.Combine(folder, "test_loss.svg")), StringComparison.Ordinal);
    }

    // What a gallery of packages shows.
    private static void SaysWhatItIs(string package, string root)
    {
        using var archive = ZipFile.OpenRead(package);
        using var head = archive.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        var metadata = XDocument.Load(head).Root!.Elements().Single(element => element.Name.LocalName == "metadata");
        string Of(string name) => metadata.Elements().Single(element => element.Name.LocalName == name).Value;
        Assert.Equal(("MIT", "README.md", "icon.png"), (Of("license"), Of("readme"), Of("icon")));
        Assert.Equal("https://example.org/largesteps", Of("projectUrl"));
        Assert.Contains("edge-of-stability", Of("tags"), StringComparison.Ordinal);
        Assert.Equal(File.ReadAllText(Path.Combine(root, "CHANGELOG.md")).ReplaceLineEndings("\n").Trim(),
            Of("releaseNotes").ReplaceLineEndings("\n").Trim());
        Assert.NotEmpty(Of("description"));
        Assert.Contains(archive.Entries, entry => entry.FullName == "icon.png");
    }

    private static HashSet<string> Content(string package)
    {
        using var archive = ZipFile.OpenRead(package);
        return [.. archive.Entries.Select(entry => entry.FullName)];
    }

    private static string PackagesFolder() => Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } chosen
        ? chosen : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    private static string SourceFolder()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "LargeSteps.sln")))
        {
            folder = Path.GetDirectoryName(folder)
            ?? throw new InvalidOperationException("The tests do not lie in the sources.");
        }

        return folder;
    }

    private static string Succeeds(string folder, string program, params string[] arguments)
    {
        var (code, text) = Start(folder, [], program, arguments);
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)}: exit code {code}\n{text}");
        return text;
    }

    private static (int Code, string Text) Start(string folder, (string Name, string? Value)[] environment, string program,
        params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        // A build server would outlive the test and hold its pipes.
        (start.Environment["MSBUILDDISABLENODEREUSE"], start.Environment["UseSharedCompilation"]) = ("1", "false");
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }
}
