using IdP.UI.Links;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
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
    /// A layout of the host's own to put the pages into, such as <c>/Pages/Shared/_Layout.cshtml</c>. Default null: that of
    /// this library.
    /// </summary>
    public string? Layout { get; set; }

    /// <summary>
    /// Pages of the host's that would reset a password by another way, without gate or policy: they lead to
    /// <c>/reset/user</c>. When none is set: those of Identity's own pages.
    /// </summary>
    public IList<string> Replaces { get; } = [];
}

/// <summary>
/// Adds the pages of a recovery to a host that has its own sign-in: reset and its gate, unlocking and 'this was not me'.
/// </summary>
public static class RecoveryPages
{
    private static readonly string[] Folders = ["/Reset/", "/NotMe/", "/Unlock/"];
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
            .Configure(options => configure?.Invoke(options))
            .PostConfigure<SignInOfHost>((options, host) => options.SignInPath ??= host.Path)
            .Validate(
                options => options.SignInPath is not { } path || IsPath(path),
                "RecoveryPages:SignInPath must be a path of this host, such as /Account/Login."
            )
            .Validate(
                options => options.Replaces.All(IsPath),
                "RecoveryPages:Replaces must be paths of this host, such as /Account/ForgotPassword."
            )
            .ValidateOnStart();
        services.AddSingleton<SignInOfHost>();
        return services
            .AddOwnPages(configuration)
            .AddRazorPagesOptions(options =>
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
                )
            );
    }

    /// <summary>
    /// Maps the pages and <c>/branding.css</c>, and leads what would reset a password by another way to <c>/reset/user</c>.
    /// </summary>
    public static PageActionEndpointConventionBuilder MapRecoveryPages(this IEndpointRouteBuilder endpoints)
    {
        var options = endpoints.ServiceProvider.GetRequiredService<IOptions<RecoveryPagesOptions>>().Value;
        foreach (var path in options.Replaces.Count > 0 ? [.. options.Replaces] : OfIdentity)
        {
            endpoints
                .MapMethods(path, ["GET", "HEAD", "POST"], http => LeadAsync(http, Portal.User.ForgotPassword))
                .WithOrder(-1)
                .WithDisplayName(path + " leads to the reset");
        }

        endpoints.MapBranding();
        return endpoints.MapOwnPages();
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
