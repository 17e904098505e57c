using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Factors.Passkeys;
using IdP.UI.Console;
using IdP.UI.Input;
using IdP.UI.Pages;
using IdP.UI.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace IdP.UI;

/// <summary>Adds all hosted pages to a host: sign-in, recovery, the user portal and the console.</summary>
public static class IdpUI
{
    private const string ConsolePolicy = "IdP.UI.Console";

    /// <summary>Registers pages, texts, branding (section <c>Branding</c>) and languages. The host supplies
    /// <see cref="IdP.Recovery.Ports.ISignedInSessions"/>, <see cref="IAccountProfiles"/>, <see cref="ISessionList"/> and
    /// <see cref="IGrantList"/>; without one of them it does not start.</summary>
    public static IMvcBuilder AddIdpUI(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddScoped<ISignOut, EndOwnSession>();
        services.AddScoped<AuditWords>();
        services.AddSingleton<MfaWords>();
        services.AddScoped<AddressTexts>();
        services.AddScoped<AddressSteps>();
        services.Configure<NavigationOptions>(options =>
        {
            options.UserPortal.Add(new("/account", "Nav.Profile", "person", Exact: true));
            options.UserPortal.Add(new("/account/password", "Nav.Password", "key"));
            options.UserPortal.Add(new("/account/security", "Nav.Security", "shield"));
            options.UserPortal.Add(new("/account/addresses", "Nav.Addresses", "mail"));
            options.UserPortal.Add(new("/account/sessions", "Nav.Sessions", "device"));
            options.UserPortal.Add(new("/account/activity", "Nav.Activity", "clock"));
            options.UserPortal.Add(new("/account/applications", "Nav.Applications", "apps"));
            options.UserPortal.Add(new("/account/services", "Nav.Services", "link"));
            options.Console.Add(new("/admin", "Nav.Dashboard", "home", Exact: true, ConsoleAction.ReadSystem));
            options.Console.Add(new("/admin/users", "Nav.Users", "people", Needs: ConsoleAction.ReadUsers));
            options.Console.Add(
                new("/admin/administrators", "Nav.Administrators", "key", Needs: ConsoleAction.ReadSystem)
            );
            options.Console.Add(new("/admin/policies", "Nav.Policies", "settings", Needs: ConsoleAction.ReadSystem));
            options.Console.Add(new("/admin/endpoints", "Nav.Endpoints", "link", Needs: ConsoleAction.ReadSystem));
            options.Console.Add(new("/admin/approvals", "Nav.Approvals", "shield", Needs: ConsoleAction.Approve));
            options.Console.Add(new("/admin/mail", "Nav.Mail", "mail", Needs: ConsoleAction.ReadSystem));
            options.Console.Add(new("/admin/audit", "Nav.Audit", "list", Needs: ConsoleAction.ReadAudit));
        });
        services.AddHostedService<CheckPortal>();
        services.AddSingleton<CookieTempDataProvider>();
        services.AddSingleton<ITempDataProvider, UntouchedTempData>();
        services.AddAuthorizationBuilder().AddPolicy(ConsolePolicy, policy => policy.RequireRole(ConsoleRoles.All));

        return services
            .AddOwnPages(configuration)
            .AddRazorPagesOptions(options =>
            {
                options.Conventions.AuthorizeAreaFolder(OwnPages.Area, "/Account");
                options.Conventions.AuthorizeAreaFolder(OwnPages.Area, "/Admin", ConsolePolicy);

                // Here factors are set up in the portal, and on the way through a sign-in.
                options.Conventions.AddAreaFolderRouteModelConvention(
                    OwnPages.Area,
                    RecoveryPages.EnrollFolder,
                    page => page.Selectors.Clear()
                );
            });
    }

    /// <summary>
    /// Maps the pages, their fingerprinted assets, <c>/branding.css</c>, and what browsers and password managers ask about
    /// passkeys: <c>/.well-known/passkey-endpoints</c> and, where <see cref="PasskeyOptions.RelatedOrigins"/> names some,
    /// <c>/.well-known/webauthn</c>.
    /// </summary>
    public static PageActionEndpointConventionBuilder MapIdpUI(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapStaticAssets();
        endpoints.MapBranding();
        endpoints.MapGet(
            "/.well-known/passkey-endpoints",
            (IOptions<OriginOptions> origin) =>
            {
                var page = origin.Value.Link("/account/security/passkeys");
                return Results.Json(new { enroll = page, manage = page });
            }
        );
        endpoints.MapGet(
            "/.well-known/webauthn",
            (IOptions<OriginOptions> origin, IOptions<PasskeyOptions> passkeys) =>
                passkeys.Value.RelatedOrigins is { Count: > 0 } others
                    ? Results.Json(new { origins = others.Prepend(origin.Value.AsBrowsersSay()) })
                    : Results.NotFound()
        );
        return endpoints.MapOwnPages().WithStaticAssets();
    }
}
