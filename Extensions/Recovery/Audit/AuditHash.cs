using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace IdP.Recovery.Audit;

/// <summary>
/// What a seal says: SHA-256 over the hash before it and every field of the event. Each text stands behind its length,
/// so that no two events look alike, however their fields are cut.
/// </summary>
public static class AuditHash
{
    /// <summary>Bytes of a hash.</summary>
    public const int Length = SHA256.HashSizeInBytes;

    private const byte Version = 1;
    private const int Absent = -1;

    /// <summary>The hash of an event at its place.</summary>
    /// <param name="previous">The hash of the place before; 32 zero bytes before the first.</param>
    /// <param name="audited">The event as the database gives it, since times lose digits on their way there.</param>
    public static byte[] Next(ReadOnlySpan<byte> previous, AuditEvent audited)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(previous);
        hash.AppendData([Version]);
        hash.AppendData(audited.Id.ToByteArray(bigEndian: true));
        Span<byte> at = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(at, audited.At.UtcTicks);
        hash.AppendData(at);
        foreach (
            var text in (ReadOnlySpan<string?>)
                [
                    audited.Type,
                    audited.AccountId,
                    audited.ActorId,
                    audited.SubjectId,
                    audited.Network,
                    audited.Browser,
                    audited.Reason,
                    audited.Proof,
                    audited.Why,
                ]
        )
        {
            Append(hash, text);
        }

        return hash.GetHashAndReset();
    }

    private static void Append(IncrementalHash hash, string? text)
    {
        var bytes = text is null ? [] : Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, text is null ? Absent : bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }
}
