using System.Diagnostics;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
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
        var service = new ScriptedService();
        await using var host = await RecoveryHost.StartAsync(provider, EndpointSteps.With(service));
        await BeginAsync(host, people);

        // The first node: two of its workers hang, and the others go on.
        var hanging = new TaskCompletionSource<DeliveryOutcome>();
        var node = new Node(host);
        service.Answer = d =>
        {
            switch (d.Settings["key"])
            {
                case "down":
                    return Task.FromResult<DeliveryOutcome>(new DeliveryOutcome.NotYet(DeliveryFlaw.Unreachable));
                case "hangs":
                    node.OneHangs();
                    return hanging.Task;
                default:
                    return Task.FromResult<DeliveryOutcome>(new DeliveryOutcome.Applied());
            }
        };
        var clock = Stopwatch.StartNew();
        var well = people * (Endpoints - 2);
        for (var passes = 1; await CountAsync(host) < well; passes++)
        {
            Assert.InRange(passes, 1, 12);
            if (!await node.WorkAsync())
            {
                // What was put off behind others of its endpoint, with nobody left there to call it.
                host.Time.Advance(TimeSpan.FromSeconds(30));
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
        var another = new Node(other);
        while (await CountAsync(host) < people * Endpoints)
        {
            if (!await another.WorkAsync())
            {
                host.Time.Advance(TimeSpan.FromMinutes(1));
            }
        }

        output.WriteLine($"the {2 * people} others in {clock.Elapsed.TotalSeconds:0.0} s");
        var receipts = await host.ReceiptsAsync();
        Assert.Equal(people * Endpoints, receipts.Count);
        Assert.Equal(people * Endpoints, receipts.Select(r => (r.AccountId, r.EndpointId)).Distinct().Count());
        Assert.Equal(
            well,
            service.Delivered.Count(d => d.Settings["key"]!.StartsWith("well", StringComparison.Ordinal))
        );

        // What the first node has in hand comes to an end much later, and changes nothing any more.
        hanging.SetResult(new DeliveryOutcome.Refused(DeliveryFlaw.Refused));
        await node.EndAsync();
        Assert.All(await host.ReceiptsAsync(), r => Assert.Equal(ReceiptState.Applied, r.State));
    }

    private static async Task BeginAsync(RecoveryHost host, int people)
    {
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
            await using var context = host.Database.OpenContext();
            var now = host.Time.GetUtcNow();
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
    }

    private static Task<int> CountAsync(RecoveryHost host) =>
        host.InScopeAsync(p =>
            p.GetRequiredService<IdpDbContext>()
                .Set<Receipt>()
                .CountAsync(r => r.State == ReceiptState.Applied, Cancelled)
        );

    /// <summary>A scheduler's workers on a node.</summary>
    private sealed class Node(RecoveryHost host)
    {
        private readonly List<Task> passes = [];
        private TaskCompletionSource atRest = new();
        private int left;

        /// <summary>One of the entries in hand does not come back.</summary>
        public void OneHangs() => Count();

        /// <summary>Does what is due, until nothing of it is left but what hangs. False when nothing was due.</summary>
        public async Task<bool> WorkAsync()
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
                return false;
            }

            atRest = new();
            left = due.Count;
            var here = atRest;
            var pass = Parallel.ForEachAsync(
                due,
                new ParallelOptions { MaxDegreeOfParallelism = Workers, CancellationToken = Cancelled },
                async (id, stop) =>
                {
                    await host.InScopeAsync(p => p.GetRequiredService<OutboxRunner>().RunAsync(id, stop));
                    if (!here.Task.IsCompleted)
                    {
                        Count();
                    }
                }
            );
            passes.Add(pass);
            await Task.WhenAny(here.Task, pass);
            return true;
        }

        public Task EndAsync() => Task.WhenAll(passes);

        private void Count()
        {
            if (Interlocked.Decrement(ref left) == 0)
            {
                atRest.TrySetResult();
            }
        }
    }
}
