using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.PasswordReset;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tests.Support;
using Xunit;

namespace Recovery.Tests;

/// <summary>The outbox tries for at least a day, then gives up where people can see it.</summary>
public sealed class OutboxTests
{
    private const string Ada = "ada@example.test";

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Failing_work_is_tried_for_more_than_a_day_ever_more_rarely_and_then_given_up(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        await host.CompleteAsync(await host.RequestTokenAsync(Ada));
        var start = host.Time.GetUtcNow();
        var tries = new List<DateTimeOffset>();
        host.Mails.Accepting = _ =>
        {
            tries.Add(host.Time.GetUtcNow());
            throw new IOException("away");
        };

        for (var minute = 0; minute < 30 * 60; minute++)
        {
            await host.DrainAsync();
            host.Time.Advance(TimeSpan.FromMinutes(1));
        }

        var waits = tries.Zip(tries.Skip(1), (a, b) => b - a).ToList();
        Assert.Equal(waits.Order(), waits);
        Assert.InRange(tries[^1] - start, TimeSpan.FromHours(20), TimeSpan.FromHours(26));
        var entry = Assert.Single(await host.RowsAsync<OutboxEntry>(), e => e.DoneAt is null);
        Assert.InRange(entry.GivenUpAt!.Value - start, TimeSpan.FromHours(20), TimeSpan.FromHours(26));
        Assert.Equal(nameof(IOException), entry.LastError);
        Assert.DoesNotContain(account.Id, entry.LastError, StringComparison.Ordinal);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Whoever_is_alone_on_a_database_takes_over_what_a_killed_process_held(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        await host.RequestAsync(Ada);
        await using (var context = host.Database.OpenContext())
        {
            // As a lease stands in the row.
            await context
                .Set<OutboxEntry>()
                .ExecuteUpdateAsync(
                    set =>
                        set.SetProperty(e => e.Attempts, 1)
                            .SetProperty(e => e.HeldBy, Guid.CreateVersion7())
                            .SetProperty(e => e.DueAt, host.Time.GetUtcNow().AddSeconds(15)),
                    TestContext.Current.CancellationToken
                );
        }

        await host.DrainAsync();
        Assert.Empty(host.Mails.Sent);
        await host.InScopeAsync(p =>
            p.GetRequiredService<OutboxRunner>().TakeOverAsync(TestContext.Current.CancellationToken)
        );
        await host.DrainAsync();

        Assert.Single(host.Mails.Sent);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_mail_server_that_comes_back_within_a_day_still_gets_the_mail(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        await host.RequestAsync(Ada);
        host.Mails.Accepting = _ => throw new IOException("away");
        for (var minute = 0; minute < 15 * 60; minute++)
        {
            await host.DrainAsync();
            host.Time.Advance(TimeSpan.FromMinutes(1));
        }

        host.Mails.Accepting = _ => { };
        for (var minute = 0; minute < 5 * 60; minute++)
        {
            await host.DrainAsync();
            host.Time.Advance(TimeSpan.FromMinutes(1));
        }

        var mail = Assert.Single(host.Mails.Sent);
        var link = Assert.IsType<IdP.Recovery.Ports.RecoveryMail.PasswordResetLink>(mail.Mail);
        Assert.True(link.ExpiresAt - link.RequestedAt <= TimeSpan.FromHours(24));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Work_and_its_cause_are_kept_together_or_not_at_all(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);

        await Assert.ThrowsAsync<IOException>(() =>
            host.CallAsync<UnitOfWork, bool>(w =>
                w.RunAsync<bool>(
                    _ =>
                    {
                        w.Enqueue(SendPasswordReset.Kind, Guid.CreateVersion7().ToString());
                        throw new IOException();
                    },
                    TestContext.Current.CancellationToken
                )
            )
        );

        Assert.Empty(await host.RowsAsync<OutboxEntry>());
        Assert.Equal(0, host.Jobs.Announced);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_was_done_a_day_ago_is_dropped_and_what_was_given_up_is_kept(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        await host.RequestTokenAsync(Ada);
        Assert.Single(await host.RowsAsync<OutboxEntry>());

        host.Time.Advance(TimeSpan.FromHours(24) + TimeSpan.FromSeconds(1));
        await host.InScopeAsync(p =>
            p.GetRequiredService<PruneRecovery>().RunAsync(TestContext.Current.CancellationToken)
        );

        Assert.Empty(await host.RowsAsync<OutboxEntry>());
    }

    [Theory]
    [InlineData("Lease", "00:00:04")]
    [InlineData("Lease", "01:00:01")]
    [InlineData("GiveUpAfter", "23:59:59")]
    [InlineData("GiveUpAfter", "30.00:00:01")]
    [InlineData("Backoff:0", "00:00:00.5")]
    [InlineData("Backoff:0", "1.00:00:01")]
    public async Task Retries_out_of_range_are_refused_by_name(string option, string value)
    {
        await using var host = await RecoveryHost.StartAsync(
            DatabaseProvider.Sqlite,
            ($"AccountRecovery:Outbox:{option}", value)
        );

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() =>
            host.InScopeAsync(p => Task.FromResult(p.GetRequiredService<IOptions<OutboxOptions>>().Value))
        );

        Assert.Contains($"AccountRecovery:Outbox:{option} must be from", refused.Message, StringComparison.Ordinal);
    }
}
