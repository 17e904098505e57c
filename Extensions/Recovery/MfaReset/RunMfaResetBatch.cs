using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace IdP.Recovery.MfaReset;

/// <summary>
/// A job: resets one person of a batch after the other, each in a transaction with its mark, so that a node that dies
/// midway has lost nothing and does nothing twice.
/// </summary>
internal sealed partial class RunMfaResetBatch(
    UnitOfWork work,
    IAccounts accounts,
    ResetMfa reset,
    MfaResetRules rules,
    AuditLog audit,
    ILogger<RunMfaResetBatch> logger
) : IOutboxHandler
{
    public const string Kind = "mfa-reset.batch";

    private const int AtOnce = 50;
    private const int Tries = 4;

    // Well below what a worker may take for one entry.
    private static readonly TimeSpan Shift = TimeSpan.FromMinutes(1);

    public async Task HandleAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        var batchId = Guid.Parse(entry.Subject);
        var until = work.Now + Shift;
        while (await FindRunningAsync(batchId, cancellationToken) is { } batch)
        {
            var waiting = await work
                .Context.Set<MfaResetTarget>()
                .AsNoTracking()
                .Where(t => t.BatchId == batchId && t.Outcome == null)
                .OrderBy(t => t.Ordinal)
                .Take(AtOnce)
                .ToListAsync(cancellationToken);
            if (waiting.Count == 0)
            {
                await EndAsync(batch, cancellationToken);
                return;
            }

            foreach (var target in waiting)
            {
                if (await ActorAsync(batch, cancellationToken) is not { } actor)
                {
                    await StopAsync(batch, cancellationToken);
                    return;
                }

                var isMine = await ResetAsync(batch, actor, target, cancellationToken);
                work.Context.ChangeTracker.Clear();
                if (!isMine)
                {
                    // Somebody has stopped the batch, or another worker is at it: look again.
                    break;
                }
            }

            if (work.Now >= until)
            {
                await work.RunAsync(
                    _ =>
                    {
                        work.Enqueue(Kind, entry.Subject);
                        return Task.CompletedTask;
                    },
                    cancellationToken
                );
                return;
            }
        }
    }

    private Task<MfaResetBatch?> FindRunningAsync(Guid batchId, CancellationToken cancellationToken) =>
        work
            .Context.Set<MfaResetBatch>()
            .AsNoTracking()
            .SingleOrDefaultAsync(b => b.Id == batchId && b.StoppedAt == null && b.EndedAt == null, cancellationToken);

    // Security: threat 13. A batch runs for hours, and does not outlive the rights of whoever runs it: roles taken
    // since, a suspension and a lock count at once.
    private async Task<Actor?> ActorAsync(MfaResetBatch batch, CancellationToken cancellationToken)
    {
        var actor = batch.Actor;
        if (!actor.IsPerson)
        {
            return actor;
        }

        if (
            await accounts.FindAsync(actor.Id, cancellationToken)
            is not { Suspended: false, ClosedUntilReset: false } account
        )
        {
            return null;
        }

        // An administrator may also have lent no more than the help desk's, as a token without users.manage does.
        var all = account.Roles.Contains(ConsoleRoles.Administrator);
        var left = actor with { Roles = [.. actor.Roles.Where(r => all || account.Roles.Contains(r))] };
        return ConsolePermissions.May(left.Roles, ConsoleAction.ResetMfa) ? left : null;
    }

    private async Task<bool> ResetAsync(
        MfaResetBatch batch,
        Actor actor,
        MfaResetTarget target,
        CancellationToken cancellationToken
    )
    {
        // A change at the same moment, as by the person's own reset, is looked at again and once more.
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await work.RunAsync(inner => DoAsync(batch, actor, target, inner), cancellationToken);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                if (tries < Tries)
                {
                    continue;
                }

                // One person who cannot be reset does not keep the others from their turn.
                LogFailed(batch.Id, target.AccountId, exception.GetType().Name);
                return await work.RunAsync(
                    inner => MarkAsync(target, MfaResetOutcome.Failed, null, null, inner),
                    cancellationToken
                );
            }
        }
    }

    private async Task<bool> DoAsync(
        MfaResetBatch batch,
        Actor actor,
        MfaResetTarget target,
        CancellationToken cancellationToken
    )
    {
        // Order: the mark first. Whoever sets it does the work, and both are kept or neither is.
        if (!await MarkAsync(target, MfaResetOutcome.Reset, null, null, cancellationToken))
        {
            return false;
        }

        var (outcome, until) = await ResetOneAsync(batch, actor, target, cancellationToken);
        await MarkAsync(target, outcome, MfaResetOutcome.Reset, until, cancellationToken);
        return true;
    }

    private async Task<(MfaResetOutcome Outcome, DateTimeOffset? Until)> ResetOneAsync(
        MfaResetBatch batch,
        Actor actor,
        MfaResetTarget target,
        CancellationToken cancellationToken
    )
    {
        if (await accounts.FindAsync(target.AccountId, cancellationToken) is not { } account)
        {
            return (MfaResetOutcome.Gone, null);
        }

        if (await rules.RefuseAsync(actor, account, cancellationToken) is { } refusal)
        {
            return (
                refusal switch
                {
                    MfaResetRefusal.Oneself => MfaResetOutcome.Oneself,
                    MfaResetRefusal.LastAdministrator => MfaResetOutcome.LastAdministrator,
                    _ => MfaResetOutcome.NotAllowed,
                },
                null
            );
        }

        var order = batch.OrderFor(target.Ordinal);
        if (rules.NeedsApproval(account))
        {
            await reset.KeepUntilApprovedAsync(actor, account, order, batch.Requester, cancellationToken);
            return (MfaResetOutcome.WaitsForApproval, null);
        }

        var done = await reset.ApplyAsync(
            actor,
            account,
            order,
            batch.Id.ToString(),
            batch.Requester,
            cancellationToken
        );
        return (MfaResetOutcome.Reset, (done as MfaResetResult.Done)?.EnrollUntil);
    }

    private async Task<bool> MarkAsync(
        MfaResetTarget target,
        MfaResetOutcome outcome,
        MfaResetOutcome? from,
        DateTimeOffset? until,
        CancellationToken cancellationToken
    ) =>
        await work
            .Context.Set<MfaResetTarget>()
            .Where(t => t.BatchId == target.BatchId && t.AccountId == target.AccountId && t.Outcome == from)
            .Where(t =>
                from != null || work.Context.Set<MfaResetBatch>().Any(b => b.Id == t.BatchId && b.StoppedAt == null)
            )
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(t => t.Outcome, outcome)
                        .SetProperty(t => t.DoneAt, work.Now)
                        .SetProperty(t => t.EnrollUntil, until),
                cancellationToken
            ) == 1;

    private Task StopAsync(MfaResetBatch batch, CancellationToken cancellationToken) =>
        work.RunAsync(
            async inner =>
            {
                var stopped = await work
                    .Context.Set<MfaResetBatch>()
                    .Where(b => b.Id == batch.Id && b.ActorId == batch.ActorId)
                    .Where(b => b.StoppedAt == null && b.EndedAt == null)
                    .ExecuteUpdateAsync(set => set.SetProperty(b => b.StoppedAt, work.Now), inner);
                if (stopped == 1)
                {
                    audit.Add(
                        AuditEventTypes.BatchStopped,
                        null,
                        Requester.None,
                        batch.Id.ToString(),
                        AuditReasons.Rights
                    );
                }
            },
            cancellationToken
        );

    private Task EndAsync(MfaResetBatch batch, CancellationToken cancellationToken) =>
        work.RunAsync(
            async inner =>
            {
                var ended = await work
                    .Context.Set<MfaResetBatch>()
                    .Where(b => b.Id == batch.Id && b.EndedAt == null)
                    .ExecuteUpdateAsync(set => set.SetProperty(b => b.EndedAt, work.Now), inner);
                if (ended == 1)
                {
                    audit.Add(
                        AuditEventTypes.BatchEnded,
                        null,
                        Requester.None,
                        batch.Id.ToString(),
                        actorId: batch.ActorId
                    );
                }
            },
            cancellationToken
        );

    [LoggerMessage(LogLevel.Error, "Batch {BatchId} could not reset the MFA of {AccountId}: {Error}; it goes on")]
    private partial void LogFailed(Guid batchId, string accountId, string error);
}
