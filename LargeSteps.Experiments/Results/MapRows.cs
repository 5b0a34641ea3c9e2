using System.Security.Cryptography;
using LargeSteps.Formats;

namespace LargeSteps.Experiments.Results;

/// <summary>The rows of a map that are done, in a file of their own until all are.</summary>
/// <param name="inputs">The hash of all that they depend on.</param>
/// <param name="kept">Rows that are done already.</param>
/// <param name="clock">What says when they are written again.</param>
internal sealed class MapRows(string inputs, IReadOnlyDictionary<int, double[]> kept, TimeProvider clock)
{
    // A file of all of them takes some milliseconds.
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(10);

    private long _written = clock.GetTimestamp();
    private readonly Dictionary<int, double[]> _rows = new(kept);

    /// <summary>How many are done.</summary>
    public int Count => _rows.Count;

    /// <summary>Takes a row, and now and then writes all of them.</summary>
    public void Add(int number, double[] cells, string path)
    {
        _rows[number] = cells;
        if (clock.GetElapsedTime(_written) < Between) return;
        Write(path);
        _written = clock.GetTimestamp();
    }

    /// <summary>Writes all of them.</summary>
    public void Write(string path) => WholeFile.Write(path, aside =>
    {
        using var content = new MemoryStream();
        using var writer = new BinaryWriter(content);
        writer.Write(inputs);
        writer.Write(_rows.Count);
        foreach (var (number, cells) in _rows)
        {
            writer.Write(number);
            foreach (var cell in cells) writer.Write(cell);
        }
        var bytes = content.ToArray();
        File.WriteAllBytes(aside, [.. bytes, .. SHA256.HashData(bytes)]);
    });

    /// <summary>The rows in a file; none where it is not there, is damaged, or is of another map.</summary>
    public static IReadOnlyDictionary<int, double[]> Read(string path, string inputs, int columns)
    {
        var rows = new Dictionary<int, double[]>();
        if (!File.Exists(path)) return rows;
        var all = File.ReadAllBytes(path);
        if (all.Length < SHA256.HashSizeInBytes) return rows;
        var bytes = all[..^SHA256.HashSizeInBytes];
        if (!SHA256.HashData(bytes).AsSpan().SequenceEqual(all.AsSpan(bytes.Length))) return rows;
        using var reader = new BinaryReader(new MemoryStream(bytes));
        if (reader.ReadString() != inputs) return rows;
        var count = reader.ReadInt32();
        if (count != (reader.BaseStream.Length - reader.BaseStream.Position) / (sizeof(int) + (long)columns * sizeof(double))) return rows;
        for (var left = count; left > 0; left--)
        {
            var cells = new double[columns];
            var number = reader.ReadInt32();
            for (var i = 0; i < columns; i++) cells[i] = reader.ReadDouble();
            rows[number] = cells;
        }
        return rows;
    }
}
