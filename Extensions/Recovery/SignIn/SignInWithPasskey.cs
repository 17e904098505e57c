using IdP.Recovery.Audit;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors;
using IdP.Recovery.Factors.Passkeys;
using Microsoft.AspNetCore.Http;

namespace IdP.Recovery.SignIn;

/// <summary>
/// Signs a person in without a password, by a passkey that the authenticator found by itself and for which it verified
/// the person: two factors in one.
/// </summary>
/// <param name="passkeys">Checks the passkey.</param>
/// <param name="finish">Begins the session.</param>
/// <param name="pending">Keeps what waits for an enrollment.</param>
/// <param name="enrollment">Knows what must be enrolled.</param>
/// <param name="work">Keeps the audit.</param>
/// <param name="metrics">Counts.</param>
public sealed class SignInWithPasskey(
    UsePasskey passkeys,
    FinishSignIn finish,
    PendingSignIns pending,
    EnrollmentStatuses enrollment,
    UnitOfWork work,
    RequestLimits limits,
    Networks networks,
    AuditLog audit,
    RecoveryMetrics metrics
)
{
    private const int ToldPerWindow = 20;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan ClosedToldOncePer = TimeSpan.FromHours(1);

    /// <summary>Signs in.</summary>
    /// <param name="http">The request; gets the session's cookie.</param>
    /// <param name="proof">What <see cref="UsePasskey.BeginAsync"/> without an account has asked for.</param>
    /// <param name="portal">Which portal's sign-in page it is.</param>
    /// <param name="cancellationToken">Stops before the challenge is spent; from then on nothing does.</param>
    public async Task<PasskeySignIn> RunAsync(
        HttpContext http,
        FactorProof.Passkey proof,
        Audience portal,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var used = await passkeys.VerifyAsync(proof, null, requester, cancellationToken);
        cancellationToken = CancellationToken.None;
        var (ended, reason) = Judge(used, portal);
        if (ended is PasskeySignIn.SignedIn(var account))
        {
            // A rotated key is enrolled before anything opens, whichever way a person comes in.
            if (enrollment.MustEnroll(account))
            {
                ended = new PasskeySignIn.EnrollmentRequired(
                    await pending.BeginAsync(account, portal, used!.Methods, cancellationToken)
                );
            }
            else if (!await finish.RunAsync(http, account, used!.Methods, requester, cancellationToken))
            {
                ended = new PasskeySignIn.Refused();
            }
        }
        else
        {
            await work.RunAsync(
                async inner =>
                {
                    if (used is not null || await IsNewsAsync(requester, inner))
                    {
                        audit.Add(
                            AuditEventTypes.SignInFailed,
                            used?.Account.Id,
                            requester,
                            reason: reason,
                            actorId: used?.Account.Id
                        );
                    }
                },
                cancellationToken
            );
        }

        metrics.SignInEnded(
            ended switch
            {
                PasskeySignIn.SignedIn => "signed_in",
                PasskeySignIn.EnrollmentRequired => "enrollment_required",
                PasskeySignIn.LockedOut => "locked_out",
                PasskeySignIn.OtherPortal => "other_portal",
                _ => "refused",
            }
        );
        return ended;
    }

    // Whatever a stranger posts here is refused: of one network some are written down, and then one an hour.
    private async Task<bool> IsNewsAsync(Requester requester, CancellationToken cancellationToken)
    {
        var network = requester.Network is { } address ? networks.Of(address) : "";
        return await limits.TryTakeAsync("passkey-refused/" + network, ToldPerWindow, Window, cancellationToken)
            || await limits.TryTakeAsync("passkey-closed/" + network, 1, ClosedToldOncePer, cancellationToken);
    }

    // A lock after wrong passwords leaves this way open: nobody guesses a passkey, and its owner is not to be kept out
    // by who guesses passwords (threat 12). What the owner or an administrator has closed is closed to everything.
    private static (PasskeySignIn Ended, string? Reason) Judge(UsedPasskey? used, Audience portal) =>
        used switch
        {
            null or { UserVerified: false } => (new PasskeySignIn.Refused(), AuditReasons.Passkey),
            { Account.Suspended: true } => (new PasskeySignIn.Refused(), AuditReasons.Suspended),
            { Account.EmailConfirmed: false } => (new PasskeySignIn.Refused(), AuditReasons.Unconfirmed),
            { Account.ClosedUntilReset: true } => (new PasskeySignIn.LockedOut(), AuditReasons.Locked),
            { Account: var account } when account.Audience != portal => (
                new PasskeySignIn.OtherPortal(account.Audience),
                AuditReasons.WrongPortal
            ),
            { Account: var account } => (new PasskeySignIn.SignedIn(account), null),
        };
}

/// <summary>How a sign-in with a passkey ended.</summary>
public abstract record PasskeySignIn
{
    private PasskeySignIn() { }

    /// <summary>A session has begun.</summary>
    public sealed record SignedIn(RecoverableAccount Account) : PasskeySignIn;

    /// <summary>The passkey is right, and a rotated key must be enrolled before anything opens.</summary>
    /// <param name="Token">Stands for this sign-in; for the browser's protected cookie.</param>
    public sealed record EnrollmentRequired(string Token) : PasskeySignIn;

    /// <summary>The passkey was not accepted; a person is told nothing more.</summary>
    public sealed record Refused : PasskeySignIn;

    /// <summary>The passkey is right; the owner said 'this was not me', and only a reset opens the account again.</summary>
    public sealed record LockedOut : PasskeySignIn;

    /// <summary>The passkey is right, and belongs to the other portal.</summary>
    /// <param name="Audience">Whose portal to go to.</param>
    public sealed record OtherPortal(Audience Audience) : PasskeySignIn;
}
