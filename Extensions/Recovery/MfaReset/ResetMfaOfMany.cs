using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.MfaReset;

/// <summary>Begins, shows, stops and resumes MFA resets of many people. <see cref="RunMfaResetBatch"/> does the work.</summary>
public sealed class ResetMfaOfMany(UnitOfWork work, AuditLog audit, IOptions<MfaResetOptions> options)
{
    private const int Lately = 100;

    private DbSet<MfaResetBatch> Batches => work.Context.Set<MfaResetBatch>();

    private DbSet<MfaResetTarget> Targets => work.Context.Set<MfaResetTarget>();

    /// <summary>Begins. Who may not be reset is found when each person's turn comes, and stands in the report.</summary>
    /// <param name="actor">Who. The caller has asked for a fresh proof.</param>
    /// <param name="accountIds">Whom; each counts once.</param>
    /// <param name="order">What and why; its period is the shortest.</param>
    /// <param name="spreadDays">Over how many further days the deadlines are spread; 0 for not at all.</param>
    /// <param name="cancellationToken">Stops; nothing has begun then.</param>
    public Task<StartedBatch> StartAsync(
        Actor actor,
        IEnumerable<string> accountIds,
        MfaResetOrder order,
        int spreadDays,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var ids = accountIds.Distinct(StringComparer.Ordinal).ToList();
        if (!ConsolePermissions.May(actor.Roles, ConsoleAction.ResetMfa))
        {
            return Task.FromResult<StartedBatch>(new StartedBatch.NotAllowed());
        }

        if (WhyNot(ids.Count, order.Period, spreadDays) is { } refused)
        {
            return Task.FromResult(refused);
        }

        return work.RunAsync<StartedBatch>(
            async inner =>
            {
                var batch = new MfaResetBatch
                {
                    Id = Guid.CreateVersion7(work.Now),
                    ActorId = actor.Id,
                    ActorRoles = RolesOf(actor),
                    Proof = actor.Proof,
                    Factors = order.Factors,
                    Days = order.Period?.Days,
                    SpreadDays = order.Period is null ? 0 : spreadDays,
                    Why = order.Why,
                    Network = requester.Network,
                    Browser = requester.Browser,
                    StartedAt = work.Now,
                    Total = ids.Count,
                };
                work.Context.Add(batch);
                Audit(AuditEventTypes.BatchStarted, batch.Id, actor, requester, order.Why);
                work.Enqueue(RunMfaResetBatch.Kind, batch.Id.ToString());
                work.Context.AddRange(
                    ids.Select(
                        (id, i) =>
                            new MfaResetTarget
                            {
                                BatchId = batch.Id,
                                AccountId = id,
                                Ordinal = i,
                            }
                    )
                );
                await work.Context.SaveChangesAsync(inner);
                return new StartedBatch.Started(batch.Id, ids.Count);
            },
            cancellationToken
        );
    }

    /// <summary>Why so many cannot be reset with such periods; null where they can.</summary>
    /// <param name="people">How many.</param>
    /// <param name="period">The shortest.</param>
    public StartedBatch? WhyNot(int people, EnrollmentPeriod? period, int spreadDays) =>
        people == 0 || people > options.Value.MaxPeople ? new StartedBatch.WrongNumber(options.Value.MaxPeople)
        : spreadDays < 0 || (period is { } p && EnrollmentPeriod.Of(p.Days + spreadDays) is null)
            ? new StartedBatch.SpreadTooLong()
        : null;

    /// <summary>Where a batch stands; null when there is none.</summary>
    public async Task<BatchProgress?> FindAsync(Guid batchId, CancellationToken cancellationToken)
    {
        var batch = await Batches.AsNoTracking().SingleOrDefaultAsync(b => b.Id == batchId, cancellationToken);
        if (batch is null)
        {
            return null;
        }

        var counts = await Targets
            .Where(t => t.BatchId == batchId && t.Outcome != null)
            .GroupBy(t => t.Outcome!.Value)
            .Select(g => new { g.Key, Count = g.Count() })
            .ToDictionaryAsync(g => g.Key, g => g.Count, cancellationToken);
        return new(batch, counts, work.Now) { Each = await LatelyEachAsync(batchId, cancellationToken) };
    }

    /// <summary>The latest batches, newest first.</summary>
    public async Task<IReadOnlyList<MfaResetBatch>> ListAsync(CancellationToken cancellationToken) =>
        await Batches.AsNoTracking().OrderByDescending(b => b.Id).Take(50).ToListAsync(cancellationToken);

