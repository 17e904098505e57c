using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Enrollment;

/// <summary>
/// Whether an account's period has ended without a factor: then sessions and refresh tokens stop, by the clock and not
/// by a job. What was granted to applications waits for the next period.
/// </summary>
public sealed class EnrollmentDeadline(UnitOfWork work, IAccounts accounts, EnrollmentStatuses statuses)
{
    /// <summary>Whether it has. One query for whoever has no period that ended.</summary>
    public async Task<bool> HasPassedAsync(string accountId, CancellationToken cancellationToken)
    {
        var now = work.Now;
        return await work
                .Context.Set<MfaEnrollment>()
                .AnyAsync(e => e.AccountId == accountId && e.EnrolledAt == null && e.EndsAt <= now, cancellationToken)
            && await accounts.FindAsync(accountId, cancellationToken) is { } account
            && statuses.Of(account) is EnrollmentStatus.EnrollmentExpired;
    }

    /// <summary>Closes the period, in the transaction in which a factor is enrolled.</summary>
    internal Task EnrolledAsync(string accountId, CancellationToken cancellationToken) =>
        work
            .Context.Set<MfaEnrollment>()
            .Where(e => e.AccountId == accountId && e.EnrolledAt == null)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(e => e.EnrolledAt, work.Now)
                        .SetProperty(e => e.NextNoticeAt, (DateTimeOffset?)null),
                cancellationToken
            );
}
