using IdentityProvider.Clients;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;
using static OpenIddict.Server.OpenIddictServerHandlers;

namespace IdentityProvider.OpenId;

/// <summary>
/// What an application may ask for: what it may not have is <c>invalid_scope</c> (RFC 6749, 4.1.2.1 and 5.2), and what means
/// nothing at an endpoint is passed over (3.1, 3.2), as the libraries of clients expect.
/// </summary>
internal static class RequestedScopes
{
    public static void Register(OpenIddictServerBuilder server)
    {
        server.AddEventHandler<ValidateAuthorizationRequestContext>(builder =>
            builder
                .UseSingletonHandler<RefuseScopes<ValidateAuthorizationRequestContext>>()
                .SetOrder(Authentication.ValidateGrantTypePermissions.Descriptor.Order - 1)
        );
        server.AddEventHandler<ValidatePushedAuthorizationRequestContext>(builder =>
            builder
                .UseSingletonHandler<RefuseScopes<ValidatePushedAuthorizationRequestContext>>()
                .SetOrder(Authentication.ValidatePushedGrantTypePermissions.Descriptor.Order - 1)
        );
        server.AddEventHandler<ValidateDeviceAuthorizationRequestContext>(builder =>
            builder
                .UseSingletonHandler<RefuseScopes<ValidateDeviceAuthorizationRequestContext>>()
                .SetOrder(Device.ValidateGrantTypePermissions.Descriptor.Order - 1)
        );
        server.AddEventHandler<ValidateTokenRequestContext>(builder =>
            builder
                .UseSingletonHandler<RefuseScopes<ValidateTokenRequestContext>>()
                .SetOrder(Exchange.ValidateGrantTypePermissions.Descriptor.Order - 1)
        );

        // A code has its scopes already, and x/oauth2 sends them again.
        server.AddEventHandler<ExtractTokenRequestContext>(builder =>
            builder.UseInlineHandler(ForgetScopesOfCodes).SetOrder(int.MaxValue - 100_000)
        );
        server.RemoveEventHandler(Authentication.ValidateAudienceParameter.Descriptor);
        server.RemoveEventHandler(Authentication.ValidatePushedAudienceParameter.Descriptor);
        server.RemoveEventHandler(Exchange.ValidateAudienceParameter.Descriptor);
        server.RemoveEventHandler(Exchange.ValidateAudiences.Descriptor);
        server.RemoveEventHandler(Exchange.ValidateAudiencePermissions.Descriptor);
    }

    private static ValueTask ForgetScopesOfCodes(ExtractTokenRequestContext context)
    {
        if (
            context.Request is { } request
            && (request.IsAuthorizationCodeGrantType() || request.IsDeviceCodeGrantType())
        )
        {
            request.Scope = null;
        }

        return ValueTask.CompletedTask;
    }

    private sealed class RefuseScopes<TContext>(ClientRegistry clients) : IOpenIddictServerHandler<TContext>
        where TContext : BaseValidatingContext
    {
        public ValueTask HandleAsync(TContext context)
        {
            var request = context.Transaction.Request!;
            if (
                clients.FindByClientId(request.ClientId ?? "") is { } row
                && request.GetScopes().FirstOrDefault(s => !May(new(row), s)) is { } foreign
            )
            {
                context.Reject(Errors.InvalidScope, $"The client may not have the scope '{foreign}'.");
            }

            return ValueTask.CompletedTask;
        }

        private static bool May(ClientView client, string scope) =>
            scope switch
            {
                Scopes.OpenId => true,
                Scopes.OfflineAccess => client.Flows.Contains(GrantTypes.RefreshToken),
                _ => client.Scopes.Contains(scope),
            };
    }
}
