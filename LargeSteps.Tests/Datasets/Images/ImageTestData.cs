using System.Formats.Tar;
using System.IO.Compression;
using LargeSteps.Datasets.Images;
using LargeSteps.Values;

namespace LargeSteps.Tests.Datasets.Images;

/// <summary>Small files in the published layouts, and the real ones where there are any.</summary>
internal static class ImageTestData
{
    /// <summary>A batch as Python 2 pickles it: 3 images whose bytes are 50·image + (place/64 mod 7), labels 6, 9, 0.</summary>
    public const string BatchOfPython2 =
        "H4sIAAAAAAACA+3Ry07CQBTG8V5olYJ38bLrwkVXTbygPoONLIizJGTaDlBTCqdMFySauFHkqdUUX4Cc7fdfTE7OnN3vw3onIxCtWOpkMsxlrHIyRUeXMiuyYuzXe//an438LlnCrS8W"
        + "ZA+oEURu1IwMJRqp1JKcpKim82WYzEoVTqtcZ7Is5dIbliqZFQtdVon2yN1ceUW6+aWdyPikXWHG1FyR16dWEJmR/Wy0v6j9f5vq5Vx5tCes6pr2198rOujTYRDZwnyjo16v9/TzV/1E"
        + "hqbjeP1iXBnsTGYWM5tZg5nDzGUGP/jBD37wgx/84Ac/+G3TI7MbZrfM7ph1md0ze2AGP/jBD37wgx/84Ac/+G1TxuyVWcpMMRsxGzObMIMf/OAHP/jBD37wgx/8tolONJ3GojnKclXI"
        + "qVpQZ0BngXBkOC/GdC6cuB4uhJPUw6Wqwl/qRCNRECUAAA==";

    /// <summary>A batch of CIFAR-100 as Python 3 pickles it with protocol 2: two images, fine labels 99, 3.</summary>
    public const string BatchOfPython3 =
        "H4sIAAAAAAACA+3ZuW7CQBCA4fUBJAZyHyRP4AqJ3M+QVVy42gah9XojkIzN2OsCKZHSBMJTJxsTpUfTzl/YlsY7zVdZ/nDfgYXCZ4yl0khwVF7PF8uhKko9nNeZmcmylMtgUmpV5JUp"
        + "a2UCcLdvBXm6nYLH2Sf4aqKKVKsq0PnvQwAt4djFCbRF294zaWb5CDor2Ithfw1BDN2QO9x9Yb0V9P52pma5sEf7wrVH6hEcbL7WcBjDUci9Zt0bHEdR9Pxtay6cGThJNtOWYAOGzkHm"
        + "IvOQ+chayNrIyI/8yI/8yI/8yI/8yI/8dukJ2Q2yW2R3yO6RPSB7REZ+5Ed+5Ed+5Ed+5Ed+5LdLcDrtrOAshnMDF4no2k+q11muJ5lMdFbB5RgGIVfc06JvR6qQZfU/vBrDdfNDQtfD"
        + "H9FQXBMZGQAA";

    /// <summary>
    /// A MATLAB file as SciPy writes it, compressed: X 32×32×3×3, 0 but for row 5, column 7 of the green plane of the last image, 200, and
    /// row 0, column 1 of the red plane of the first, 9; y 1, 10, 9.
    /// </summary>
    public const string DigitsOfMatlab =
        "TUFUTEFCIDUuMCBNQVQtZmlsZSBQbGF0Zm9ybTogcG9zaXgsIENyZWF0ZWQgb246IFR1ZSBOb3YgMjQgMDc6NTE6MDcgMjAyNgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAABSU0PAAAAUQAAAHic7c4xDkBQDIDhIoRFHMHwDuEojuxYKuxvw/B9zZ8uHTpHxFYihtxjNsWtz5Zsfeqempw9d3sdlaia6icAAAAAAAAA7zm+fgAA"
        + "/uUEFNICLg8AAAAxAAAAeJzjY2Bg8ABiNiDmgNIgwArlMwMxIxgzMlQCaU4glmCAgQ/2EFrFAUIrOQAAUSEDDQ==";

    /// <summary>The folder with the real files; the test is skipped where the environment names none.</summary>
    public static string RealData()
    {
        var folder = Environment.GetEnvironmentVariable("LARGESTEPS_DATA");
        Assert.SkipWhen(string.IsNullOrEmpty(folder), "LARGESTEPS_DATA names no folder with image files.");
        return folder!;
    }

    public static byte[] Unzipped(string base64)
    {
        using var unpacked = new MemoryStream();
        using (var packed = new GZipStream(new MemoryStream(Convert.FromBase64String(base64)),
            CompressionMode.Decompress))
        {
            packed.CopyTo(unpacked);
        }

        return unpacked.ToArray();
    }

    public static byte[] Zipped(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(content);
        return packed.ToArray();
    }

    /// <summary>Records of CIFAR: the labels, and pixels that differ from record to record.</summary>
    public static byte[] Records(int labelBytes, params byte[] labels) =>
        [.. labels.SelectMany((label, i) => Enumerable.Repeat((byte)0, labelBytes - 1).Append(label).Concat(Pixels(i)))];

    public static IEnumerable<byte> Pixels(int image) => Enumerable.Range(0, 3072).Select(p => (byte)(31 * image + p / 7));

    /// <summary>An archive of files.</summary>
    public static MemoryStream TarGz(params (string Name, byte[] Content)[] files) =>
        TarGz(files.Select(file => (TarEntry)new UstarTarEntry(TarEntryType.RegularFile,
            file.Name)
        { DataStream = new MemoryStream(file.Content) }));

    public static MemoryStream TarGz(IEnumerable<TarEntry> entries)
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var entry in entries) writer.WriteEntry(entry);
        }
        return new MemoryStream(Zipped(tar.ToArray()));
    }

    public static Items<Diagnostic> Problems<T>(Outcome<T> outcome) =>
        outcome.Match(_ => throw new InvalidOperationException("It worked."), problems => problems);

    public static void AssertProblem<T>(string code, string part, Outcome<T> outcome)
    {
        var problem = Assert.Single(Problems(outcome));
        Assert.Equal(code, problem.Code);
        Assert.Contains(part, problem.ToString(), StringComparison.Ordinal);
    }

    public static int[] Histogram(LabelledImages images, int classes) =>
        [.. Enumerable.Range(0, classes).Select(label => images.Labels.Count(other => other == label))];

    public static long Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0L;
        foreach (var value in bytes) sum += value;
        return sum;
    }

    public static byte At(LabelledImages images, int image, int channel, int row, int column) =>
        images.Bytes[((image * images.Shape.Channels + channel) * images.Shape.Height + row) * images.Shape.Width + column];
}
