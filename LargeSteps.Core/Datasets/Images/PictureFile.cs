using System.Buffers.Binary;
using System.IO.Compression;
using LargeSteps.Models;
using LargeSteps.Values;
using StbImageSharp;

namespace LargeSteps.Datasets.Images;

/// <summary>A picture in a folder or an archive.</summary>
/// <param name="Path">Where it lies there.</param>
/// <param name="Label">Its class.</param>
internal sealed record Picture(string Path, int Label)
{
    /// <summary>The pictures in an order in which the first of them stand for all: before they are decoded, since images that were put into
    /// another order would be there twice.</summary>
    public static Picture[] Mixed(Picture[] pictures)
    {
        var labels = Items.From(pictures.Select(picture => picture.Label));
        return ClassOrder.IsSorted(labels) ? [.. ClassOrder.Stratified(labels).Select(i => pictures[i])] : pictures;
    }
}

/// <summary>JPEG and PNG files as planes of red, green and blue: grey pictures have three equal ones, and transparency is left
/// out.</summary>
internal static class PictureFile
{
    private const int MostTold = 10, MostSide = 1 << 14;

    private static ReadOnlySpan<byte> Jpeg => [0xff, 0xd8];

    private static ReadOnlySpan<byte> Png => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a];

    /// <summary>Whether a file begins as a JPEG file does.</summary>
    public static bool IsJpeg(byte[] file) => file.AsSpan().StartsWith(Jpeg);

    /// <summary>Pictures of one size as images.</summary>
    /// <param name="root">The folder or the archive, for diagnostics.</param>
    /// <param name="pictures">The pictures.</param>
    /// <param name="shape">Three channels of their size.</param>
    /// <param name="mostBytes">The most bytes that a file may have.</param>
    /// <param name="content">The beginning of a file, of at most so many bytes, and whether that is all.</param>
    /// <param name="demand">What is wrong with a file before it is decoded, or null.</param>
    public static Outcome<LabelledImages> Decode(string root, Picture[] pictures, ImageShape shape, int mostBytes,
        Func<string, int, (byte[] Bytes, bool IsAll)> content, Func<byte[], string?>? demand = null)
    {
        var pixels = new byte[pictures.Length * shape.Length];
        var problems = new Diagnostic?[pictures.Length];
        // An archive is read by one thread; what takes long is to decode.
        const int Chunk = 128;
        for (var start = 0; start < pictures.Length; start += Chunk)
        {
            (byte[] Bytes, bool IsAll)[] files = [.. pictures.Skip(start).Take(Chunk).Select(picture => content(picture.Path, mostBytes))];
            var first = start;
            Parallel.For(0, files.Length, i => problems[first + i] = Problem(files[i], first + i) is { } reason
                ? ImageProblems.Malformed($"{root}/{ImageProblems.Short(pictures[first + i].Path)}", reason) : null);
        }
        return problems.OfType<Diagnostic>().ToArray() is { Length: > 0 } found
            ? Outcome.Failure<LabelledImages>([.. found.Take(MostTold), .. found.Length <= MostTold ? (Diagnostic[])[]
                : [ImageProblems.Malformed(root, FormattableString.Invariant($"has {found.Length - MostTold} more such images"))]])
            : Outcome.Success(LabelledImages.Of(shape, new Items<byte>(pixels), Items.From(pictures.Select(picture => picture.Label))));

        string? Problem((byte[] Bytes, bool IsAll) file, int i) =>
            !file.IsAll ? FormattableString.Invariant($"has more than {mostBytes} bytes")
            : demand?.Invoke(file.Bytes) ?? Decode(file.Bytes, shape, pixels.AsSpan(i * shape.Length, shape.Length));
    }

    /// <summary>Decodes a file into its planes; what is wrong with it, or null.</summary>
    public static string? Decode(byte[] file, ImageShape shape, Span<byte> planes)
    {
        // A file of some KB can say that it has 20,000×20,000 pixels: its head is read before they are made.
        var (size, reason) = Size(file);
        if (size is not var (width, height)) return reason;
        if (width != shape.Width || height != shape.Height)
        {
            return FormattableString.Invariant(
            $"has {width}×{height} pixels, not {shape.Width}×{shape.Height}");
        }

        var (image, damage) = Try(file, stream => ImageResult.FromStream(stream, ColorComponents.RedGreenBlue));
        if (image is null || image.Width != width || image.Height != height)
            return damage ?? Damaged(file, "it has another size than its head");
        for (var p = 0; p < shape.Plane; p++)
            for (var c = 0; c < 3; c++) planes[c * shape.Plane + p] = image.Data[3 * p + c];
        return null;
    }

    /// <summary>The size of a picture by its head; null, and why, where it is none or unpacks to more than that.</summary>
    public static ((int Width, int Height)? Size, string? Problem) Size(byte[] file)
    {
        // The decoder knows other formats too, some of which take any room to unpack.
        if (IsJpeg(file))
        {
            var (head, damage) = Try(file, stream => ImageInfo.FromStream(stream));
            return head is { } known ? ((known.Width, known.Height), null) : (null, damage ?? Damaged(file, "it has no head"));
        }
        if (!file.AsSpan().StartsWith(Png)) return (null, "is neither a JPEG nor a PNG file");
        var (size, problem) = SizeOfPng(file);
        return problem is null ? (size, null) : (null, Damaged(file, problem));
    }

    // The pixels of a PNG file are deflated, and the decoder unpacks whatever comes: they are unpacked here first, and counted.
    private static ((int Width, int Height) Size, string? Problem) SizeOfPng(byte[] file)
    {
        const int Head = 8, Check = 4, HeaderLength = 13;
        var size = (Width: 0, Height: 0);
        var (least, most, unpackedBytes) = (0L, 0L, 0L);
        using var packed = new MemoryStream();
        for (var at = Png.Length; at < file.Length;)
        {
            if (file.Length - at < Head + Check) return (size, "it breaks off");
            var length = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at));
            if (length > file.Length - at - Head - Check) return (size, "it breaks off");
            var type = file.AsSpan(at + 4, 4);
            var data = file.AsSpan(at + Head, (int)length);
            if (at == Png.Length)
            {
                if (!type.SequenceEqual("IHDR"u8) || length != HeaderLength) return (size, "it does not begin with its head");
                var (width, height) = (BinaryPrimitives.ReadUInt32BigEndian(data), BinaryPrimitives.ReadUInt32BigEndian(data[4..]));
                if (width is 0 or > MostSide || height is 0 or > MostSide)
                {
                    return (size, FormattableString.Invariant(
                    $"it has {width}×{height} pixels; a side has 1 to {MostSide}"));
                }

                size = ((int)width, (int)height);
                var channels = data[9] switch { 0 or 3 => 1, 4 => 2, 2 => 3, _ => 4 };
                least = height * (width * channels * data[8] / 8L);
                // Interlaced, it has up to four times as many rows, each of which is rounded up to a byte and has one more before it.
                most = height * (width * channels * data[8] / 8L + 5) + 16;
            }
            else if (type.SequenceEqual("IDAT"u8))
            {
                packed.Write(data);
            }

            at += Head + Check + (int)length;
        }
        if (most == 0) return (size, "it breaks off");
        packed.Position = 0;
        try
        {
            using var unpacked = new ZLibStream(packed, CompressionMode.Decompress);
            var buffer = new byte[1 << 14];
            while (unpacked.Read(buffer) is > 0 and var read)
                if ((unpackedBytes += read) > most) return (size, "it unpacks to more than its pixels");
        }
        // Of some damage the library says that it is one of reading.
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            return (size, e.Message);
        }
        return (size, unpackedBytes < least ? "it unpacks to less than its pixels" : null);
    }

    private static string Damaged(byte[] file, string reason) => $"is no {(IsJpeg(file) ? "JPEG" : "PNG")} file or a damaged one: {reason}";

    private static (T? Value, string? Problem) Try<T>(byte[] file, Func<Stream, T?> read)
    {
        try
        {
            using var stream = new EndingStream(file);
            return (read(stream), null);
        }
        // The decoder, which is not ours, throws these for whatever it does not understand.
        catch (Exception e) when (e is InvalidOperationException or IndexOutOfRangeException or ArgumentException or NullReferenceException
            or OverflowException)
        {
            return (default, Damaged(file, e.Message));
        }
    }

    // The decoder knows that it is at the end where it stands there. Sent beyond by a length in the file, it would read for ever.
    private sealed class EndingStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override long Seek(long offset, SeekOrigin loc)
        {
            base.Seek(offset, loc);
            return Position = Math.Min(Position, Length);
        }
    }
}
