using System.Security.Cryptography;
using System.Text;
using CsCheck;
using LargeSteps.Formats;

namespace LargeSteps.Tests.Formats;

public class SelfHashTests
{
    private static string Sealed(string folder, params string[] parts)
    {
        var file = Path.Combine(folder, "file");
        File.WriteAllText(file, string.Join(SelfHash.Placeholder, parts));
        SelfHash.Seal(file);
        return file;
    }

    private static bool Holds(byte[] bytes) => SelfHash.Holds(new MemoryStream(bytes));

    [Fact]
    public void The_hash_is_that_of_the_file_with_zeros_in_its_place() => TemporaryFolder.In(folder =>
    {
        var text = File.ReadAllText(Sealed(folder, "before ", " behind"));
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes($"before {SelfHash.Placeholder} behind")));
        Assert.Equal($"before {SelfHash.Placeholder.Replace(new string('0', 64), hash, StringComparison.Ordinal)} behind", text);
    });

    [Fact]
    public void A_file_of_any_length_holds_and_one_with_another_byte_does_not() => TemporaryFolder.In(folder =>
        Gen.Select(Gen.Int[0, 140_000].Array[2, 3], Gen.Int[0, int.MaxValue], Gen.Byte[1, 255]).Sample((lengths, at, bits) =>
        {
            var bytes = File.ReadAllBytes(Sealed(folder, [.. lengths.Select(length => new string('a', length))]));
            Assert.True(Holds(bytes));
            Assert.False(Holds(bytes[..^1]));
            bytes[at % bytes.Length] ^= bits;
            Assert.False(Holds(bytes));
        }, iter: 100, threads: 1));

    [Fact]
    public void A_file_without_a_hash_does_not_hold() => TemporaryFolder.In(folder =>
    {
        Assert.False(Holds([]));
        Assert.False(Holds(new byte[200_000]));
        Assert.Throws<InvalidOperationException>(() => Sealed(folder, "nothing"));
    });
}
