using System.Text.Json;
using OpenIddict.Abstractions;

namespace IdentityProvider.Clients;

/// <summary>What a declaration changes.</summary>
internal enum ClientChangeKind
{
    /// <summary>Nothing.</summary>
    Unchanged,

    /// <summary>It is new.</summary>
    Create,

    /// <summary>Some of it is different.</summary>
    Change,

    /// <summary>It is no longer declared.</summary>
    Remove,
}

/// <summary>One line of a plan; its text is that line.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="Subject"><c>client</c> or <c>scope</c>.</param>
/// <param name="Differences">Which parts change.</param>
internal sealed record ClientChange(ClientChangeKind Kind, string Subject, string Id, IReadOnlyList<string> Differences)
{
    public override string ToString() =>
        $"{Kind.ToString().ToLowerInvariant(), -9} {Subject} {Id}{(Differences.Count == 0 ? "" : ": ")}{string.Join(", ", Differences)}";
}

/// <summary>Tells what is different between that which is kept and that which is declared.</summary>
internal static class ClientDifferences
{
    public static ClientChange Compare(OpenIddictScopeDescriptor present, OpenIddictScopeDescriptor wanted) =>
        Compare("scope", wanted.Name!, Flatten(present), Flatten(wanted));

    public static ClientChange Compare(
        OpenIddictApplicationDescriptor present,
        OpenIddictApplicationDescriptor wanted
    ) => Compare("client", wanted.ClientId!, Flatten(present), Flatten(wanted));

    private static ClientChange Compare(
        string subject,
        string id,
        Dictionary<string, string> present,
        Dictionary<string, string> wanted
    )
    {
        var differences = present
            .Keys.Union(wanted.Keys)
            .Where(key => present.GetValueOrDefault(key, "") != wanted.GetValueOrDefault(key, ""))
            .Order(StringComparer.Ordinal)
            .ToList();
        return new(
            differences.Count == 0 ? ClientChangeKind.Unchanged : ClientChangeKind.Change,
            subject,
            id,
            differences
        );
    }

    private static Dictionary<string, string> Flatten(OpenIddictScopeDescriptor scope) =>
        new(StringComparer.Ordinal)
        {
            ["displayName"] = scope.DisplayName ?? "",
            ["resources"] = Join(scope.Resources),
            ["accessTokenType"] = Join(scope.Properties.Select(p => p.Value.ToString())),
        };

    private static Dictionary<string, string> Flatten(OpenIddictApplicationDescriptor client)
    {
        var parts = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["type"] = client.ClientType ?? "",
            ["name"] = client.DisplayName ?? "",
            ["thirdParty"] = client.ConsentType ?? "",
            ["secretHash"] = client.ClientSecret ?? "",
            ["jwks"] = client.JsonWebKeySet is { } set
                ? Join(set.Keys.Select(k => $"{k.Kid}.{k.Alg}.{k.Kty}.{k.N}.{k.E}.{k.Crv}.{k.X}.{k.Y}"))
                : "",
            ["redirectUris"] = Join(client.RedirectUris.Select(u => u.OriginalString)),
            ["postLogoutRedirectUris"] = Join(client.PostLogoutRedirectUris.Select(u => u.OriginalString)),
            ["grantTypes and scopes"] = Join(client.Permissions),
            ["requirePkce and requirePar"] = Join(client.Requirements),
            ["accessTokenLifetime"] = Join(client.Settings.Select(s => $"{s.Key}={s.Value}")),
        };
        foreach (var (name, value) in client.Properties.Where(p => p.Key != SecretHistory.Property))
        {
            parts[name] = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        }

        return parts;
    }

    private static string Join(IEnumerable<string> values) => string.Join(' ', values.Order(StringComparer.Ordinal));
}
