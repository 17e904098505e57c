using System.Collections.Immutable;
using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Clients;
using IdentityProvider.Sessions;
using IdP.Recovery;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.OpenId;

/// <summary>
/// The authorization endpoint (OpenID Connect Core 3.1.2), once the engine has checked the request: sign-in, consent,
/// code. A person comes back here after each step, with the same request.
/// </summary>
internal sealed class AuthorizeEndpoint
{
    // The longest address of a person (RFC 5321, 4.5.3.1).
    private const int LongestHint = 254;

    private readonly HttpContext http;
    private readonly OpenIddictRequest request;
    private readonly AnswerTickets tickets;
    private readonly AccountClaims claims;
    private readonly ClientRegistry clients;
    private readonly IOpenIddictAuthorizationManager authorizations;
    private readonly TimeProvider time;

    private AuthorizeEndpoint(HttpContext http)
    {
        this.http = http;
        request = http.GetOpenIddictServerRequest()!;
        tickets = http.RequestServices.GetRequiredService<AnswerTickets>();
        claims = http.RequestServices.GetRequiredService<AccountClaims>();
        clients = http.RequestServices.GetRequiredService<ClientRegistry>();
        authorizations = http.RequestServices.GetRequiredService<IOpenIddictAuthorizationManager>();
        time = http.RequestServices.GetRequiredService<TimeProvider>();
    }

    public static Task<IResult> HandleAsync(HttpContext http) => new AuthorizeEndpoint(http).RunAsync();

    private async Task<IResult> RunAsync()
    {
        if (await http.RequestServices.GetRequiredService<KeptRequests>().DetourAsync(http) is { } detour)
        {
            return detour;
        }

        var session = (await http.AuthenticateAsync(SessionSchemes.Session)).Principal;
        var hint = (await http.AuthenticateAsync(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme)).Principal;
        var asksNothing = request.HasPromptValue(PromptValues.None);
        if (session is null || IsSomebodyElse(session, hint))
        {
            return asksNothing ? Refuse(Errors.LoginRequired) : AskToSignIn(session);
        }

        if (MustSignInAgain(session))
        {
            return asksNothing ? Refuse(Errors.LoginRequired)
                : await CanProveInsteadAsync(session) ? AskToProve(tickets.LoginAsked(null, Asked))
                : AskToSignIn(session);
        }

        if (!asksNothing && Acr.FallsShort(session, request.GetAcrValues()) && await CanReachAsync(session))
        {
            return AskToProve(http.Request.Query[AnswerTickets.LoginParameter]);
        }

        var client = clients.FindByClientId(request.ClientId!)!;
        var scopes = request.GetScopes();
        if (client.ConsentType != ConsentTypes.Explicit)
        {
            return await GrantAsync(session, scopes);
        }

        var scopeText = string.Join(' ', scopes);
        var answer = tickets.ConsentGiven(
            http.Request.Query[AnswerTickets.ConsentParameter],
            session.AccountId(),
            client.ClientId!,
            scopeText
        );
        if (answer is false)
        {
            return Refuse(Errors.AccessDenied);
        }

        var remembered = await HasConsentAsync(session, client.Id!, scopes);
        if (answer is true && !remembered)
        {
            await RememberConsentAsync(session, client.Id!, scopes);
        }
        else if (answer is null && (!remembered || request.HasPromptValue(PromptValues.Consent)))
        {
            return request.HasPromptValue(PromptValues.None)
                ? Refuse(Errors.ConsentRequired)
                : AskForConsent(scopeText);
        }

        return await GrantAsync(session, scopes);
    }

    private bool MustSignInAgain(ClaimsPrincipal session)
    {
        var signedInAt = DateTimeOffset.FromUnixTimeSeconds(
            long.Parse(session.FindFirst(SessionClaims.AuthenticationTime)!.Value, CultureInfo.InvariantCulture)
        );
        if (
            tickets.SignedInSince(
                http.Request.Query[AnswerTickets.LoginParameter],
                session.SessionOf(),
                signedInAt,
                Asked
            )
        )
        {
            return false;
        }

        return request.HasPromptValue(PromptValues.Login)
            || (request.MaxAge is { } age && (time.GetUtcNow() - signedInAt).TotalSeconds > age);
    }

    // A wish for more than the session has is met where the account can meet it; otherwise the answer says what it is.
    private async Task<bool> CanReachAsync(ClaimsPrincipal session)
    {
        var account = await http
            .RequestServices.GetRequiredService<IAccounts>()
            .FindAsync(session.AccountId(), http.RequestAborted);
        string[] methods = account!.Factors.Passkeys > 0 ? ["mfa", "hwk"] : ["mfa"];
        var stepped = new ClaimsPrincipal(new ClaimsIdentity(methods.Select(m => new Claim(SessionClaims.Methods, m))));
        return account.Factors.Any && !Acr.FallsShort(stepped, request.GetAcrValues());
    }

