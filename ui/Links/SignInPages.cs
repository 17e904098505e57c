using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace IdP.UI.Links;

/// <summary>Where people sign in.</summary>
public sealed class SignInPages(IOptions<RecoveryPagesOptions> options)
{
    /// <summary>Whether administrators have a portal of their own.</summary>
    public bool HasConsole => !options.Value.AreAlone;

    /// <summary>The path of a portal's sign-in.</summary>
    public string Of(Portal portal) => options.Value.SignInPath ?? portal.SignIn;
}

/// <summary>Where Identity's cookie sends whoever must sign in.</summary>
internal sealed class SignInOfHost(IOptionsMonitor<CookieAuthenticationOptions> cookies)
{
    public string? Path => cookies.Get(IdentityConstants.ApplicationScheme).LoginPath.Value;
}
