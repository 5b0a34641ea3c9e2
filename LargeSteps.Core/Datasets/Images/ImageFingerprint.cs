using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LargeSteps.Formats;

namespace LargeSteps.Datasets.Images;

/// <summary>
/// What images are, as a hash of their pixels and labels, whatever files they lie in. It is computed once and kept in the data folder,
/// <c>.largesteps/SOURCE.json</c>, together with a hash of the names, lengths and times of the files that it may have been read from; where
/// that differs, or nothing can be written, it is computed again.
/// </summary>
internal static class ImageFingerprint
{
    private const string Folder = ".largesteps";

    /// <summary>The fingerprint of a source.</summary>
    /// <param name="source">A source with files.</param>
    /// <param name="directory">The data folder.</param>
    /// <param name="allowPartial">Whether a part of the images is enough.</param>
    /// <exception cref="DataException">The images are not there, or not what they should be.</exception>
    public static string Of(ImageSource source, string directory, bool allowPartial)
    {
        var kept = Path.Combine(directory, Folder, $"{source.FingerprintName}{(allowPartial ? "-partial" : "")}.json");
        var files = Listing(source, directory);
        if (TryRead(kept, files) is { } known) return known;
        var set = ImageStore.Load(source, directory, new(AllowPartial: allowPartial))
            .Match(set => set, problems => throw new DataException(problems));
        var fingerprint = Of(set);
        Keep(kept, files, fingerprint);
        return fingerprint;
    }

    /// <summary>The fingerprint of images in memory.</summary>
    public static string Of(ImageSet set)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var images in (LabelledImages[])[set.Train, set.Test])
        {
            hash.AppendData(MemoryMarshal.AsBytes<int>([images.Count, images.Shape.Channels, images.Shape.Height, images.Shape.Width]));
            hash.AppendData(images.Bytes.AsSpan());
            hash.AppendData(MemoryMarshal.AsBytes(images.Values.AsSpan()));
            hash.AppendData(MemoryMarshal.AsBytes(images.Labels.AsSpan()));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string Listing(ImageSource source, string directory)
    {
        var text = new StringBuilder();
        foreach (var file in source.Listed(directory))
        {
            var content = WholeFile.Content(file);
            text.AppendLine(content.Exists ? FormattableString.Invariant(
                $"{Path.GetRelativePath(directory, file.FullName)} {content.Length} {content.LastWriteTimeUtc.Ticks}") : file.FullName);
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    // With a digit changed it would be that of other images.
    private static string Check(string files, string fingerprint) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(files + fingerprint)));

    private static string? TryRead(string kept, string files)
    {
        try
        {
            return File.Exists(kept) && JsonNode.Parse(File.ReadAllText(kept)) is JsonObject json && (string?)json["files"] == files
                && (string?)json["sha256"] is { } fingerprint && (string?)json["check"] == Check(files, fingerprint) ? fingerprint : null;
        }
        // Damaged, it is made again.
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException
            or FormatException or ArgumentException)
        {
            return null;
        }
    }

    private static void Keep(string kept, string files, string fingerprint)
    {
        try
        {
            // Of one's own images there need be no data folder.
            if (!Directory.Exists(Path.GetDirectoryName(Path.GetDirectoryName(kept)))) return;
            Directory.CreateDirectory(Path.GetDirectoryName(kept)!);
            WholeFile.Write(kept, aside => File.WriteAllText(aside, new JsonObject
            {
                ["files"] = files,
                ["sha256"] = fingerprint,
                ["check"] = Check(files, fingerprint),
            }.ToJsonString() + "\n"));
        }
        // A data folder may well be one that only others write to.
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }
}
