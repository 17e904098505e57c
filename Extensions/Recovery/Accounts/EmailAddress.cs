using System.Text;

namespace IdP.Recovery;

/// <summary>
/// The shape of an address that one account may have. ASCII only in the local part and the domain (a name in another
/// script is written as punycode), so that no two addresses look alike (threat 3), and nothing in it can leave a mail
/// header.
/// </summary>
public static class EmailAddress
{
    /// <summary>Longest address, in characters (RFC 5321, 4.5.3.1.3, less the angle brackets).</summary>
    public const int MaxLength = 254;

    private const int MaxLocalLength = 64;
    private const int MaxLabelLength = 63;

    /// <summary>
    /// The address in the form under which it is looked up and limited (trimmed, upper case, as ASP.NET Core Identity
    /// keeps it); null when the text is not an address.
    /// </summary>
    /// <param name="text">What a person typed; white space around it is forgiven.</param>
    public static string? Normalize(string? text)
    {
        var trimmed = text?.Trim(' ');
        return trimmed is not null && IsWellFormed(trimmed) ? trimmed.ToUpperInvariant() : null;
    }

    private static bool IsWellFormed(string text)
    {
        var at = text.LastIndexOf('@');
        if (text.Length > MaxLength || at is < 1 or > MaxLocalLength || !Ascii.IsValid(text))
        {
            return false;
        }

        return IsLocalPart(text.AsSpan(0, at)) && IsDomain(text.AsSpan(at + 1));
    }

    // RFC 5322, 3.2.3: dot-atom; quoted local parts are left out, no account here has one.
    private static bool IsLocalPart(ReadOnlySpan<char> local)
    {
        foreach (var atom in local.Split('.'))
        {
            var part = local[atom];
            if (part.IsEmpty || part.ContainsAnyExcept(AtomCharacters))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsDomain(ReadOnlySpan<char> domain)
    {
        var labels = 0;
        foreach (var range in domain.Split('.'))
        {
            var label = domain[range];
            if (
                label.Length is 0 or > MaxLabelLength
                || label[0] == '-'
                || label[^1] == '-'
                || label.ContainsAnyExcept(LabelCharacters)
            )
            {
                return false;
            }

            labels++;
        }

        return labels >= 2;
    }

    private static readonly System.Buffers.SearchValues<char> AtomCharacters = System.Buffers.SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~"
    );

    private static readonly System.Buffers.SearchValues<char> LabelCharacters = System.Buffers.SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
    );
}
