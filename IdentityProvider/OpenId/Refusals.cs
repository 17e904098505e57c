using IdentityProvider.Clients;
using IdP.UI.Pages;
using Microsoft.AspNetCore;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;
using static OpenIddict.Server.OpenIddictServerHandlers;

namespace IdentityProvider.OpenId;

/// <summary>
/// What is said of a request that is refused: to the application no page of another product, to the log the reason in one
/// line, and in Development to the person who builds the application on the page as well.
/// </summary>
internal static class Refusals
{
    public static void Register(OpenIddictServerBuilder server)
    {
        server.AddEventHandler<ProcessErrorContext>(builder =>
            builder.UseInlineHandler(NameNoOtherPages).SetOrder(AttachErrorParameters.Descriptor.Order + 1)
        );
        server.AddEventHandler<ProcessChallengeContext>(builder =>
            builder.UseInlineHandler(NameNoOtherPages).SetOrder(AttachCustomChallengeParameters.Descriptor.Order + 1)
        );
        server.AddEventHandler<ValidateAuthorizationRequestContext>(builder =>
            builder
                .UseScopedHandler<NameRedirectUri>()
                .SetOrder(Authentication.ValidateClientRedirectUri.Descriptor.Order - 1)
        );
        server.AddEventHandler<ValidatePushedAuthorizationRequestContext>(builder =>
            builder
                .UseScopedHandler<NameRedirectUri>()
                .SetOrder(Authentication.ValidatePushedClientRedirectUri.Descriptor.Order - 1)
        );
        Tell<ApplyAuthorizationResponseContext>(server);
        Tell<ApplyPushedAuthorizationResponseContext>(server);
        Tell<ApplyTokenResponseContext>(server);
        Tell<ApplyDeviceAuthorizationResponseContext>(server);
        Tell<ApplyIntrospectionResponseContext>(server);
        Tell<ApplyRevocationResponseContext>(server);
        Tell<ApplyEndSessionResponseContext>(server);
        Tell<ApplyUserInfoResponseContext>(server);
    }

    private static void Tell<TContext>(OpenIddictServerBuilder server)
        where TContext : BaseRequestContext =>
        server.AddEventHandler<TContext>(builder =>
            builder.UseSingletonHandler<TellRefusal<TContext>>().SetOrder(int.MinValue + 150_000)
        );

    private static ValueTask NameNoOtherPages(BaseContext context)
    {
        if (context.Transaction.Response is { } response)
        {
            response.ErrorUri = null;
        }

        return ValueTask.CompletedTask;
    }
}

/// <summary>Says which redirect address is not registered, for which client.</summary>
internal sealed class NameRedirectUri(IOpenIddictApplicationManager applications)
    : IOpenIddictServerHandler<ValidateAuthorizationRequestContext>,
        IOpenIddictServerHandler<ValidatePushedAuthorizationRequestContext>
{
    private const int Longest = 200;

    public ValueTask HandleAsync(ValidateAuthorizationRequestContext context) => CheckAsync(context);

    public ValueTask HandleAsync(ValidatePushedAuthorizationRequestContext context) => CheckAsync(context);

    private async ValueTask CheckAsync(BaseValidatingContext context)
    {
        var request = context.Transaction.Request!;
        if (
            request is { ClientId: { Length: > 0 } clientId, RedirectUri: { Length: > 0 } uri }
            && await applications.FindByClientIdAsync(clientId, context.CancellationToken) is { } client
            && !await applications.ValidateRedirectUriAsync(client, uri, context.CancellationToken)
        )
        {
            context.Reject(Errors.InvalidRequest, $"redirect_uri {Shown(uri)} is not registered for {clientId}.");
        }
    }

    // Without what may be a secret, or would break a line.
    private static string Shown(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.AbsoluteUri.Length <= Longest
            ? new UriBuilder(uri)
            {
                UserName = "",
                Password = "",
                Query = "",
                Fragment = "",
            }
                .Uri
                .AbsoluteUri + (uri.Query.Length > 0 ? "?…" : "")
            : "(no address)";
}

/// <summary>Writes why a request was refused into the log, and in Development onto the page.</summary>
internal sealed partial class TellRefusal<TContext>(
    ClientRegistry clients,
    IHostEnvironment environment,
    ILogger<TellRefusal<TContext>> logger
) : IOpenIddictServerHandler<TContext>
    where TContext : BaseRequestContext
{
    private const int LongestLine = 400;

    public ValueTask HandleAsync(TContext context)
    {
        // A device that waits is not refused.
        if (
            context.Transaction is { Response: { Error: { Length: > 0 } error } response }
            && error is not (Errors.AuthorizationPending or Errors.SlowDown)
        )
        {
            var named = context.Transaction.Request?.ClientId ?? "";
            var client = clients.FindByClientId(named) is null ? "an unknown client" : named;
            LogRefused(context.EndpointType, client, error, OneLine(response.ErrorDescription));
            if (environment.IsDevelopment() && context.Transaction.GetHttpRequest() is { } request)
            {
                request.HttpContext.Items[ErrorModel.DetailItem] = $"{error}: {response.ErrorDescription}";
            }
        }

        return ValueTask.CompletedTask;
    }

    // Security: threat 18. Part of it may be a stranger's.
    private static string? OneLine(string? text) =>
        text is null
            ? null
            : new string([
                .. text.Take(LongestLine).Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c),
            ]);

    [LoggerMessage(LogLevel.Information, "{Endpoint} refused {Client}: {Error}, {Description}")]
    private partial void LogRefused(
        OpenIddictServerEndpointType endpoint,
        string client,
        string error,
        string? description
    );
}
