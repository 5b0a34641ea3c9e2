using LargeSteps.Forms;

namespace LargeSteps.Configuration;

/// <summary>Changes a config by texts like <c>optimizer.steps=20000</c>: typed and checked like the YAML that they stand for.</summary>
internal static class Overrides
{
    public static Node Apply(Node root, IEnumerable<string> overrides, Report report) =>
        overrides.Aggregate(root, (node, text) => Apply(node, text, report));

    private static Node Apply(Node root, string text, Report report)
    {
        var source = $"--set {text}";
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 1)
        {
            report.Add(new ScalarNode(text, Plain: true) { Source = source }, "LS0110", "expected path=value, like optimizer.steps=20000");
            return root;
        }
        var (path, yaml) = (text[..equals].Trim(), text[(equals + 1)..]);
        var own = new Report(source);
        var value = string.IsNullOrWhiteSpace(yaml) ? new ScalarNode("", Plain: true) : YamlReader.Read(yaml, own);
        if (value is null || own.Count > 0)
        {
            foreach (var problem in own.Diagnostics)
            {
                report.Add(new ScalarNode(yaml, Plain: true) { Source = source }, problem.Code,
                problem.Message);
            }

            return root;
        }
        if (root.With(path, value.From(source)) is { } changed) return changed;
        report.Add(new ScalarNode(text, Plain: true) { Source = source }, "LS0110",
            $"the config has nothing at '{Reached(root, path)}' that a value could be set in");
        return root;
    }

    /// <summary>The start of a path up to and with its first step that leads nowhere.</summary>
    private static string Reached(Node root, string path)
    {
        var steps = NodeEdits.Steps(path);
        for (var n = 1; n < steps.Count; n++)
        {
            var start = string.Join('.', steps.Take(n)).Replace(".[", "[", StringComparison.Ordinal);
            if (root.With(start + ".x", new ScalarNode("", Plain: true)) is null
                && root.With(start + "[0]", new ScalarNode("", Plain: true)) is null)
            {
                return start;
            }
        }
        return path;
    }
}
