using IdP.Recovery.Ports;
using Microsoft.Extensions.DependencyInjection;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdP.Recovery.OpenIddict;

/// <summary>The grants of an account, as OpenIddict keeps them.</summary>
internal sealed class AccountGrants(
    IOpenIddictApplicationManager applications,
    IOpenIddictAuthorizationManager authorizations,
    IOpenIddictTokenManager tokens
) : IAccountGrants
{
    public async Task<bool> EndAsync(string accountId, string clientId, CancellationToken cancellationToken)
    {
        if (await applications.FindByClientIdAsync(clientId, cancellationToken) is not { } application)
        {
            return false;
        }

        var ended = false;
        var applicationId = await applications.GetIdAsync(application, cancellationToken);
        foreach (
            var authorization in await ToListAsync(
                ValidOf(accountId, applicationId, cancellationToken),
                cancellationToken
            )
        )
        {
            var id = (await authorizations.GetIdAsync(authorization, cancellationToken))!;
            await tokens.RevokeByAuthorizationIdAsync(id, cancellationToken);
            ended |= await authorizations.TryRevokeAsync(authorization, cancellationToken);
        }

        return ended;
    }

    public async Task<long> RevokeTokensAsync(
        string accountId,
        DateTimeOffset givenUntil,
        CancellationToken cancellationToken
    )
    {
        // An access token has no row; it dies with the grant that it names. What the person consented to stays.
        var grants = authorizations.FindAsync(
            accountId,
            null,
            Statuses.Valid,
            AuthorizationTypes.AdHoc,
            null,
            cancellationToken
        );
        foreach (var grant in await ToListAsync(grants, cancellationToken))
        {
            if (await authorizations.GetCreationDateAsync(grant, cancellationToken) <= givenUntil)
            {
                await authorizations.TryRevokeAsync(grant, cancellationToken);
            }
        }

        var revoked = 0L;
        foreach (
            var token in await ToListAsync(tokens.FindBySubjectAsync(accountId, cancellationToken), cancellationToken)
        )
        {
            if (
                await tokens.GetCreationDateAsync(token, cancellationToken) <= givenUntil
                && await tokens.HasStatusAsync(token, Statuses.Valid, cancellationToken)
                && await tokens.TryRevokeAsync(token, cancellationToken)
            )
            {
                revoked++;
            }
        }

        return revoked;
    }

    // Order: read to the end before anything is written on the same connection.
    private static async Task<List<object>> ToListAsync(
        IAsyncEnumerable<object> rows,
        CancellationToken cancellationToken
    )
    {
        var list = new List<object>();
        await foreach (var row in rows.WithCancellation(cancellationToken))
        {
            list.Add(row);
        }

        return list;
    }

    private IAsyncEnumerable<object> ValidOf(
        string accountId,
        string? applicationId,
        CancellationToken cancellationToken
    ) => authorizations.FindAsync(accountId, applicationId, Statuses.Valid, null, null, cancellationToken);
}

/// <summary>Adds the adapter.</summary>
public static class RecoveryOnOpenIddict
{
    /// <summary>Lets a recovery end grants that OpenIddict keeps. OpenIddict's core must be set up by the host.</summary>
    public static IServiceCollection AddRecoveryGrantsOnOpenIddict(this IServiceCollection services) =>
        services.AddScoped<IAccountGrants, AccountGrants>();
}
