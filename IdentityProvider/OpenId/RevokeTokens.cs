using System.Security.Claims;
using IdentityProvider.Data;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace IdentityProvider.OpenId;

/// <summary>
/// Revokes what an application hands back (RFC 7009, 2.1): a refresh token with its grant and all that came of it, and of an
/// access token that one alone, by a row that says so until it would have expired anyway.
/// </summary>
internal sealed class RevokeTokens(EndGrant grants, IdpDbContext context, TimeProvider time)
    : IOpenIddictServerHandler<HandleRevocationRequestContext>
{
    /// <summary>Of the row of an access token.</summary>
    public const string Type = "revoked_access_token";

    /// <summary>By what the row of an access token is found.</summary>
    public static string ReferenceOf(string id) => "revoked:" + id;

    public async ValueTask HandleAsync(HandleRevocationRequestContext revocation)
    {
        var token = revocation.GenericTokenPrincipal;
        if (token.GetTokenType() is TokenTypeIdentifiers.AccessToken)
        {
            await RevokeAccessAsync(token);
        }
        else if (token.GetAuthorizationId() is { } grantId)
        {
            await grants.RunAsync(grantId);
        }
    }

    /// <summary>
    /// Refuses to revoke for anybody but the application that the token was given to (RFC 7009, 2.1): an API that may look at
    /// it is not that one. The answer is the same as for a token that nobody has.
    /// </summary>
    public static ValueTask RefuseOthers(ValidateRevocationRequestContext revocation)
    {
        if (!revocation.GenericTokenPrincipal!.HasPresenter(revocation.ClientId!))
        {
            revocation.Reject(Errors.InvalidToken, "The token was not given to this client.");
        }

        return ValueTask.CompletedTask;
    }

    // Of two that come at once, the other's row says the same.
    private async Task RevokeAccessAsync(ClaimsPrincipal token)
    {
        var (id, reference) = (
            Guid.CreateVersion7(time.GetUtcNow()).ToString(),
            ReferenceOf(token.GetClaim(Claims.JwtId)!)
        );
        var (given, ends) = (token.GetCreationDate()!.Value.UtcDateTime, token.GetExpirationDate()!.Value.UtcDateTime);
        await context.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO "OpenIddictTokens"
              ("Id", "CreationDate", "ExpirationDate", "ReferenceId", "Status", "Subject", "Type")
            VALUES
              ({id}, {given}, {ends}, {reference}, {Statuses.Revoked}, {token.GetClaim(Claims.Subject)}, {Type})
            ON CONFLICT DO NOTHING
            """,
            CancellationToken.None
        );
    }
}
