using System.Security.Claims;
using IdentityProvider.OpenId;
using IdP.Recovery;
using IdP.Recovery.Enrollment;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.Api;

/// <summary>Finds who holds an access token, and whether what it stands for still holds.</summary>
internal sealed class ApiCallers(
    AccessTokens tokens,
    IAccounts accounts,
    EnrollmentStatuses statuses,
    IOpenIddictAuthorizationManager grants
)
{
    private const string Grant = "oi_au_id";

    /// <summary>Who calls; null when the token is no good, or no longer.</summary>
    public async Task<ApiCaller?> FindAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (await tokens.ReadAsync(request) is not { } token)
        {
            return null;
        }

        var clientId = token.FindFirst("client_id")!.Value;
        var subject = token.FindFirst("sub")!.Value;
        var scopes = AccessTokens.ScopesOf(token);
        if (subject == clientId)
        {
            return new(clientId, scopes, null);
        }

        // Security: threat 7. Roles and standing are the account's at this moment, not those of the token's minutes; it
        // dies with a change of a credential, a sign-out of everything and the end of the grant, before any job has run.
        return
            await accounts.FindAsync(subject, cancellationToken)
                is { Suspended: false, ClosedUntilReset: false } account
            && token.FindFirst(AccountClaims.StampHash)?.Value == AccountClaims.HashStamp(account.SecurityStamp)
            && statuses.Of(account) is not (EnrollmentStatus.NotEnrolled or EnrollmentStatus.EnrollmentExpired)
            && await IsGrantedAsync(token, cancellationToken)
            ? ApiCaller.Of(token, clientId, scopes, account)
            : null;
    }

    private async Task<bool> IsGrantedAsync(ClaimsIdentity token, CancellationToken cancellationToken) =>
        token.FindFirst(Grant)?.Value is { } id
        && await grants.FindByIdAsync(id, cancellationToken) is { } grant
        && await grants.HasStatusAsync(grant, Statuses.Valid, cancellationToken);
}
