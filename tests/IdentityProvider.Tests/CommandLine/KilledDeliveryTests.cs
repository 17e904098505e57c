using IdentityProvider.Accounts;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Endpoints;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.CommandLine;

/// <summary>A process that is killed while it tells a service of many changes: the next one goes on, and loses none.</summary>
[StartsProcesses]
public sealed class KilledDeliveryTests
{
    private static readonly int People = Soak.Times(few: 60, many: 2_000);
    private static readonly int Kills = Soak.Times(few: 1, many: 10);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, MoreInSoak]
    [InlineData(DatabaseProvider.Sqlite)]
    [InlineData(DatabaseProvider.PostgreSql, Traits = ["soak", "only"])]
    public async Task Each_change_reaches_the_service_however_often_the_process_is_killed(DatabaseProvider provider)
    {
        await using var services = await ForeignServices.StartAsync();
        await using var host = await RecoveryHost.StartAsync(provider);
        host.Time.SetUtcNow(ForeignServices.Now);
        var ids = await AddAsync(host, services.Hook);
        var origin = new Uri($"http://localhost:{ProviderFixture.FreePort()}");
        for (var kill = 1; kill <= Kills + 1; kill++)
        {
            using var process = ProviderProcess.Start(
                host.Database,
                origin,
                origin,
                ("AccountRecovery:Endpoints:AllowedNetworks:0", "127.0.0.0/8")
            );
            await WaitAsync(host, kill <= Kills ? People * kill / (Kills + 2) : People);
            await process.KillAsync();

            // What the killed process held is taken over when its lease has ended.
            await using var context = host.Database.OpenContext();
            await context
                .Set<OutboxEntry>()
                .Where(e => e.DoneAt == null)
                .ExecuteUpdateAsync(set => set.SetProperty(e => e.DueAt, DateTimeOffset.UnixEpoch), Cancelled);
            await context
                .Set<Receipt>()
                .ExecuteUpdateAsync(set => set.SetProperty(r => r.HeldUntil, (DateTimeOffset?)null), Cancelled);
        }

        var receipts = await host.RowsAsync<Receipt>();
        Assert.Equal(ids.Order(), receipts.Select(r => r.AccountId).Order());
        Assert.All(receipts, r => Assert.Equal(ReceiptState.Sent, r.State));

        // One that was under way at a kill may come twice, by the same id.
        var hooks = (await services.SeenAsync(Cancelled)).GetProperty("hooks").EnumerateArray().ToList();
        Assert.Equal(
            receipts.Select(r => r.Id.ToString("n")).Order(),
            hooks.Select(h => h.GetProperty("id").GetString()!).Distinct().Order()
        );
    }

    private static async Task<List<string>> AddAsync(RecoveryHost host, Uri hook)
    {
        var now = host.Time.GetUtcNow();
        var ids = Enumerable.Range(0, People).Select(i => $"person-{i:0000}").ToList();
        await using (var context = host.Database.OpenContext())
        {
            var endpoint = new ServiceEndpoint
            {
                Id = Guid.CreateVersion7(now),
                Name = "Hooks",
                Kind = "webhook",
                Follows = CredentialChanges.All,
                Settings = $$"""{"url":"{{hook}}","secret":"{{ForeignServices.Secret}}"}""",
                CreatedAt = now,
            };
            context.Add(endpoint);
            context.AddRange(
                ids.Select(id => new Account
                {
                    Id = id,
                    UserName = id,
                    NormalizedUserName = id.ToUpperInvariant(),
                    Email = id + "@example.test",
                    NormalizedEmail = id.ToUpperInvariant() + "@EXAMPLE.TEST",
                    SecurityStamp = id,
                })
            );
            context.AddRange(
                ids.Select(id => new EndpointBinding
                {
                    Id = Guid.CreateVersion7(now),
                    EndpointId = endpoint.Id,
                    AccountId = id,
                    BoundAt = now,
                })
            );
            await context.SaveChangesAsync(Cancelled);
        }

        foreach (var id in ids)
        {
            await host.InScopeAsync(p =>
                p.GetRequiredService<UnitOfWork>()
                    .RunAsync(
                        _ =>
                        {
                            p.GetRequiredService<AuditLog>().Add(AuditEventTypes.AccountActivated, id, Requester.None);
                            return Task.CompletedTask;
                        },
                        Cancelled
                    )
            );
        }

        return ids;
    }

    // The process has the real clock, so that its progress is looked at now and then.
    private static async Task WaitAsync(RecoveryHost host, int sent)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        patience.CancelAfter(TimeSpan.FromMinutes(Soak.Times(few: 4, many: 30)));
        while (
            await host.InScopeAsync(p =>
                p.GetRequiredService<IdpDbContext>()
                    .Set<Receipt>()
                    .CountAsync(r => r.State == ReceiptState.Sent, patience.Token)
            ) < sent
        )
        {
            await Task.Delay(50, patience.Token);
        }
    }
}
