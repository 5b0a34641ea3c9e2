using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using LargeSteps.Values;

namespace LargeSteps.Formats;

/// <summary>The hash that a checkpoint keeps of its tensors, in the JSON file beside them.</summary>
internal static class CheckpointHash
{
    /// <summary>What the JSON file says that it is.</summary>
    public const string Format = "largesteps-checkpoint-1";

    /// <summary>What is wrong with the tensors' file of a checkpoint, of which the file beside it knows the hash; null where all is well,
    /// and of files that are no checkpoint's.</summary>
    public static Diagnostic? Problem(string path)
    {
        var beside = Path.ChangeExtension(path, ".json");
        if (!File.Exists(path) || !File.Exists(beside)) return null;
        try
        {
            if (JsonNode.Parse(File.ReadAllText(beside)) is not JsonObject json || TextOf(json["format"]) != Format) return null;
            return TextOf(json["tensors_sha256"]) == Of(path) ? null
                : new("LS0709", $"the checkpoint is damaged: its tensors are not those whose hash '{beside}' has", path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or ArgumentException
            or InvalidOperationException)
        {
            return new("LS0709", $"the checkpoint is damaged: '{beside}', which has the hash of its tensors, cannot be read", path);
        }
    }

    /// <summary>The SHA-256 of a file, in hexadecimal digits.</summary>
    public static string Of(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>A text; null where it is none.</summary>
    public static string? TextOf(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
