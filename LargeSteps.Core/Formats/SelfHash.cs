using System.Security.Cryptography;
using System.Text;

namespace LargeSteps.Formats;

/// <summary>
/// A hash of a file that stands in the file itself: the SHA-256 of all its bytes, with zeros for its own digits. Readers of formats believe
/// the lengths that a file states, and from a damaged one take any memory: what a hash does not hold for is not given to them.
/// </summary>
internal static class SelfHash
{
    private const string Mark = "sha256 of this file: ";

    private static readonly byte[] MarkBytes = Encoding.ASCII.GetBytes(Mark), Zeros = Encoding.ASCII.GetBytes(new string('0', Digits));

    private const int Digits = 64;

    /// <summary>The text that a file must have in one place or more, for <see cref="Seal"/> to write its hash there.</summary>
    public static string Placeholder { get; } = Mark + new string('0', Digits);

    /// <summary>Writes the hash of a file into the places for it.</summary>
    /// <exception cref="InvalidOperationException">The file has no such place.</exception>
    public static void Seal(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        var (hash, places) = Scan(file);
        if (places.Count == 0) throw new InvalidOperationException("The file has no place for its hash.");
        foreach (var place in places)
        {
            file.Position = place.At;
            file.Write(Encoding.ASCII.GetBytes(hash));
        }
    }

    /// <summary>Whether a file is as it was sealed.</summary>
    public static bool Holds(Stream file)
    {
        var (hash, places) = Scan(file);
        return places.Count > 0 && places.All(place => place.Stated == hash);
    }

    /// <summary>The hash of a file with zeros for the digits of hashes, and where these stand.</summary>
    private static (string Hash, List<(long At, string Stated)> Places) Scan(Stream file)
    {
        file.Position = 0;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (buffer, there, done, places) = (new byte[1 << 16], 0, 0L, new List<(long, string)>());
        // What may be the beginning of a mark waits for the bytes behind it.
        var longest = MarkBytes.Length + Digits;
        while (file.Read(buffer, there, buffer.Length - there) is > 0 and var read)
        {
            there += read;
            var at = 0;
            while (buffer.AsSpan(at, there - at).IndexOf(MarkBytes) is >= 0 and var next && at + next + longest <= there)
            {
                var digits = at + next + MarkBytes.Length;
                places.Add((done + digits, Encoding.ASCII.GetString(buffer, digits, Digits)));
                hash.AppendData(buffer, at, digits - at);
                hash.AppendData(Zeros);
                at = digits + Digits;
            }
            var sure = Math.Max(at, there - longest);
            hash.AppendData(buffer, at, sure - at);
            buffer.AsSpan(sure, there - sure).CopyTo(buffer);
            (done, there) = (done + sure, there - sure);
        }
        hash.AppendData(buffer, 0, there);
        return (Convert.ToHexStringLower(hash.GetHashAndReset()), places);
    }
}
