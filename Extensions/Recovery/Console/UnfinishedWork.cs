using System.Linq.Expressions;
using IdP.Recovery.Audit;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery;

/// <summary>
/// Outbox work that is not done, for an administrator to see: what waits for its next try, and what was tried for
/// <see cref="OutboxOptions.GiveUpAfter"/> in vain.
/// </summary>
public sealed class UnfinishedWork
{
    /// <summary>The most that <see cref="ListAsync"/> gives.</summary>
    public const int Most = 200;

    private readonly UnitOfWork work;
    private readonly AuditLog audit;
    private readonly WorkOwners owners;

    internal UnfinishedWork(UnitOfWork work, AuditLog audit, WorkOwners owners)
    {
        this.work = work;
        this.audit = audit;
        this.owners = owners;
    }

    /// <summary>What is not done: given up on, or waiting; whose cause is the newest comes first.</summary>
    /// <param name="givenUp">Which of the two.</param>
    /// <param name="kind">Only this kind; null for all.</param>
    /// <param name="before">Only what is older than this entry: the last one of the page before; null begins.</param>
    /// <param name="take">How many; 1 to <see cref="Most"/>.</param>
    public async Task<IReadOnlyList<UnfinishedEntry>> ListAsync(
        bool givenUp,
        string? kind,
        Guid? before,
        int take,
        CancellationToken cancellationToken
    )
    {
        var found = await Entries(givenUp)
            .Where(e => (kind == null || e.Kind == kind) && (before == null || e.Id < before))
            .OrderByDescending(e => e.Id)
            .Take(Math.Clamp(take, 1, Most))
            .ToListAsync(cancellationToken);
        var accounts = await owners.FindAsync([.. found.Select(e => e.Subject).Distinct()], cancellationToken);
        var now = work.Now;
        return
        [
            .. found.Select(e => new UnfinishedEntry(
                e.Id,
                e.Kind,
                e.CreatedAt,
                e.DueAt,
                e.GivenUpAt,
                e.Attempts,
                e.LastError,
                e.GivenUpAt != null || (e.HeldBy == null && e.DueAt > now),
                accounts.GetValueOrDefault(e.Subject)
            )),
        ];
    }

    /// <summary>How much is not done, by kind; the largest first.</summary>
    /// <param name="givenUp">Given up on, or waiting.</param>
    public async Task<IReadOnlyList<UnfinishedKind>> CountAsync(bool givenUp, CancellationToken cancellationToken) =>
        await Entries(givenUp)
            .GroupBy(e => e.Kind)
            .Select(g => new { Kind = g.Key, Count = g.Count() })
            .OrderByDescending(g => g.Count)
            .ThenBy(g => g.Kind)
            .Select(g => new UnfinishedKind(g.Kind, g.Count))
            .ToListAsync(cancellationToken);

    /// <summary>
    /// Tries an entry now: one that was given up on begins again as if its cause had happened now, one that waits is
    /// not made to wait longer. What has a deadline of its own keeps it: a reset link lives at most 24 hours from its
    /// request, whoever retries it.
    /// </summary>
    /// <param name="actorId">The administrator, for the audit.</param>
    /// <param name="requester">From where, for the audit.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    /// <returns>False when it is done, held by a worker, or due anyway.</returns>
    public async Task<bool> RetryAsync(
        Guid entryId,
        string actorId,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        await RetryAsync(
            work.Context.Set<OutboxEntry>().Where(e => e.Id == entryId),
            entryId.ToString(),
            actorId,
            requester,
            cancellationToken
        ) == 1;

    /// <summary>Tries everything of a kind now that was given up on, and everything of it that waits.</summary>
    /// <param name="givenUp">Given up on, or waiting.</param>
    /// <param name="actorId">The administrator, for the audit.</param>
    /// <param name="requester">From where, for the audit.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    /// <returns>How many are tried again.</returns>
    public Task<int> RetryAllAsync(
        string kind,
        bool givenUp,
        string actorId,
        Requester requester,
        CancellationToken cancellationToken
    ) => RetryAsync(Entries(givenUp).Where(e => e.Kind == kind), kind, actorId, requester, cancellationToken);

    private IQueryable<OutboxEntry> Entries(bool givenUp) =>
        work
            .Context.Set<OutboxEntry>()
            .AsNoTracking()
            .Where(e => e.DoneAt == null)
            .Where(
                givenUp ? e => e.GivenUpAt != null : (Expression<Func<OutboxEntry, bool>>)(e => e.GivenUpAt == null)
            );

    private Task<int> RetryAsync(
        IQueryable<OutboxEntry> entries,
        string subject,
        string actorId,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync(
            async token =>
            {
                var now = work.Now;
                var idle = entries.Where(e =>
                    e.DoneAt == null && (e.GivenUpAt != null || (e.HeldBy == null && e.DueAt > now))
                );
                var kinds = await idle.Select(e => e.Kind).Distinct().ToListAsync(token);

                // Of two clicks one changes the rows.
                var changed = await idle.ExecuteUpdateAsync(
                    set =>
                        set.SetProperty(e => e.Attempts, e => e.GivenUpAt == null ? e.Attempts : 0)
                            .SetProperty(e => e.RetriedAt, e => e.GivenUpAt == null ? e.RetriedAt : now)
                            .SetProperty(e => e.GivenUpAt, (DateTimeOffset?)null)
                            .SetProperty(e => e.DueAt, now),
                    token
                );
                if (changed > 0)
                {
                    audit.Add(AuditEventTypes.WorkRetried, accountId: null, requester, subject, actorId: actorId);
                    kinds.ForEach(work.Announce);
                }

                return changed;
            },
            cancellationToken
        );
}

/// <summary>Outbox work that is not done.</summary>
/// <param name="Kind">What it would do, such as <c>password-reset.send</c>.</param>
/// <param name="CreatedAt">When its cause happened.</param>
/// <param name="DueAt">When it is tried next; of no meaning once it is given up.</param>
/// <param name="GivenUpAt">When it was given up on; null while it waits.</param>
/// <param name="Attempts">How often it was begun.</param>
/// <param name="LastError">The kind of the last error, such as <c>SmtpCommandException</c>; null before the first.</param>
/// <param name="CanRetry">Whether it may be tried now: nobody holds it, and it is not due soon anyway.</param>
/// <param name="Account">Whose account it is about; null where that is nobody's, or not known any more.</param>
public sealed record UnfinishedEntry(
    Guid Id,
    string Kind,
    DateTimeOffset CreatedAt,
    DateTimeOffset DueAt,
    DateTimeOffset? GivenUpAt,
    int Attempts,
    string? LastError,
    bool CanRetry,
    RecoverableAccount? Account
);

/// <summary>How much of a kind is not done.</summary>
public sealed record UnfinishedKind(string Kind, int Count);
