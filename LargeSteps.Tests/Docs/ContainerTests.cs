using System.Text.Json;
using System.Text.RegularExpressions;
using LargeSteps.Tests.Rooms;

namespace LargeSteps.Tests.Docs;

/// <summary>What can be said of the files of images without building one, which containers/try.sh does.</summary>
public partial class ContainerTests
{
    private static readonly string Root = Sources.Root;

    [Fact]
    public void The_image_runs_configs_and_projects_that_are_there()
    {
        var text = File.ReadAllText(Path.Combine(Root, "Containerfile"));
        string[] configs = [.. Config().Matches(text).Select(match => match.Value)];
        Assert.NotEmpty(configs);
        Assert.All(configs, config => Assert.True(File.Exists(Path.Combine(Root, config)), config));
        Assert.Contains("dotnet publish LargeSteps.Experiments ", text, StringComparison.Ordinal);
        // Not as root, and by number, as Kubernetes wants it.
        Assert.Matches(@"(?m)^USER \d+$", text);
        Assert.DoesNotContain(":latest", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_container_for_development_is_JSON() => Assert.Equal("LargeSteps", JsonDocument.Parse(File.ReadAllText(
        Path.Combine(Root, ".devcontainer", "devcontainer.json"))).RootElement.GetProperty("name").GetString());

    [GeneratedRegex(@"configs/\w+\.yaml")]
    private static partial Regex Config();
}
