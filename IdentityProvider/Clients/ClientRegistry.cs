using System.Text.Json;
using IdentityProvider.Data;
using IdP.Recovery;
using Microsoft.EntityFrameworkCore;
using OpenIddict.EntityFrameworkCore.Models;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.Clients;

/// <summary>
/// Clients and scopes as this node knows them, so that a token request reads none from the database;
/// <see cref="OpenId.ProviderRefresh"/> keeps them up to date.
/// </summary>
internal sealed class ClientRegistry
{
    private volatile Snapshot snapshot = new([], ClientRules.OwnScopes, "");

    /// <summary>The scopes beside those of OpenID Connect, with their audiences.</summary>
    public IReadOnlyList<RegisteredScope> Scopes => snapshot.Scopes;

    /// <summary>What any client may ask for.</summary>
    public IReadOnlySet<string> ScopesInUse => snapshot.ScopesInUse;

    /// <summary>The audiences of a token with these scopes.</summary>
    public IEnumerable<string> ResourcesOf(IEnumerable<string> scopes) =>
        Scopes.IntersectBy(scopes, s => s.Name).SelectMany(s => s.Resources).Distinct(StringComparer.Ordinal);

    /// <summary>Whether access tokens with these scopes are of the type <c>JWT</c>.</summary>
    public bool AreOfPlainType(IEnumerable<string> scopes) =>
        Scopes.Where(s => s.IsPlain).Select(s => s.Name).Intersect(scopes, StringComparer.Ordinal).Any();

    /// <summary>The origins of applications that run in browsers: of the redirect addresses of public clients.</summary>
    public IReadOnlySet<string> BrowserOrigins => snapshot.BrowserOrigins;

    /// <summary>The client with an id, detached: to be read, not to be changed.</summary>
    public OpenIddictEntityFrameworkCoreApplication? FindByClientId(string clientId) =>
        snapshot.ByClientId.GetValueOrDefault(clientId);

    /// <summary>The client with a row's id.</summary>
    public OpenIddictEntityFrameworkCoreApplication? FindById(string id) => snapshot.ById.GetValueOrDefault(id);

    /// <summary>Reads what changed; true when something did.</summary>
    public async Task<bool> ReloadAsync(IdpDbContext context, CancellationToken cancellationToken)
    {
        var version = await VersionAsync(context, cancellationToken);
        if (version == snapshot.Version)
        {
            return false;
        }

        var applications = await context
            .Set<OpenIddictEntityFrameworkCoreApplication>()
            .AsNoTracking()
            .ToListAsync(cancellationToken);
        var scopes = await context
            .Set<OpenIddictEntityFrameworkCoreScope>()
            .AsNoTracking()
            .ToListAsync(cancellationToken);
        snapshot = new(applications, [.. ClientRules.OwnScopes, .. scopes.Select(RegisteredScope.From)], version);
        return true;
    }

    private static async Task<string> VersionAsync(IdpDbContext context, CancellationToken cancellationToken)
    {
        var versions = await context
            .Set<OpenIddictEntityFrameworkCoreApplication>()
            .Select(a => a.ConcurrencyToken)
            .Concat(context.Set<OpenIddictEntityFrameworkCoreScope>().Select(s => s.ConcurrencyToken))
            .ToListAsync(cancellationToken);
        return string.Join(' ', versions.Order(StringComparer.Ordinal));
    }

    private sealed class Snapshot(
        List<OpenIddictEntityFrameworkCoreApplication> applications,
        IReadOnlyList<RegisteredScope> scopes,
        string version
    )
    {
        public Dictionary<string, OpenIddictEntityFrameworkCoreApplication> ByClientId { get; } =
            applications.ToDictionary(a => a.ClientId!, StringComparer.Ordinal);

        public Dictionary<string, OpenIddictEntityFrameworkCoreApplication> ById { get; } =
            applications.ToDictionary(a => a.Id!, StringComparer.Ordinal);

        public IReadOnlyList<RegisteredScope> Scopes => scopes;

        public HashSet<string> ScopesInUse { get; } =
        [
            .. applications
                .SelectMany(a => JsonSerializer.Deserialize<string[]>(a.Permissions ?? "[]")!)
                .Where(p => p.StartsWith(Permissions.Prefixes.Scope, StringComparison.Ordinal))
                .Select(p => p[Permissions.Prefixes.Scope.Length..]),
        ];

        public HashSet<string> BrowserOrigins { get; } =
        [
            .. applications
                .Where(a => a.ClientType == ClientTypes.Public)
                .SelectMany(a => JsonSerializer.Deserialize<string[]>(a.RedirectUris ?? "[]")!)
                .Where(uri => uri.StartsWith("http", StringComparison.Ordinal))
                .Select(uri => OriginOptions.OriginOf(new(uri))),
        ];

        public string Version => version;
    }
}

/// <summary>A scope of the organisation's own.</summary>
/// <param name="IsPlain">Whether access tokens with it are of the type <c>JWT</c>.</param>
internal sealed record RegisteredScope(string Name, string? DisplayName, IReadOnlyList<string> Resources, bool IsPlain)
{
    public static RegisteredScope From(OpenIddictEntityFrameworkCoreScope scope) =>
        new(
            scope.Name!,
            scope.DisplayName,
            scope.Resources is null ? [] : JsonSerializer.Deserialize<string[]>(scope.Resources)!,
            ClientProperties.Read(scope.Properties, ClientDescriptors.AccessTokenType) == "JWT"
        );
}
