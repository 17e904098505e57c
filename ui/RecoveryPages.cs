using IdP.UI.Branding;
using IdP.UI.Input;
using IdP.UI.Links;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace IdP.UI;

/// <summary>Section <c>RecoveryPages</c>, or set in code: how the pages fit into a host.</summary>
public sealed class RecoveryPagesOptions
{
    /// <summary>
    /// Where people sign in: a path of this host. Default: the login path of Identity's cookie, such as
    /// <c>/Identity/Account/Login</c>; with <see cref="IdpUI.AddIdpUI"/> the pages of this library.
    /// </summary>
    public string? SignInPath { get; set; }

    /// <summary>
    /// Where people set a second factor up, for the mails that ask them to: a path of this host. Default <c>/enroll</c>, a
    /// page of this library.
    /// </summary>
    public string EnrollPath { get; set; } = RecoveryPages.Enroll;

    /// <summary>
    /// A layout of the host's own to put the pages into, such as <c>/Pages/Shared/_Layout.cshtml</c>. Default null: that of
    /// this library.
    /// </summary>
    public string? Layout { get; set; }

    /// <summary>
    /// Pages of the host's that would reset a password by another way, without gate or policy: they lead to
    /// <c>/reset/user</c>, as those of Identity's own do in any case.
    /// </summary>
    public IList<string> Replaces { get; } = [];

    /// <summary>Whether they are all that there is of this library: without a sign-in, a portal and a console.</summary>
    internal bool AreAlone { get; set; }
}

/// <summary>
/// Adds the pages of a recovery to a host that has its own sign-in: reset and its gate, unlocking, 'this was not me', and
/// setting an authenticator app up.
/// </summary>
public static class RecoveryPages
{
    /// <summary>Where an authenticator app is set up.</summary>
    internal const string Enroll = "/enroll";
    internal const string EnrollFolder = "/Enroll";

    private static readonly string[] Folders = ["/Reset/", "/NotMe/", "/Unlock/", EnrollFolder + "/"];
    private static readonly string[] Single = ["/Preferences", "/SupportedBrowsers"];
    private static readonly string[] OfAdministrators = ["/Reset/Administrator"];

    // Of the pages that come with Identity, unless the host has put others into their places.
    private static readonly string[] OfIdentity =
    [
        "/Identity/Account/ForgotPassword",
        "/Identity/Account/ForgotPasswordConfirmation",
        "/Identity/Account/ResetPassword",
        "/Identity/Account/ResetPasswordConfirmation",
    ];

    /// <summary>
    /// Registers the pages, texts, mails, branding (section <c>Branding</c>) and languages. Nothing of the host's pages
    /// changes.
    /// </summary>
    /// <param name="configuration">The host's.</param>
    /// <param name="configure">Sets what the section <c>RecoveryPages</c> does not.</param>
    public static IMvcBuilder AddRecoveryPages(
        this IServiceCollection services,
        IConfiguration configuration,
        Action<RecoveryPagesOptions>? configure = null
    )
    {
        services
            .AddOptions<RecoveryPagesOptions>()
            .Bind(configuration.GetSection("RecoveryPages"))
            .Configure(options =>
            {
                options.AreAlone = true;
                configure?.Invoke(options);
            })
            .PostConfigure<SignInOfHost>((options, host) => options.SignInPath ??= host.Path)
            .Validate(
                options => options.SignInPath is not { } path || IsPath(path),
                "RecoveryPages:SignInPath must be a path of this host, such as /Account/Login."
            )
            .Validate(
                options => IsPath(options.EnrollPath),
                "RecoveryPages:EnrollPath must be a path of this host, such as /Account/Manage."
            )
            .Validate(
                options => options.Replaces.All(IsPath),
                "RecoveryPages:Replaces must be paths of this host, such as /Account/ForgotPassword."
            )
            .ValidateOnStart();

        // What a host is called, it calls itself.
        services
            .AddOptions<BrandingOptions>()
            .PostConfigure<IHostEnvironment>(
                (branding, host) =>
                    branding.Name = configuration[$"{BrandingOptions.Section}:Name"] ?? host.ApplicationName
            );
        services.AddSingleton<SignInOfHost>();
        services.AddSingleton<Replaced>();
        services.AddSingleton<CheckRecoveryPages>();
        services.AddHostedService(p => p.GetRequiredService<CheckRecoveryPages>());
        return services
            .AddOwnPages(configuration)
            .AddRazorPagesOptions(options =>
            {
                options.Conventions.AddAreaFolderApplicationModelConvention(
                    OwnPages.Area,
                    "/",
                    page => page.Filters.Add(new AnswerBusy())
                );

                // Whoever cannot sign in must not be asked to, whatever the host asks of everybody.
                options.Conventions.AllowAnonymousToAreaFolder(OwnPages.Area, "/");
                options.Conventions.AddAreaFolderRouteModelConvention(
                    OwnPages.Area,
                    "/",
                    page =>
                    {
                        if (!IsOfRecovery(page.ViewEnginePath))
                        {
                            page.Selectors.Clear();
                        }
                    }
                );
            });
    }

    /// <summary>
    /// Maps the pages and <c>/branding.css</c>, and leads what would reset a password by another way to <c>/reset/user</c>.
    /// </summary>
    public static IEndpointRouteBuilder MapRecoveryPages(this IEndpointRouteBuilder endpoints)
    {
        foreach (var path in endpoints.ServiceProvider.GetRequiredService<Replaced>().Paths)
        {
            endpoints
                .MapMethods(path, ["GET", "HEAD", "POST"], http => LeadAsync(http, Portal.User.ForgotPassword))
                .WithOrder(-1)
                .WithDisplayName(path + " leads to the reset")
                .AllowAnonymous();
        }

        endpoints.MapBranding();
        endpoints.ServiceProvider.GetRequiredService<CheckRecoveryPages>().AreMapped = true;
        endpoints.MapOwnPages();
        return endpoints;
    }

    /// <summary>What leads to the reset instead.</summary>
    internal sealed class Replaced(IOptions<RecoveryPagesOptions> options)
    {
        public IReadOnlyList<string> Paths { get; } =
        [.. OfIdentity.Union(options.Value.Replaces, StringComparer.OrdinalIgnoreCase)];
    }

    private static bool IsOfRecovery(string page) =>
        (Array.Exists(Folders, f => page.StartsWith(f, StringComparison.Ordinal)) || Single.Contains(page))
        && !OfAdministrators.Contains(page);

    private static bool IsPath(string path) => path.StartsWith('/') && !path.StartsWith("//", StringComparison.Ordinal);

    private static Task LeadAsync(HttpContext http, string path)
    {
        http.Response.StatusCode = StatusCodes.Status303SeeOther;
        http.Response.Headers.Location = http.Request.PathBase + path;
        return Task.CompletedTask;
    }
}
