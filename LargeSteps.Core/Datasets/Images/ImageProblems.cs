using System.Globalization;
using LargeSteps.Values;

namespace LargeSteps.Datasets.Images;

/// <summary>What can be wrong with the files of images: LS0601 to LS0610.</summary>
internal static class ImageProblems
{
    // Names and lines in a file can be of any length.
    private const int Longest = 300;

    /// <summary>The beginning of what a file has in it.</summary>
    public static string Short(string text) => text.Length <= Longest ? text : text[..(Longest - 1)] + "…";

    public static Diagnostic NotFound(ImageSource source, string? directory) => new("LS0601", directory is null
        ? $"the images of {source.Name} come from files, and no data folder is named"
        : $"no images of {source.Name} in {directory}: looked in {string.Join(", ", source.Folders)} for "
            + $"{string.Join(", ", source.FileNames)}; fetch {string.Join(", ", source.Files.Select(file => file.Name))} from {source.Url}",
            directory);

    public static Diagnostic NoFolder(string path) => new("LS0601",
        "there is no such folder: looked for train/CLASS and test/CLASS, or CLASS, with pictures", path);

    public static Diagnostic NoArrays(string path) => new("LS0601",
        "there is no such file .npz, and no such folder with x_train.npy and y_train.npy", path);

    public static Diagnostic Missing(string file, string names) => new("LS0602", $"is not there; looked for {names}", file);

    public static Diagnostic Unreadable(string file, string reason) => new("LS0602", $"cannot be read: {reason}", file);

    public static Diagnostic Length(string file, long expected, long found) => new("LS0603", FormattableString.Invariant(found < expected
        ? $"has {found} bytes, not {expected}: it is cut off (a part of the images counts only where partial files are allowed)"
        : (FormattableString)$"has {found} bytes, not {expected}: it is another file"), file);

    public static Diagnostic Longer(string file, long expected) => new("LS0603",
        FormattableString.Invariant($"has more than {expected} bytes: it is another file"), file);

    public static Diagnostic Records(string file, long expected, long found) => new("LS0603", FormattableString.Invariant(
        $"has {found} images, not {expected} (a part of the images counts only where partial files are allowed)"), file);

    public static Diagnostic Checksum(string file, string expected, string found) =>
        new("LS0604", $"has MD5 {found}, not {expected}: it is damaged or another file", file);

    public static Diagnostic Malformed(string file, string reason) => new("LS0605", Short(reason), file);

    public static Diagnostic Unsafe(string file, string entry, string reason) =>
        new("LS0606", $"entry '{Short(entry)}' {reason}: the archive is not the published one and is not read", file);

    public static Diagnostic Refused(Uri address, string status, string file) =>
        new("LS0607", $"{address} answers {status}; name another mirror, or put the file there by hand", file);

    public static Diagnostic Unreachable(Uri address, string reason, int attempts, string file) =>
        new("LS0608", FormattableString.Invariant(
        $"{address} could not be fetched in {attempts} attempts: {reason}; what has come is kept and the next attempt goes on from there"),
            file);

    public static Diagnostic TooSlow(Uri address, long bytes, string file) =>
        new("LS0608", string.Create(CultureInfo.InvariantCulture,
        $"{address} sends too little: {bytes} bytes in a minute, at least {Downloads.LeastBytes} are waited for; what has come is kept, " +
        $"and the same command goes on from there; name a mirror, or put the file there by hand"),
            file);

    public static Diagnostic NoConnection(Uri address, string reason, int attempts, string file) =>
        new("LS0608", FormattableString.Invariant(
        $"{address} could not be reached in {attempts} attempts: {reason}; name a mirror, or put the file there by hand"), file);

    public static Diagnostic Unwritable(string file, string reason) => new("LS0609", $"cannot be written: {reason}", file);

    public static Diagnostic TooFew(ImageSource source, string what, int asked, int there, string? place) =>
        new("LS0610", FormattableString.Invariant(
        $"{asked} {what} images of {source.Name} are asked for, but there are {there}"), place);
}
