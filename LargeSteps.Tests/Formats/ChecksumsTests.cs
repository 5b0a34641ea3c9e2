using System.Text;
using LargeSteps.Formats;

namespace LargeSteps.Tests.Formats;

public class ChecksumsTests
{
    // The check values of both in the catalogue of parametrised CRC algorithms (reveng.sourceforge.io).
    [Fact]
    public void Both_checks_have_their_published_value()
    {
        Assert.Equal(0xCBF43926u, Checksums.Crc32("123456789"u8));
        Assert.Equal(0xE3069283u, Checksums.Crc32C("123456789"u8));
        Assert.Equal((0u, 0u), (Checksums.Crc32([]), Checksums.Crc32C([])));
    }

    // RFC 3720, B.4.
    [Fact]
    public void The_vectors_of_the_standard_of_iSCSI_agree()
    {
        Assert.Equal(0x8A9136AAu, Checksums.Crc32C(new byte[32]));
        Assert.Equal(0x62A8AB43u, Checksums.Crc32C([.. Enumerable.Repeat((byte)0xff, 32)]));
        Assert.Equal(0x46DD794Eu, Checksums.Crc32C([.. Enumerable.Range(0, 32).Select(i => (byte)i)]));
        Assert.Equal(0x113FDB5Cu, Checksums.Crc32C([.. Enumerable.Range(0, 32).Select(i => (byte)(31 - i))]));
    }

    // Of Python's zlib.crc32.
    [Fact]
    public void A_text_has_the_check_of_zlib() =>
        Assert.Equal(0x414FA339u, Checksums.Crc32(Encoding.ASCII.GetBytes("The quick brown fox jumps over the lazy dog")));
}
