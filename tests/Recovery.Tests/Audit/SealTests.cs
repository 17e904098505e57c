using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Audit;

/// <summary>Every committed event gets one place in one chain, whoever writes and whoever seals.</summary>
public sealed class SealTests
{
    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Writers_and_sealers_of_two_nodes_at_once_leave_one_chain_without_gaps(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await using var other = host.StartAnother();

        await AtOnce.RunAsync(
            8,
            async i =>
            {
                var node = i % 2 == 0 ? host : other;
                for (var n = 0; n < 10; n++)
                {
                    if (i < 4)
                    {
                        await node.WriteOneAsync($"account-{i}-{n}");
                    }
                    else
                    {
                        await node.SealAsync();
                    }
                }

                return true;
            }
        );
        await host.SealAsync();

        var seals = await host.SealsAsync();
        Assert.Equal(Enumerable.Range(1, 40).Select(i => (long)i), seals.Select(s => s.Sequence));
        Assert.Equal(
            (await host.RowsAsync<AuditEvent>()).Select(e => e.Id).Order(),
            seals.Select(s => s.EventId).Order()
        );
        var verified = await host.VerifyAsync();
        Assert.Empty(verified.Flaws);
        Assert.Equal((40, 40), (verified.Verified, verified.Head.Sequence));
        Assert.Empty(await host.RowsAsync<UnsealedEvent>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task More_events_than_a_batch_holds_are_sealed_in_one_run(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.InScopeAsync(async p =>
        {
            var work = (UnitOfWork)p.GetService(typeof(UnitOfWork))!;
            var audit = (AuditLog)p.GetService(typeof(AuditLog))!;
            await work.RunAsync(
                _ =>
                {
                    for (var i = 0; i < 450; i++)
                    {
                        audit.Add(AuditEventTypes.SignedIn, $"{i}", RecoveryHost.Origin);
                    }

                    return Task.CompletedTask;
                },
                TestContext.Current.CancellationToken
            );
        });

        Assert.Equal(450, await host.SealAsync());
        Assert.Equal(0, await host.SealAsync());
        Assert.Equal(450, (await host.VerifyAsync()).Verified);

        // And in the order in which they were added, though all have one time.
        var accounts = (await host.RowsAsync<AuditEvent>()).ToDictionary(e => e.Id, e => e.AccountId);
        Assert.Equal(
            Enumerable.Range(0, 450).Select(i => $"{i}"),
            (await host.SealsAsync()).Select(s => accounts[s.EventId])
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_verification_beside_writers_sealers_and_retention_finds_nothing(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(
            provider,
            ("AccountRecovery:Audit:KeepFor", "30.00:00:00")
        );
        await host.WriteAsync(60);
        await host.SealAsync();
        host.Time.Advance(TimeSpan.FromDays(20));
        await host.WriteAsync(60);
        await host.SealAsync();
        host.Time.Advance(TimeSpan.FromDays(12));

        var found = await AtOnce.RunAsync(
            6,
            async i =>
            {
                var flaws = new List<AuditFlaw>();
                for (var n = 0; n < 10; n++)
                {
                    switch (i)
                    {
                        case 0 or 1:
                            await host.WriteOneAsync($"account-{i}-{n}");
                            break;
                        case 2:
                            await host.SealAsync();
                            break;
                        case 3:
                            await host.PruneAsync();
                            break;
                        default:
                            flaws.AddRange((await host.VerifyAsync()).Flaws);
                            break;
                    }
                }

                return flaws;
            }
        );

        Assert.Empty(found.SelectMany(f => f));
        Assert.Equal(60, (await host.VerifyAsync()).Anchor.Sequence);
    }

    // SQLite has one writer at a time, so that nothing is committed late there.
    [Fact]
    public async Task An_event_that_is_committed_late_is_sealed_after_younger_ones_and_not_passed_by()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.PostgreSql);
        var written = new TaskCompletionSource();
        var sealedByThen = new TaskCompletionSource();
        var late = host.InScopeAsync(p =>
        {
            var work = (UnitOfWork)p.GetService(typeof(UnitOfWork))!;
            var audit = (AuditLog)p.GetService(typeof(AuditLog))!;
            return work.RunAsync(
                async _ =>
                {
                    var added = audit.Add(AuditEventTypes.SignedIn, "late", RecoveryHost.Origin);
                    written.SetResult();
                    await sealedByThen.Task;
                    return added;
                },
                TestContext.Current.CancellationToken
            );
        });
        await written.Task;
        host.Time.Advance(TimeSpan.FromMinutes(1));
        var early = await host.WriteOneAsync("early");
        await host.SealAsync();
        sealedByThen.SetResult();
        var committed = await late;
        await host.SealAsync();

        Assert.Equal([early.Id, committed.Id], (await host.SealsAsync()).Select(s => s.EventId));
        Assert.True(committed.Id.CompareTo(early.Id) < 0);
        Assert.Empty((await host.VerifyAsync()).Flaws);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_event_whose_cause_is_rolled_back_leaves_nothing_to_seal(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await Assert.ThrowsAsync<IOException>(() =>
            host.InScopeAsync(p =>
            {
                var work = (UnitOfWork)p.GetService(typeof(UnitOfWork))!;
                var audit = (AuditLog)p.GetService(typeof(AuditLog))!;
                return work.RunAsync<bool>(
                    _ =>
                    {
                        audit.Add(AuditEventTypes.SignedIn, "ada", RecoveryHost.Origin);
                        throw new IOException();
                    },
                    TestContext.Current.CancellationToken
                );
            })
        );

        Assert.Equal(0, await host.SealAsync());
        Assert.Empty(await host.RowsAsync<UnsealedEvent>());
        Assert.Empty((await host.VerifyAsync()).Flaws);
    }

    [Fact]
    public void Every_field_of_an_event_and_where_one_ends_counts_in_its_hash()
    {
        var events = new AuditEvent[]
        {
            Event(),
            Event(id: Guid.CreateVersion7(DateTimeOffset.UnixEpoch.AddMilliseconds(1))),
            Event(at: DateTimeOffset.UnixEpoch.AddTicks(10)),
            Event(type: "b"),
            Event(account: "x"),
            Event(actor: "x"),
            Event(subject: "x"),
            Event(network: "x"),
            Event(browser: "x"),
            Event(reason: "x"),
            Event(proof: "x"),
            Event(why: "x"),
            Event(why: ""),
            Event(account: "xy", actor: "z"),
            Event(account: "x", actor: "yz"),
        };

        var hashes = events.Select(e => Convert.ToHexString(AuditHash.Next(new byte[32], e))).ToList();
        Assert.Equal(hashes.Count, hashes.Distinct().Count());
        var later = new byte[32];
        later[31] = 1;
        Assert.NotEqual(hashes[0], Convert.ToHexString(AuditHash.Next(later, events[0])));

        AuditEvent Event(
            Guid? id = null,
            DateTimeOffset? at = null,
            string type = "a",
            string? account = null,
            string? actor = null,
            string? subject = null,
            string? network = null,
            string? browser = null,
            string? reason = null,
            string? proof = null,
            string? why = null
        ) =>
            new()
            {
                Id = id ?? Guid.Parse("019cebf4-0000-7000-8000-000000000001"),
                At = at ?? DateTimeOffset.UnixEpoch,
                Type = type,
                AccountId = account,
                ActorId = actor,
                SubjectId = subject,
                Network = network,
                Browser = browser,
                Reason = reason,
                Proof = proof,
                Why = why,
            };
    }
}
