using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Enrollment;

/// <summary>An administrator begins a period, or extends the one that runs or has run out; it counts from now.</summary>
public sealed class SetEnrollmentPeriod(UnitOfWork work, IAccounts accounts, AuditLog audit)
{
    /// <summary>Begins or extends.</summary>
    /// <param name="accountId">For whom.</param>
    /// <param name="period">How long from now.</param>
    /// <param name="why">Why, in the actor's words; at most 500 characters.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    public async Task<EnrollmentPeriodSet> RunAsync(
        Actor actor,
        string accountId,
        EnrollmentPeriod period,
        string? why,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (await accounts.FindAsync(accountId, cancellationToken) is not { } account)
        {
            return new EnrollmentPeriodSet.Gone();
        }

        if (!ConsolePermissions.May(actor.Roles, ConsoleAction.SetEnrollment, account) || actor.Id == account.Id)
        {
            return new EnrollmentPeriodSet.NotAllowed();
        }

        if (account.Factors.Any)
        {
            return new EnrollmentPeriodSet.AlreadyEnrolled();
        }

        // Security: threat 13. The console opens to nobody without a factor.
        if (account.Audience == Audience.Administrator)
        {
            return new EnrollmentPeriodSet.Privileged();
        }

        if (account.Enrollment is { } runs && runs.EndsAt > period.EndFrom(work.Now, account.TimeZone))
        {
            return new EnrollmentPeriodSet.Shorter(runs.EndsAt);
        }

        try
        {
            var end = await work.RunAsync(
                async inner =>
                {
                    var until = await KeepAsync(work, account, period, EnrollmentCause.Administrator, inner);
                    SendEnrollmentNotice.Enqueue(
                        work,
                        audit.Add(
                            account.Enrollment is null
                                ? AuditEventTypes.EnrollmentStarted
                                : AuditEventTypes.EnrollmentExtended,
                            account.Id,
                            requester,
                            EnrollmentPeriod.Describe(until),
                            reason: AuditReasons.Administrator,
                            actorId: actor.Id,
                            proof: actor.Proof,
                            why: why
                        )
                    );
                    return until;
                },
                cancellationToken
            );
            return new EnrollmentPeriodSet.Done(account, end);
        }
        catch (Exception exception) when (exception is DbUpdateException or EnrollmentChangedException)
        {
            return new EnrollmentPeriodSet.Changed();
        }
    }

    /// <summary>Writes the period, in the transaction under way: of two at once one counts.</summary>
    /// <exception cref="EnrollmentChangedException">Another change of the period was first.</exception>
    internal static async Task<DateTimeOffset> KeepAsync(
        UnitOfWork work,
        RecoverableAccount account,
        EnrollmentPeriod period,
        EnrollmentCause cause,
        CancellationToken cancellationToken
    )
    {
        var periods = work.Context.Set<MfaEnrollment>();
        var now = work.Now;
        var end = period.EndFrom(now, account.TimeZone);
        var next = EnrollmentPeriod.NextReminder(now, end, now) ?? end;
        var before = await periods
            .AsNoTracking()
            .SingleOrDefaultAsync(e => e.AccountId == account.Id, cancellationToken);

        // What was judged must still be so: a longer period that a reset has begun in between is not cut short.
        var open = before is { EnrolledAt: null } ? before.EndsAt : (DateTimeOffset?)null;
        if (cause == EnrollmentCause.Administrator && open != account.Enrollment?.EndsAt)
        {
            throw new EnrollmentChangedException();
        }

        if (before is null)
        {
            work.Context.Add(
                new MfaEnrollment
                {
                    AccountId = account.Id,
                    StartedAt = now,
                    EndsAt = end,
                    Cause = cause,
                    NextNoticeAt = next,
                }
            );
            return end;
        }

        var changed = await periods
            .Where(e => e.AccountId == account.Id && e.StartedAt == before.StartedAt && e.EndsAt == before.EndsAt)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(e => e.StartedAt, now)
                        .SetProperty(e => e.EndsAt, end)
                        .SetProperty(e => e.Cause, cause)
                        .SetProperty(e => e.EnrolledAt, (DateTimeOffset?)null)
                        .SetProperty(e => e.NextNoticeAt, next),
                cancellationToken
            );
        return changed == 1 ? end : throw new EnrollmentChangedException();
    }
}

/// <summary>Another change of the period was first; rolls the transaction back.</summary>
internal sealed class EnrollmentChangedException : Exception;

/// <summary>How the setting of a period ended.</summary>
public abstract record EnrollmentPeriodSet
{
    private EnrollmentPeriodSet() { }

    /// <summary>The period counts.</summary>
    /// <param name="Account">For whom.</param>
    /// <param name="EndsAt">When it ends.</param>
    public sealed record Done(RecoverableAccount Account, DateTimeOffset EndsAt) : EnrollmentPeriodSet;

    /// <summary>The person has a second factor already.</summary>
    public sealed record AlreadyEnrolled : EnrollmentPeriodSet;

    /// <summary>A person of the console enrolls within the next sign-in and gets no period.</summary>
    public sealed record Privileged : EnrollmentPeriodSet;

    /// <summary>A longer period runs already, and nothing was changed: who was told of it would lose days.</summary>
    /// <param name="EndsAt">When that ends.</param>
    public sealed record Shorter(DateTimeOffset EndsAt) : EnrollmentPeriodSet;

    /// <summary>The actor may not do this to that account.</summary>
    public sealed record NotAllowed : EnrollmentPeriodSet;

    /// <summary>Somebody else has changed it at the same moment; look again.</summary>
    public sealed record Changed : EnrollmentPeriodSet;

    /// <summary>There is no such account.</summary>
    public sealed record Gone : EnrollmentPeriodSet;
}
