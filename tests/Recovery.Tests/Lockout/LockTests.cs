using IdentityProvider.Data;
using IdP.Recovery.Audit;
using IdP.Recovery.Factors;
using IdP.Recovery.Lockout;
using IdP.Recovery.Ports;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Lockout;

/// <summary>Failures are counted and lock, for a while each time (requirement 8).</summary>
public sealed class LockTests
{
    private const string Ada = LockHost.Ada;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_many_guesses_at_once_on_two_nodes_five_lock_and_one_notice_is_mailed(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(
            provider,
            ("AccountRecovery:Hashing:Waiting", "64"),
            ("AccountRecovery:Hashing:PerNetwork", "64")
        );
        await host.CreateAccountAsync(Ada);
        await using var otherNode = host.StartAnother();
        RecoveryHost[] nodes = [host, otherNode];

        await AtOnce.RunAsync(32, i => nodes[i % 2].SignsInAsync(Ada, "wrong"));
        await host.DrainAsync();

        Assert.Equal(5, Assert.Single(await host.RowsAsync<FailureCount>()).Failures);
        Assert.Equal(1, host.Mails.Count<RecoveryMail.AccountLocked>());
        Assert.False(await host.SignsInAsync(Ada, RecoveryHost.GoodPassword));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Behind_a_lock_further_tries_write_one_event_an_hour(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        for (var i = 0; i < 7; i++)
        {
            await host.SignsInAsync(Ada, "wrong");
        }

        var before = await host.Database.ReadAsync(Cancelled);
        for (var i = 0; i < 5; i++)
        {
            Assert.False(await host.SignsInAsync(Ada, RecoveryHost.GoodPassword));
        }

        Assert.Equal(before, await host.Database.ReadAsync(Cancelled));
        Assert.Single(
            await host.RowsAsync<AuditEvent>(),
            e => e is { Type: AuditEventTypes.SignInFailed, Reason: "locked" }
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_lock_ends_by_itself_and_the_next_one_is_twice_as_long_even_after_an_unlock(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        await host.LockAsync();
        host.Time.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(1));
        Assert.False(await host.SignsInAsync(Ada, RecoveryHost.GoodPassword));
        host.Time.Advance(TimeSpan.FromSeconds(1));

        await host.UnlockAsync(await host.LockAsync());
        await host.LockAsync();

        Assert.Equal(host.Time.GetUtcNow() + TimeSpan.FromMinutes(60), (await host.FindAsync(account.Id)).LockedUntil);
        Assert.Equal(15, Assert.Single(await host.RowsAsync<FailureCount>()).Failures);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task After_a_success_nothing_has_failed(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        for (var i = 0; i < 4; i++)
        {
            await host.SignsInAsync(Ada, "wrong");
        }

        Assert.True(await host.SignsInAsync(Ada, RecoveryHost.GoodPassword));

        Assert.Equal(0, Assert.Single(await host.RowsAsync<FailureCount>()).Failures);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_password_that_failed_too_often_must_be_reset(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, ("AccountRecovery:Lockout:FailuresEver", "10"));
        var account = await host.CreateAccountAsync(Ada);
        await host.LockAsync();
        host.Time.Advance(TimeSpan.FromHours(1));
        await host.LockAsync();
        await host.AdministratorUnlocksAsync(account.Id);
        host.Time.Advance(TimeSpan.FromDays(2));
        Assert.False(await host.SignsInAsync(Ada, RecoveryHost.GoodPassword));

        await host.CompleteAsync(await host.RequestTokenAsync(Ada));

        Assert.True(await host.SignsInAsync(Ada, RecoveryHost.BetterPassword));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_owner_is_told_that_only_a_new_password_helps_and_no_unlocking_says_otherwise(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider, ("AccountRecovery:Lockout:FailuresEver", "10"));
        var account = await host.CreateAccountAsync(Ada);
        var link = await host.LockAsync();
        host.Time.Advance(TimeSpan.FromHours(1));
        await host.LockAsync();

        var told = host.Mails.Last<RecoveryMail.FactorChanged>();
        Assert.Equal(FactorChange.PasswordDisabled, told.Change);
        Assert.Equal("/reset/User", told.Mend!.AbsolutePath);
        Assert.Equal(1, host.Mails.Count<RecoveryMail.AccountLocked>());
        Assert.IsType<UnlockedByMail.ResetRequired>(await host.UnlockAsync(link));
        Assert.True((await host.AdministratorUnlocksAsync(account.Id)).ResetRequired);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_many_last_failures_at_once_the_owner_hears_once(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(
            provider,
            ("AccountRecovery:Lockout:Failures", "100"),
            ("AccountRecovery:Lockout:FailuresEver", "10"),
            ("AccountRecovery:Hashing:Waiting", "64"),
            ("AccountRecovery:Hashing:PerNetwork", "64")
        );
        await host.CreateAccountAsync(Ada);

        await AtOnce.RunAsync(24, _ => host.SignsInAsync(Ada, "wrong"));
        await host.DrainAsync();

        Assert.Equal(1, host.Mails.Count<RecoveryMail.FactorChanged>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_factor_that_failed_too_often_is_told_from_a_wrong_code(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, ("AccountRecovery:Lockout:FailuresEver", "10"));
        var account = await host.CreateAccountAsync(Ada);
        var phone = await host.EnrollTotpAsync(account.Id);
        var link = await host.LockAsync();
        var found = await host.FindAsync(account.Id);
        var now = host.Time.GetUtcNow();
        for (var i = 0; i < 10; i++)
        {
            await host.CallAsync<VerifyFactor, FactorVerdict>(v =>
                v.RunAsync(
                    found,
                    new FactorProof.Totp(phone.WrongCodeAt(now)),
                    FactorUse.Recovery,
                    RecoveryHost.Origin,
                    Cancelled
                )
            );
        }

        Assert.IsType<UnlockedByMail.FactorDisabled>(
            await host.UnlockAsync(link, new FactorProof.Totp(phone.CodeAt(now)))
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_two_hundred_guesses_at_once_on_two_nodes_five_are_hashed_whether_or_not_there_is_an_account(
        DatabaseProvider provider
    )
    {
        var hashed = 0;
        await using var host = await RecoveryHost.StartAsync(
            provider,
            services => services.WatchHashing(() => Interlocked.Increment(ref hashed)),
            ("AccountRecovery:Hashing:Waiting", "256"),
            ("AccountRecovery:Hashing:PerNetwork", "256")
        );
        await host.CreateAccountAsync(Ada);
        await using var otherNode = host.StartAnother();
        RecoveryHost[] nodes = [host, otherNode];
        foreach (var address in (string[])[Ada, "nobody@example.test"])
        {
            hashed = 0;

            await AtOnce.RunAsync(200, i => nodes[i % 2].SignsInAsync(address, "wrong"));

            Assert.Equal(5, hashed);
        }
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Guesses_at_an_account_that_waits_for_a_reset_mail_no_link_that_unlocks(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        await host.CallAsync<IAccountLocks, bool>(async a =>
        {
            await a.CloseUntilResetAsync(account.Id, Cancelled);
            return true;
        });
        for (var i = 0; i < 5; i++)
        {
            await host.SignsInAsync(Ada, "wrong");
        }

        await host.DrainAsync();

        Assert.Contains(await host.RowsAsync<AuditEvent>(), e => e.Type == AuditEventTypes.LockedOut);
        Assert.Equal(0, host.Mails.Count<RecoveryMail.AccountLocked>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_day_after_the_end_of_the_last_lock_the_next_one_is_as_short_as_the_first(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        await host.LockAsync();
        host.Time.Advance(TimeSpan.FromMinutes(15));
        await host.LockAsync();
        Assert.Equal(host.Time.GetUtcNow().AddMinutes(30), await LockedUntilAsync(host));

        host.Time.Advance(TimeSpan.FromHours(24) + TimeSpan.FromMinutes(30) - TimeSpan.FromSeconds(1));
        await host.LockAsync();
        Assert.Equal(host.Time.GetUtcNow().AddHours(1), await LockedUntilAsync(host));

        host.Time.Advance(TimeSpan.FromHours(25));
        await host.LockAsync();

        Assert.Equal(host.Time.GetUtcNow().AddMinutes(15), await LockedUntilAsync(host));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task No_lock_is_longer_than_the_longest_and_one_that_follows_it_is_as_long(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        var hours = new List<double>();
        for (var i = 0; i < 9; i++)
        {
            await LockOnceMoreAsync(host);
            var until = (await LockedUntilAsync(host))!.Value;
            hours.Add((until - host.Time.GetUtcNow()).TotalHours);
            host.Time.Advance(until - host.Time.GetUtcNow());
        }

        Assert.Equal([0.25, 0.5, 1, 2, 4, 8, 16, 24, 24], hours);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_many_locks_in_a_day_eight_are_told_by_mail_and_all_are_audited(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(
            provider,
            ("AccountRecovery:Lockout:LongestDuration", "00:15:00")
        );
        await host.CreateAccountAsync(Ada);
        for (var i = 0; i < 10; i++)
        {
            await LockOnceMoreAsync(host);
            host.Time.Advance(TimeSpan.FromMinutes(15));
        }

        await host.DrainAsync();
        Assert.Equal(8, host.Mails.Count<RecoveryMail.AccountLocked>());
        Assert.Equal(10, (await host.RowsAsync<AuditEvent>()).Count(e => e.Type == AuditEventTypes.LockedOut));

        host.Time.Advance(TimeSpan.FromHours(24));
        await host.LockAsync();
        Assert.Equal(9, host.Mails.Count<RecoveryMail.AccountLocked>());
    }

    // Whatever of it is mailed.
    private static async Task LockOnceMoreAsync(RecoveryHost host)
    {
        for (var i = 0; i < 5; i++)
        {
            Assert.False(await host.SignsInAsync(Ada, "wrong"));
        }
    }

    private static async Task<DateTimeOffset?> LockedUntilAsync(RecoveryHost host) =>
        Assert.Single(await host.RowsAsync<FailureCount>()).LockedUntil;
}
