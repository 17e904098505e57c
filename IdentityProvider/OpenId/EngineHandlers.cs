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
                .SetOrder(Protection.ValidateAudiences.Descriptor.Order + 1)
        );
        server.AddEventHandler<GenerateTokenContext>(builder =>
            builder
                .UseScopedHandler<ChooseSigningKey>()
                .SetOrder(Protection.AttachSecurityCredentials.Descriptor.Order + 1)
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
        RequestedScopes.Register(server);
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
                .UseInlineHandler(RequireNonceWithoutPkce)
                .SetOrder(Authentication.ValidateProofKeyForCodeExchangeRequirement.Descriptor.Order + 1)
        );
        server.AddEventHandler<ValidateAuthorizationRequestContext>(builder =>
            builder
                .UseInlineHandler(RefuseOddAges)
                .SetOrder(Authentication.ValidateProofKeyForCodeExchangeRequirement.Descriptor.Order + 1)
        );
        server.AddEventHandler<ValidatePushedAuthorizationRequestContext>(builder =>
            builder.UseInlineHandler(RefuseOddPushedAges).SetOrder(int.MaxValue - 100_000)
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
            builder.UseInlineHandler(DescribeLogout).SetOrder(int.MaxValue - 100_000)
        );
    }

    // Ten years: whoever wants a longer age wants none.
    private const long LongestAge = 10L * 365 * 24 * 60 * 60;

    private static bool IsAge(OpenIddictRequest request) =>
        request.GetParameter(Parameters.MaxAge) is not { } age
        || (
            long.TryParse((string?)age, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds <= LongestAge
        );

    private static ValueTask RefuseOddAges(ValidateAuthorizationRequestContext context)
    {
        if (!IsAge(context.Request))
        {
            context.Reject(Errors.InvalidRequest, OddAge);
        }

        return ValueTask.CompletedTask;
    }

    private static ValueTask RefuseOddPushedAges(ValidatePushedAuthorizationRequestContext context)
    {
        if (!IsAge(context.Request))
        {
            context.Reject(Errors.InvalidRequest, OddAge);
        }

        return ValueTask.CompletedTask;
    }

    // Security: RFC 9700, 2.1.1. Without PKCE only the nonce binds the code to the request.
    private static ValueTask RequireNonceWithoutPkce(ValidateAuthorizationRequestContext context)
    {
        var request = context.Request;
        if (request.IsAuthorizationCodeFlow() && request.CodeChallenge is null && string.IsNullOrEmpty(request.Nonce))
        {
            context.Reject(Errors.InvalidRequest, "A request without a code_challenge needs a nonce.");
        }

        return ValueTask.CompletedTask;
    }

    private static ValueTask DescribeLogout(HandleConfigurationRequestContext context)
    {
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
