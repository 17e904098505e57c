using System.Buffers.Binary;
using System.Formats.Cbor;

namespace IdP.Recovery.Factors.Passkeys;

/// <summary>
/// Looks at a stranger's bytes before the library does: it reads CBOR by recursion, as deep as somebody wrote, and makes
/// room for as much as somebody said. Nothing that an authenticator sends is deep.
/// </summary>
internal static class AuthenticatorBytes
{
    private const int Deepest = 8;

    // WebAuthn 6.1: hash of the domain, flags, counter; then, where there is one, the new passkey's id and key.
    private const int FlagsOffset = 32;
    private const int CborOffset = 37;
    private const int IdLengthOffset = 53;
    private const int IdOffset = 55;
    private const byte HasCredential = 0x40;

    /// <summary>Whether an attestation object is one flat value and nothing behind it.</summary>
    public static bool IsPlainAttestation(byte[] attestationObject)
    {
        try
        {
            return IsFlat(attestationObject, areMany: false)
                && ReadAuthenticatorData(attestationObject) is { } data
                && IsPlainData(data);
        }
        catch (Exception exception) when (exception is CborContentException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Whether what follows the fixed part of authenticator data is flat.</summary>
    public static bool IsPlainData(byte[] data)
    {
        var start = CborOffset;
        if (data.Length < start)
        {
            return false;
        }

        if ((data[FlagsOffset] & HasCredential) != 0)
        {
            if (data.Length < IdOffset)
            {
                return false;
            }

            start = IdOffset + BinaryPrimitives.ReadUInt16BigEndian(data.AsSpan(IdLengthOffset));
        }

        try
        {
            return start <= data.Length && IsFlat(data.AsMemory(start), areMany: true);
        }
        catch (Exception exception) when (exception is CborContentException or InvalidOperationException)
        {
            return false;
        }
    }

    private static byte[]? ReadAuthenticatorData(byte[] attestationObject)
    {
        var reader = new CborReader(attestationObject, CborConformanceMode.Lax);
        reader.ReadStartMap();
        while (reader.PeekState() != CborReaderState.EndMap)
        {
            if (reader.ReadTextString() == "authData")
            {
                return reader.ReadByteString();
            }

            reader.SkipValue();
        }

        return null;
    }

    private static bool IsFlat(ReadOnlyMemory<byte> cbor, bool areMany)
    {
        var reader = new CborReader(cbor, CborConformanceMode.Lax, areMany);
        while (reader.PeekState() is not CborReaderState.Finished and var state)
        {
            switch (state)
            {
                case CborReaderState.StartMap:
                    reader.ReadStartMap();
                    break;
                case CborReaderState.StartArray:
                    reader.ReadStartArray();
                    break;
                case CborReaderState.EndMap:
                    reader.ReadEndMap();
                    break;
                case CborReaderState.EndArray:
                    reader.ReadEndArray();
                    break;
                case CborReaderState.Tag:
                    return false;
                default:
                    reader.SkipValue();
                    break;
            }

            if (reader.CurrentDepth > Deepest)
            {
                return false;
            }
        }

        return reader.BytesRemaining == 0;
    }
}
