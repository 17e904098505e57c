using System.Security.Claims;
using IdentityProvider.Data;
using IdentityProvider.Sessions;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Primitives;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.OpenId;

/// <summary>
/// The end-session endpoint (OpenID Connect RP-Initiated Logout 1.0), once the engine has checked the request. With a
/// hint that fits the session the person is signed out at once; otherwise a page asks, so that a stranger's link signs
/// nobody out.
/// </summary>
internal static class LogoutEndpoint
{
    public static async Task<IResult> HandleAsync(
        HttpContext http,
        IAccountSessions sessions,
        IdpDbContext context
    )
    {
        var session = (await http.AuthenticateAsync(SessionSchemes.Session)).Principal;
        var hint = (
            await http.AuthenticateAsync(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme)
        ).Principal;

        // RP-Initiated Logout 3: who asks must be known, by a good hint or its id, to be gone back to.
        var known =
            hint is not null || http.GetOpenIddictServerRequest()!.ClientId is { Length: > 0 };
        if (session is null)
        {
            return known ? GoOn() : new SeeOther("/signed-out");
        }

        var request = known ? ThisRequest(http) : QueryString.Empty;
        var sid = session.SessionOf();
        var answered = http
            .RequestServices.GetRequiredService<AnswerTickets>()
            .WantsLogout(http.Request.Query[AnswerTickets.LogoutParameter], sid);
        if (!answered && (hint is null || !Fits(hint, session)))
        {
            return new SeeOther(
                "/logout" + QueryString.Create("returnUrl", "/connect/logout" + request)
            );
        }

        var clients = await context
            .Sessions.Where(s => s.Id == sid)
            .SelectMany(s => s.Clients.Select(c => c.ClientId))
            .ToListAsync(http.RequestAborted);
        await sessions.EndAsync(
            session.AccountId(),
            sid,
            SessionEndReason.SignedOut,
            http.RequestAborted
        );
        await http.SignOutAsync(SessionSchemes.Session);
        var frames = http.RequestServices.GetRequiredService<FrontChannelLogout>();
        return frames.Begin(sid, clients, "/connect/logout" + request) is { } page
                ? new SeeOther(page)
            : known ? GoOn()
            : new SeeOther("/signed-out");
    }

    private static bool Fits(ClaimsPrincipal hint, ClaimsPrincipal session) =>
        hint.GetClaim(Claims.Subject) == session.AccountId()
        && (hint.GetClaim(SessionClaims.SessionId) is not { } sid || sid == session.SessionOf());

    // The engine goes to the post-logout address with the state, if the request has one that is registered.
    private static IResult GoOn() =>
        Results.SignOut(
            new AuthenticationProperties { RedirectUri = "/signed-out" },
            [OpenIddictServerAspNetCoreDefaults.AuthenticationScheme]
        );

    private static QueryString ThisRequest(HttpContext http) =>
        QueryString.Create(
            (
                http.Request.HasFormContentType
                    ? http.Request.Form
                    : (IEnumerable<KeyValuePair<string, StringValues>>)http.Request.Query
            ).Where(p => p.Key != AnswerTickets.LogoutParameter)
        );
}
