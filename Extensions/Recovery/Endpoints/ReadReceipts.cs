using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Endpoints;

/// <summary>What became of a change at every endpoint: for the person, and for administrators.</summary>
public sealed class ReadReceipts
{
    /// <summary>The most that a list gives.</summary>
    public const int Most = 200;

    private readonly UnitOfWork work;
    private readonly BoundEndpoints bound;

    internal ReadReceipts(UnitOfWork work, BoundEndpoints bound)
    {
        this.work = work;
        this.bound = bound;
    }

    private IQueryable<Receipt> Receipts => work.Context.Set<Receipt>().AsNoTracking();

    /// <summary>The receipts of one change, by the endpoints' names.</summary>
    /// <param name="causeId">The audit event of the change.</param>
    public async Task<IReadOnlyList<Receipt>> OfCauseAsync(Guid causeId, CancellationToken cancellationToken) =>
        await Receipts.Where(r => r.CauseId == causeId).OrderBy(r => r.EndpointName).ToListAsync(cancellationToken);

    /// <summary>The endpoints that an account is bound to, each with what was last sent to it.</summary>
    public async Task<IReadOnlyList<BoundService>> ServicesOfAsync(
        RecoverableAccount account,
        CancellationToken cancellationToken
    )
    {
        var endpoints = await bound.OfAsync(account, cancellationToken);
        var ids = endpoints.Select(e => e.Id).ToList();
        var latest = await Receipts
            .Where(r => r.AccountId == account.Id && ids.Contains(r.EndpointId) && r.State != ReceiptState.Superseded)
            .GroupBy(r => r.EndpointId)
            .Select(g => g.OrderByDescending(r => r.Id).First())
            .ToListAsync(cancellationToken);
        var byEndpoint = latest.ToDictionary(r => r.EndpointId);
        return [.. endpoints.Select(e => new BoundService(e, byEndpoint.GetValueOrDefault(e.Id)))];
    }

    /// <summary>The newest receipts of an account.</summary>
    public async Task<IReadOnlyList<Receipt>> OfAccountAsync(
        string accountId,
        int take,
        CancellationToken cancellationToken
    ) =>
        await Receipts
            .Where(r => r.AccountId == accountId)
            .OrderByDescending(r => r.Id)
            .Take(Math.Clamp(take, 1, Most))
            .ToListAsync(cancellationToken);

    /// <summary>The receipts of an endpoint, the newest first.</summary>
    /// <param name="state">Only these; null for all.</param>
    /// <param name="before">Only what is older than this one; null begins.</param>
    public async Task<IReadOnlyList<Receipt>> OfEndpointAsync(
        Guid endpointId,
        ReceiptState? state,
        Guid? before,
        int take,
        CancellationToken cancellationToken
    ) =>
        await Receipts
            .Where(r =>
                r.EndpointId == endpointId && (state == null || r.State == state) && (before == null || r.Id < before)
            )
            .OrderByDescending(r => r.Id)
            .Take(Math.Clamp(take, 1, Most))
            .ToListAsync(cancellationToken);

    /// <summary>Every endpoint with what waits for it and what failed, by name.</summary>
    public async Task<IReadOnlyList<EndpointHealth>> HealthAsync(CancellationToken cancellationToken)
    {
        var endpoints = await work
            .Context.Set<ServiceEndpoint>()
            .AsNoTracking()
            .OrderBy(e => e.Name)
            .ToListAsync(cancellationToken);
        var counts = await Receipts
            .Where(r =>
                r.State == ReceiptState.Pending
                || r.State == ReceiptState.WaitsForSignIn
                || r.State == ReceiptState.Failed
            )
            .GroupBy(r => new { r.EndpointId, r.State })
            .Select(g => new
            {
                g.Key.EndpointId,
                g.Key.State,
                Count = g.Count(),
            })
            .ToListAsync(cancellationToken);
        return
        [
            .. endpoints.Select(e => new EndpointHealth(
                e,
                Count(e.Id, ReceiptState.Pending),
                Count(e.Id, ReceiptState.WaitsForSignIn),
                Count(e.Id, ReceiptState.Failed)
            )),
        ];

        int Count(Guid id, ReceiptState state) =>
            counts.SingleOrDefault(c => c.EndpointId == id && c.State == state)?.Count ?? 0;
    }
}

/// <summary>An endpoint that somebody is bound to.</summary>
/// <param name="Latest">What was last sent to it; null when nothing was.</param>
public sealed record BoundService(ServiceEndpoint Endpoint, Receipt? Latest);

/// <summary>How an endpoint is.</summary>
/// <param name="Pending">What is on its way.</param>
/// <param name="WaitsForSignIn">What waits for its person.</param>
/// <param name="Failed">What did not reach it.</param>
public sealed record EndpointHealth(ServiceEndpoint Endpoint, int Pending, int WaitsForSignIn, int Failed)
{
    /// <summary>In one word.</summary>
    public EndpointCondition Condition =>
        Endpoint.PausedAt is not null ? EndpointCondition.Paused
        : Endpoint.FailedAt > (Endpoint.SucceededAt ?? DateTimeOffset.MinValue) ? EndpointCondition.Failing
        : Endpoint.SucceededAt is null ? EndpointCondition.Unused
        : EndpointCondition.Healthy;
}

/// <summary>How an endpoint is, in one word.</summary>
public enum EndpointCondition
{
    /// <summary>It took what it was last given.</summary>
    Healthy,

    /// <summary>It did not.</summary>
    Failing,

    /// <summary>It was given nothing yet.</summary>
    Unused,

    /// <summary>An administrator has paused it.</summary>
    Paused,
}
