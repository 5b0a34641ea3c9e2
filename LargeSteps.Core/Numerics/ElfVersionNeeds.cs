using System.Buffers.Binary;
using System.Text;

namespace LargeSteps.Numerics;

/// <summary>A version of the symbols of another library that a shared object asks for.</summary>
/// <param name="Library">The other library's file name, as the loader searches it.</param>
/// <param name="Version">The version's name, such as GLIBCXX_3.4.32.</param>
/// <param name="Weak">Whether the loader may go on without it.</param>
internal sealed record ElfVersionNeed(string Library, string Version, bool Weak);

/// <summary>
/// The table of needed symbol versions (.gnu.version_r) of a 64-bit little-endian ELF file. Source: the Linux
/// Standard Base, "Symbol Versioning", section "Version Requirements".
/// </summary>
internal static class ElfVersionNeeds
{
    private const uint NeedsSection = 0x6ffffffe;
    private const ushort WeakFlag = 2;

    /// <summary>All needs, in the order of the file; none where the file has no such table.</summary>
    /// <exception cref="BadImageFormatException">The file is no such ELF file, or is cut off or damaged.</exception>
    public static IReadOnlyList<ElfVersionNeed> Read(ReadOnlySpan<byte> file)
    {
        var needs = new List<ElfVersionNeed>();
        foreach (var (need, _) in Entries(file))
        {
            needs.Add(need);
        }

        return needs;
    }

    /// <summary>A copy of the file in which the one need is weak; an equal copy where the file has no such need.</summary>
    /// <exception cref="BadImageFormatException">The file is no such ELF file, or is cut off or damaged.</exception>
    public static byte[] Relax(ReadOnlySpan<byte> file, string library, string version)
    {
        var relaxed = file.ToArray();
        foreach (var (need, flags) in Entries(file))
        {
            if (need.Library == library && need.Version == version)
            {
                var value = BinaryPrimitives.ReadUInt16LittleEndian(relaxed.AsSpan(flags));
                BinaryPrimitives.WriteUInt16LittleEndian(relaxed.AsSpan(flags), (ushort)(value | WeakFlag));
            }
        }

        return relaxed;
    }

    // Each need and the place of its flags in the file.
    private static List<(ElfVersionNeed Need, int Flags)> Entries(ReadOnlySpan<byte> file)
    {
        // Magic number, 64-bit, little-endian.
        if (!file.StartsWith((ReadOnlySpan<byte>)[0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1]))
        {
            throw new BadImageFormatException("not a 64-bit little-endian ELF file");
        }

        var entries = new List<(ElfVersionNeed, int)>();
        var sections = U64(file, 0x28);
        var sectionSize = U16(file, 0x3a);
        var sectionCount = U16(file, 0x3c);
        for (var s = 0; s < sectionCount; s++)
        {
            var section = sections + (ulong)(s * sectionSize);
            if (U32(file, section + 4) == NeedsSection)
            {
                var names = U64(file, sections + (ulong)U32(file, section + 0x28) * sectionSize + 0x18);
                ReadSection(file, U64(file, section + 0x18), U32(file, section + 0x2c), names, entries);
            }
        }

        return entries;
    }

    // Libraries form a chain, and each has a chain of versions; a link is the distance to the next, 0 at the end.
    private static void ReadSection(
        ReadOnlySpan<byte> file, ulong library, uint libraries, ulong names, List<(ElfVersionNeed, int)> entries)
    {
        for (var l = 0u; l < libraries; l++)
        {
            var name = Name(file, names + U32(file, library + 4));
            var version = library + U32(file, library + 8);
            var versions = U16(file, library + 2);
            for (var v = 0; v < versions; v++)
            {
                var weak = (U16(file, version + 4) & WeakFlag) != 0;
                entries.Add((new(name, Name(file, names + U32(file, version + 8)), weak), (int)version + 4));
                var nextVersion = U32(file, version + 12);
                if (nextVersion == 0)
                {
                    break;
                }

                version += nextVersion;
            }

            var next = U32(file, library + 12);
            if (next == 0)
            {
                break;
            }

            library += next;
        }
    }

    private static ushort U16(ReadOnlySpan<byte> file, ulong at) => BinaryPrimitives.ReadUInt16LittleEndian(Part(file, at, 2));

    private static uint U32(ReadOnlySpan<byte> file, ulong at) => BinaryPrimitives.ReadUInt32LittleEndian(Part(file, at, 4));

    private static ulong U64(ReadOnlySpan<byte> file, ulong at) => BinaryPrimitives.ReadUInt64LittleEndian(Part(file, at, 8));

    private static string Name(ReadOnlySpan<byte> file, ulong at)
    {
        var rest = at < (ulong)file.Length ? file[(int)at..] : throw CutOff();
        var end = rest.IndexOf((byte)0);
        return end >= 0 ? Encoding.UTF8.GetString(rest[..end]) : throw CutOff();
    }

    private static ReadOnlySpan<byte> Part(ReadOnlySpan<byte> file, ulong at, int length) =>
        at <= (ulong)file.Length && (ulong)file.Length - at >= (ulong)length ? file.Slice((int)at, length) : throw CutOff();

    private static BadImageFormatException CutOff() => new("the ELF file is cut off or damaged");
}
