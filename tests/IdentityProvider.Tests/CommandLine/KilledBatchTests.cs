using IdentityProvider.Accounts;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.MfaReset;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.CommandLine;

/// <summary>A process that is killed while it resets the MFA of many: the next one goes on, and does nobody twice.</summary>
[StartsProcesses]
public sealed class KilledBatchTests
{
    private static readonly int People = Soak.Times(few: 60, many: 10_000);
    private static readonly int Kills = Soak.Times(few: 1, many: 20);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, MoreInSoak]
    [InlineData(DatabaseProvider.Sqlite)]
    [InlineData(DatabaseProvider.PostgreSql, Traits = ["soak", "only"])]
    public async Task Each_is_reset_audited_and_told_once_however_often_the_process_is_killed(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var id = await BeginAsync(host, await AddAsync(host));
        var origin = new Uri($"http://localhost:{ProviderFixture.FreePort()}");
        var pickup = Directory.CreateTempSubdirectory().FullName;
        try
        {
            for (var kill = 1; kill <= Kills + 1; kill++)
            {
                using var process = ProviderProcess.Start(
                    host.Database,
                    origin,
                    origin,
                    ("Mail:PickupDirectory", pickup)
                );
                var until = kill <= Kills ? People / (Kills + 3) * kill : People;
                await WaitAsync(host, id, until);
                await process.KillAsync();

                // What the killed process held is taken over when its lease has ended.
                await using var context = host.Database.OpenContext();
                await context
                    .Set<OutboxEntry>()
                    .Where(e => e.DoneAt == null)
                    .ExecuteUpdateAsync(set => set.SetProperty(e => e.DueAt, DateTimeOffset.UnixEpoch), Cancelled);
            }
        }
        finally
        {
            Directory.Delete(pickup, recursive: true);
        }

        await using var after = host.Database.OpenContext();
        var audited = await after
            .Set<AuditEvent>()
            .Where(e => e.Type == AuditEventTypes.MfaReset)
            .GroupBy(e => e.AccountId)
            .Select(g => g.Count())
            .ToListAsync(Cancelled);
        Assert.Equal(People, audited.Count);
        Assert.All(audited, c => Assert.Equal(1, c));
        Assert.Equal(People, await after.Set<OutboxEntry>().CountAsync(e => e.Kind == "mfa-reset.notice", Cancelled));
    }

    private static async Task<List<string>> AddAsync(RecoveryHost host)
    {
        await using var context = host.Database.OpenContext();
        var ids = Enumerable.Range(0, People).Select(i => $"person-{i:000}").ToList();
        context.AddRange(
            ids.Select(id => new Account
            {
                Id = id,
                UserName = id,
                NormalizedUserName = id.ToUpperInvariant(),
                Email = id + "@example.test",
                NormalizedEmail = id.ToUpperInvariant() + "@EXAMPLE.TEST",
                SecurityStamp = id,
                TwoFactorEnabled = true,
            })
        );
        await context.SaveChangesAsync(Cancelled);
        return ids;
    }

    private static async Task<Guid> BeginAsync(RecoveryHost host, IReadOnlyList<string> ids) =>
        Assert
            .IsType<StartedBatch.Started>(
                await host.CallAsync<ResetMfaOfMany, StartedBatch>(m =>
                    m.StartAsync(
                        Actor.CommandLine,
                        ids,
                        new MfaResetOrder(ResetFactors.All, null, "new phones"),
                        0,
                        RecoveryHost.Origin,
                        Cancelled
                    )
                )
            )
            .BatchId;

    // The process has the real clock, so that its progress is looked at now and then.
    private static async Task WaitAsync(RecoveryHost host, Guid id, int people)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        patience.CancelAfter(TimeSpan.FromMinutes(Soak.Times(few: 4, many: 60)));
        while (
            await host.CallAsync<ResetMfaOfMany, BatchProgress?>(m => m.FindAsync(id, patience.Token))
                is not { } progress
            || progress.Done < people
        )
        {
            await Task.Delay(50, patience.Token);
        }
    }
}
