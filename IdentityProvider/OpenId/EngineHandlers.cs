using System.Globalization;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;
using static OpenIddict.Server.OpenIddictServerHandlers;

namespace IdentityProvider.OpenId;

/// <summary>The few places where the engine is told to do otherwise.</summary>
internal static class EngineHandlers
{
    private static readonly string OddAge = $"max_age must be a number of seconds from 0 to {LongestAge}.";

    public static void Register(OpenIddictServerBuilder server)
    {
        server.AddEventHandler<ValidateTokenContext>(builder =>
            builder
                .UseSingletonHandler<AdmitClientAssertions>()
                .SetOrder(Protection.ResolveTokenValidationParameters.Descriptor.Order + 1)
        );
        server.AddEventHandler<ValidateTokenContext>(builder =>
            builder
                .UseInlineHandler(AssertionAudience.Narrow)
                .SetOrder(Protection.ValidateAudiences.Descriptor.Order - 1)
        );
        server.AddEventHandler<GenerateTokenContext>(builder =>
            builder
                .UseScopedHandler<ChooseSigningKey>()
                .SetOrder(Protection.AttachSecurityCredentials.Descriptor.Order + 1)
        );
        server.AddEventHandler<GenerateTokenContext>(builder =>
            builder
                .UseSingletonHandler<TypeAccessTokens>()
                .SetOrder(Protection.AttachTokenMetadata.Descriptor.Order + 2)
        );
        server.AddEventHandler<ValidateTokenContext>(builder =>
            builder
                .UseSingletonHandler<TypeAccessTokens>()
                .SetOrder(Protection.ResolveTokenValidationParameters.Descriptor.Order + 2)
        );
        server.AddEventHandler<ProcessSignInContext>(builder =>
            builder.UseScopedHandler<AddIdTokenClaims>().SetOrder(PrepareIdentityTokenPrincipal.Descriptor.Order + 1)
        );
        server.AddEventHandler<GenerateTokenContext>(builder =>
            builder.UseInlineHandler(TokenRows.KeepNone).SetOrder(Protection.CreateTokenEntry.Descriptor.Order - 1)
        );
        server.AddEventHandler<ApplyTokenResponseContext>(builder =>
            builder.UseScopedHandler<KeepExchange>().SetOrder(int.MinValue + 100_000)
        );
        server.AddEventHandler<ValidateTokenContext>(builder =>
            builder.UseScopedHandler<EndReusedGrants>().SetOrder(Protection.ValidateTokenEntry.Descriptor.Order - 1)
        );
        server.AddEventHandler<ValidateTokenContext>(builder =>
            builder.UseScopedHandler<DevicePolling>().SetOrder(Protection.ValidateTokenEntry.Descriptor.Order - 1)
        );
        server.AddEventHandler<ApplyDeviceAuthorizationResponseContext>(builder =>
            builder.UseInlineHandler(DevicePolling.TellInterval).SetOrder(int.MinValue + 100_000)
        );
        server.AddEventHandler<ValidateTokenContext>(builder =>
            builder
                .UseSingletonHandler<RefuseEndedAccessTokens>()
                .SetOrder(Protection.ValidateAuthorizationEntry.Descriptor.Order + 1)
        );
        IssuerText.Register(server);
        RequestObjects.Register(server);
        RequestedScopes.Register(server);
        Refusals.Register(server);
        server.AddEventHandler<ValidateTokenRequestContext>(builder =>
            builder
                .UseInlineHandler(NarrowRefreshedTokens.RefuseMore)
                .SetOrder(Exchange.ValidateGrantedScopes.Descriptor.Order - 1)
        );
        server.AddEventHandler<ProcessSignInContext>(builder =>
            builder.UseScopedHandler<NarrowRefreshedTokens>().SetOrder(PrepareAccessTokenPrincipal.Descriptor.Order + 1)
        );
        server.AddEventHandler<ProcessSignInContext>(builder =>
            builder
                .UseSingletonHandler<AddressAccessTokens>()
                .SetOrder(PrepareAccessTokenPrincipal.Descriptor.Order + 2)
        );
        server.AddEventHandler<HandleIntrospectionRequestContext>(builder =>
            builder
                .UseInlineHandler(IntrospectionAnswers.TellScope)
                .SetOrder(Introspection.AttachApplicationClaims.Descriptor.Order + 1)
        );
        server.RemoveEventHandler(Revocation.RevokeToken.Descriptor);
        server.AddEventHandler<HandleRevocationRequestContext>(builder =>
            builder.UseScopedHandler<RevokeTokens>().SetOrder(Revocation.RevokeToken.Descriptor.Order)
        );
        server.AddEventHandler<ValidateRevocationRequestContext>(builder =>
            builder
                .UseInlineHandler(RevokeTokens.RefuseOthers)
                .SetOrder(Revocation.ValidateAuthorizedParty.Descriptor.Order - 1)
        );
        server.AddEventHandler<ProcessAuthenticationContext>(builder =>
            builder.UseScopedHandler<TakeAssertionsOnce>().SetOrder(ValidateClientSecret.Descriptor.Order + 1)
        );
        server.AddEventHandler<ValidateAuthorizationRequestContext>(builder =>
            builder
                .UseInlineHandler(RefuseOddParameters)
                .SetOrder(Authentication.ValidateProofKeyForCodeExchangeRequirement.Descriptor.Order + 1)
        );
        server.AddEventHandler<ValidatePushedAuthorizationRequestContext>(builder =>
            builder.UseInlineHandler(RefuseOddParameters).SetOrder(int.MaxValue - 100_000)
        );
        server.AddEventHandler<ApplyAuthorizationResponseContext>(builder =>
            builder
                .UseScopedHandler<TellTheApplication>()
                .SetOrder(Authentication.InferResponseMode.Descriptor.Order + 1)
        );
        server.AddEventHandler<ApplyAuthorizationResponseContext>(builder =>
            builder
                .UseScopedHandler<FormPostPage>()
                .SetOrder(
                    OpenIddictServerAspNetCoreHandlers.Authentication.ProcessFormPostResponse.Descriptor.Order - 1
                )
        );
        server.AddEventHandler<HandleConfigurationRequestContext>(builder =>
            builder.UseInlineHandler(Describe).SetOrder(Discovery.AttachAdditionalMetadata.Descriptor.Order + 1)
        );
    }

