using IdP.Recovery.Audit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Enrollment;

/// <summary>
/// Gives a person whom the policy asks for a factor the policy's period, once: at the sign-in in which the policy first
/// takes hold. Whoever has had a period gets none by this.
/// </summary>
public sealed class TakeHold(
    UnitOfWork work,
    IAccounts accounts,
    EnrollmentStatuses statuses,
    AuditLog audit,
    IOptions<EnrollmentOptions> options
)
{
    /// <summary>The status of an account at sign-in, with its period begun where it is due.</summary>
    internal async Task<EnrollmentStatus> StatusAsync(RecoverableAccount account, CancellationToken cancellationToken)
    {
        var status = statuses.Of(account);
        if (
            status is not EnrollmentStatus.NotEnrolled
            || EnrollmentPeriod.Of(options.Value.PolicyDays) is not { } period
            || account.Audience != Audience.User
            || account.Factors.TotpRequired
            || !await BeginAsync(account, period, cancellationToken)
        )
        {
            return status;
        }

        return statuses.Of((await accounts.FindAsync(account.Id, cancellationToken))!);
    }

    private async Task<bool> BeginAsync(
        RecoverableAccount account,
        EnrollmentPeriod period,
        CancellationToken cancellationToken
    )
    {
        var periods = work.Context.Set<MfaEnrollment>();
        if (await periods.AnyAsync(e => e.AccountId == account.Id, cancellationToken))
        {
            return false;
        }

        try
        {
            await work.RunAsync(
                _ =>
                {
                    var now = work.Now;
                    var end = period.EndFrom(now, account.TimeZone);
                    work.Context.Add(
                        new MfaEnrollment
                        {
                            AccountId = account.Id,
                            StartedAt = now,
                            EndsAt = end,
                            Cause = EnrollmentCause.Policy,
                            NextNoticeAt = EnrollmentPeriod.NextReminder(now, end, now) ?? end,
                        }
                    );
                    SendEnrollmentNotice.Enqueue(
                        work,
                        audit.Add(
                            AuditEventTypes.EnrollmentStarted,
                            account.Id,
                            Requester.None,
                            EnrollmentPeriod.Describe(end),
                            reason: AuditReasons.Policy
                        )
                    );
                    return Task.CompletedTask;
                },
                cancellationToken
            );
        }
        catch (DbUpdateException)
        {
            // Another sign-in of the same person was first, and its period is the one that counts.
        }

        return true;
    }
}
