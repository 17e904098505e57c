using IdentityProvider.Clients;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Net.Http.Headers;

namespace IdentityProvider.OpenId;

/// <summary>
/// CORS for applications that run in browsers: the pages of a public client's redirect addresses may call the endpoints that
/// such an application needs, without credentials of ours; nobody else may.
/// </summary>
internal static class BrowserApplications
{
    private static readonly PathString[] Called =
    [
        "/connect/token",
        "/connect/userinfo",
        "/connect/revoke",
        "/connect/par",
    ];

    public static IServiceCollection AddBrowserApplications(this IServiceCollection services)
    {
        services.AddCors();
        services.AddSingleton<ICorsPolicyProvider, PolicyProvider>();
        return services;
    }

    public static void UseBrowserApplications(this IApplicationBuilder app) =>
        app.UseWhen(http => Called.Contains(http.Request.Path), calls => calls.UseCors());

    private sealed class PolicyProvider(ClientRegistry clients) : ICorsPolicyProvider
    {
        public Task<CorsPolicy?> GetPolicyAsync(HttpContext context, string? policyName) =>
            Task.FromResult<CorsPolicy?>(
                new CorsPolicyBuilder()
                    .SetIsOriginAllowed(clients.BrowserOrigins.Contains)
                    .WithMethods("GET", "POST")
                    .WithHeaders(HeaderNames.Authorization, HeaderNames.ContentType)
                    .WithExposedHeaders(HeaderNames.WWWAuthenticate)
                    .SetPreflightMaxAge(TimeSpan.FromHours(1))
                    .Build()
            );
    }
}
