using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdentityProvider.OpenId.Logout;
using IdentityProvider.OpenId.RelyingParties;
using IdentityProvider.Sessions;
using IdentityProvider.SigningKeys;
using IdP.Recovery;
using IdP.Recovery.OpenIddict;
using IdP.Recovery.Ports;
using Microsoft.Extensions.Options;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.OpenId;

internal static class OpenIdServices
{
    public static IServiceCollection AddOpenIdProvider(this IServiceCollection services, IConfiguration configuration)
    {
        services
            .AddOptions<OpenIdOptions>()
            .Bind(configuration.GetSection("OpenId"))
            .ValidateDataAnnotations()
            .ValidateOnStart();
        // A refresh token is encrypted with one of these keys, and may be what lives longest.
        services
            .AddOptions<SigningKeyOptions>()
            .PostConfigure<IOptions<OpenIdOptions>>(
                (keys, tokens) => keys.LongestToken = tokens.Value.RefreshTokenLifetime
            );
        services.AddSingleton<IOptionsChangeTokenSource<OpenIddictServerOptions>>(p =>
            p.GetRequiredService<ProviderChanges>()
        );
        services.AddSingleton<IConfigureOptions<OpenIddictServerOptions>, ConfigureEngine>();
        services.AddSingleton<ProviderRefresh>();
        services.AddHostedService(p => p.GetRequiredService<ProviderRefresh>());
        services.AddBrowserApplications();
        services.AddSingleton<AnswerTickets>();
        services.AddScoped<KeptRequests>();
        services.AddSingleton<DiscoveryCache>();
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<LiveTokens>();
        services.AddScoped<AccountClaims>();
        services.AddScoped<EndGrant>();
        services.AddScoped<PruneTokens>();
        services.AddSingleton<FrontChannelLogout>();
        services.AddScoped<IdP.UI.Ports.ISignOut, SignOut>();
        services.AddScoped<ISessionEnded, NoteLogout>();
        services.AddScoped<IEndpointUse, RelyingPartyUse>();
        services.AddEndpointConnector<RelyingPartyConnector>();
        services.AddOutboxHandler<BackChannelLogout>(BackChannelLogout.Kind, OutboxLane.Applications);
        services
            .AddHttpClient(BackChannelLogout.Kind, client => client.Timeout = TimeSpan.FromSeconds(10))
            .ConfigurePrimaryHttpMessageHandler(() =>
                new SocketsHttpHandler
                {
                    AllowAutoRedirect = false,
                    // Of an answer, only the status is read.
                    MaxResponseDrainSize = 4096,
                }
            );
        services.AddSingleton<CheckClient>();
        services.AddSingleton<ProveClient>();
        services.AddSingleton<ClientProbe>();
        services
            .AddHttpClient(ClientProbe.Http, client => client.Timeout = TimeSpan.FromSeconds(10))
            .ConfigurePrimaryHttpMessageHandler(() =>
                new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }
            );
        services.AddRecoveryGrantsOnOpenIddict();

        services
            .AddOpenIddict()
            .AddCore(core =>
            {
                core.UseEntityFrameworkCore().UseDbContext<IdpDbContext>();
                core.ReplaceApplicationManager<
                    global::OpenIddict.EntityFrameworkCore.Models.OpenIddictEntityFrameworkCoreApplication,
                    ClientManager
                >();
            })
            .AddServer(server => Configure(server, configuration));
        return services;
    }

    private static void Configure(OpenIddictServerBuilder server, IConfiguration configuration)
    {
        server
            .SetAuthorizationEndpointUris("connect/authorize")
            .SetTokenEndpointUris("connect/token")
            .SetUserInfoEndpointUris("connect/userinfo")
            .SetPushedAuthorizationEndpointUris("connect/par")
            .SetDeviceAuthorizationEndpointUris("connect/device")
            .SetEndUserVerificationEndpointUris("device")
            .SetIntrospectionEndpointUris("connect/introspect")
            .SetRevocationEndpointUris("connect/revoke")
            .SetEndSessionEndpointUris("connect/logout");
        server
            .AllowAuthorizationCodeFlow()
            .AllowRefreshTokenFlow()
            .AllowClientCredentialsFlow()
            .AllowDeviceAuthorizationFlow();
        server.Configure(options =>
        {
            options.ResponseModes.Remove(ResponseModes.Fragment);
            options.RequestTokenLifetime = TimeSpan.FromMinutes(10); // RFC 9126, 2.2: 5 to 600 seconds
            options.CodeChallengeMethods.Remove(CodeChallengeMethods.Plain);
        });
        server.DisableAccessTokenEncryption();
        server.SetAuthorizationCodeLifetime(TimeSpan.FromMinutes(1));
        server.SetAccessTokenLifetime(TimeSpan.FromMinutes(5));
        server.SetIdentityTokenLifetime(TimeSpan.FromMinutes(10));
        server.SetUserCodeLifetime(TimeSpan.FromMinutes(10)).SetDeviceCodeLifetime(TimeSpan.FromMinutes(10));

        // 43 characters that say nothing: applications keep them in cookies, which must stay small.
        server.UseReferenceRefreshTokens();
        server.RegisterClaims(
            Claims.Subject,
            Claims.Name,
            Claims.GivenName,
            Claims.FamilyName,
            Claims.MiddleName,
            Claims.Nickname,
            Claims.PreferredUsername,
            Claims.Profile,
            Claims.Picture,
            Claims.Website,
            Claims.Gender,
            Claims.Birthdate,
            Claims.Zoneinfo,
            Claims.Locale,
            Claims.UpdatedAt,
            Claims.Email,
            Claims.EmailVerified,
            Claims.Address,
            Claims.PhoneNumber,
            Claims.PhoneNumberVerified,
            Claims.AuthenticationTime,
            Claims.AuthenticationContextReference,
            Claims.AuthenticationMethodReference,
            "sid"
        );
        EngineHandlers.Register(server);

        var host = server
            .UseAspNetCore()
            .EnableAuthorizationEndpointPassthrough()
            .EnableTokenEndpointPassthrough()
            .EnableUserInfoEndpointPassthrough()
            .EnableEndUserVerificationEndpointPassthrough()
            .EnableEndSessionEndpointPassthrough()
            .EnableStatusCodePagesIntegration();
        if (
            Uri.TryCreate(configuration["Origin"], UriKind.Absolute, out var origin)
            && origin is { Scheme: "http", IsLoopback: true }
        )
        {
            host.DisableTransportSecurityRequirement();
        }
    }

    public static void MapOpenIdProvider(this IEndpointRouteBuilder endpoints)
    {
        endpoints
            .MapMethods("/connect/authorize", ["GET", "POST"], (Delegate)AuthorizeEndpoint.HandleAsync)
            .DisableAntiforgery();
        endpoints.MapPost("/connect/token", TokenEndpoint.HandleAsync).DisableAntiforgery();
        endpoints.MapMethods("/connect/userinfo", ["GET", "POST"], UserInfoEndpoint.HandleAsync).DisableAntiforgery();
        endpoints
            .MapMethods("/connect/logout", ["GET", "POST"], (Delegate)LogoutEndpoint.HandleAsync)
            .DisableAntiforgery();
    }
}
