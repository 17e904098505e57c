using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace IdentityProvider.Api;

/// <summary>Where the next page begins. Nobody can read or make one, and it fits only the list that gave it.</summary>
internal sealed class ApiCursors(IDataProtectionProvider protection)
{
    private const int MaxLength = 2048;

    /// <summary>The cursor behind a position.</summary>
    /// <param name="list">The list with its filters.</param>
    /// <param name="position">The last entry's key.</param>
    public string Write(string list, string position) => Protector(list).Protect(position);

    /// <summary>The position; null when the cursor is not of that list.</summary>
    public string? Read(string list, string cursor)
    {
        if (cursor.Length > MaxLength)
        {
            return null;
        }

        try
        {
            return Protector(list).Unprotect(cursor);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private IDataProtector Protector(string list) =>
        protection.CreateProtector("IdentityProvider.Api.Cursors.v1", list);
}
