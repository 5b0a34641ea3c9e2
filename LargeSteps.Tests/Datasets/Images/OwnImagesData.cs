using System.Globalization;
using System.IO.Compression;
using System.Text;
using SkiaSharp;

namespace LargeSteps.Tests.Datasets.Images;

/// <summary>Small pictures and arrays of one's own.</summary>
internal static class OwnImagesData
{
    /// <summary>A picture of one colour.</summary>
    public static byte[] Picture(int width, int height, byte red, byte green = 0, byte blue = 0, bool jpeg = false)
    {
        using var bitmap = new SKBitmap(width, height);
        bitmap.Erase(new SKColor(red, green, blue));
        using var data = bitmap.Encode(jpeg ? SKEncodedImageFormat.Jpeg : SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    /// <summary>A file, with its folders.</summary>
    public static string Put(string folder, string name, byte[] content)
    {
        var path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>Two classes, of which b comes last, with three training images each and a test image: bright ones are of class b.</summary>
    public static string Pets(string folder, int side = 4)
    {
        for (var i = 0; i < 3; i++)
        {
            Put(folder, $"train/a/{i}.png", Picture(side, side, (byte)(10 + i)));
            Put(folder, $"train/b/{i}.PNG", Picture(side, side, (byte)(200 + i), 100, 50));
        }
        Put(folder, "test/a/x.png", Picture(side, side, 12));
        Put(folder, "test/b/y.jpg", Picture(side, side, 200, 200, 200, jpeg: true));
        return folder;
    }

    /// <summary>An array of NumPy.</summary>
    public static byte[] Npy(string type, byte[] elements, params int[] shape)
    {
        var axes = string.Concat(shape.Select(length => length.ToString(CultureInfo.InvariantCulture) + ", "));
        return Npy($"{{'descr': '{type}', 'fortran_order': False, 'shape': ({axes.TrimEnd(' ')}), }}", elements);
    }

    /// <summary>An array with any head.</summary>
    public static byte[] Npy(string head, byte[] elements)
    {
        var text = head.PadRight((head.Length + 11 + 63) / 64 * 64 - 11) + "\n";
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)text.Length, (byte)(text.Length >> 8), .. Encoding.Latin1.GetBytes(text), .. elements];
    }

    /// <summary>Arrays in a zip file.</summary>
    public static byte[] Npz(params (string Name, byte[] Array)[] arrays)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, array) in arrays)
            {
                using var entry = zip.CreateEntry(name + ".npy").Open();
                entry.Write(array);
            }
        }

        return stream.ToArray();
    }

    /// <summary>Three training images of 2 × 3 pixels in colour with labels 1, 0, 1 of 64 bits, and a test image of class 0.</summary>
    public static (string Name, byte[] Array)[] Digits => [
        ("x_train", Npy("|u1", [.. Enumerable.Range(0, 54).Select(i => (byte)i)], 3, 2, 3, 3)),
        ("y_train", Npy("<i8", [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], 3)),
        ("x_test", Npy("|u1", [.. Enumerable.Range(100, 18).Select(i => (byte)i)], 1, 2, 3, 3)),
        ("y_test", Npy("|u1", [0], 1, 1)),
    ];
}
