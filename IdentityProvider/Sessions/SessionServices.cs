using IdentityProvider.Accounts;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Ports;
using IdP.UI.Ports;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Sessions;

internal static class SessionServices
{
    public static IServiceCollection AddSessions(this IServiceCollection services, IConfiguration configuration)
    {
        services
            .AddOptions<SessionOptions>()
            .Bind(configuration.GetSection("Sessions"))
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.AddIdentityCore<Account>().AddRoles<IdentityRole>().AddEntityFrameworkStores<IdpDbContext>();
        services.AddScoped<ISignedInSessions, AccountSessions>();
        services.AddScoped<IAccountSessions, AccountSessions>();
        services.AddScoped<ISessionList, AccountSessions>();
        services.AddSingleton<SessionTicketStore>();
        services
            .AddAuthentication(SessionSchemes.Session)
            .AddCookie(SessionSchemes.Session)
            .AddCookie(SessionSchemes.Start);
        services
            .AddOptions<CookieAuthenticationOptions>(SessionSchemes.Session)
            .Configure<SessionTicketStore, IOptions<OriginOptions>, IOptions<SessionOptions>, IDataProtectionProvider>(
                Configure
            );
        services
            .AddOptions<CookieAuthenticationOptions>(SessionSchemes.Start)
            .Configure<SessionTicketStore, IOptions<OriginOptions>, IOptions<SessionOptions>, IDataProtectionProvider>(
                Configure
            );
        services.AddAuthorization();

        // Not by the options of the origin: these are read before the settings have been checked.
        var isHttps =
            Uri.TryCreate(configuration["Origin"], UriKind.Absolute, out var origin)
            && origin.Scheme == Uri.UriSchemeHttps;
        services.Configure<AntiforgeryOptions>(o => BindToHost(o.Cookie, "form", isHttps));
        services.Configure<CookieTempDataProviderOptions>(o => BindToHost(o.Cookie, "told", isHttps));
        return services;
    }

    // Security: the prefix binds a cookie to this very host over https: no other host of the domain can plant one (RFC
    // 6265bis, 4.1.3.2), and browsers take none with it over http. A loopback address over http cannot have it.
    private static void BindToHost(CookieBuilder cookie, string name, bool isHttps)
    {
        cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        if (isHttps)
        {
            cookie.Name = "__Host-" + name;
        }
    }

    private static void Configure(
        CookieAuthenticationOptions cookie,
        SessionTicketStore store,
        IOptions<OriginOptions> origin,
        IOptions<SessionOptions> session,
        IDataProtectionProvider protection
    )
    {
        cookie.SessionStore = store;
        cookie.TicketDataFormat = new TicketDataFormat(protection.CreateProtector("IdentityProvider.SessionCookie.v1"));
        cookie.ExpireTimeSpan = session.Value.Lifetime;
        cookie.SlidingExpiration = false;
        cookie.Events.OnRedirectToLogin = redirect =>
            GoToSignIn(redirect, redirect.Request.Path.StartsWithSegments("/admin"));
        cookie.Events.OnRedirectToAccessDenied = redirect => GoToSignIn(redirect, isConsole: true);

        var isHttps = origin.Value.Origin?.Scheme == Uri.UriSchemeHttps;
        cookie.Cookie.Name = "idp";
        BindToHost(cookie.Cookie, "idp", isHttps);
        if (isHttps)
        {
            cookie.Cookie.SecurePolicy = CookieSecurePolicy.Always;
        }

        cookie.Cookie.SameSite = SameSiteMode.Lax;
        cookie.Cookie.HttpOnly = true;
    }

    // Never to the address that the handler has built from the request's host.
    private static Task GoToSignIn(RedirectContext<CookieAuthenticationOptions> redirect, bool isConsole)
    {
        var back = redirect.Request.Path + redirect.Request.QueryString;
        redirect.Response.StatusCode = StatusCodes.Status303SeeOther;
        redirect.Response.Headers.Location =
            (isConsole ? IdP.UI.Portal.Administrator : IdP.UI.Portal.User).SignIn
            + QueryString.Create("returnUrl", back);
        return Task.CompletedTask;
    }
}
