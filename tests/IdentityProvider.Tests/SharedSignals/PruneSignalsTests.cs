using System.Text.Json.Nodes;
using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdentityProvider.Operations;
using IdentityProvider.SharedSignals;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.SharedSignals;

/// <summary>What is kept is bounded, by settings that are checked.</summary>
public sealed class PruneSignalsTests
{
    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_stream_keeps_its_newest_events_and_none_for_ever(DatabaseProvider provider)
    {
        await using var host = await SignalHost.StartAsync(provider, ("SharedSignals:KeepAtMost", "100"));
        var id = await host.CreateAsync();
        var others = await host.CreateAsync(clientId: SignalHost.Other);
        await AddAsync(host, id, 103);
        await AddAsync(host, others, 1);
        var all = await host.EventsAsync();

        await PruneAsync(host);
        var kept = await host.EventsAsync();
        host.Host.Time.Advance(TimeSpan.FromDays(7) + TimeSpan.FromMinutes(1));
        await PruneAsync(host);

        Assert.Equal(all.Skip(3).Select(e => e.Id), kept.Select(e => e.Id));
        Assert.Empty(await host.EventsAsync());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_client_that_is_gone_leaves_no_stream(DatabaseProvider provider)
    {
        await using var host = await SignalHost.StartAsync(provider);
        var id = await host.CreateAsync();
        await host.VerifyAsync(id);
        await host.Host.DeclareClientsAsync(
            new ClientDeclaration
            {
                ClientId = SignalHost.Other,
                Name = "Stays",
                GrantTypes = ["client_credentials"],
            }
        );

        await PruneAsync(host);

        await using var context = host.Host.Database.OpenContext();
        Assert.False(await context.Set<SignalStream>().AnyAsync(SignalHost.Cancelled));
        Assert.Empty(await host.EventsAsync());
    }

    [Theory]
    [InlineData("KeepFor", "00:59:59", "KeepFor must be from 01:00:00 to 90 days")]
    [InlineData("KeepAtMost", "99", "KeepAtMost must be from 100 to 1000000")]
    [InlineData("PushTimeout", "00:02:00", "PushTimeout must be from 00:00:01 to 00:01:00")]
    [InlineData("PollWait", "00:02:00", "PollWait must be from 00:00:00 to 00:01:00")]
    [InlineData("VerificationInterval", "00:00:00", "VerificationInterval must be from 00:00:01 to 01:00:00")]
    [InlineData("AllowedNetworks:0", "here", "AllowedNetworks must hold networks such as 10.1.0.0/16, but had 'here'")]
    public async Task A_setting_that_is_out_of_range_stops_the_start(string name, string value, string sentence)
    {
        var stopped = await Assert.ThrowsAnyAsync<Exception>(() =>
            SignalHost.StartAsync(settings: ($"SharedSignals:{name}", value))
        );

        Assert.Contains(
            SettingsProblems.ProblemsOf(stopped),
            p => p.Contains($"SharedSignals:{sentence}", StringComparison.Ordinal)
        );
    }

    private static Task PruneAsync(SignalHost host) =>
        host.Host.InScopeAsync(async p =>
        {
            await p.GetRequiredService<PruneSignals>().RunAsync(SignalHost.Cancelled);
            return true;
        });

    private static Task AddAsync(SignalHost host, string streamId, int count) =>
        host.Host.InScopeAsync(async p =>
        {
            var context = p.GetRequiredService<IdpDbContext>();
            for (var i = 0; i < count; i++)
            {
                host.Host.Time.Advance(TimeSpan.FromMilliseconds(1));
                var now = host.Host.Time.GetUtcNow();
                var id = Guid.CreateVersion7(now);
                context.Add(
                    new SignalEvent
                    {
                        Id = id,
                        StreamId = streamId,
                        CauseId = id,
                        Transaction = id,
                        EventType = SignalTable.AccountDisabled,
                        Subject = new JsonObject().ToJsonString(),
                        Content = new JsonObject().ToJsonString(),
                        IssuedAt = now,
                    }
                );
            }

            return await context.SaveChangesAsync(SignalHost.Cancelled);
        });
}