    // Ten years: whoever wants a longer age wants none.
    private const long LongestAge = 10L * 365 * 24 * 60 * 60;

    private static ValueTask RefuseOddParameters(BaseValidatingContext context)
    {
        var request = context.Transaction.Request!;
        if (!IsAge(request))
        {
            context.Reject(Errors.InvalidRequest, OddAge);
        }
        else if (!ClaimsRequest.IsReadable(request))
        {
            context.Reject(
                Errors.InvalidRequest,
                "claims must be a JSON object with userinfo and id_token, whose members are null or objects."
            );
        }

        return ValueTask.CompletedTask;
    }

    private static bool IsAge(OpenIddictRequest request) =>
        request.GetParameter(Parameters.MaxAge) is not { } age
        || (
            long.TryParse((string?)age, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds <= LongestAge
        );

    private static ValueTask Describe(HandleConfigurationRequestContext context)
    {
        // Native and browser applications prove nothing.
        context.TokenEndpointAuthenticationMethods.Add(ClientAuthenticationMethods.None);
        context.RevocationEndpointAuthenticationMethods.Add(ClientAuthenticationMethods.None);

        // No specification has these.
        context.DeviceAuthorizationEndpointAuthenticationMethods.Clear();
        context.PushedAuthorizationEndpointAuthenticationMethods.Clear();
        context.Metadata["token_endpoint_auth_signing_alg_values_supported"] = new([.. RequestObjects.Algorithms]);
        context.Metadata["request_parameter_supported"] = true;
        context.Metadata["request_object_signing_alg_values_supported"] = new([.. RequestObjects.Algorithms]);

        // Of a pushed request alone (RFC 9126), which is not what this says.
        context.Metadata["request_uri_parameter_supported"] = false;
        context.Metadata["claims_parameter_supported"] = true;

        context.Metadata["backchannel_logout_supported"] = true;
        context.Metadata["backchannel_logout_session_supported"] = true;
        context.Metadata["frontchannel_logout_supported"] = true;
        context.Metadata["frontchannel_logout_session_supported"] = true;
        context.Metadata["ui_locales_supported"] = new([.. IdP.UI.Culture.Languages.Tags]);
        context.Metadata["acr_values_supported"] = new([.. Acr.All]);
        context.IdTokenSigningAlgorithms.UnionWith(["ES256", "RS256"]);
        return ValueTask.CompletedTask;
    }
}
