using System.Text.Json;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.OpenId;

/// <summary>
/// The <c>claims</c> parameter (OpenID Connect Core 5.5): claims asked for one by one, at userinfo or in the ID token, beside
/// those that the scopes stand for. What is not known here is passed over.
/// </summary>
internal sealed record ClaimsRequest
{
    private const int Longest = 8 * 1024;

    public static readonly ClaimsRequest Nothing = new();

    /// <summary>Names of claims about the person.</summary>
    public IReadOnlyList<string> UserInfo { get; private init; } = [];

    /// <summary>Names of claims about the person.</summary>
    public IReadOnlyList<string> IdToken { get; private init; } = [];

    /// <summary>Of whom the answer may be; empty where anybody will do.</summary>
    public IReadOnlyList<string> Subjects { get; private init; } = [];

    /// <summary>Which <c>acr</c> is asked for, beside <c>acr_values</c>.</summary>
    public IReadOnlyList<string> AcrValues { get; private init; } = [];

    /// <summary>Whether one of them must be met (5.5.1.1).</summary>
    public bool AcrIsEssential { get; private init; }

    /// <summary>When the person must have signed in, in seconds since 1970; empty where any time will do.</summary>
    public IReadOnlyList<long> AuthTimes { get; private init; } = [];

    /// <summary>What a request asks for. It has been checked.</summary>
    public static ClaimsRequest Of(OpenIddictRequest request) =>
        Text(request) is { } json && TryRead(json, out var claims) ? claims : Nothing;

    /// <summary>Of the claims about the person those that the scopes of a client stand for.</summary>
    public ClaimsRequest Within(IEnumerable<string> scopes)
    {
        var allowed = StandardClaims.NamesOf(scopes).ToHashSet(StringComparer.Ordinal);
        return this with
        {
            UserInfo = [.. UserInfo.Where(allowed.Contains)],
            IdToken = [.. IdToken.Where(allowed.Contains)],
        };
    }

    /// <summary>Whether a request has the parameter in a form that can be read, or not at all.</summary>
    public static bool IsReadable(OpenIddictRequest request) => Text(request) is not { } json || TryRead(json, out _);

    private static string? Text(OpenIddictRequest request) => (string?)request.GetParameter(Parameters.Claims);

    private static bool TryRead(string json, out ClaimsRequest claims)
    {
        claims = Nothing;
        if (json.Length > Longest)
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            if (
                document.RootElement.ValueKind != JsonValueKind.Object
                || Member(document.RootElement, "userinfo") is not { } userInfo
                || Member(document.RootElement, "id_token") is not { } idToken
            )
            {
                return false;
            }

            claims = new()
            {
                UserInfo = [.. StandardClaims.Names.Where(userInfo.ContainsKey)],
                IdToken = [.. StandardClaims.Names.Where(idToken.ContainsKey)],
                Subjects = [.. Texts(idToken, Claims.Subject), .. Texts(userInfo, Claims.Subject)],
                AcrValues = [.. Texts(idToken, Claims.AuthenticationContextReference)],
                AcrIsEssential = IsEssential(idToken, Claims.AuthenticationContextReference),
                AuthTimes = IsEssential(idToken, Claims.AuthenticationTime)
                    ?
                    [
                        .. Values(idToken, Claims.AuthenticationTime)
                            .Where(v => v.ValueKind == JsonValueKind.Number && v.TryGetInt64(out _))
                            .Select(v => v.GetInt64()),
                    ]
                    : [],
            };
            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Half a character is found only when it is read.
            return false;
        }
    }

    // Null where the member is no object of claims, each of which is null or an object.
    private static Dictionary<string, JsonElement>? Member(JsonElement root, string name)
    {
        var claims = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (!root.TryGetProperty(name, out var member))
        {
            return claims;
        }

        if (member.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        foreach (var claim in member.EnumerateObject())
        {
            if (claim.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Object))
            {
                return null;
            }

            claims[claim.Name] = claim.Value.Clone();
        }

        return claims;
    }

    private static bool IsEssential(Dictionary<string, JsonElement> member, string name) =>
        member.GetValueOrDefault(name) is { ValueKind: JsonValueKind.Object } claim
        && claim.TryGetProperty("essential", out var essential)
        && essential.ValueKind == JsonValueKind.True;

    private static IEnumerable<string> Texts(Dictionary<string, JsonElement> member, string name) =>
        Values(member, name).Where(v => v.ValueKind == JsonValueKind.String).Select(v => v.GetString()!);

    private static IEnumerable<JsonElement> Values(Dictionary<string, JsonElement> member, string name)
    {
        var claim = member.GetValueOrDefault(name);
        if (claim.ValueKind != JsonValueKind.Object)
        {
            yield break;
        }

        if (claim.TryGetProperty("value", out var one))
        {
            yield return one;
        }

        if (claim.TryGetProperty("values", out var several) && several.ValueKind == JsonValueKind.Array)
        {
            foreach (var value in several.EnumerateArray())
            {
                yield return value;
            }
        }
    }
}
