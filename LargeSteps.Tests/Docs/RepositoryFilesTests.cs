using System.Text.Json.Nodes;
using System.Xml.Linq;
using YamlDotNet.Serialization;

namespace LargeSteps.Tests.Docs;

/// <summary>Files that only a host of the repository reads: that they can be read, and agree with the rest.</summary>
public class RepositoryFilesTests
{
    private static string? Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "LargeSteps.sln"))) folder = folder.Parent;
        return folder?.FullName;
    }

    private static object Yaml(string file) => new DeserializerBuilder().Build().Deserialize<object>(File.ReadAllText(file));

    [Fact]
    public void They_are_what_their_readers_expect()
    {
        Assert.SkipWhen(Root() is null, "The tests do not lie in the sources.");
        var root = Root()!;
        string[] files = [.. Directory.GetFiles(Path.Combine(root, ".github"), "*.yml", SearchOption.AllDirectories)];
        Assert.Equal(4, files.Length);
        foreach (var file in files) Assert.IsType<Dictionary<object, object>>(Yaml(file));
        var citation = (Dictionary<object, object>)Yaml(Path.Combine(root, "CITATION.cff"));
        var version = XDocument.Load(Path.Combine(root, "Directory.Build.props")).Descendants("Version").Single().Value;
        Assert.Equal(version, citation["version"]);
        Assert.NotNull(JsonNode.Parse(File.ReadAllText(Path.Combine(root, ".devcontainer", "devcontainer.json")))!["image"]);
        // What the workflow runs is there.
        var workflow = File.ReadAllText(Path.Combine(root, ".github", "workflows", "ci.yml"));
        foreach (var project in (string[])["LargeSteps.Core", "LargeSteps.Core/fsharp", "LargeSteps.Experiments"])
        {
            Assert.Contains(project, workflow, StringComparison.Ordinal);
            Assert.True(Directory.Exists(Path.Combine(root, project)));
        }
    }
}