    /// <summary>
    /// Stops after the person whose turn it is; false when it does not run. Whoever may reset MFA may stop any batch:
    /// nothing is worse for it.
    /// </summary>
    public async Task<bool> StopAsync(
        Actor actor,
        Guid batchId,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        ConsolePermissions.May(actor.Roles, ConsoleAction.ResetMfa)
        && await work.RunAsync(
            async inner =>
            {
                var stopped = await Batches
                    .Where(b => b.Id == batchId && b.StoppedAt == null && b.EndedAt == null)
                    .ExecuteUpdateAsync(set => set.SetProperty(b => b.StoppedAt, work.Now), inner);
                if (stopped == 1)
                {
                    Audit(AuditEventTypes.BatchStopped, batchId, actor, requester, null);
                }

                return stopped == 1;
            },
            cancellationToken
        );

    /// <summary>Whether somebody may let a stopped batch go on: who ran it, or an administrator.</summary>
    public static bool MayResume(Actor actor, MfaResetBatch batch) =>
        ConsolePermissions.May(actor.Roles, ConsoleAction.ResetMfa)
        && (actor.Id == batch.ActorId || actor.Roles.Contains(ConsoleRoles.Administrator));

    /// <summary>
    /// Goes on where it stopped, with the rights of whoever resumes it; false when it was not stopped, or the actor may
    /// not resume it.
    /// </summary>
    /// <param name="actor">Who. The caller has asked for a fresh proof.</param>
    public async Task<bool> ResumeAsync(
        Actor actor,
        Guid batchId,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        // Security: threat 13. A batch holds rights; they are not handed to whoever finds it stopped.
        var batch = await Batches.AsNoTracking().SingleOrDefaultAsync(b => b.Id == batchId, cancellationToken);
        if (batch is null || !MayResume(actor, batch))
        {
            return false;
        }

        return await work.RunAsync(
            async inner =>
            {
                var resumed = await Batches
                    .Where(b =>
                        b.Id == batchId && b.StoppedAt != null && b.EndedAt == null && b.ActorId == batch.ActorId
                    )
                    .ExecuteUpdateAsync(
                        set =>
                            set.SetProperty(b => b.StoppedAt, (DateTimeOffset?)null)
                                .SetProperty(b => b.ActorId, actor.Id)
                                .SetProperty(b => b.ActorRoles, RolesOf(actor))
                                .SetProperty(b => b.Proof, actor.Proof),
                        inner
                    );
                if (resumed == 1)
                {
                    Audit(AuditEventTypes.BatchResumed, batchId, actor, requester, null);
                    work.Enqueue(RunMfaResetBatch.Kind, batchId.ToString());
                }

                return resumed == 1;
            },
            cancellationToken
        );
    }

    /// <summary>What came of each person, in the order of the batch.</summary>
    public IAsyncEnumerable<MfaResetTarget> ReportAsync(Guid batchId) =>
        Targets.AsNoTracking().Where(t => t.BatchId == batchId).OrderBy(t => t.Ordinal).AsAsyncEnumerable();

    /// <summary>Keeps in the audit that somebody took the report with them.</summary>
    public Task TellOfReportAsync(
        Actor actor,
        Guid batchId,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync(
            _ =>
            {
                Audit(AuditEventTypes.BatchExported, batchId, actor, requester, null);
                return Task.CompletedTask;
            },
            cancellationToken
        );

    // The middle one of the latest gaps: an hour in which it was stopped is one gap among many.
    private async Task<TimeSpan?> LatelyEachAsync(Guid batchId, CancellationToken cancellationToken)
    {
        var times = await Targets
            .Where(t => t.BatchId == batchId && t.DoneAt != null)
            .OrderByDescending(t => t.DoneAt)
            .Select(t => t.DoneAt!.Value)
            .Take(Lately)
            .ToListAsync(cancellationToken);
        var gaps = times.Zip(times.Skip(1), (later, earlier) => later - earlier).Order().ToList();
        return gaps.Count > 0 ? gaps[gaps.Count / 2] : null;
    }

    /// <summary>A part of the same.</summary>
    /// <param name="from">The place of the first.</param>
    /// <param name="take">How many.</param>
    public async Task<IReadOnlyList<MfaResetTarget>> ReportAsync(
        Guid batchId,
        int from,
        int take,
        CancellationToken cancellationToken
    ) =>
        await Targets
            .AsNoTracking()
            .Where(t => t.BatchId == batchId && t.Ordinal >= from)
            .OrderBy(t => t.Ordinal)
            .Take(take)
            .ToListAsync(cancellationToken);

    // Security: threat 13. A group may be called anything, also 'Site Administrator'.
    private static string RolesOf(Actor actor) =>
        string.Join(' ', actor.Roles.Where(ConsoleRoles.All.Contains).Distinct());

    private void Audit(string type, Guid batchId, Actor actor, Requester requester, string? why) =>
        audit.Add(type, null, requester, batchId.ToString(), actorId: actor.Id, proof: actor.Proof, why: why);
}

/// <summary>Where a batch stands.</summary>
/// <param name="Outcomes">How many people each outcome has.</param>
/// <param name="At">When that was so.</param>
public sealed record BatchProgress(
    MfaResetBatch Batch,
    IReadOnlyDictionary<MfaResetOutcome, int> Outcomes,
    DateTimeOffset At
)
{
    /// <summary>How many people had their turn.</summary>
    public int Done => Outcomes.Values.Sum();

    /// <summary>How long one person took of late; null while fewer than two had their turn.</summary>
    public TimeSpan? Each { get; init; }

    /// <summary>How long it will take at the rate of late; null while nobody can tell.</summary>
    public TimeSpan? Left => Batch is { EndedAt: null, StoppedAt: null } ? Each * (Batch.Total - Done) : null;
}

/// <summary>How the beginning of a batch ended.</summary>
public abstract record StartedBatch
{
    private StartedBatch() { }

    /// <summary>It runs.</summary>
    /// <param name="BatchId">Its id.</param>
    /// <param name="Total">How many people it has.</param>
    public sealed record Started(Guid BatchId, int Total) : StartedBatch;

    /// <summary>The actor may not reset anybody.</summary>
    public sealed record NotAllowed : StartedBatch;

    /// <summary>There is nobody in it, or there are too many.</summary>
    /// <param name="Max">The most that are allowed.</param>
    public sealed record WrongNumber(int Max) : StartedBatch;

    /// <summary>The longest period would be longer than 365 days.</summary>
    public sealed record SpreadTooLong : StartedBatch;
}
