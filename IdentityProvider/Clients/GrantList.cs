using IdP.UI.Ports;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.Clients;

internal sealed class GrantList(
    IOpenIddictApplicationManager applications,
    IOpenIddictAuthorizationManager authorizations
) : IGrantList
{
    public async Task<IReadOnlyList<AccountGrant>> ListAsync(string accountId, CancellationToken cancellationToken)
    {
        var grants = new Dictionary<string, AccountGrant>(StringComparer.Ordinal);
        await foreach (
            var authorization in authorizations.FindAsync(
                accountId,
                null,
                Statuses.Valid,
                null,
                null,
                cancellationToken
            )
        )
        {
            if (await DescribeAsync(authorization, cancellationToken) is { } grant)
            {
                grants[grant.ClientId] = grants.TryGetValue(grant.ClientId, out var other) ? Join(grant, other) : grant;
            }
        }

        return [.. grants.Values.OrderBy(g => g.Name, StringComparer.CurrentCulture)];
    }

    private async Task<AccountGrant?> DescribeAsync(object authorization, CancellationToken cancellationToken)
    {
        if (
            await authorizations.GetApplicationIdAsync(authorization, cancellationToken) is not { } applicationId
            || await applications.FindByIdAsync(applicationId, cancellationToken) is not { } application
        )
        {
            return null;
        }

        return new(
            (await applications.GetClientIdAsync(application, cancellationToken))!,
            await applications.GetDisplayNameAsync(application, cancellationToken) ?? "",
            await authorizations.GetScopesAsync(authorization, cancellationToken),
            await authorizations.GetCreationDateAsync(authorization, cancellationToken) ?? default
        );
    }

    private static AccountGrant Join(AccountGrant one, AccountGrant other) =>
        one with
        {
            Scopes = [.. one.Scopes.Union(other.Scopes, StringComparer.Ordinal)],
            GrantedAt = one.GrantedAt < other.GrantedAt ? one.GrantedAt : other.GrantedAt,
        };
}
