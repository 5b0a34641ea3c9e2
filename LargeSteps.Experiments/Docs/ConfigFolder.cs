using LargeSteps.Configuration;
using LargeSteps.Forms;
using LargeSteps.Pipelines;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Docs;

/// <summary>The configs of a folder, each read once.</summary>
internal sealed class ConfigFolder(string folder)
{
    private readonly Dictionary<string, Outcome<Experiment>> _read = [];

    /// <summary>The folder <c>configs</c> beside a folder of pages.</summary>
    public static ConfigFolder Beside(string docs) =>
        new(Path.Combine(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(docs)) ?? "", "configs"));

    /// <summary>The file of a config.</summary>
    public string PathOf(string name) => Path.Combine(folder, $"{name}.yaml");

    /// <summary>The experiment of a config, or what is wrong with it; null where there is no such file.</summary>
    public Outcome<Experiment>? Find(string name, params string[] overrides)
    {
        var key = string.Join('\n', overrides.Prepend(name));
        if (!_read.TryGetValue(key, out var experiment))
        {
            if (!File.Exists(PathOf(name))) return null;
            _read[key] = experiment = ExperimentYaml.Load(PathOf(name), overrides);
        }
        return experiment;
    }

    /// <summary>Tells of a name that no config has.</summary>
    public void Check(string name, Node at, Report report)
    {
        if (File.Exists(PathOf(name))) return;
        string[] names = Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*.yaml").Select(file => Path.GetFileNameWithoutExtension(file)!)
            .Order(StringComparer.Ordinal)] : [];
        report.Add(at, "LS0104", $"there is no config '{name}' in {folder}{Nearest.Suggestion(name, names)}");
    }
}
