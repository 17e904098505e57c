using IdP.Recovery.Audit;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace IdP.Recovery.Enrollment;

/// <summary>
/// A recurring job: reminds people of their period at half time, three days and one day before its end, and tells them
/// that it is over. It decides nothing: sign-in compares the deadline with the clock (design, 'the job announces').
/// </summary>
public sealed partial class AnnounceEnrollments(
    UnitOfWork work,
    IAccounts accounts,
    IAccountSessions sessions,
    EnrollmentStatuses statuses,
    AuditLog audit,
    ILogger<AnnounceEnrollments> logger
)
{
    private const int AtOnce = 100;

    private DbSet<MfaEnrollment> Periods => work.Context.Set<MfaEnrollment>();

    /// <summary>Does it. Called every minute.</summary>
    /// <param name="cancellationToken">Stops; what is left is told at the next call.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        List<MfaEnrollment> due;
        var failed = new List<string>();
        do
        {
            var now = work.Now;
            due = await Periods
                .AsNoTracking()
                .Where(e => e.NextNoticeAt <= now && !failed.Contains(e.AccountId))
                .OrderBy(e => e.NextNoticeAt)
                .Take(AtOnce)
                .ToListAsync(cancellationToken);
            foreach (var period in due)
            {
                if (!await TryTellAsync(period, now, cancellationToken))
                {
                    failed.Add(period.AccountId);
                }
            }
        } while (due.Count == AtOnce);
    }

    // One whose turn fails does not keep the others from theirs; it is tried again at the next call.
    private async Task<bool> TryTellAsync(MfaEnrollment period, DateTimeOffset now, CancellationToken cancellationToken)
    {
        try
        {
            await work.RunAsync(inner => TellAsync(period, now, inner), cancellationToken);
            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailed(period.AccountId, exception.GetType().Name);
            return false;
        }
    }

    private async Task TellAsync(MfaEnrollment period, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var isOver = period.EndsAt <= now;
        DateTimeOffset? next = isOver
            ? null
            : EnrollmentPeriod.NextReminder(period.StartedAt, period.EndsAt, now) ?? period.EndsAt;

        // Several nodes may find the same row: whoever moves its date tells.
        var moved = await Periods
            .Where(e => e.AccountId == period.AccountId && e.NextNoticeAt == period.NextNoticeAt)
            .ExecuteUpdateAsync(set => set.SetProperty(e => e.NextNoticeAt, next), cancellationToken);
        if (moved == 0 || await accounts.FindAsync(period.AccountId, cancellationToken) is not { } account)
        {
            return;
        }

        switch (statuses.Of(account))
        {
            case EnrollmentStatus.EnrollmentExpired:
                await sessions.EndAllAsync(account.Id, null, SessionEndReason.AccountClosed, cancellationToken);
                Tell(AuditEventTypes.EnrollmentExpired, account.Id);
                break;
            case EnrollmentStatus.InEnrollment:
                Tell(AuditEventTypes.EnrollmentReminded, account.Id);
                break;
            default:
                break;
        }
    }

    private void Tell(string type, string accountId) =>
        SendEnrollmentNotice.Enqueue(work, audit.Add(type, accountId, Requester.None));

    [LoggerMessage(LogLevel.Error, "The enrollment of {AccountId} could not be announced: {Error}; it is tried again")]
    private partial void LogFailed(string accountId, string error);
}