    // Who asks for a factor not older than so long gets one in the session there is (RFC 9470): the password besides it
    // would prove nothing more. Who asks for a new sign-in by its name gets that.
    private async Task<bool> CanProveInsteadAsync(ClaimsPrincipal session) =>
        Acr.WantsFactor(request.GetAcrValues())
        && !request.HasPromptValue(PromptValues.Login)
        && await CanReachAsync(session);

    // Where only a passkey will do, the page is told: any other proof would lead straight back to it.
    private SeeOther AskToProve(string? signedIn)
    {
        var back = KeptRequests.Of(http);
        if (signedIn is not null)
        {
            back = back.Add(AnswerTickets.LoginParameter, signedIn);
        }

        var query = QueryString.Create("returnUrl", "/connect/authorize" + back);
        return new("/account/prove" + (Acr.OnlyPasskey(request.GetAcrValues()) ? query.Add("need", "passkey") : query));
    }

    private static bool IsSomebodyElse(ClaimsPrincipal session, ClaimsPrincipal? hint) =>
        hint?.GetClaim(Claims.Subject) is { } expected && expected != session.AccountId();

    private SeeOther AskToSignIn(ClaimsPrincipal? session)
    {
        var back = KeptRequests
            .Of(http)
            .Add(AnswerTickets.LoginParameter, tickets.LoginAsked(session?.SessionOf(), Asked));

        // What was pushed or kept does not stand in the address, and the sign-in page wants to know it.
        foreach (var (name, value) in new[] { ("login_hint", request.LoginHint), ("ui_locales", request.UiLocales) })
        {
            if (value is { Length: <= LongestHint } && !back.Value!.Contains($"{name}=", StringComparison.Ordinal))
            {
                back = back.Add(name, value);
            }
        }

        return new($"/login{QueryString.Create("returnUrl", "/connect/authorize" + back)}");
    }

    private SeeOther AskForConsent(string scopes)
    {
        var target = Uri.TryCreate(request.RedirectUri, UriKind.Absolute, out var uri) ? uri.Host : request.ClientId!;
        var back = KeptRequests.Of(http);
        if (http.Request.Query[AnswerTickets.LoginParameter] is [{ } signedIn])
        {
            back = back.Add(AnswerTickets.LoginParameter, signedIn);
        }

        var ticket = tickets.Ask(new(request.ClientId!, scopes, target, "/connect/authorize" + back));
        return new($"/consent{QueryString.Create("ask", ticket)}");
    }

    // What the answer of a sign-in is bound to: this request and no other, whoever makes it.
    private string Asked =>
        Convert.ToHexStringLower(
            SHA256.HashData(
                Encoding.UTF8.GetBytes(
                    string.Join(
                        '\n',
                        request.ClientId,
                        request.RequestUri,
                        request.RedirectUri,
                        request.Scope,
                        request.State,
                        request.Nonce,
                        request.CodeChallenge
                    )
                )
            )
        );

    private async Task<bool> HasConsentAsync(
        ClaimsPrincipal session,
        string applicationId,
        ImmutableArray<string> scopes
    )
    {
        var found = authorizations.FindAsync(
            session.AccountId(),
            applicationId,
            Statuses.Valid,
            AuthorizationTypes.Permanent,
            scopes,
            http.RequestAborted
        );
        return await found.AnyAsync(http.RequestAborted);
    }

    private async Task RememberConsentAsync(
        ClaimsPrincipal session,
        string applicationId,
        ImmutableArray<string> scopes
    )
    {
        var descriptor = new OpenIddictAuthorizationDescriptor
        {
            ApplicationId = applicationId,
            CreationDate = time.GetUtcNow(),
            Status = Statuses.Valid,
            Subject = session.AccountId(),
            Type = AuthorizationTypes.Permanent,
        };
        descriptor.Scopes.UnionWith(scopes);
        await authorizations.CreateAsync(descriptor, http.RequestAborted);
    }

    // The grant of this one sign-in is the engine's to make: it ends alone, and the consent is remembered beside it.
    private async Task<IResult> GrantAsync(ClaimsPrincipal session, ImmutableArray<string> scopes)
    {
        var principal = claims.Describe(session, scopes);
        if (scopes.Contains(Scopes.OpenId))
        {
            await claims.JoinSessionAsync(session, request.ClientId!, http.RequestAborted);
        }

        return Results.SignIn(principal, null, OpenIddictServerAspNetCoreDefaults.AuthenticationScheme);
    }

    private static IResult Refuse(string error) =>
        Results.Forbid(
            new AuthenticationProperties(
                new Dictionary<string, string?> { [OpenIddictServerAspNetCoreConstants.Properties.Error] = error }
            ),
            [OpenIddictServerAspNetCoreDefaults.AuthenticationScheme]
        );
}

/// <summary>Goes on by 303: what was posted is never sent on (RFC 9700, 4.12).</summary>
internal sealed class SeeOther(string localUrl) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
        httpContext.Response.Headers.Location = localUrl;
        return Task.CompletedTask;
    }
}
