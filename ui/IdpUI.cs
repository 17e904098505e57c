using System.Globalization;
using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Factors.Passkeys;
using IdP.Recovery.Ports;
using IdP.UI.Branding;
using IdP.UI.Console;
using IdP.UI.Culture;
using IdP.UI.Input;
using IdP.UI.Links;
using IdP.UI.Mail;
using IdP.UI.Pages;
using IdP.UI.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Localization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace IdP.UI;

/// <summary>Adds the hosted pages to a host.</summary>
public static class IdpUI
{
    private const string ConsolePolicy = "IdP.UI.Console";

    /// <summary>Registers pages, texts, branding (section <c>Branding</c>) and languages.</summary>
    public static IMvcBuilder AddIdpUI(this IServiceCollection services, IConfiguration configuration)
    {
        services
            .AddOptions<BrandingOptions>()
            .Bind(configuration.GetSection(BrandingOptions.Section))
            .ValidateDataAnnotations()
            .Validate(
                options => options.SupportUrl is null or { IsAbsoluteUri: true, Scheme: "https" or "mailto" },
                "Branding:SupportUrl must be an absolute https or mailto address, but was something else."
            )
            .ValidateOnStart();
        services.AddSingleton<BrandingStylesheet>();
        services.AddSingleton<SupportedBrowsers>();
        services.TryAddScoped<IRequestingClientSource, NoRequestingClient>();
        services.TryAddScoped<ISignOut, EndOwnSession>();
        services.AddSingleton<MailRenderer>();
        services.AddScoped<AuditWords>();
        services.AddSingleton<LinkCookie>();
        services.AddSingleton<MfaWords>();
        services.AddScoped<AddressTexts>();
        services.AddScoped<AddressSteps>();
        services.AddSingleton<IRecoveryLinks, RecoveryLinks>();
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
        services.AddAuthorizationBuilder().AddPolicy(ConsolePolicy, policy => policy.RequireRole(ConsoleRoles.All));

        services.AddLocalization();
        services.Configure<RequestLocalizationOptions>(options =>
        {
            options.DefaultRequestCulture = new RequestCulture(Languages.Tags[0]);
            options.SupportedCultures = [.. Languages.Tags.Select(CultureInfo.GetCultureInfo)];
            options.SupportedUICultures = options.SupportedCultures;
            options.ApplyCurrentCultureToResponseHeaders = true;
            options.RequestCultureProviders = CultureProviders.All;
        });
        return services
            .AddRazorPages(options =>
            {
                options.Conventions.AuthorizeFolder("/Account");
                options.Conventions.AuthorizeFolder("/Admin", ConsolePolicy);
                options.Conventions.ConfigureFilter(new StrictInputFilter());
            })
            .AddDataAnnotationsLocalization(options =>
                options.DataAnnotationLocalizerProvider = (_, factory) => factory.Create(typeof(Text))
            );
    }

    /// <summary>Chooses each request's language. Order: after <c>UseAuthentication</c>, for the account's own language.</summary>
    public static IApplicationBuilder UseIdpUI(this IApplicationBuilder app) => app.UseRequestLocalization();

    /// <summary>
    /// Maps the pages, their fingerprinted assets, <c>/branding.css</c>, and what browsers and password managers ask about
    /// passkeys: <c>/.well-known/passkey-endpoints</c> and, where <see cref="PasskeyOptions.RelatedOrigins"/> names some,
    /// <c>/.well-known/webauthn</c>.
    /// </summary>
    public static PageActionEndpointConventionBuilder MapIdpUI(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapStaticAssets();
        endpoints.MapGet("/branding.css", (HttpContext http, BrandingStylesheet styles) => styles.Serve(http));
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
        var pages = endpoints.MapRazorPages();

        // Else a page that has no handler for a verb is shown, without all that its handler would have read.
        pages.Add(page => page.Metadata.Add(new HttpMethodMetadata(["GET", "HEAD", "POST"])));
        return pages.WithStaticAssets();
    }
}
