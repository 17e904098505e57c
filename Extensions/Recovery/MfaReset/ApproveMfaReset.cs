using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.MfaReset;

/// <summary>A second administrator lets the MFA reset of a privileged account go on (threat 13).</summary>
public sealed class ApproveMfaReset(
    UnitOfWork work,
    IAccounts accounts,
    ResetMfa reset,
    MfaResetRules rules,
    AuditLog audit,
    IOptions<MfaResetOptions> options
)
{
    private DbSet<WaitingMfaReset> Rows => work.Context.Set<WaitingMfaReset>();

    /// <summary>Those that wait, oldest first, each with its account.</summary>
    public async Task<IReadOnlyList<MfaResetToApprove>> ListAsync(CancellationToken cancellationToken)
    {
        var list = new List<MfaResetToApprove>();
        foreach (
            var waiting in await Waiting().AsNoTracking().OrderBy(w => w.RequestedAt).ToListAsync(cancellationToken)
        )
        {
            if (
                await accounts.FindAsync(waiting.AccountId, cancellationToken) is { } account
                && account.SecurityStamp == waiting.SecurityStamp
            )
            {
                var asker = await accounts.FindAsync(waiting.ActorId, cancellationToken);
                list.Add(
                    new(
                        waiting.Id,
                        account,
                        asker?.Email ?? waiting.ActorId,
                        waiting.Factors,
                        waiting.Why,
                        waiting.RequestedAt,
                        waiting.RequestedAt + options.Value.Hold
                    )
                );
            }
        }

        return list;
    }

    /// <summary>Approves, and resets.</summary>
    /// <param name="approver">Who: an administrator, neither the one who asked nor the one whose MFA it is.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    public async Task<ApprovedMfaReset> RunAsync(
        Guid id,
        Actor approver,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var waiting = await Waiting().AsNoTracking().SingleOrDefaultAsync(w => w.Id == id, cancellationToken);
        if (
            waiting is null
            || await accounts.FindAsync(waiting.AccountId, cancellationToken) is not { } account
            || account.SecurityStamp != waiting.SecurityStamp
        )
        {
            return new ApprovedMfaReset.Gone();
        }

        if (
            approver.Id == waiting.ActorId
            || !ConsolePermissions.May(approver.Roles, ConsoleAction.Approve)
            || await rules.RefuseAsync(approver, account, cancellationToken) is not null
        )
        {
            return new ApprovedMfaReset.NotYours();
        }

        try
        {
            return await work.RunAsync(
                inner => DecideAsync(waiting, account, approver, requester, inner),
                cancellationToken
            );
        }
        catch (Exception exception)
            when (exception is ResetMfa.LostRaceException or EnrollmentChangedException or DbUpdateException)
        {
            return new ApprovedMfaReset.Gone();
        }
    }

    /// <summary>
    /// Declines: it ends, and nothing is changed of the account; who asked is told. Whoever may approve any may decline
    /// each, the one who asked and the one whose MFA it is too: it takes nothing from anybody.
    /// </summary>
    /// <param name="decliner">Who: an administrator.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    public async Task<ApprovedMfaReset> DeclineAsync(
        Guid id,
        Actor decliner,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var waiting = await Waiting().AsNoTracking().SingleOrDefaultAsync(w => w.Id == id, cancellationToken);
        if (waiting is null || await accounts.FindAsync(waiting.AccountId, cancellationToken) is not { } account)
        {
            return new ApprovedMfaReset.Gone();
        }

        if (!ConsolePermissions.May(decliner.Roles, ConsoleAction.Approve))
        {
            return new ApprovedMfaReset.NotYours();
        }

        return await work.RunAsync<ApprovedMfaReset>(
            async inner =>
            {
                if (!await WaitingMfaReset.DecideAsync(work, id, decliner.Id, inner))
                {
                    return new ApprovedMfaReset.Gone();
                }

                audit.Add(
                    AuditEventTypes.MfaResetDeclined,
                    account.Id,
                    requester,
                    id.ToString(),
                    actorId: decliner.Id,
                    proof: decliner.Proof
                );
                if (waiting.ActorId != decliner.Id)
                {
                    SendMfaResetDeclined.Enqueue(work, waiting);
                }

                return new ApprovedMfaReset.Done(account);
            },
            cancellationToken
        );
    }

    private async Task<ApprovedMfaReset> DecideAsync(
        WaitingMfaReset waiting,
        RecoverableAccount account,
        Actor approver,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (!await WaitingMfaReset.DecideAsync(work, waiting.Id, approver.Id, cancellationToken))
        {
            return new ApprovedMfaReset.Gone();
        }

        audit.Add(
            AuditEventTypes.MfaResetApproved,
            account.Id,
            requester,
            waiting.Id.ToString(),
            actorId: approver.Id,
            proof: approver.Proof
        );
        await reset.ApplyAsync(
            new Actor(waiting.ActorId, [], waiting.Proof),
            account,
            waiting.Order,
            waiting.Id.ToString(),
            new Requester(waiting.Network, waiting.Browser),
            cancellationToken
        );
        return new ApprovedMfaReset.Done(account);
    }

    private IQueryable<WaitingMfaReset> Waiting()
    {
        var since = work.Now - options.Value.Hold;
        return Rows.Where(w => w.DecidedAt == null && w.RequestedAt > since);
    }
}

/// <summary>An MFA reset that waits for a second administrator.</summary>
/// <param name="Account">Whose MFA.</param>
/// <param name="AskedBy">Who asked: an address.</param>
/// <param name="Factors">What would be removed.</param>
/// <param name="RequestedAt">When it was asked for.</param>
/// <param name="Until">When it ends by itself.</param>
public sealed record MfaResetToApprove(
    Guid Id,
    RecoverableAccount Account,
    string AskedBy,
    ResetFactors Factors,
    string Why,
    DateTimeOffset RequestedAt,
    DateTimeOffset Until
);

/// <summary>How an approval ended.</summary>
public abstract record ApprovedMfaReset
{
    private ApprovedMfaReset() { }

    /// <summary>The factors are gone; of one that was declined, the request is.</summary>
    public sealed record Done(RecoverableAccount Account) : ApprovedMfaReset;

    /// <summary>It is for somebody else to approve.</summary>
    public sealed record NotYours : ApprovedMfaReset;

    /// <summary>It does not wait any more.</summary>
    public sealed record Gone : ApprovedMfaReset;
}
