using System.Diagnostics;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Endpoints;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Endpoints;

/// <summary>
/// Many people at twenty endpoints, of which one is down and one never answers: the others are done meanwhile, and
/// nothing is lost when the node that has it in hand is gone.
/// </summary>
public sealed class ManyEndpointsTests(ITestOutputHelper output)
{
    private const int Endpoints = 20;
    private const int Workers = 8;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, MoreInSoak, ClassData(typeof(EveryDatabase))]
    public async Task One_that_is_down_and_one_that_hangs_delay_no_other_and_nothing_is_lost(DatabaseProvider provider)
    {
        var people = Soak.Times(20, 1000);
        var hanging = new TaskCompletionSource<DeliveryOutcome>();
        var service = new ScriptedService
        {
            Answer = d =>
                d.Settings["key"] switch
                {
                    "down" => Task.FromResult<DeliveryOutcome>(new DeliveryOutcome.NotYet(DeliveryFlaw.Unreachable)),
                    "hangs" => hanging.Task,
                    _ => Task.FromResult<DeliveryOutcome>(new DeliveryOutcome.Applied()),
                },
        };
        await using var host = await RecoveryHost.StartAsync(provider, EndpointSteps.With(service));
        var ids = new List<string>();
        for (var i = 0; i < people; i++)
        {
            ids.Add((await host.CreateAccountAsync($"person{i}@example.test", password: null)).Id);
        }

        for (var i = 0; i < Endpoints; i++)
        {
            var key = i switch
            {
                0 => "down",
                1 => "hangs",
                _ => $"well-{i}",
            };
            var endpoint = await host.CreateEndpointAsync([], $"{i:00} {key}", values: ("key", key));
            await BindAllAsync(host, endpoint.Id, ids);
        }

        output.WriteLine($"{people} people bound to {Endpoints} endpoints");

        foreach (var id in ids)
        {
            await host.InScopeAsync(p =>
                p.GetRequiredService<UnitOfWork>()
                    .RunAsync(
                        _ =>
                        {
                            p.GetRequiredService<IdP.Recovery.Audit.AuditLog>()
                                .Add(IdP.Recovery.Audit.AuditEventTypes.AccountActivated, id, Requester.None);
                            return Task.CompletedTask;
                        },
                        Cancelled
                    )
            );
        }

        // The first node: two of its workers hang, and the others go on.
        var clock = Stopwatch.StartNew();
        var nodes = new List<Task> { WorkAsync(host) };
        var well = people * (Endpoints - 2);
        while (await CountAsync(host, ReceiptState.Applied) < well)
        {
            await Task.Delay(20, Cancelled);
            if (await IsAtRestAsync(host))
            {
                // What was put off behind others of its endpoint, with nobody left there to call it.
                host.Time.Advance(TimeSpan.FromSeconds(40));
                nodes.Add(WorkAsync(host));
                Assert.InRange(nodes.Count, 1, 6);
            }
        }

        output.WriteLine($"{well} deliveries at {Endpoints - 2} endpoints in {clock.Elapsed.TotalSeconds:0.0} s");
        Assert.All(
            (await host.ReceiptsAsync()).Where(r => r.State != ReceiptState.Applied),
            r => Assert.Matches("down|hangs", r.EndpointName)
        );

        // It is gone with what it has in hand, and both are well again: another node does the rest.
        service.Answers(new DeliveryOutcome.Applied());
        clock.Restart();
        await using var other = host.StartAnother();
        while (await CountAsync(host, ReceiptState.Applied) < people * Endpoints)
        {
            host.Time.Advance(TimeSpan.FromMinutes(2));
            await WorkAsync(other);
        }

        output.WriteLine($"the {2 * people} others in {clock.Elapsed.TotalSeconds:0.0} s");
        var receipts = await host.ReceiptsAsync();
        Assert.Equal(people * Endpoints, receipts.Count);
        Assert.Equal(people * Endpoints, receipts.Select(r => (r.AccountId, r.EndpointId)).Distinct().Count());
        Assert.Equal(
            people * (Endpoints - 2),
            service.Delivered.Count(d => d.Settings["key"]!.StartsWith("well", StringComparison.Ordinal))
        );

        // What the first node has in hand comes to an end much later, and changes nothing any more.
        hanging.SetResult(new DeliveryOutcome.Refused(DeliveryFlaw.Refused));
        await Task.WhenAll(nodes);
        Assert.All(await host.ReceiptsAsync(), r => Assert.Equal(ReceiptState.Applied, r.State));
    }

    private static async Task BindAllAsync(RecoveryHost host, Guid endpointId, List<string> ids)
    {
        var now = host.Time.GetUtcNow();
        await using var context = host.Database.OpenContext();
        context.AddRange(
            ids.Select(id => new EndpointBinding
            {
                Id = Guid.CreateVersion7(now),
                EndpointId = endpointId,
                AccountId = id,
                BoundAt = now,
            })
        );
        await context.SaveChangesAsync(Cancelled);
    }

    // What a scheduler's workers do, until nothing is due.
    private static async Task WorkAsync(RecoveryHost host)
    {
        while (true)
        {
            var now = host.Time.GetUtcNow();
            var due = await host.InScopeAsync(p =>
                p.GetRequiredService<IdpDbContext>()
                    .Set<OutboxEntry>()
                    .Where(e => e.DoneAt == null && e.GivenUpAt == null && e.DueAt <= now)
                    .OrderBy(e => e.DueAt)
                    .Select(e => e.Id)
                    .ToListAsync(Cancelled)
            );
            if (due.Count == 0)
            {
                return;
            }

            await Parallel.ForEachAsync(
                due,
                new ParallelOptions { MaxDegreeOfParallelism = Workers, CancellationToken = Cancelled },
                async (id, stop) =>
                    await host.InScopeAsync(p => p.GetRequiredService<OutboxRunner>().RunAsync(id, stop))
            );
        }
    }

    // Nothing is due, and nobody has anything in hand but those two who wait for the one that never answers.
    private static Task<bool> IsAtRestAsync(RecoveryHost host) =>
        host.InScopeAsync(async p =>
        {
            var now = host.Time.GetUtcNow();
            var open = p.GetRequiredService<IdpDbContext>().Set<OutboxEntry>().Where(e => e.DoneAt == null);
            return !await open.AnyAsync(e => e.DueAt <= now, Cancelled)
                && await open.CountAsync(e => e.Attempts > 0 && e.LastError == null, Cancelled) <= 2;
        });

    private static Task<int> CountAsync(RecoveryHost host, ReceiptState state) =>
        host.InScopeAsync(p =>
            p.GetRequiredService<IdpDbContext>().Set<Receipt>().CountAsync(r => r.State == state, Cancelled)
        );
}
