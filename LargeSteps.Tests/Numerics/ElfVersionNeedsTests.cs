using System.Buffers.Binary;
using System.Text;
using CsCheck;
using LargeSteps.Numerics;

namespace LargeSteps.Tests.Numerics;

public class ElfVersionNeedsTests
{
    private static readonly byte[] File = Elf(
        ("libm.so.6", ["GLIBC_2.2.5"]),
        ("libstdc++.so.6", ["GLIBCXX_3.4.30", "GLIBCXX_3.4.32", "CXXABI_1.3"]),
        ("libother.so", ["GLIBCXX_3.4.32"]));

    [Fact]
    public void Needs_are_read_in_order() =>
        Assert.Equal(
            [
                new("libm.so.6", "GLIBC_2.2.5", false),
                new("libstdc++.so.6", "GLIBCXX_3.4.30", false),
                new("libstdc++.so.6", "GLIBCXX_3.4.32", false),
                new("libstdc++.so.6", "CXXABI_1.3", false),
                new("libother.so", "GLIBCXX_3.4.32", false),
            ],
            ElfVersionNeeds.Read(File));

    [Fact]
    public void One_bit_of_exactly_the_one_need_changes()
    {
        var relaxed = ElfVersionNeeds.Relax(File, "libstdc++.so.6", "GLIBCXX_3.4.32");
        Assert.Equal(
            ElfVersionNeeds.Read(File).Select(need =>
                need with { Weak = need is { Library: "libstdc++.so.6", Version: "GLIBCXX_3.4.32" } }),
            ElfVersionNeeds.Read(relaxed));
        Assert.Equal(2, Assert.Single(File.Zip(relaxed, (a, b) => a ^ b), x => x != 0));
    }

    [Fact]
    public void A_file_without_the_need_stays_the_same()
    {
        var without = Elf(("libm.so.6", ["GLIBC_2.2.5"]));
        Assert.Equal(without, ElfVersionNeeds.Relax(without, "libstdc++.so.6", "GLIBCXX_3.4.32"));
        var relaxed = ElfVersionNeeds.Relax(File, "libstdc++.so.6", "GLIBCXX_3.4.32");
        Assert.Equal(relaxed, ElfVersionNeeds.Relax(relaxed, "libstdc++.so.6", "GLIBCXX_3.4.32"));
    }

    [Fact]
    public void A_file_without_the_table_stays_the_same()
    {
        var without = (byte[])File.Clone();
        BinaryPrimitives.WriteUInt16LittleEndian(without.AsSpan(0x3c), 0);
        Assert.Empty(ElfVersionNeeds.Read(without));
        Assert.Equal(without, ElfVersionNeeds.Relax(without, "libstdc++.so.6", "GLIBCXX_3.4.32"));
    }

    [Fact]
    public void A_file_that_is_cut_off_is_an_error() =>
        Gen.Int[0, File.Length - 1].Sample(length =>
            Assert.Throws<BadImageFormatException>(() => ElfVersionNeeds.Read(File.AsSpan(0, length))));

    [Fact]
    public void Another_kind_of_file_is_an_error()
    {
        Assert.Contains("not a 64-bit", Assert.Throws<BadImageFormatException>(() => ElfVersionNeeds.Read("MZ garbage"u8)).Message);
        var elf32 = (byte[])File.Clone();
        elf32[4] = 1;
        Assert.Throws<BadImageFormatException>(() => ElfVersionNeeds.Read(elf32));
    }

    [Fact]
    public void Damage_gives_no_other_error() =>
        Gen.Select(Gen.Int[6, File.Length - 1], Gen.Byte).Array[1, 8].Sample(damages =>
        {
            var damaged = (byte[])File.Clone();
            foreach (var (at, value) in damages)
            {
                damaged[at] = value;
            }

            try
            {
                ElfVersionNeeds.Relax(damaged, "libstdc++.so.6", "GLIBCXX_3.4.32");
            }
            catch (BadImageFormatException)
            {
            }
        }, iter: 2000);

    // The smallest file of its kind: header, names, needs, and at the end three sections (none, names, needs).
    private static byte[] Elf(params (string Library, string[] Versions)[] needs)
    {
        const int Names = 64;
        var names = new StringBuilder("\0");
        var table = new MemoryStream();
        foreach (var (library, versions) in needs)
        {
            Write(table, (ushort)1, (ushort)versions.Length, NameOf(library), 16u, needs[^1].Library == library
                ? 0u : 16u + 16u * (uint)versions.Length);
            foreach (var version in versions)
            {
                Write(table, 0u, (ushort)0, (ushort)3, NameOf(version), versions[^1] == version ? 0u : 16u);
            }
        }

        var file = new MemoryStream();
        var needsAt = (ulong)(Names + names.Length);
        file.Write([0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, .. new byte[33]]);
        Write(file, needsAt + (ulong)table.Length, 0u, (ushort)64, (ushort)0, (ushort)0, (ushort)64, (ushort)3, (ushort)0);
        file.Write(Encoding.ASCII.GetBytes(names.ToString()));
        file.Write(table.ToArray());
        file.Write(new byte[64]);
        Write(file, 0u, 3u, 0ul, 0ul, (ulong)Names, (ulong)names.Length, 0u, 0u, 1ul, 0ul);
        Write(file, 0u, 0x6ffffffeu, 0ul, 0ul, needsAt, (ulong)table.Length, 1u, (uint)needs.Length, 4ul, 0ul);
        // What follows the fields that are read is left out, so that a file cut off anywhere lacks something.
        return file.ToArray()[..^16];

        uint NameOf(string text)
        {
            var at = (uint)names.Length;
            names.Append(text).Append('\0');
            return at;
        }
    }

    private static void Write(MemoryStream stream, params object[] values)
    {
        foreach (var value in values)
        {
            stream.Write(value switch
            {
                ushort x => BitConverter.GetBytes(x),
                uint x => BitConverter.GetBytes(x),
                ulong x => BitConverter.GetBytes(x),
                _ => throw new ArgumentException($"no field of ELF: {value}"),
            });
        }
    }
}
