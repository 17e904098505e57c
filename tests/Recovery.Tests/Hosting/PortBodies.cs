using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;

namespace Recovery.Tests.Hosting;

// What the README shows of ports, compiled.

internal sealed class MySession
{
    public required string Id { get; init; }
    public required string UserId { get; init; }
    public string? Stamp { get; init; }
    public MyUser? User { get; init; }
}

internal sealed class MyUser
{
    public string? SecurityStamp { get; init; }
}

internal sealed class MyToken
{
    public required string UserId { get; init; }
    public required string ClientId { get; init; }
    public DateTimeOffset GivenAt { get; init; }
}

internal sealed class MyContext(DbContextOptions<MyContext> options) : DbContext(options)
{
    public DbSet<MySession> Sessions => Set<MySession>();
    public DbSet<MyToken> Tokens => Set<MyToken>();
}

internal interface IMyMetrics
{
    void Count(string what);
}

internal interface IMyQueue
{
    void Enqueue(OutboxLane lane);
}

internal sealed class MySessions(MyContext db) : IAccountSessions
{
    public async Task<bool> EndAsync(string accountId, string id, SessionEndReason why, CancellationToken stop) =>
        await db.Sessions.Where(s => s.UserId == accountId && s.Id == id).ExecuteDeleteAsync(stop) == 1;

    public Task<int> EndAllAsync(string accountId, string? but, SessionEndReason why, CancellationToken stop) =>
        db.Sessions.Where(s => s.UserId == accountId && s.Id != but).ExecuteDeleteAsync(stop);

    public Task<int> EndOutdatedAsync(string accountId, CancellationToken stop) =>
        db.Sessions.Where(s => s.UserId == accountId && s.Stamp != s.User!.SecurityStamp).ExecuteDeleteAsync(stop);
}

internal sealed class MyGrants(MyContext db) : IAccountGrants
{
    public async Task<bool> EndAsync(string accountId, string clientId, CancellationToken stop) =>
        await db.Tokens.Where(t => t.UserId == accountId && t.ClientId == clientId).ExecuteDeleteAsync(stop) > 0;

    public async Task<long> RevokeTokensAsync(string accountId, DateTimeOffset givenUntil, CancellationToken stop) =>
        await db.Tokens.Where(t => t.UserId == accountId && t.GivenAt <= givenUntil).ExecuteDeleteAsync(stop);
}

internal sealed class MyJobs(IMyQueue queue) : IRecoveryJobs
{
    public void Wake(OutboxLane lane) => queue.Enqueue(lane);
}

internal sealed class MyWorker(OutboxRunner runner)
{
    public Task WorkAsync(OutboxLane lane, CancellationToken stop) => runner.RunAsync(lane, stop);
}

internal sealed class MyUse(MyContext db) : IEndpointUse
{
    public async Task<IReadOnlyCollection<string>> ReferencesAsync(string accountId, CancellationToken stop) =>
        await db.Tokens.Where(t => t.UserId == accountId).Select(t => t.ClientId).Distinct().ToListAsync(stop);
}

internal sealed class MyListener(IMyMetrics metrics) : IAuditListener
{
    public void Added(AuditEvent added) => metrics.Count(added.Type);
}
