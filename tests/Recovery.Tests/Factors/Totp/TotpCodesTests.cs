using IdentityProvider.Data;
using IdP.Recovery.Factors.Totp;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Factors.Totp;

/// <summary>A code is taken once, in its time, and only from its own account (threat 8; RFC 6238, 5.2).</summary>
public sealed class TotpCodesTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_code_is_taken_once(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (account, app) = await EnrollAsync(host);
        var code = app.CodeAt(host.Time.GetUtcNow());

        Assert.True(await TakeAsync(host, account, code));

        Assert.False(await TakeAsync(host, account, code));
        host.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.False(await TakeAsync(host, account, code));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_code_older_than_one_that_was_taken_is_refused(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (account, app) = await EnrollAsync(host);
        host.Time.Advance(TimeSpan.FromMinutes(2));
        var now = host.Time.GetUtcNow();

        Assert.True(await TakeAsync(host, account, app.CodeAt(now)));

        Assert.False(await TakeAsync(host, account, app.CodeAt(now.AddSeconds(-30))));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_many_at_once_on_two_nodes_one_takes_the_code(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await using var other = host.StartAnother();
        var (account, app) = await EnrollAsync(host);
        var code = app.CodeAt(host.Time.GetUtcNow());

        var taken = await AtOnce.RunAsync(64, i => TakeAsync(i % 2 == 0 ? host : other, account, code));

        Assert.Single(taken, t => t);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_row_that_moved_on_after_it_was_read_takes_no_older_code(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (account, app) = await EnrollAsync(host);
        await using var other = host.StartAnother();
        var now = host.Time.GetUtcNow().AddMinutes(2);
        host.Time.Advance(TimeSpan.FromMinutes(2));

        // The current code and the one before it race; the older one may win first, never last.
        var taken = await AtOnce.RunAsync(
            16,
            i => TakeAsync(i % 2 == 0 ? host : other, account, app.CodeAt(i % 2 == 0 ? now : now.AddSeconds(-30)))
        );

        Assert.Single(taken.Where((_, i) => i % 2 == 0), t => t);
        Assert.InRange(taken.Where((_, i) => i % 2 == 1).Count(t => t), 0, 1);
        var row = Assert.Single(await host.RowsAsync<TotpAuthenticator>());
        Assert.Equal(now.ToUnixTimeSeconds() / 30, row.LastStep);
        Assert.Equal(now, row.LastUsedAt);
    }

    [Theory]
    [InlineData(DatabaseProvider.Sqlite, 0, true)]
    [InlineData(DatabaseProvider.Sqlite, -1, true)]
    [InlineData(DatabaseProvider.Sqlite, -2, false)]
    [InlineData(DatabaseProvider.Sqlite, 1, false)]
    [InlineData(DatabaseProvider.PostgreSql, 0, true)]
    [InlineData(DatabaseProvider.PostgreSql, -1, true)]
    [InlineData(DatabaseProvider.PostgreSql, -2, false)]
    [InlineData(DatabaseProvider.PostgreSql, 1, false)]
    public async Task The_current_step_and_the_one_before_are_taken_and_no_other(
        DatabaseProvider provider,
        int steps,
        bool isTaken
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (account, app) = await EnrollAsync(host);
        host.Time.Advance(TimeSpan.FromMinutes(5));
        var code = app.CodeAt(host.Time.GetUtcNow().AddSeconds(30 * steps));

        Assert.Equal(isTaken, await TakeAsync(host, account, code));
    }

    [Fact]
    public async Task A_code_lives_to_the_last_moment_of_the_next_step()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var (account, app) = await EnrollAsync(host);
        host.Time.Advance(TimeSpan.FromMinutes(5));
        var begin = DateTimeOffset.FromUnixTimeSeconds((host.Time.GetUtcNow().ToUnixTimeSeconds() / 30 + 1) * 30);
        var code = app.CodeAt(begin);

        host.Time.SetUtcNow(begin.AddSeconds(60));
        Assert.False(await TakeAsync(host, account, code));
        var again = app.CodeAt(begin.AddSeconds(60));
        host.Time.SetUtcNow(begin.AddSeconds(119.999));
        Assert.True(await TakeAsync(host, account, again));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public async Task The_next_step_is_taken_only_by_option(int steps, bool isTaken)
    {
        await using var host = await RecoveryHost.StartAsync(
            DatabaseProvider.Sqlite,
            ("AccountRecovery:Totp:AcceptsNextStep", "true")
        );
        var (account, app) = await EnrollAsync(host);
        var code = app.CodeAt(host.Time.GetUtcNow().AddSeconds(30 * steps));

        Assert.Equal(isTaken, await TakeAsync(host, account, code));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Another_accounts_code_is_refused(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (_, adas) = await EnrollAsync(host);
        var bob = await host.CreateAccountAsync("bob@example.test");
        await host.EnrollTotpAsync(bob.Id);
        var code = adas.CodeAt(host.Time.GetUtcNow());

        Assert.False(await TakeAsync(host, bob.Id, code));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_authenticator_that_was_never_confirmed_proves_nothing(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        var begun = await host.BeginTotpAsync(ada.Id);
        var code = new Authenticator(begun!.Key).CodeAt(host.Time.GetUtcNow());

        Assert.False(await TakeAsync(host, ada.Id, code));
        Assert.False((await host.FindAsync(ada.Id)).Factors.Any);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Each_of_several_authenticators_is_taken_and_spent_apart(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (account, phone) = await EnrollAsync(host);
        var tablet = await host.EnrollTotpAsync(account);
        var now = host.Time.GetUtcNow();

        Assert.True(await TakeAsync(host, account, tablet.CodeAt(now)));
        Assert.True(await TakeAsync(host, account, phone.CodeAt(now)));
        Assert.False(await TakeAsync(host, account, tablet.CodeAt(now)));
        Assert.False(await TakeAsync(host, account, phone.CodeAt(now)));
    }

    [Theory]
    [InlineData("{0} {1}", true)]
    [InlineData(" {0}{1}\t", true)]
    [InlineData("{0}-{1}", true)]
    [InlineData("0{0}{1}", false)]
    [InlineData("{0}{1}0", false)]
    [InlineData("{0}", false)]
    [InlineData("+{0}{1}", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public async Task Spaces_are_forgiven_and_nothing_else(string? form, bool isTaken)
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var (account, app) = await EnrollAsync(host);
        var code = app.CodeAt(host.Time.GetUtcNow());
        var typed = form?.Replace("{0}", code[..3]).Replace("{1}", code[3..]);

        Assert.Equal(isTaken, await TakeAsync(host, account, typed));
    }

    [Fact]
    public async Task Digits_of_full_width_are_read_as_what_they_are()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var (account, app) = await EnrollAsync(host);
        var code = app.CodeAt(host.Time.GetUtcNow());
        var wide = new string([.. code.Select(c => (char)('\uFF10' + (c - '0')))]);

        Assert.True(await TakeAsync(host, account, wide.Insert(3, "\u3000")));
    }

    [Fact]
    public async Task Digits_of_other_scripts_are_refused()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var (account, app) = await EnrollAsync(host);
        var code = app.CodeAt(host.Time.GetUtcNow());
        var arabic = new string([.. code.Select(c => (char)('\u0660' + (c - '0')))]);

        Assert.False(await TakeAsync(host, account, arabic));
        Assert.True(await TakeAsync(host, account, code));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_key_that_cannot_be_read_takes_no_code_and_breaks_nothing(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (account, app) = await EnrollAsync(host);
        await using (var context = host.Database.OpenContext())
        {
            await context
                .Set<TotpAuthenticator>()
                .ExecuteUpdateAsync(s => s.SetProperty(t => t.ProtectedKey, app.Key), Cancelled);
        }

        Assert.False(await TakeAsync(host, account, app.CodeAt(host.Time.GetUtcNow())));
    }

    private static async Task<(string AccountId, Authenticator App)> EnrollAsync(RecoveryHost host)
    {
        var account = await host.CreateAccountAsync();
        return (account.Id, await host.EnrollTotpAsync(account.Id));
    }

    private static Task<bool> TakeAsync(RecoveryHost host, string accountId, string? code) =>
        host.CallAsync<TotpCodes, bool>(t => t.TryTakeAsync(accountId, code, Cancelled));
}
