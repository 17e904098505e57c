using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdP.Recovery;
using Microsoft.AspNetCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace IdentityProvider.OpenId;

/// <summary>
/// Admits the assertions of <c>private_key_jwt</c> that real clients send (RFC 7523, 3; OpenID Connect Core 9): with its
/// own <c>typ</c>, <c>JWT</c> or none, in any case, and for the issuer, the token endpoint or the endpoint called.
/// </summary>
internal sealed class AdmitClientAssertions(IOptions<OriginOptions> origin)
    : IOpenIddictServerHandler<ValidateTokenContext>
{
    private const string Type = "client-authentication+jwt";

    private static readonly string[] Types = ["", "JWT", "application/JWT", Type, "application/" + Type];

    public ValueTask HandleAsync(ValidateTokenContext token)
    {
        if (!token.ValidTokenTypes.Contains(TokenTypeIdentifiers.Private.ClientAssertion))
        {
            return ValueTask.CompletedTask;
        }

        token.TokenValidationParameters.TypeValidator = (type, _, _) =>
            Types.Contains(type ?? "", StringComparer.OrdinalIgnoreCase)
                ? Type
                : throw new SecurityTokenInvalidTypeException { InvalidType = type };

        // The engine has added the issuer. It compares what is here by the character, as RFC 7523 wants it.
        token.ValidAudiences.Add(origin.Value.Link("/connect/token").AbsoluteUri);
        if (token.Transaction.GetHttpRequest()?.Path is { HasValue: true } called)
        {
            token.ValidAudiences.Add(origin.Value.Link(called.Value).AbsoluteUri);
        }

        return ValueTask.CompletedTask;
    }
}

/// <summary>
/// Leaves of an assertion's audiences the one that is meant: the engine knows no assertion for several, and calls one for
/// another audience an invalid token, where the client is what is not known (RFC 6749, 5.2).
/// </summary>
internal static class AssertionAudience
{
    public static ValueTask Narrow(ValidateTokenContext token)
    {
        if (
            token.ValidTokenTypes.Contains(TokenTypeIdentifiers.Private.ClientAssertion)
            && token.Principal is { } assertion
        )
        {
            if (assertion.GetAudiences().FirstOrDefault(token.ValidAudiences.Contains) is { } meant)
            {
                assertion.SetAudiences(meant);
            }
            else
            {
                token.Reject(Errors.InvalidClient, "The client assertion is for another audience (aud).");
            }
        }

        return ValueTask.CompletedTask;
    }
}

/// <summary>
/// Takes an assertion of <c>private_key_jwt</c> once (OpenID Connect Core 9): what was used is a row until it has
/// expired, so that it counts on every node.
/// </summary>
internal sealed class TakeAssertionsOnce(
    IOpenIddictTokenManager tokens,
    ClientRegistry clients,
    IdpDbContext context,
    TimeProvider time
) : IOpenIddictServerHandler<ProcessAuthenticationContext>
{
    private const string Type = "client_assertion";

    // Nobody needs an assertion for longer, and its row lives as long.
    private static readonly TimeSpan LongestLife = TimeSpan.FromHours(1);

    public async ValueTask HandleAsync(ProcessAuthenticationContext authentication)
    {
        if (authentication.ClientAssertionPrincipal is not { } assertion)
        {
            return;
        }

        var (id, clientId) = (assertion.GetClaim(Claims.JwtId), assertion.GetClaim(Claims.Subject));
        var expiresAt = assertion.GetExpirationDate();
        if (
            id is not { Length: > 0 and <= 256 }
            || expiresAt is null
            || expiresAt > time.GetUtcNow() + LongestLife
            || clients.FindByClientId(clientId ?? "") is not { } client
        )
        {
            authentication.Reject(Errors.InvalidClient, "A client assertion needs a jti, and an exp within the hour.");
        }
        else if (!await TakeAsync($"{Type}:{clientId}:{id}", client.Id!, expiresAt, authentication))
        {
            authentication.Reject(Errors.InvalidClient, "The client assertion was used before.");
        }
    }

    private async Task<bool> TakeAsync(
        string reference,
        string applicationId,
        DateTimeOffset? expiresAt,
        ProcessAuthenticationContext authentication
    )
    {
        var descriptor = new OpenIddictTokenDescriptor
        {
            ApplicationId = applicationId,
            CreationDate = time.GetUtcNow(),
            ExpirationDate = expiresAt,
            ReferenceId = reference,
            Status = Statuses.Redeemed,
            Type = Type,
        };
        if (await tokens.FindByReferenceIdAsync(reference, authentication.CancellationToken) is not null)
        {
            return false;
        }

        try
        {
            await tokens.CreateAsync(descriptor, authentication.CancellationToken);
            return true;
        }
        catch (OpenIddictExceptions.ValidationException)
        {
            return false;
        }
        catch (DbUpdateException)
        {
            // Two came at once: the unique index let one in.
            context.ChangeTracker.Clear();
            if (await tokens.FindByReferenceIdAsync(reference, authentication.CancellationToken) is null)
            {
                throw;
            }

            return false;
        }
    }
}
