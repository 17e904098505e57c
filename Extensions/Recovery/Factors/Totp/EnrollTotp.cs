using IdP.Recovery.Audit;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Lockout;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Factors.Totp;

/// <summary>Enrolls an authenticator app: shows a key, and takes it once a code of it has been given.</summary>
public sealed class EnrollTotp(
    UnitOfWork work,
    TotpKeys keys,
    FailureCounts failures,
    RequestLimits limits,
    RememberedBrowsers browsers,
    KnownBrowsers known,
    EnrollmentDeadline deadline,
    AuditLog audit,
    IOptions<TotpOptions> options
)
{
    private const int Guesses = 20;

    // Far above what a person does.
    private const int ChangesPerWindow = 100;
    private static readonly TimeSpan ShownFor = TimeSpan.FromHours(1);

    private readonly TotpOptions options = options.Value;

    private DbSet<TotpAuthenticator> Authenticators => work.Context.Set<TotpAuthenticator>();

    /// <summary>
    /// The key to enroll: the same for an hour, so that a reloaded page shows the same QR code. Null when the account
    /// has as many authenticators as it may.
    /// </summary>
    /// <param name="account">For whom.</param>
    public async Task<TotpEnrollment?> BeginAsync(RecoverableAccount account, CancellationToken cancellationToken)
    {
        // Order: the first encryption of all may write a key of its own, which must not wait for this transaction.
        var fresh = keys.Create(account.Id, work.Now, required: false);
        var pending = await work.RunAsync(inner => FindOrAddAsync(account.Id, fresh, inner), cancellationToken);
        if (pending is null)
        {
            return null;
        }

        var key = keys.Read(pending)!;
        return new TotpEnrollment(
            pending.Id,
            string.Join(' ', key.Chunk(4).Select(group => new string(group))),
            keys.AddressOf(pending, key, account.Email),
            pending.Digits
        );
    }

    private async Task<TotpAuthenticator?> FindOrAddAsync(
        string accountId,
        TotpAuthenticator fresh,
        CancellationToken cancellationToken
    )
    {
        var rows = await Authenticators.Where(t => t.AccountId == accountId).ToListAsync(cancellationToken);
        var pending = rows.Where(t => t.ConfirmedAt is null).MaxBy(t => t.Required);
        if (pending is null)
        {
            if (
                rows.Count >= options.MaxAuthenticators
                && !await failures.IsDisabledAsync(accountId, FactorKind.Totp, cancellationToken)
            )
            {
                return null;
            }

            work.Context.Add(fresh);
            return fresh;
        }

        if (pending.CreatedAt < work.Now - ShownFor || keys.Read(pending) is null)
        {
            pending.ProtectedKey = fresh.ProtectedKey;
            pending.CreatedAt = fresh.CreatedAt;
        }

        return pending;
    }

    /// <summary>Takes the key once a code of it was given. That code is spent: it does not sign in as well.</summary>
    /// <param name="account">For whom.</param>
    /// <param name="enrollmentId">From <see cref="BeginAsync"/>.</param>
    /// <param name="code">What the app shows.</param>
    /// <param name="name">What the owner calls the app, at most 64 characters; null for a number.</param>
    /// <param name="cancellationToken">Stops; nothing is enrolled then.</param>
    public async Task<EnrolledTotp> ConfirmAsync(
        RecoverableAccount account,
        Guid enrollmentId,
        string? code,
        string? name,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (await FindPendingAsync(account.Id, enrollmentId, cancellationToken) is not { } pending)
        {
            return new EnrolledTotp.Gone();
        }

        if (keys.StepOf(pending, code, work.Now) is not { } step)
        {
            return new EnrolledTotp.CodeRefused();
        }

        return await work.RunAsync<EnrolledTotp>(
            async inner =>
            {
                // A factor that failures have disabled for its owner is set up anew: what failed goes.
                var by = await known.CountedByAsync(account.Id, requester, inner);
                if (await failures.IsDisabledAsync(by, FactorKind.Totp, inner))
                {
                    await Authenticators
                        .Where(t => t.AccountId == account.Id && t.Id != pending.Id)
                        .ExecuteDeleteAsync(inner);
                }

                // Of two keys that are confirmed at once the second waits here, and counts the first.
                await limits.TryTakeAsync(
                    "totp-authenticators/" + account.Id,
                    ChangesPerWindow,
                    TimeSpan.FromMinutes(1),
                    inner
                );
                var number = await Authenticators.CountAsync(
                    t => t.AccountId == account.Id && t.ConfirmedAt != null,
                    inner
                );
                if (number >= options.MaxAuthenticators)
                {
                    return new EnrolledTotp.Gone();
                }

                var confirmed = await Authenticators
                    .Where(t => t.Id == pending.Id && t.ConfirmedAt == null && t.ProtectedKey == pending.ProtectedKey)
                    .ExecuteUpdateAsync(
                        set =>
                            set.SetProperty(t => t.ConfirmedAt, work.Now)
                                .SetProperty(t => t.LastStep, step)
                                .SetProperty(t => t.Name, FactorName.Of(name, number + 1)),
                        inner
                    );
                if (confirmed == 0)
                {
                    return new EnrolledTotp.Gone();
                }

                await browsers.ForgetAllAsync(account.Id, inner);
                await failures.ForgetAsync(account.Id, FactorKind.Totp, inner);
                await deadline.EnrolledAsync(account.Id, inner);
                SendFactorNotice.Enqueue(
                    work,
                    audit.Add(
                        AuditEventTypes.FactorAdded,
                        account.Id,
                        requester,
                        pending.Id.ToString(),
                        AuditReasons.Totp,
                        account.Id
                    )
                );
                return new EnrolledTotp.Done();
            },
            cancellationToken
        );
    }

    /// <summary>The key that a code is brought for; null when it is too old, or too many codes were tried.</summary>
    internal async Task<TotpAuthenticator?> FindPendingAsync(
        string accountId,
        Guid enrollmentId,
        CancellationToken cancellationToken
    )
    {
        var pending = await Authenticators
            .AsNoTracking()
            .SingleOrDefaultAsync(
                t => t.Id == enrollmentId && t.AccountId == accountId && t.ConfirmedAt == null,
                cancellationToken
            );
        return
            pending is not null
            && pending.CreatedAt >= work.Now - ShownFor
            && await limits.TryTakeAsync(
                "totp-enrollment/" + accountId,
                Guesses,
                TimeSpan.FromMinutes(15),
                cancellationToken
            )
            ? pending
            : null;
    }
}

/// <summary>A key on its way into an authenticator app.</summary>
/// <param name="Id">To be given back with the code.</param>
/// <param name="Key">Base32 in groups of four, to be typed where no camera is.</param>
/// <param name="Address">The <c>otpauth:</c> address that the QR code holds.</param>
/// <param name="Digits">How long its codes are.</param>
public sealed record TotpEnrollment(Guid Id, string Key, Uri Address, int Digits);

/// <summary>How an enrollment ended.</summary>
public abstract record EnrolledTotp
{
    private EnrolledTotp() { }

    /// <summary>The authenticator proves its owner from now on.</summary>
    public sealed record Done : EnrolledTotp;

    /// <summary>The code is not one of this key; the key stays.</summary>
    public sealed record CodeRefused : EnrolledTotp;

    /// <summary>The key is too old, or too many codes were tried: begin again.</summary>
    public sealed record Gone : EnrolledTotp;
}
