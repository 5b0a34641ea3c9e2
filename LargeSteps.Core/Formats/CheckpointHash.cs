using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LargeSteps.Values;

namespace LargeSteps.Formats;

/// <summary>The hash that a checkpoint keeps of its tensors, in the JSON file beside them.</summary>
internal static partial class CheckpointHash
{
    /// <summary>What the JSON file says that it is.</summary>
    public const string Format = "largesteps-checkpoint-1";

    /// <summary>What is wrong with the tensors' file of a checkpoint, of which the file beside it knows the hash; null where all is well,
    /// and of files that are no checkpoint's.</summary>
    public static Diagnostic? Problem(string path)
    {
        // A link has no neighbours.
        if (FileKind.IsSpecial(path) || FileKind.EndOf(path) is not { } end) return null;
        if (end != Path.GetFullPath(path)) path = end;
        var beside = Path.ChangeExtension(path, ".json");
        var isOurs = IsOfCheckpoints(path) || (Path.Exists(beside) && Named().IsMatch(Path.GetFileName(path)));
        if (!File.Exists(beside))
        {
            return !isOurs ? null
                : new("LS0709", $"the checkpoint is damaged: '{beside}', which has the hash of its tensors, is not there", path);
        }
        try
        {
            if (JsonNode.Parse(File.ReadAllText(beside)) is not JsonObject json || TextOf(json["format"]) != Format)
            {
                return !isOurs ? null
                    : new("LS0709", $"the checkpoint is damaged: '{beside}', which has the hash of its tensors, is something else", path);
            }
            return TextOf(json["tensors_sha256"]) == Of(path) ? null
                : new("LS0709", $"the checkpoint is damaged: its tensors are not those whose hash '{beside}' has", path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or ArgumentException
            or InvalidOperationException)
        {
            return new("LS0709", $"the checkpoint is damaged: '{beside}', which has the hash of its tensors, cannot be read", path);
        }
    }

    // Where checkpoints are kept, beside what they are of, a file of tensors is one of them whatever it is called.
    private static bool IsOfCheckpoints(string path) =>
        File.Exists(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "unit.yaml"));

    [GeneratedRegex(@"^(best|step-\d{10})\.safetensors$", RegexOptions.CultureInvariant)]
    private static partial Regex Named();

    /// <summary>The SHA-256 of a file, in hexadecimal digits.</summary>
    public static string Of(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>A text; null where it is none.</summary>
    public static string? TextOf(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
