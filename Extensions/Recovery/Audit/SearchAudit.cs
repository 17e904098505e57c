using IdP.Recovery.PasswordReset;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Audit;

/// <summary>Looks events up, the newest first.</summary>
public sealed class SearchAudit(UnitOfWork work)
{
    /// <summary>The most that one page holds.</summary>
    public const int Most = 200;

    // More than anybody asks for in the time that requests are kept.
    private const int MostRequests = 500;

    /// <summary>One page of what a filter takes.</summary>
    /// <param name="before">Only what is older than this event, as <see cref="AuditPage.Older"/>; null for the newest.</param>
    /// <param name="size">How many at most; 1 to <see cref="Most"/>.</param>
    public Task<AuditPage> RunAsync(AuditFilter filter, Guid? before, int size, CancellationToken cancellationToken) =>
        RunAsync(filter, new AuditPlace(before, null), size, cancellationToken);

    /// <summary>One page of what a filter takes, older or newer than an event.</summary>
    /// <param name="place">Where the page is.</param>
    /// <param name="size">How many at most; 1 to <see cref="Most"/>.</param>
    public Task<AuditPage> RunAsync(
        AuditFilter filter,
        AuditPlace place,
        int size,
        CancellationToken cancellationToken
    ) => PageAsync([filter.Apply(Events)], place, size, cancellationToken);

    /// <summary>
    /// All that happened to an account: its events, and that somebody asked for a reset which turned out to be its own.
    /// </summary>
    /// <param name="place">Where the page is.</param>
    /// <param name="size">How many at most; 1 to <see cref="Most"/>.</param>
    /// <param name="types">Only events of these types; null for all.</param>
    public async Task<AuditPage> OfAccountAsync(
        string accountId,
        AuditPlace place,
        int size,
        CancellationToken cancellationToken,
        IReadOnlyCollection<string>? types = null
    )
    {
        // Whose request it was is not known when it is audited (threat 11), but when it is sent. It has the time of its
        // event, by which the index finds that.
        var requests = await work
            .Context.Set<ResetRequest>()
            .Where(r => r.AccountId == accountId)
            .OrderByDescending(r => r.RequestedAt)
            .Take(MostRequests)
            .Select(r => new { r.Id, r.RequestedAt })
            .ToListAsync(cancellationToken);
        var own = new AuditFilter { AccountId = accountId }
            .Apply(Events)
            .Where(e => types == null || types.Contains(e.Type));
        if (requests.Count == 0 || types?.Contains(AuditEventTypes.ResetRequested) == false)
        {
            return await PageAsync([own], place, size, cancellationToken);
        }

        var times = requests.Select(r => r.RequestedAt).Distinct().ToList();
        var ids = requests.Select(r => r.Id.ToString()).ToList();
        var asked = Events.Where(e =>
            e.Type == AuditEventTypes.ResetRequested
            && times.Contains(e.At)
            && e.AccountId == null
            && ids.Contains(e.SubjectId!)
        );
        return await PageAsync([own, asked], place, size, cancellationToken);
    }

    /// <summary>One event of an account; null when it has none of that id.</summary>
    public Task<AuditEvent?> FindAsync(string accountId, Guid id, CancellationToken cancellationToken) =>
        Events.SingleOrDefaultAsync(e => e.Id == id && e.AccountId == accountId, cancellationToken);

    private IQueryable<AuditEvent> Events => work.Context.Set<AuditEvent>().AsNoTracking();

    // Of each part as many as the page may need, then the page of them all.
    private static async Task<AuditPage> PageAsync(
        IReadOnlyList<IQueryable<AuditEvent>> parts,
        AuditPlace place,
        int size,
        CancellationToken cancellationToken
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Most);
        var found = new List<AuditEvent>();
        foreach (var part in parts)
        {
            var ordered =
                place.After is { } after ? part.Where(e => e.Id.CompareTo(after) > 0).OrderBy(e => e.Id)
                : place.Before is { } before ? part.Where(e => e.Id.CompareTo(before) < 0).OrderByDescending(e => e.Id)
                : part.OrderByDescending(e => e.Id);
            found.AddRange(await ordered.Take(size + 1).ToListAsync(cancellationToken));
        }

        if (place.After is not null)
        {
            var near = found.OrderBy(e => e.Id).Take(size).Reverse().ToList();
            return new(near, near.Count > 0 ? near[^1].Id : null, found.Count > size ? near[0].Id : null);
        }

        var page = found.OrderByDescending(e => e.Id).Take(size).ToList();
        return new(
            page,
            found.Count > size ? page[^1].Id : null,
            place.Before is not null && page.Count > 0 ? page[0].Id : null
        );
    }
}

/// <summary>Where a page of the audit is; with neither it is the newest.</summary>
/// <param name="Before">Only what is older than this event, as <see cref="AuditPage.Older"/>.</param>
/// <param name="After">Only what is newer than this event, as <see cref="AuditPage.Newer"/>; it goes before the other.</param>
public sealed record AuditPlace(Guid? Before, Guid? After)
{
    /// <summary>The newest.</summary>
    public static AuditPlace Newest { get; } = new(null, null);

    /// <summary>Whether this is the newest page.</summary>
    public bool IsNewest => Before is null && After is null;
}

/// <summary>A page of the audit.</summary>
/// <param name="Events">The newest first.</param>
/// <param name="Older">Given to the next search it brings the page after this one; null on the last.</param>
/// <param name="Newer">Given to the next search it brings the page before this one; null on the first.</param>
public sealed record AuditPage(IReadOnlyList<AuditEvent> Events, Guid? Older, Guid? Newer = null);
