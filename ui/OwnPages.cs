using IdP.Recovery;
using IdP.Recovery.Ports;
using IdP.UI.Branding;
using IdP.UI.Culture;
using IdP.UI.Input;
using IdP.UI.Links;
using IdP.UI.Mail;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.ApplicationParts;
using Microsoft.AspNetCore.Mvc.DataAnnotations;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace IdP.UI;

/// <summary>
/// What the pages of this library stand on. They are an area of their own, so that filters, languages and layouts reach them
/// alone, and nothing of the host's by the same name takes their place.
/// </summary>
internal static class OwnPages
{
    /// <summary>The area; no address shows it.</summary>
    public const string Area = "IdP";

    public static IMvcBuilder AddOwnPages(this IServiceCollection services, IConfiguration configuration)
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
        services.AddSingleton<MailRenderer>();
        services.AddSingleton<LinkCookie>();
        services.AddSingleton<SignInPages>();
        services.AddRecoveryPort<IRecoveryLinks, RecoveryLinks>();
        services.AddLocalization();
        services.PostConfigure<MvcDataAnnotationsLocalizationOptions>(LocalizeOwn);
        return services
            .AddRazorPages(options =>
                options.Conventions.AddAreaFolderApplicationModelConvention(
                    Area,
                    "/",
                    page =>
                    {
                        page.Filters.Add(new OwnCulture());
                        page.Filters.Add(new StrictInputFilter());
                    }
                )
            )
            .AddDataAnnotationsLocalization()
            .ConfigureApplicationPartManager(AddOwnParts);
    }

    public static PageActionEndpointConventionBuilder MapOwnPages(this IEndpointRouteBuilder endpoints)
    {
        var pages = endpoints.MapRazorPages();

        // Else a page that has no handler for a verb is shown, without all that its handler would have read.
        pages.Add(page =>
        {
            if (page.Metadata.OfType<PageActionDescriptor>().LastOrDefault()?.AreaName == Area)
            {
                page.Metadata.Add(new HttpMethodMetadata(["GET", "HEAD", "POST"]));
            }
        });
        return pages;
    }

    public static void MapBranding(this IEndpointRouteBuilder endpoints) =>
        endpoints
            .MapGet("/branding.css", (HttpContext http, BrandingStylesheet styles) => styles.Serve(http))
            .AllowAnonymous();

    // A host that is made by the web SDK knows them from its references.
    private static void AddOwnParts(ApplicationPartManager parts)
    {
        var own = typeof(OwnPages).Assembly;
        if (!parts.ApplicationParts.Any(p => p.Name == own.GetName().Name))
        {
            foreach (var part in ApplicationPartFactory.GetApplicationPartFactory(own).GetApplicationParts(own))
            {
                parts.ApplicationParts.Add(part);
            }
        }
    }

    private static void LocalizeOwn(MvcDataAnnotationsLocalizationOptions options)
    {
        var others = options.DataAnnotationLocalizerProvider;
        options.DataAnnotationLocalizerProvider = (type, factory) =>
            type.Assembly == typeof(OwnPages).Assembly ? factory.Create(typeof(Text)) : others(type, factory);
    }
}
