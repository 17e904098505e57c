using IdP.Recovery;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Operations;

/// <summary>
/// Security: threat 2. Whatever a request calls this host, from here on it has the name of the origin: the engine
/// builds addresses from the request (discovery, device authorization), and what one asker is told is kept for all.
/// </summary>
internal static class OwnHost
{
    public static void UseOwnHost(this WebApplication app)
    {
        // Later than now: settings that are missing are told all at once.
        var own = new Lazy<string>(() =>
            app.Services.GetRequiredService<IOptions<OriginOptions>>().Value.Link("/").Authority
        );
        app.Use(
            (http, next) =>
            {
                http.Request.Headers.Host = own.Value;
                return next(http);
            }
        );
    }
}
