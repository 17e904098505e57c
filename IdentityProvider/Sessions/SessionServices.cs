using IdentityProvider.Accounts;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Sessions;

internal static class SessionServices
{
    public static IServiceCollection AddSessions(
        this IServiceCollection services,
        IConfiguration configuration
    )
    {
        services
            .AddOptions<SessionOptions>()
            .Bind(configuration.GetSection("Sessions"))
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services
            .AddIdentityCore<Account>()
            .AddRoles<IdentityRole>()
            .AddEntityFrameworkStores<IdpDbContext>();
        services.AddScoped<IAccountSessions, AccountSessions>();
        services.AddScoped<IAccountProfiles, AccountProfiles>();
        services.AddSingleton<SessionTicketStore>();
        services
            .AddAuthentication(SessionSchemes.Session)
            .AddCookie(SessionSchemes.Session)
            .AddCookie(SessionSchemes.Start);
        services
            .AddOptions<CookieAuthenticationOptions>(SessionSchemes.Session)
            .Configure<
                SessionTicketStore,
                IOptions<OriginOptions>,
                IOptions<SessionOptions>,
                IDataProtectionProvider
            >(Configure);
        services
            .AddOptions<CookieAuthenticationOptions>(SessionSchemes.Start)
            .Configure<
                SessionTicketStore,
                IOptions<OriginOptions>,
                IOptions<SessionOptions>,
                IDataProtectionProvider
            >(Configure);
        services.AddAuthorization();
        return services;
    }

    private static void Configure(
        CookieAuthenticationOptions cookie,
        SessionTicketStore store,
        IOptions<OriginOptions> origin,
        IOptions<SessionOptions> session,
        IDataProtectionProvider protection
    )
    {
        var secure = origin.Value.Origin?.Scheme == Uri.UriSchemeHttps;
        cookie.SessionStore = store;
        cookie.TicketDataFormat = new TicketDataFormat(
            protection.CreateProtector("IdentityProvider.SessionCookie.v1")
        );
        cookie.ExpireTimeSpan = session.Value.Lifetime;
        cookie.SlidingExpiration = false;
        cookie.Events.OnRedirectToLogin = redirect =>
            GoToSignIn(redirect, redirect.Request.Path.StartsWithSegments("/admin"));
        cookie.Events.OnRedirectToAccessDenied = redirect => GoToSignIn(redirect, isConsole: true);

        // The prefix binds the cookie to this very host over https; a loopback address over http cannot have it.
        cookie.Cookie.Name = secure ? "__Host-idp" : "idp";
        cookie.Cookie.SecurePolicy = secure
            ? CookieSecurePolicy.Always
            : CookieSecurePolicy.SameAsRequest;
        cookie.Cookie.SameSite = SameSiteMode.Lax;
        cookie.Cookie.HttpOnly = true;
    }

    // Never to the address that the handler has built from the request's host.
    private static Task GoToSignIn(
        RedirectContext<CookieAuthenticationOptions> redirect,
        bool isConsole
    )
    {
        var back = redirect.Request.Path + redirect.Request.QueryString;
        redirect.Response.StatusCode = StatusCodes.Status303SeeOther;
        redirect.Response.Headers.Location =
            (isConsole ? "/login/administrator" : "/login") + QueryString.Create("returnUrl", back);
        return Task.CompletedTask;
    }
}
