using System.Globalization;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.Clients;

/// <summary>Turns a declaration into the form in which the engine keeps it.</summary>
internal static class ClientDescriptors
{
    public const string LogoUri = "logo_uri";
    public const string BackChannelLogoutUri = "backchannel_logout_uri";
    public const string FrontChannelLogoutUri = "frontchannel_logout_uri";
    public const string IdTokenSigningAlg = "id_token_signed_response_alg";
    public const string AccessTokenSigningAlg = "access_token_signed_response_alg";
    public const string ClaimsInIdToken = "claims_in_id_token";
    public const string RequireSignedRequestObject = "require_signed_request_object";

    // Of a scope.
    public const string AccessTokenType = "access_token_type";

    public static OpenIddictApplicationDescriptor Describe(ClientDeclaration client, string? secret)
    {
        var descriptor = new OpenIddictApplicationDescriptor
        {
            ClientId = client.ClientId,
            ClientType = client.Type == ClientKind.Public ? ClientTypes.Public : ClientTypes.Confidential,
            // An app on a person's device cannot know its loopback port before it runs (RFC 8252, 7.3).
            ApplicationType = client.Type == ClientKind.Public ? ApplicationTypes.Native : ApplicationTypes.Web,
            ConsentType = client.ThirdParty ? ConsentTypes.Explicit : ConsentTypes.Implicit,
            DisplayName = client.Name,
            ClientSecret = secret,
            JsonWebKeySet = client.Jwks is { } jwks ? new JsonWebKeySet(jwks.GetRawText()) : null,
        };
        descriptor.RedirectUris.UnionWith(client.RedirectUris.Select(u => new Uri(u)));
        descriptor.PostLogoutRedirectUris.UnionWith(client.PostLogoutRedirectUris.Select(u => new Uri(u)));
        descriptor.Permissions.UnionWith(Permit(client));
        if (client.RequirePkce)
        {
            descriptor.Requirements.Add(Requirements.Features.ProofKeyForCodeExchange);
        }

        if (client.RequirePar)
        {
            descriptor.Requirements.Add(Requirements.Features.PushedAuthorizationRequests);
        }

        descriptor.Settings[Settings.TokenLifetimes.AccessToken] = TimeSpan
            .FromSeconds(client.AccessTokenLifetime)
            .ToString("c", CultureInfo.InvariantCulture);
        Keep(descriptor, LogoUri, client.LogoUri);
        Keep(descriptor, BackChannelLogoutUri, client.BackChannelLogoutUri);
        Keep(descriptor, FrontChannelLogoutUri, client.FrontChannelLogoutUri);
        Keep(descriptor, IdTokenSigningAlg, client.IdTokenSigningAlg);
        Keep(descriptor, AccessTokenSigningAlg, client.AccessTokenSigningAlg);
        Keep(descriptor, ClaimsInIdToken, client.ClaimsInIdToken ? "true" : null);
        Keep(descriptor, RequireSignedRequestObject, client.RequireSignedRequestObject ? "true" : null);
        return descriptor;
    }

    public static OpenIddictScopeDescriptor Describe(ScopeDeclaration scope)
    {
        var descriptor = new OpenIddictScopeDescriptor { Name = scope.Name, DisplayName = scope.DisplayName };
        descriptor.Resources.UnionWith(scope.Resources);
        descriptor.Properties[AccessTokenType] = JsonSerializer.SerializeToElement(scope.AccessTokenType);
        return descriptor;
    }

    private static IEnumerable<string> Permit(ClientDeclaration client)
    {
        yield return Permissions.Endpoints.Token;
        yield return Permissions.Endpoints.Revocation;
        if (client.Type == ClientKind.Confidential)
        {
            yield return Permissions.Endpoints.Introspection;
        }

        foreach (var grant in client.GrantTypes)
        {
            yield return Permissions.Prefixes.GrantType + (grant == "device_code" ? GrantTypes.DeviceCode : grant);
        }

        if (client.GrantTypes.Contains("authorization_code"))
        {
            yield return Permissions.Endpoints.Authorization;
            yield return Permissions.Endpoints.EndSession;
            yield return Permissions.Endpoints.PushedAuthorization;
            yield return Permissions.ResponseTypes.Code;
        }

        if (client.GrantTypes.Contains("device_code"))
        {
            yield return Permissions.Endpoints.DeviceAuthorization;
        }

        foreach (var scope in client.Scopes)
        {
            yield return Permissions.Prefixes.Scope + scope;
        }
    }

    private static void Keep(OpenIddictApplicationDescriptor descriptor, string name, string? value)
    {
        if (value is not null)
        {
            descriptor.Properties[name] = JsonSerializer.SerializeToElement(value);
        }
    }
}
