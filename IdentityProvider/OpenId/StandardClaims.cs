using System.Text.Json;
using IdentityProvider.Accounts;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.OpenId;

/// <summary>The claims about a person (OpenID Connect Core 5.1), and which scope stands for which (5.4).</summary>
internal static class StandardClaims
{
    private static readonly Dictionary<string, string[]> ByScope = new(StringComparer.Ordinal)
    {
        [Scopes.Profile] =
        [
            Claims.Name,
            Claims.GivenName,
            Claims.FamilyName,
            Claims.MiddleName,
            Claims.Nickname,
            Claims.PreferredUsername,
            Claims.Profile,
            Claims.Picture,
            Claims.Website,
            Claims.Gender,
            Claims.Birthdate,
            Claims.Zoneinfo,
            Claims.Locale,
            Claims.UpdatedAt,
        ],
        [Scopes.Email] = [Claims.Email, Claims.EmailVerified],
        [Scopes.Phone] = [Claims.PhoneNumber, Claims.PhoneNumberVerified],
        [Scopes.Address] = [Claims.Address],
    };

    /// <summary>All of them.</summary>
    public static IEnumerable<string> Names => ByScope.Values.SelectMany(names => names);

    /// <summary>Those that scopes stand for.</summary>
    public static IEnumerable<string> NamesOf(IEnumerable<string> scopes) =>
        scopes.SelectMany(scope => ByScope.GetValueOrDefault(scope) ?? []);

    /// <summary>The scopes that stand for claims.</summary>
    public static IEnumerable<string> ScopesOf(IEnumerable<string> names) =>
        ByScope.Where(scope => scope.Value.Intersect(names).Any()).Select(scope => scope.Key);

    /// <summary>Of the claims asked for, what is known of a person.</summary>
    public static Dictionary<string, JsonElement> Of(Account account, IEnumerable<string> names)
    {
        var claims = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            if (Read(account, name) is { } value and not "")
            {
                claims[name] = JsonSerializer.SerializeToElement(value);
            }
        }

        return claims;
    }

    private static object? Read(Account account, string name) =>
        name switch
        {
            Claims.Name => account.DisplayName,
            Claims.GivenName => account.GivenName,
            Claims.FamilyName => account.FamilyName,
            Claims.MiddleName => account.MiddleName,
            Claims.Nickname => account.Nickname,
            Claims.PreferredUsername => account.UserName,
            Claims.Profile => account.ProfileUrl,
            Claims.Picture => account.PictureUrl,
            Claims.Website => account.Website,
            Claims.Gender => account.Gender,
            Claims.Birthdate => account.Birthdate,
            Claims.Zoneinfo => account.ZoneInfo,
            Claims.Locale => account.Locale,
            Claims.UpdatedAt => account.UpdatedAt.ToUnixTimeSeconds(),
            Claims.Email => account.Email,
            Claims.EmailVerified => account.EmailConfirmed,
            Claims.PhoneNumber => account.PhoneNumber,
            Claims.PhoneNumberVerified => string.IsNullOrEmpty(account.PhoneNumber)
                ? null
                : account.PhoneNumberConfirmed,
            Claims.Address => Address(account),
            _ => null,
        };

    private static Dictionary<string, string>? Address(Account account)
    {
        var parts = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["street_address"] = account.StreetAddress,
            ["locality"] = account.Locality,
            ["region"] = account.Region,
            ["postal_code"] = account.PostalCode,
            ["country"] = account.Country,
        };
        var known = parts.Where(p => !string.IsNullOrEmpty(p.Value)).ToDictionary(p => p.Key, p => p.Value!);
        return known.Count > 0 ? known : null;
    }
}
