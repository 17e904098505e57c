using System.Net;
using IdentityProvider.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests;

/// <summary>The host starts on either database and answers.</summary>
public sealed class HostTests
{
    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_page_that_does_not_exist_is_not_found(DatabaseProvider provider)
    {
        await using var host = await ProviderFixture.StartAsync(provider);
        using var browser = host.NewBrowser();

        Assert.Equal(HttpStatusCode.NotFound, (await browser.GetAsync("/no-such-page")).Status);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_migrations_make_what_the_model_describes(DatabaseProvider provider)
    {
        await using var host = await ProviderFixture.StartAsync(provider);

        Assert.False(
            await host.InScopeAsync(p =>
                Task.FromResult(p.GetRequiredService<IdpDbContext>().Database.HasPendingModelChanges())
            )
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_clock_of_a_test_is_no_finer_than_what_a_database_keeps(DatabaseProvider provider)
    {
        await using var host = await ProviderFixture.StartAsync(provider);
        var now = host.Time.GetUtcNow();
        await host.CreateAccountAsync(with: a => a.LockoutEnd = now);

        await using var context = host.Database.OpenContext();
        Assert.Equal(now, (await context.Users.SingleAsync(TestContext.Current.CancellationToken)).LockoutEnd);
    }
}
