using IdP.Recovery.Audit;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery;

/// <summary>Outbox work that was tried for <see cref="OutboxOptions.GiveUpAfter"/> in vain, for an administrator to see.</summary>
public sealed class GivenUpWork(UnitOfWork work, AuditLog audit)
{
    /// <summary>The most that <see cref="ListAsync"/> gives.</summary>
    public const int Most = 200;

    /// <summary>What was given up on, the latest first; at most <see cref="Most"/>.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<IReadOnlyList<GivenUpEntry>> ListAsync(CancellationToken cancellationToken) =>
        await work
            .Context.Set<OutboxEntry>()
            .Where(e => e.GivenUpAt != null)
            .OrderByDescending(e => e.GivenUpAt)
            .Take(Most)
            .Select(e => new GivenUpEntry(
                e.Id,
                e.Kind,
                e.CreatedAt,
                e.GivenUpAt!.Value,
                e.Attempts,
                e.LastError
            ))
            .ToListAsync(cancellationToken);

    /// <summary>
    /// Begins an entry again, as if its cause had happened now; false when it is not given up any more. What has a
    /// deadline of its own keeps it: a reset link lives at most 24 hours from its request, whoever retries it.
    /// </summary>
    /// <param name="entryId">The entry.</param>
    /// <param name="actorId">The administrator, for the audit.</param>
    /// <param name="origin">From where, for the audit.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    public async Task<bool> RetryAsync(
        Guid entryId,
        string actorId,
        RequestOrigin origin,
        CancellationToken cancellationToken
    )
    {
        return await work.RunAsync(
            async token =>
            {
                // Of two clicks one changes the row.
                var changed = await work
                    .Context.Set<OutboxEntry>()
                    .Where(e => e.Id == entryId && e.GivenUpAt != null)
                    .ExecuteUpdateAsync(
                        set =>
                            set.SetProperty(e => e.GivenUpAt, (DateTimeOffset?)null)
                                .SetProperty(e => e.RetriedAt, work.Now)
                                .SetProperty(e => e.DueAt, work.Now),
                        token
                    );
                if (changed == 1)
                {
                    audit.Add(
                        AuditEventTypes.WorkRetried,
                        accountId: null,
                        origin,
                        entryId.ToString(),
                        actorId: actorId
                    );
                    work.Announce(entryId);
                }

                return changed == 1;
            },
            cancellationToken
        );
    }
}

/// <summary>Outbox work that was given up on.</summary>
/// <param name="Id">The entry.</param>
/// <param name="Kind">What it would have done, such as <c>password-reset.send</c>.</param>
/// <param name="CreatedAt">When its cause happened.</param>
/// <param name="GivenUpAt">When it was given up on.</param>
/// <param name="Attempts">How often it was tried in all.</param>
/// <param name="LastError">The kind of the last error, such as <c>SmtpCommandException</c>.</param>
public sealed record GivenUpEntry(
    Guid Id,
    string Kind,
    DateTimeOffset CreatedAt,
    DateTimeOffset GivenUpAt,
    int Attempts,
    string? LastError
);
