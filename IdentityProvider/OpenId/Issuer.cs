using IdP.Recovery;
using Microsoft.Extensions.Options;
using OpenIddict.Server;
using static OpenIddict.Server.OpenIddictServerEvents;
using static OpenIddict.Server.OpenIddictServerHandlers;

namespace IdentityProvider.OpenId;

/// <summary>
/// The issuer is the origin as a person writes it, without a slash at its end: applications compare it by the character with
/// what they were configured with (OpenID Connect Discovery 4.3). The engine would write the slash.
/// </summary>
internal static class IssuerText
{
    /// <summary>Such as <c>https://login.example.org</c>: the same in discovery, tokens and answers.</summary>
    public static string Issuer(this OriginOptions origin) => origin.AsBrowsersSay();

    public static void Register(OpenIddictServerBuilder server)
    {
        server.AddEventHandler<GenerateTokenContext>(builder =>
            builder.UseSingletonHandler<WriteIssuer>().SetOrder(Protection.AttachTokenMetadata.Descriptor.Order + 1)
        );
        server.AddEventHandler<ApplyConfigurationResponseContext>(builder =>
            builder.UseSingletonHandler<WriteIssuer>().SetOrder(int.MinValue + 50_000)
        );
        server.AddEventHandler<ApplyAuthorizationResponseContext>(builder =>
            builder.UseSingletonHandler<WriteIssuer>().SetOrder(Authentication.AttachIssuer.Descriptor.Order + 1)
        );
        server.AddEventHandler<ApplyIntrospectionResponseContext>(builder =>
            builder.UseSingletonHandler<WriteIssuer>().SetOrder(int.MinValue + 50_000)
        );
    }

    private sealed class WriteIssuer(IOptions<OriginOptions> origin)
        : IOpenIddictServerHandler<GenerateTokenContext>,
            IOpenIddictServerHandler<ApplyConfigurationResponseContext>,
            IOpenIddictServerHandler<ApplyAuthorizationResponseContext>,
            IOpenIddictServerHandler<ApplyIntrospectionResponseContext>
    {
        public ValueTask HandleAsync(GenerateTokenContext context)
        {
            context.SecurityTokenDescriptor.Issuer = origin.Value.Issuer();
            return ValueTask.CompletedTask;
        }

        public ValueTask HandleAsync(ApplyConfigurationResponseContext context)
        {
            context.Response["issuer"] = origin.Value.Issuer();
            return ValueTask.CompletedTask;
        }

        public ValueTask HandleAsync(ApplyAuthorizationResponseContext context)
        {
            if (context.Response.Iss is not null)
            {
                context.Response.Iss = origin.Value.Issuer();
            }

            return ValueTask.CompletedTask;
        }

        public ValueTask HandleAsync(ApplyIntrospectionResponseContext context)
        {
            if (context.Response["iss"] is not null)
            {
                context.Response["iss"] = origin.Value.Issuer();
            }

            return ValueTask.CompletedTask;
        }
    }
}
