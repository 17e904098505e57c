using System.Buffers.Text;

namespace IdP.UI.Console;

/// <summary>An account's id in an address: 22 characters for one that is a GUID, else as it is.</summary>
internal static class ShortId
{
    private const int GuidBytes = 16;
    private const int Length = 22;

    public static string Of(string accountId) =>
        Guid.TryParseExact(accountId, "D", out var guid) && guid.ToString() == accountId
            ? Base64Url.EncodeToString(guid.ToByteArray(bigEndian: true))
            : accountId;

    public static string Expand(string text)
    {
        Span<byte> bytes = stackalloc byte[GuidBytes + 2];
        return
            text.Length == Length && Base64Url.TryDecodeFromChars(text, bytes, out var written) && written == GuidBytes
            ? new Guid(bytes[..GuidBytes], bigEndian: true).ToString()
            : text;
    }
}
