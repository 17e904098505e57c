using IdP.Recovery.Audit;
using IdP.Recovery.Passwords;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Http;

namespace IdP.Recovery.SignIn;

/// <summary>Signs a person in with address and password, under one of the two portals.</summary>
/// <param name="accounts">Checks the password.</param>
/// <param name="sessions">Begins the session.</param>
/// <param name="work">Keeps the audit.</param>
/// <param name="audit">The audit.</param>
/// <param name="metrics">Counts.</param>
public sealed class SignInWithPassword(
    IAccounts accounts,
    IAccountSessions sessions,
    UnitOfWork work,
    AuditLog audit,
    RecoveryMetrics metrics
)
{
    /// <summary>Signs in.</summary>
    /// <param name="http">The request; gets the session's cookie.</param>
    /// <param name="email">What a person typed.</param>
    /// <param name="password">What a person typed.</param>
    /// <param name="portal">Which portal's sign-in page it is.</param>
    /// <param name="origin">From where.</param>
    /// <param name="cancellationToken">Stops; nobody is signed in then.</param>
    /// <exception cref="HashingQueueFullException">Too many sign-ins at once.</exception>
    public async Task<PasswordSignIn> RunAsync(
        HttpContext http,
        string? email,
        string? password,
        Audience portal,
        RequestOrigin origin,
        CancellationToken cancellationToken
    )
    {
        var ended = await SignInAsync(http, email, password, portal, origin, cancellationToken);
        metrics.SignInEnded(
            ended switch
            {
                PasswordSignIn.SignedIn => "signed_in",
                PasswordSignIn.LockedOut => "locked_out",
                PasswordSignIn.OtherPortal => "other_portal",
                PasswordSignIn.FactorRequired => "factor_required",
                _ => "refused",
            }
        );
        return ended;
    }

    private async Task<PasswordSignIn> SignInAsync(
        HttpContext http,
        string? email,
        string? password,
        Audience portal,
        RequestOrigin origin,
        CancellationToken cancellationToken
    )
    {
        switch (await accounts.CheckPasswordAsync(email, password, origin, cancellationToken))
        {
            case PasswordCheck.LockedOut locked:
                return new PasswordSignIn.LockedOut(locked.Until);
            case PasswordCheck.Accepted { Account: var account }:
                // Security: threat 5. Until a second factor can be asked for here, an account that has one stays out.
                if (account.HasSecondFactor)
                {
                    await KeepAsync(
                        AuditEventTypes.SignInFailed,
                        account,
                        origin,
                        "factor",
                        cancellationToken
                    );
                    return new PasswordSignIn.FactorRequired();
                }

                if (account.Audience != portal)
                {
                    await KeepAsync(
                        AuditEventTypes.SignInFailed,
                        account,
                        origin,
                        "audience",
                        cancellationToken
                    );
                    return new PasswordSignIn.OtherPortal(account.Audience);
                }

                await sessions.StartAsync(http, account, ["pwd"], cancellationToken);
                await KeepAsync(AuditEventTypes.SignedIn, account, origin, null, cancellationToken);
                return new PasswordSignIn.SignedIn(account);
            default:
                return new PasswordSignIn.Refused();
        }
    }

    private Task KeepAsync(
        string type,
        RecoverableAccount account,
        RequestOrigin origin,
        string? reason,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync(
            _ =>
            {
                audit.Add(type, account.Id, origin, reason: reason, actorId: account.Id);
                return Task.CompletedTask;
            },
            cancellationToken
        );
}

/// <summary>How a sign-in ended.</summary>
public abstract record PasswordSignIn
{
    private PasswordSignIn() { }

    /// <summary>A session has begun.</summary>
    /// <param name="Account">Whose.</param>
    public sealed record SignedIn(RecoverableAccount Account) : PasswordSignIn;

    /// <summary>The pair is wrong; a person is told nothing more.</summary>
    public sealed record Refused : PasswordSignIn;

    /// <summary>The password is right; sign-in is blocked.</summary>
    /// <param name="Until">When the block ends by itself; null when only a reset ends it.</param>
    public sealed record LockedOut(DateTimeOffset? Until) : PasswordSignIn;

    /// <summary>The password is right, and belongs to the other portal.</summary>
    /// <param name="Audience">Whose portal to go to.</param>
    public sealed record OtherPortal(Audience Audience) : PasswordSignIn;

    /// <summary>The password is right, and a second factor is missing.</summary>
    public sealed record FactorRequired : PasswordSignIn;
}
