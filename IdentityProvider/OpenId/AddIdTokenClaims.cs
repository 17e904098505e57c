using IdentityProvider.Clients;
using IdentityProvider.Data;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace IdentityProvider.OpenId;

/// <summary>
/// Puts claims about the person into the ID token, as they are now: those asked for one by one, and for a client that is
/// declared so those of the granted scopes (OpenID Connect Core 5.4, 5.5).
/// </summary>
internal sealed class AddIdTokenClaims(ClientRegistry clients, IdpDbContext context)
    : IOpenIddictServerHandler<ProcessSignInContext>
{
    public async ValueTask HandleAsync(ProcessSignInContext answer)
    {
        if (
            answer is not { IdentityTokenPrincipal: { } token, Principal: { } granted }
            || clients.FindByClientId(answer.ClientId ?? "") is not { } client
        )
        {
            return;
        }

        var scopes = (answer.AccessTokenPrincipal ?? granted).GetScopes();
        var names = granted
            .GetClaims(AccountClaims.AskedOfIdToken)
            .Union(new ClientView(client).HasClaimsInIdToken ? StandardClaims.NamesOf(scopes) : [])
            .ToList();
        if (names.Count == 0)
        {
            return;
        }

        var id = granted.GetClaim(Claims.Subject);
        if (
            await context.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == id, answer.CancellationToken) is
            { } account
        )
        {
            foreach (var (name, value) in StandardClaims.Of(account, names))
            {
                token.SetClaim(name, value);
            }
        }
    }
}
