using IdP.Recovery.Audit;
using IdP.Recovery.Endpoints;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors;
using IdP.Recovery.Passwords;
using Microsoft.AspNetCore.Http;

namespace IdP.Recovery.SignIn;

/// <summary>The first step of signing in: address and password, under one of the two portals.</summary>
/// <param name="passwords">Checks it.</param>
/// <param name="finish">Begins the session.</param>
/// <param name="pending">Keeps what waits for a second factor.</param>
/// <param name="browsers">Knows which browsers are not asked for one.</param>
/// <param name="policy">Knows who must have one, and by when.</param>
/// <param name="waiting">Passes the password on to services that could not be reached in time.</param>
/// <param name="metrics">Counts.</param>
public sealed class SignInWithPassword(
    IPasswords passwords,
    FinishSignIn finish,
    PendingSignIns pending,
    RememberedBrowsers browsers,
    TakeHold policy,
    DeliverWaiting waiting,
    RecoveryMetrics metrics
)
{
    private static readonly string[] Methods = ["pwd"];

    /// <summary>Checks the pair, and either begins a session or says what is missing.</summary>
    /// <param name="http">The request; gets the session's cookie.</param>
    /// <param name="portal">Which portal's sign-in page it is.</param>
    /// <param name="wantsFactor">Whether an application asked for a second factor, so that no browser is remembered.</param>
    /// <param name="cancellationToken">Stops; nobody is signed in then.</param>
    /// <exception cref="HashingQueueFullException">Too many sign-ins at once.</exception>
    public async Task<PasswordSignIn> RunAsync(
        HttpContext http,
        string? email,
        string? password,
        Audience portal,
        bool wantsFactor,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var check = await passwords.CheckAsync(email, password, requester, cancellationToken);
        var ended = check is PasswordCheck.Accepted { Account: var account }
            ? await GoOnAsync(http, account, password!, portal, wantsFactor, requester, cancellationToken)
            : new PasswordSignIn.Refused();
        metrics.SignInEnded(
            ended switch
            {
                PasswordSignIn.SignedIn => "signed_in",
                PasswordSignIn.OtherPortal => "other_portal",
                PasswordSignIn.FactorRequired => "factor_required",
                PasswordSignIn.EnrollmentRequired => "enrollment_required",
                PasswordSignIn.EnrollmentOffered => "enrollment_offered",
                PasswordSignIn.EnrollmentExpired => "enrollment_expired",
                _ => "refused",
            }
        );
        return ended;
    }

    private async Task<PasswordSignIn> GoOnAsync(
        HttpContext http,
        RecoverableAccount account,
        string password,
        Audience portal,
        bool wantsFactor,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (account.Audience != portal)
        {
            await finish.RefuseAsync(account, AuditReasons.WrongPortal, requester, cancellationToken);
            return new PasswordSignIn.OtherPortal(account.Audience);
        }

        // The password is right, whatever else is asked for.
        await waiting.RunAsync(account.Id, password, cancellationToken);

        // Security: threat 5. Whoever has a second factor proves it, and nothing is begun before that.
        if (account.Factors.Any && (wantsFactor || !await browsers.KnowsAsync(http, account, cancellationToken)))
        {
            return new PasswordSignIn.FactorRequired(
                await pending.BeginAsync(account, portal, Methods, cancellationToken)
            );
        }

        switch (await policy.StatusAsync(account, cancellationToken))
        {
            case EnrollmentStatus.EnrollmentExpired:
                await finish.RefuseAsync(account, AuditReasons.Enrollment, requester, cancellationToken);
                return new PasswordSignIn.EnrollmentExpired();
            case EnrollmentStatus.NotEnrolled:
                return new PasswordSignIn.EnrollmentRequired(
                    await pending.BeginAsync(account, portal, Methods, cancellationToken)
                );
            case EnrollmentStatus.InEnrollment:
                return new PasswordSignIn.EnrollmentOffered(
                    await pending.BeginAsync(account, portal, Methods, cancellationToken)
                );
            default:
                return await finish.RunAsync(http, account, Methods, requester, cancellationToken)
                    ? new PasswordSignIn.SignedIn(account)
                    : new PasswordSignIn.Refused();
        }
    }
}

/// <summary>How the first step of a sign-in ended.</summary>
public abstract record PasswordSignIn
{
    private PasswordSignIn() { }

    /// <summary>A session has begun.</summary>
    public sealed record SignedIn(RecoverableAccount Account) : PasswordSignIn;

    /// <summary>The pair is wrong, or sign-in is closed for now; a person is told nothing more.</summary>
    public sealed record Refused : PasswordSignIn;

    /// <summary>The password is right, and belongs to the other portal.</summary>
    /// <param name="Audience">Whose portal to go to.</param>
    public sealed record OtherPortal(Audience Audience) : PasswordSignIn;

    /// <summary>The password is right, and a second factor is missing.</summary>
    /// <param name="Token">Stands for this sign-in; for the browser's protected cookie.</param>
    public sealed record FactorRequired(string Token) : PasswordSignIn;

    /// <summary>The password is right, and a second factor must be enrolled before anything opens.</summary>
    /// <param name="Token">Stands for this sign-in; for the browser's protected cookie.</param>
    public sealed record EnrollmentRequired(string Token) : PasswordSignIn;

    /// <summary>The password is right, and a second factor may be enrolled now or later, until the period ends.</summary>
    /// <param name="Token">Stands for this sign-in; for the browser's protected cookie.</param>
    public sealed record EnrollmentOffered(string Token) : PasswordSignIn;

    /// <summary>The password is right, and the period to enroll a second factor is over: an administrator helps.</summary>
    public sealed record EnrollmentExpired : PasswordSignIn;
}
