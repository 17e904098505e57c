using System.Collections.Immutable;
using System.Security.Claims;
using System.Text.Json;
using IdentityProvider.Accounts;
using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using OpenIddict.Abstractions;
using OpenIddict.EntityFrameworkCore.Models;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.OpenId;

/// <summary>Turns an account and its session into what tokens and userinfo say.</summary>
internal sealed class AccountClaims(
    IdpDbContext context,
    ClientRegistry clients,
    IOptions<OpenIdOptions> options,
    TimeProvider time
)
{
    /// <summary>
    /// Stays inside codes and refresh tokens, which are encrypted: the security stamp under which they were given.
    /// Security: threat 7. They die with any change of a credential, before any job has run.
    /// </summary>
    public const string Stamp = "idp_stamp";

    /// <summary>
    /// Stands in access tokens for the management API, which anybody may read: a hash of the security stamp.
    /// </summary>
    public const string StampHash = "idp_stamp_hash";

    /// <summary>Stands in access tokens: the claims that userinfo was asked for one by one.</summary>
    public const string AskedOfUserInfo = "idp_userinfo";

    /// <summary>Stays inside codes and refresh tokens: the claims that the ID token was asked for one by one.</summary>
    public const string AskedOfIdToken = "idp_id_token";

    /// <summary>The hash of a security stamp.</summary>
    public static string HashStamp(string stamp) => Convert.ToHexStringLower(Secrets.Fingerprint(stamp));

    /// <summary>The principal of a code, made from the session that asks for it.</summary>
    /// <param name="asked">Which claims were asked for one by one, of those that the application may have.</param>
    public ClaimsPrincipal Describe(ClaimsPrincipal session, ImmutableArray<string> scopes, ClaimsRequest asked)
    {
        var identity = new ClaimsIdentity(
            OpenIddictServerAspNetCoreDefaults.AuthenticationScheme,
            Claims.Name,
            Claims.Role
        );
        identity.SetClaim(Claims.Subject, session.AccountId());
        identity.SetClaim(Stamp, session.FindFirst(SessionClaims.SecurityStamp)!.Value);
        if (scopes.Intersect(ApiScopes.All).Any())
        {
            identity.SetClaim(StampHash, HashStamp(identity.GetClaim(Stamp)!));
        }

        identity.SetClaim(SessionClaims.SessionId, session.SessionOf());
        identity.SetClaim(
            Claims.AuthenticationTime,
            long.Parse(
                session.FindFirst(SessionClaims.AuthenticationTime)!.Value,
                System.Globalization.CultureInfo.InvariantCulture
            )
        );
        identity.SetClaim(
            Claims.AuthenticationContextReference,
            (asked.AcrIsEssential ? Acr.Named(session, asked.AcrValues) : null) ?? Acr.Of(session)
        );
        identity.SetClaims(AskedOfUserInfo, [.. asked.UserInfo]);
        identity.SetClaims(AskedOfIdToken, [.. asked.IdToken]);
        identity.SetClaims(
            Claims.AuthenticationMethodReference,
            [.. session.FindAll(SessionClaims.Methods).Select(m => m.Value)]
        );
        identity.SetScopes(scopes);
        identity.SetResources(clients.ResourcesOf(scopes));
        identity.SetDestinations(Destinations);
        return new(identity);
    }

    /// <summary>The principal of an application acting for itself.</summary>
    public ClaimsPrincipal DescribeClient(string clientId, ImmutableArray<string> scopes)
    {
        var identity = new ClaimsIdentity(
            OpenIddictServerAspNetCoreDefaults.AuthenticationScheme,
            Claims.Name,
            Claims.Role
        );
        identity.SetClaim(Claims.Subject, clientId);

        // An ID token is about a person.
        identity.SetScopes(scopes.Remove(Scopes.OpenId));
        identity.SetResources(clients.ResourcesOf(scopes));
        identity.SetDestinations(Destinations);
        return new(identity);
    }

    /// <summary>The account of a code or refresh token, if what it stands for still holds.</summary>
    public async Task<Account?> FindCurrentAsync(ClaimsPrincipal principal, CancellationToken cancellationToken)
    {
        var (id, stamp) = (principal.GetClaim(Claims.Subject), principal.GetClaim(Stamp));
        return await context
            .Users.AsNoTracking()
            .SingleOrDefaultAsync(
                u => u.Id == id && u.SecurityStamp == stamp && u.SuspendedAt == null,
                cancellationToken
            );
    }

    /// <summary>Whether the session that a code came from is still there.</summary>
    public Task<bool> SessionLivesAsync(ClaimsPrincipal principal, CancellationToken cancellationToken)
    {
        var id = principal.GetClaim(SessionClaims.SessionId);
        return context.Sessions.AnyAsync(s => s.Id == id, cancellationToken);
    }

    /// <summary>
    /// Lets access tokens that are given from now on outlive the session: offline access goes on after a plain sign-out
    /// (Back-Channel Logout 2.7), while what was given before ends with it.
    /// </summary>
    public static void OutliveSession(ClaimsPrincipal granted) =>
        granted.FindFirst(SessionClaims.SessionId)?.SetDestinations(OpenIddictConstants.Destinations.IdentityToken);

    /// <summary>
    /// Spends a code or refresh token: of many that come at once with the same one, one goes on. The engine looks at
    /// the row before and writes it after, which lets more than one through. It is spent in a transaction that
    /// <see cref="KeepExchange"/> ends: lost halfway, the same token is good again, and its next use no reuse. A refresh
    /// token that was spent just now is good once more, and what it gives is of the same grant.
    /// </summary>
    public async Task<bool> SpendAsync(ClaimsPrincipal presented, CancellationToken cancellationToken)
    {
        var id = presented.GetTokenId();
        DateTime? now = time.GetUtcNow().UtcDateTime;
        await context.Database.BeginTransactionAsync(cancellationToken);
        var row = context.Set<OpenIddictEntityFrameworkCoreToken>().Where(t => t.Id == id);
        if (
            await row.Where(t => t.Status == Statuses.Valid)
                .ExecuteUpdateAsync(
                    set => set.SetProperty(t => t.Status, Statuses.Redeemed).SetProperty(t => t.RedemptionDate, now),
                    cancellationToken
                ) == 1
        )
        {
            return true;
        }

        var since = now - options.Value.RefreshTokenReuseLeeway;
        return presented.GetTokenType() is TokenTypeIdentifiers.RefreshToken
            && await row.AnyAsync(t => t.Status == Statuses.Redeemed && t.RedemptionDate > since, cancellationToken);
    }

    /// <summary>Keeps that an application learned of the session, so that it is told when it ends.</summary>
    public Task JoinSessionAsync(ClaimsPrincipal session, string clientId, CancellationToken cancellationToken) =>
        context.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO "SessionClients" ("SessionId", "ClientId")
            SELECT "Id", {clientId} FROM "Sessions" WHERE "Id" = {session.SessionOf()} ON CONFLICT DO NOTHING
            """,
            cancellationToken
        );

    /// <summary>What userinfo says: the claims that the scopes stand for, and those asked for one by one.</summary>
    public static Dictionary<string, JsonElement> UserInfo(Account account, ClaimsPrincipal token)
    {
        var claims = StandardClaims.Of(
            account,
            StandardClaims.NamesOf(token.GetScopes()).Union(token.GetClaims(AskedOfUserInfo))
        );
        claims[Claims.Subject] = JsonSerializer.SerializeToElement(account.Id);
        return claims;
    }

    private static IEnumerable<string> Destinations(Claim claim) =>
        claim.Type switch
        {
            // RFC 9068, 2.2.1: an API may ask for a fresh or a stronger sign-in.
            Claims.Subject or Claims.AuthenticationTime or Claims.AuthenticationMethodReference =>
            [
                OpenIddictConstants.Destinations.AccessToken,
                OpenIddictConstants.Destinations.IdentityToken,
            ],
            StampHash or AskedOfUserInfo => [OpenIddictConstants.Destinations.AccessToken],
            // An access token says with which session it ends.
            SessionClaims.SessionId =>
            [
                OpenIddictConstants.Destinations.AccessToken,
                OpenIddictConstants.Destinations.IdentityToken,
            ],
            Claims.AuthenticationContextReference => [OpenIddictConstants.Destinations.IdentityToken],
            _ => [],
        };
}
