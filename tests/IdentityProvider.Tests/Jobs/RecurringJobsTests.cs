using Hangfire;
using Hangfire.Storage;
using IdentityProvider.Data;
using IdP.Recovery;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Jobs;

/// <summary>What a running host does by itself, again and again.</summary>
public sealed class RecurringJobsTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Everything_that_is_sealed_pruned_renewed_announced_or_looked_for_has_its_time(
        DatabaseProvider provider
    )
    {
        await using var host = await ProviderFixture.StartAsync(provider);
        using var connection = host.Services.GetRequiredService<JobStorage>().GetConnection();

        Assert.Equal(
            [
                $"api-prune {Cron.Hourly()}",
                $"provider-keys {Cron.Hourly()}",
                $"provider-prune {Cron.Hourly()}",
                $"recovery-audit-prune {Cron.Hourly()}",
                $"recovery-audit-seal {Cron.Minutely()}",
                $"recovery-coverage {Cron.Hourly()}",
                $"recovery-drift {Cron.Daily(3)}",
                $"recovery-enrollments {Cron.Minutely()}",
                $"recovery-erase-passwords {Cron.Minutely()}",
                $"recovery-prune {Cron.Hourly()}",
                $"signals-prune {Cron.Hourly()}",
            ],
            connection.GetRecurringJobs().Select(j => $"{j.Id} {j.Cron}").Order(StringComparer.Ordinal)
        );
    }

    // The scheduler begins empty, and nobody else can have anything in hand.
    [Fact]
    public async Task On_SQLite_what_an_earlier_process_had_in_hand_is_due_at_the_next_start()
    {
        await using var earlier = await ProviderFixture.StartAsync(DatabaseProvider.Sqlite);
        await earlier.CreateAccountAsync();
        using var browser = earlier.NewBrowser();
        await browser.SubmitAsync(await browser.GetAsync("/reset/user"), ("Email", "ada@example.test"));
        await using var context = earlier.Database.OpenContext();
        var held = await context
            .Set<OutboxEntry>()
            .Where(e => e.DoneAt == null)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(e => e.DueAt, earlier.Time.GetUtcNow().AddSeconds(15))
                        .SetProperty(e => e.HeldBy, Guid.Empty)
                        .SetProperty(e => e.Attempts, 1),
                Cancelled
            );
        Assert.Equal(1, held);

        await using var next = await ProviderFixture.StartAsync(besides: earlier);

        var due = await context.Set<OutboxEntry>().AsNoTracking().SingleAsync(e => e.DoneAt == null, Cancelled);
        Assert.Equal((next.Time.GetUtcNow(), null), (due.DueAt, due.HeldBy));
    }
}
