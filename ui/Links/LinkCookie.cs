using System.Security.Cryptography;
using IdP.Recovery;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace IdP.UI.Links;

/// <summary>
/// Holds the token of a mailed link between its opening and its use, so that it stands neither in the address bar nor
/// in a Referer, the history or a log (threat 18).
/// </summary>
internal sealed class LinkCookie(IDataProtectionProvider protection, IOptions<OriginOptions> origin)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private readonly ITimeLimitedDataProtector protector = protection
        .CreateProtector("IdP.UI.LinkCookie.v1")
        .ToTimeLimitedDataProtector();

    public void Set(HttpResponse response, LinkPurpose purpose, string token) =>
        response.Cookies.Append(
            purpose.Cookie,
            protector.Protect($"{purpose.Name}:{token}", Lifetime),
            Options(purpose)
        );

    /// <summary>The token; null when there is none, it is too old, or it was made for something else.</summary>
    public string? Read(HttpRequest request, LinkPurpose purpose)
    {
        if (request.Cookies[purpose.Cookie] is not { } value)
        {
            return null;
        }

        try
        {
            return protector.Unprotect(value).Split(':', 2) is [var made, var token] && made == purpose.Name
                ? token
                : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>The token, or a new random one, which the answer brings to the browser.</summary>
    public string ReadOrSet(HttpContext http, LinkPurpose purpose)
    {
        var item = (typeof(LinkCookie), purpose);
        if (http.Items[item] is string already)
        {
            return already;
        }

        // Once more where it is there already, or it would run out under a page that was shown just now.
        var token = Read(http.Request, purpose) ?? Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        Set(http.Response, purpose, token);
        http.Items[item] = token;
        return token;
    }

    public void Clear(HttpResponse response, LinkPurpose purpose) =>
        response.Cookies.Delete(purpose.Cookie, Options(purpose));

    // Lax, since the first page behind a link in a mail comes from another site.
    private CookieOptions Options(LinkPurpose purpose) =>
        new()
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Secure = origin.Value.Origin?.Scheme == Uri.UriSchemeHttps,
            Path = purpose.Path,
            IsEssential = true,
        };
}
