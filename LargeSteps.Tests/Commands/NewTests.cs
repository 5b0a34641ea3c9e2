using System.Diagnostics;
using LargeSteps.Configuration;
using LargeSteps.Experiments;
using LargeSteps.Experiments.Commands;

namespace LargeSteps.Tests.Commands;

public class NewTests
{
    public static TheoryData<string> Carried => [.. CarriedConfigs.Names];

    [Fact]
    public void The_program_carries_the_configs_of_the_project() => Assert.Equal(
        Directory.GetFiles(Cli.Configs, "*.yaml").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal),
        CarriedConfigs.Names);

    [Theory]
    [MemberData(nameof(Carried))]
    public void A_new_config_is_the_published_experiment_of_another_name_with_its_comments(string from) => TemporaryFolder.In(folder =>
    {
        var file = Path.Combine(folder, "my.config.yaml");
        var said = Cli.Run("new", "my.config", "--from", from, "--output", folder);
        Assert.Equal((ExitCode.Done, "", $"{file}{Environment.NewLine}try it: largesteps {file} --smoke{Environment.NewLine}"),
            (said.Code, said.Error, said.Out));
        var published = Path.Combine(Cli.Configs, $"{from}.yaml");
        var expected = ExperimentYaml.Load(published).OrThrow().WithName("my.config");
        // Where no runs are written there is one of the experiment's name.
        Assert.Equal(expected with { Runs = expected.Runs.Map(run => run.Label == from ? run with { Label = "my.config" } : run) },
            ExperimentYaml.Load(file).OrThrow());
        var (lines, own) = (File.ReadAllLines(published), File.ReadAllLines(file));
        Assert.StartsWith($"# run: largesteps {file}      takes: ", own[1], StringComparison.Ordinal);
        // All others are as they were, but for the name; the line of the schema is gone, since there is none.
        Assert.Equal(lines.Length - 1, own.Length);
        Assert.Superset(own.Where(line => line.StartsWith('#')).ToHashSet(), lines.Where(line => line.StartsWith('#')).Skip(1)
            .Append(own[1]).ToHashSet());
    });

    [Fact]
    public void In_a_clone_the_schema_is_found() => TemporaryFolder.In(folder =>
    {
        Directory.CreateDirectory(Path.Combine(folder, "docs"));
        File.WriteAllText(Path.Combine(folder, "docs", "experiment.schema.json"), "{}");
        Assert.Equal(ExitCode.Done, Cli.Run("new", "a", "-o", Path.Combine(folder, "configs", "mine") + Path.DirectorySeparatorChar).Code);
        Assert.Equal("# yaml-language-server: $schema=../../docs/experiment.schema.json",
            File.ReadLines(Path.Combine(folder, "configs", "mine", "a.yaml")).First());
    });

    [Fact]
    public void Figures_that_show_its_own_results_show_those_of_the_new_experiment()
    {
        var text = NewCommand.Text("mine", "resnet18_cpu_small", null, "largesteps mine.yaml");
        Assert.Contains("results: [resnet18_cpu_large, mine]", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_there_is_left_as_it_is() => TemporaryFolder.In(folder =>
    {
        var file = Path.Combine(folder, "a.yaml");
        File.WriteAllText(file, "mine");
        foreach (var output in (string[])[folder, file])
        {
            var said = Cli.Run("new", "a", "--output", output);
            Assert.Equal((ExitCode.BadInput, ""), (said.Code, said.Out));
            Assert.Equal($"error LS0321: '{file}' is there already, and is left as it is: choose another name, or another file with --output",
                said.Error.TrimEnd());
        }
        Assert.Equal("mine", File.ReadAllText(file));
        Assert.Equal([file], Directory.GetFileSystemEntries(folder));
    });

    [Theory]
    [InlineData("a/b", "diagonal_sgd", "error LS0300: NAME: 'a/b' cannot name a file: ")]
    [InlineData("nul.a", "diagonal_sgd", "error LS0300: NAME: 'nul.a' cannot name a file: Windows ")]
    [InlineData("", "diagonal_sgd", "error LS0300: NAME: expected a text")]
    [InlineData("a", "diagonal_sdg", "error LS0300: there is no config 'diagonal_sdg'; did you mean 'diagonal_sgd'?")]
    public void A_wrong_name_is_told_and_writes_nothing(string name, string from, string problem) => TemporaryFolder.In(folder =>
    {
        var said = Cli.Run("new", name, "--from", from, "--output", folder);
        Assert.Equal((ExitCode.BadInput, ""), (said.Code, said.Out));
        Assert.StartsWith(problem, said.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder));
    });

    [Fact]
    public void Where_there_is_no_folder_of_configs_list_shows_what_the_program_carries() => TemporaryFolder.In(folder =>
    {
        var said = At(folder, "list");
        Assert.Equal((ExitCode.Done, ""), (said.Code, said.Error));
        var lines = said.Out.ReplaceLineEndings("\n").Split('\n');
        Assert.StartsWith("There is no folder 'configs' here.", lines[0], StringComparison.Ordinal);
        Assert.Equal(CarriedConfigs.Names, lines.Skip(1).Where(line => line.Length > 0 && line[0] != ' '));
        var line = Assert.Single(lines, line => line.Contains("--from diagonal_sgd ", StringComparison.Ordinal)).Trim();
        Assert.StartsWith("new: dotnet ", line, StringComparison.Ordinal);
        // What it says can be typed: here without the program, whose path may have blanks.
        Assert.Equal(ExitCode.Done, At(folder, line[line.IndexOf(" new ", StringComparison.Ordinal)..line.IndexOf("   ",
            StringComparison.Ordinal)].Split(' ', StringSplitOptions.RemoveEmptyEntries)).Code);
        Assert.True(File.Exists(Path.Combine(folder, "my_experiment.yaml")));
        Directory.CreateDirectory(Path.Combine(folder, "configs"));
        Assert.Equal(ExitCode.BadInput, At(folder, "list").Code);
    });

    [Theory]
    [InlineData("/usr/bin/dotnet", "/home/a/bin/P.dll", "/home/a", "/usr/bin", "dotnet bin/P.dll")]
    [InlineData("/usr/bin/dotnet", "/opt/P.dll", "/home/a/b/c", "/usr/bin", "dotnet /opt/P.dll")]
    [InlineData("/usr/bin/dotnet", "/home/a b/P.dll", "/", "/usr/bin", "dotnet \"home/a b/P.dll\"")]
    [InlineData("/home/a/.dotnet/tools/largesteps", "/x/P.dll", "/home/a", "/usr/bin:/home/a/.dotnet/tools/", "largesteps")]
    [InlineData("/home/a/tools/largesteps", "/x/P.dll", "/home/a", "/usr/bin", "tools/largesteps")]
    [InlineData("/home/a/P", "/home/a/P.dll", "/home/a", "", "./P")]
    public void The_program_is_called_as_it_was_started(string process, string assembly, string here, string path, string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The paths are those of Unix.");
        Assert.Equal(name, ProgramName.Of(process, assembly, here, path));
    }

    private static Said At(string folder, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Program.Host, [Program.Dll, .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        return Program.Ended(process);
    }
}
