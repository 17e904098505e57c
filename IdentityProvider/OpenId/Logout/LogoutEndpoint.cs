using System.Security.Claims;
using IdentityProvider.Data;
using IdentityProvider.Sessions;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.OpenId.Logout;

/// <summary>
/// The end-session endpoint (OpenID Connect RP-Initiated Logout 1.0), once the engine has checked the request. With a
/// hint that fits the session the person is signed out at once; otherwise a page asks, so that a stranger's link signs
/// nobody out.
/// </summary>
internal static class LogoutEndpoint
{
    public static async Task<IResult> HandleAsync(HttpContext http, IAccountSessions sessions, IdpDbContext context)
    {
        var asked = http.GetOpenIddictServerRequest()!;
        if (asked.IdTokenHint is not { Length: > 0 } && asked.ClientId is not { Length: > 0 })
        {
            // Nobody is gone back to, so that nothing of the request is needed any more.
            if (HttpMethods.IsPost(http.Request.Method))
            {
                return new SeeOther("/connect/logout");
            }
        }
        else if (await http.RequestServices.GetRequiredService<KeptRequests>().DetourAsync(http) is { } detour)
        {
            return detour;
        }

        var session = (await http.AuthenticateAsync(SessionSchemes.Session)).Principal;
        var hint = await HintAsync(http);
        if (hint is null && asked.IdTokenHint is { Length: > 0 })
        {
            // The page that is shown in place of this answer leads to a sign-out by hand.
            return Results.StatusCode(StatusCodes.Status400BadRequest);
        }

        // RP-Initiated Logout 3: who asks must be known, by a good hint or its id, to be gone back to.
        var known = hint is not null || asked.ClientId is { Length: > 0 };
        var request = known ? KeptRequests.Of(http) : QueryString.Empty;
        if (SessionToEnd(session, hint) is not var (accountId, sid))
        {
            return known ? GoOn() : new SeeOther("/signed-out");
        }

        var answered = http
            .RequestServices.GetRequiredService<AnswerTickets>()
            .WantsLogout(http.Request.Query[AnswerTickets.LogoutParameter], sid);
        if (session is not null && !answered && (hint is null || !Fits(hint, session)))
        {
            return new SeeOther("/logout" + QueryString.Create("returnUrl", "/connect/logout" + request));
        }

        var clients = await context
            .Sessions.Where(s => s.Id == sid)
            .SelectMany(s => s.Clients.Select(c => c.ClientId))
            .ToListAsync(http.RequestAborted);
        await sessions.EndAsync(accountId, sid, SessionEndReason.SignedOut, CancellationToken.None);
        if (session is not null)
        {
            await http.SignOutAsync(SessionSchemes.Session);
        }

        var frames = http.RequestServices.GetRequiredService<FrontChannelLogout>();
        return frames.Begin(sid, clients, "/connect/logout" + request) is { } page ? new SeeOther(page)
            : known ? GoOn()
            : new SeeOther("/signed-out");
    }

    // The ID token's own principal: the engine calls it a success, with a principal that has no claims, where there is no
    // hint or none that it takes.
    private static async Task<ClaimsPrincipal?> HintAsync(HttpContext http) =>
        (
            await http.AuthenticateAsync(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme)
        ).Properties?.GetParameter<ClaimsPrincipal>(
            OpenIddictServerAspNetCoreConstants.Properties.IdentityTokenPrincipal
        );

    // An application may sign somebody out from behind, without the browser: then the hint says which session.
    private static (string AccountId, string Sid)? SessionToEnd(ClaimsPrincipal? session, ClaimsPrincipal? hint) =>
        session is not null ? (session.AccountId(), session.SessionOf())
        : hint?.GetClaim(Claims.Subject) is { } accountId && hint.GetClaim(SessionClaims.SessionId) is { } sid
            ? (accountId, sid)
        : null;

    private static bool Fits(ClaimsPrincipal hint, ClaimsPrincipal session) =>
        hint.GetClaim(Claims.Subject) == session.AccountId()
        && (hint.GetClaim(SessionClaims.SessionId) is not { } sid || sid == session.SessionOf());

    // The engine goes to the post-logout address with the state, if the request has one that is registered.
    private static IResult GoOn() =>
        Results.SignOut(
            new AuthenticationProperties { RedirectUri = "/signed-out" },
            [OpenIddictServerAspNetCoreDefaults.AuthenticationScheme]
        );
}
