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
using OpenIddict.EntityFrameworkCore.Models;
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

    // OpenID Connect Core Error Code unmet_authentication_requirements 1.0.
    private const string UnmetRequirements = "unmet_authentication_requirements";

    private const string MustSignIn = "The person must sign in.";

    private readonly HttpContext http;
    private readonly OpenIddictRequest request;
    private readonly ClaimsRequest asked;
    private readonly KeptRequests kept;
    private readonly AnswerTickets tickets;
    private readonly AccountClaims claims;
    private readonly OpenIddictEntityFrameworkCoreApplication client;
    private readonly IOpenIddictAuthorizationManager authorizations;
    private readonly TimeProvider time;

    private AuthorizeEndpoint(HttpContext http)
    {
        this.http = http;
        request = http.GetOpenIddictServerRequest()!;
        kept = http.RequestServices.GetRequiredService<KeptRequests>();
        tickets = http.RequestServices.GetRequiredService<AnswerTickets>();
        claims = http.RequestServices.GetRequiredService<AccountClaims>();
        client = http.RequestServices.GetRequiredService<ClientRegistry>().FindByClientId(request.ClientId!)!;
        asked = ClaimsRequest.Of(request).Within(new ClientView(client).Scopes);
        authorizations = http.RequestServices.GetRequiredService<IOpenIddictAuthorizationManager>();
        time = http.RequestServices.GetRequiredService<TimeProvider>();
    }

    public static Task<IResult> HandleAsync(HttpContext http) => new AuthorizeEndpoint(http).RunAsync();

    private async Task<IResult> RunAsync()
    {
        if (await kept.DetourAsync(http) is { } detour)
        {
            return detour;
        }

        var session = (await http.AuthenticateAsync(SessionSchemes.Session)).Principal;
        var hint = (await http.AuthenticateAsync(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme)).Principal;
        var asksNothing = request.HasPromptValue(PromptValues.None);
        if (session is null || IsSomebodyElse(session, hint))
        {
            return asksNothing
                ? Refuse(Errors.LoginRequired, MustSignIn)
                : await LeaveAsync(back => AskToSignIn(session, back));
        }

        if (MustSignInAgain(session))
        {
            return asksNothing ? Refuse(Errors.LoginRequired, MustSignIn)
                : await CanProveInsteadAsync(session)
                    ? await LeaveAsync(back => AskToProve(tickets.LoginAsked(null, Asked), back))
                : await LeaveAsync(back => AskToSignIn(session, back));
        }

        if (Acr.FallsShort(session, AcrValues) && await CanReachAsync(session))
        {
            if (!asksNothing)
            {
                return await LeaveAsync(back => AskToProve(http.Request.Query[AnswerTickets.LoginParameter], back));
            }

            if (AcrIsEssential)
            {
                return Refuse(Errors.InteractionRequired, "The person must prove a second factor.");
            }
        }

        if (!Meets(session))
        {
            return Refuse(UnmetRequirements, "The account cannot meet the acr or the auth_time that must be met.");
        }

        var scopes = request.GetScopes();
        if (client.ConsentType != ConsentTypes.Explicit)
        {
            return await GrantAsync(session, scopes);
        }

        // Who asks for a claim is told of as who asks for the scope that stands for it.
        var told = scopes.Union(StandardClaims.ScopesOf(asked.UserInfo.Concat(asked.IdToken))).ToImmutableArray();
        var scopeText = string.Join(' ', told);
        var answer = tickets.ConsentGiven(
            http.Request.Query[AnswerTickets.ConsentParameter],
            session.AccountId(),
            client.ClientId!,
            scopeText
        );
        if (answer is false)
        {
            return Refuse(Errors.AccessDenied, "The person has declined.");
        }

        var remembered = await HasConsentAsync(session, client.Id!, told);
        if (answer is true && !remembered)
        {
            await RememberConsentAsync(session, client.Id!, told);
        }
        else if (answer is null && (!remembered || request.HasPromptValue(PromptValues.Consent)))
        {
            return request.HasPromptValue(PromptValues.None)
                ? Refuse(Errors.ConsentRequired, "The person must consent.")
                : await LeaveAsync(back => AskForConsent(scopeText, back));
        }

        return await GrantAsync(session, scopes);
    }

    // To another page, which leads back here.
    private async Task<IResult> LeaveAsync(Func<QueryString, IResult> ask) =>
        await kept.LeaveAsync(http) is { } back ? ask(back) : Results.StatusCode(StatusCodes.Status429TooManyRequests);

    private bool MustSignInAgain(ClaimsPrincipal session)
    {
        var signedInAt = SignedInAt(session);
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
        return account.Factors.Any && !Acr.FallsShort(stepped, AcrValues);
    }

    // Who asks for a factor not older than so long gets one in the session there is (RFC 9470): the password besides it
    // would prove nothing more. Who asks for a new sign-in by its name gets that.
    private async Task<bool> CanProveInsteadAsync(ClaimsPrincipal session) =>
        Acr.WantsFactor(AcrValues) && !request.HasPromptValue(PromptValues.Login) && await CanReachAsync(session);

    // Where only a passkey will do, the page is told: any other proof would lead straight back to it.
    private SeeOther AskToProve(string? signedIn, QueryString back)
    {
        if (signedIn is not null)
        {
            back = back.Add(AnswerTickets.LoginParameter, signedIn);
        }

        var query = QueryString.Create("returnUrl", "/connect/authorize" + back);
        return new("/account/prove" + (Acr.OnlyPasskey(AcrValues) ? query.Add("need", "passkey") : query));
    }

    private bool IsSomebodyElse(ClaimsPrincipal session, ClaimsPrincipal? hint) =>
        (hint?.GetClaim(Claims.Subject) is { } expected && expected != session.AccountId())
        || (asked.Subjects.Count > 0 && !asked.Subjects.Contains(session.AccountId()));

    // What must be met is asked for alone; wishes may be met by any of them (OpenID Connect Core 5.5.1.1).
    private IReadOnlyList<string> AcrValues =>
        AcrIsEssential ? asked.AcrValues : [.. request.GetAcrValues(), .. asked.AcrValues];

    private bool AcrIsEssential => asked is { AcrIsEssential: true, AcrValues.Count: > 0 };

    private bool Meets(ClaimsPrincipal session) =>
        (!AcrIsEssential || Acr.Named(session, asked.AcrValues) is not null)
        && (asked.AuthTimes.Count == 0 || asked.AuthTimes.Contains(SignedInAt(session).ToUnixTimeSeconds()));

    private static DateTimeOffset SignedInAt(ClaimsPrincipal session) =>
        DateTimeOffset.FromUnixTimeSeconds(
            long.Parse(session.FindFirst(SessionClaims.AuthenticationTime)!.Value, CultureInfo.InvariantCulture)
        );

    private SeeOther AskToSignIn(ClaimsPrincipal? session, QueryString back)
    {
        back = back.Add(AnswerTickets.LoginParameter, tickets.LoginAsked(session?.SessionOf(), Asked));

        // What was pushed or kept does not stand in the address, and the sign-in page wants to know it, where there is room.
        foreach (var (name, value) in new[] { ("login_hint", request.LoginHint), ("ui_locales", request.UiLocales) })
        {
            if (
                value is { Length: <= LongestHint }
                && !back.Value!.Contains($"{name}=", StringComparison.Ordinal)
                && back.Add(name, value) is { Value.Length: <= KeptRequests.LongestQuery } longer
            )
            {
                back = longer;
            }
        }

        return new($"/login{QueryString.Create("returnUrl", "/connect/authorize" + back)}");
    }

    private SeeOther AskForConsent(string scopes, QueryString back)
    {
        var target = Uri.TryCreate(request.RedirectUri, UriKind.Absolute, out var uri) ? uri.Host : request.ClientId!;
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
                        request.CodeChallenge,
                        (string?)request.GetParameter(Parameters.Claims)
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
        var principal = claims.Describe(session, scopes, asked);
        if (scopes.Contains(Scopes.OpenId))
        {
            await claims.JoinSessionAsync(session, request.ClientId!, http.RequestAborted);
        }

        return Results.SignIn(principal, null, OpenIddictServerAspNetCoreDefaults.AuthenticationScheme);
    }

    private static IResult Refuse(string error, string description) =>
        Results.Forbid(
            new AuthenticationProperties(
                new Dictionary<string, string?>
                {
                    [OpenIddictServerAspNetCoreConstants.Properties.Error] = error,
                    [OpenIddictServerAspNetCoreConstants.Properties.ErrorDescription] = description,
                }
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
