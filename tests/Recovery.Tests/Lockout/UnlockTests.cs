using IdentityProvider.Data;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Factors;
using IdP.Recovery.Lockout;
using IdP.Recovery.Ports;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Lockout;

/// <summary>A lock, its notice, and the ways out of it, none of which touches the password (requirement 8).</summary>
public sealed class UnlockTests
{
    private const string Ada = "ada@example.test";

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
    public async Task The_mailed_link_unlocks_once_and_the_password_stays(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        var link = await LockAsync(host);

        Assert.IsType<UnlockedByMail.Done>(await UnlockAsync(host, link));

        Assert.True(await host.SignsInAsync(Ada, RecoveryHost.GoodPassword));
        Assert.IsType<UnlockedByMail.Gone>(await UnlockAsync(host, link));
        Assert.Contains(
            await host.RowsAsync<AuditEvent>(),
            e => e is { Type: AuditEventTypes.Unlocked, Reason: "mail" }
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Where_a_factor_is_enrolled_the_mailbox_alone_does_not_unlock(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var phone = await host.EnrollTotpAsync(account.Id);
        var link = await LockAsync(host);
        var now = host.Time.GetUtcNow();

        Assert.IsType<UnlockedByMail.FactorRequired>(await UnlockAsync(host, link));
        Assert.IsType<UnlockedByMail.Refused>(
            await UnlockAsync(host, link, new FactorProof.Totp(phone.WrongCodeAt(now)))
        );
        Assert.NotNull((await host.FindAsync(account.Id)).LockedUntil);

        Assert.IsType<UnlockedByMail.Done>(await UnlockAsync(host, link, new FactorProof.Totp(phone.CodeAt(now))));
        Assert.Null((await host.FindAsync(account.Id)).LockedUntil);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Five_wrong_proofs_void_the_link(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var phone = await host.EnrollTotpAsync(account.Id);
        var link = await LockAsync(host);
        var now = host.Time.GetUtcNow();
        for (var i = 0; i < 5; i++)
        {
            await UnlockAsync(host, link, new FactorProof.Totp(phone.WrongCodeAt(now)));
        }

        Assert.IsType<UnlockedByMail.Gone>(await UnlockAsync(host, link, new FactorProof.Totp(phone.CodeAt(now))));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_lock_ends_by_itself_and_the_next_one_is_twice_as_long_even_after_an_unlock(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        await LockAsync(host);
        host.Time.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(1));
        Assert.False(await host.SignsInAsync(Ada, RecoveryHost.GoodPassword));
        host.Time.Advance(TimeSpan.FromSeconds(1));

        await UnlockAsync(host, await LockAsync(host));
        await LockAsync(host);

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
        await LockAsync(host);
        host.Time.Advance(TimeSpan.FromHours(1));
        await LockAsync(host);
        await AdministratorUnlocksAsync(host, account.Id);
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
        var link = await LockAsync(host);
        host.Time.Advance(TimeSpan.FromHours(1));
        await LockAsync(host);

        var told = host.Mails.Last<RecoveryMail.FactorChanged>();
        Assert.Equal(FactorChange.PasswordDisabled, told.Change);
        Assert.Equal("/reset/User", told.Mend!.AbsolutePath);
        Assert.Equal(1, host.Mails.Count<RecoveryMail.AccountLocked>());
        Assert.IsType<UnlockedByMail.ResetRequired>(await UnlockAsync(host, link));
        Assert.True((await AdministratorUnlocksAsync(host, account.Id)).ResetRequired);
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
        var link = await LockAsync(host);
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
            await UnlockAsync(host, link, new FactorProof.Totp(phone.CodeAt(now)))
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_administrator_unlocks_and_the_audit_says_who(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        Assert.False((await AdministratorUnlocksAsync(host, account.Id)).Unlocked);
        await LockAsync(host);

        Assert.True((await AdministratorUnlocksAsync(host, account.Id)).Unlocked);

        Assert.True(await host.SignsInAsync(Ada, RecoveryHost.GoodPassword));
        Assert.Single(
            await host.RowsAsync<AuditEvent>(),
            e => e is { Type: AuditEventTypes.Unlocked, ActorId: "command-line" }
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_the_owner_closed_by_this_was_not_me_no_unlocking_opens(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var link = await LockAsync(host);
        await host.CallAsync<IAccountLocks, bool>(async a =>
        {
            await a.CloseUntilResetAsync(account.Id, Cancelled);
            return true;
        });

        Assert.IsType<UnlockedByMail.ResetRequired>(await UnlockAsync(host, link));
        await AdministratorUnlocksAsync(host, account.Id);

        Assert.False(await host.SignsInAsync(Ada, RecoveryHost.GoodPassword));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_reset_leaves_the_lock_where_the_host_says_so(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(
            provider,
            ("AccountRecovery:PasswordReset:LiftsLockout", "false")
        );
        await host.CreateAccountAsync(Ada);
        await LockAsync(host);

        await host.CompleteAsync(await host.RequestTokenAsync(Ada));

        Assert.False(await host.SignsInAsync(Ada, RecoveryHost.BetterPassword));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_waits_for_a_new_password_opens_with_it_where_locks_stay(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(
            provider,
            ("AccountRecovery:PasswordReset:LiftsLockout", "false"),
            ("AccountRecovery:Lockout:FailuresEver", "10")
        );
        var account = await host.CreateAccountAsync(Ada);
        await LockAsync(host);
        host.Time.Advance(TimeSpan.FromHours(1));
        await LockAsync(host);
        await host.CallAsync<IAccountLocks, bool>(async a =>
        {
            await a.CloseUntilResetAsync(account.Id, Cancelled);
            return true;
        });
        host.Time.Advance(TimeSpan.FromDays(2));
        Assert.False(await host.SignsInAsync(Ada, RecoveryHost.GoodPassword));

        await host.CompleteAsync(await host.RequestTokenAsync(Ada));

        Assert.True(await host.SignsInAsync(Ada, RecoveryHost.BetterPassword));
    }

    private static async Task<string> LockAsync(RecoveryHost host)
    {
        for (var i = 0; i < 5; i++)
        {
            Assert.False(await host.SignsInAsync(Ada, "wrong"));
        }

        await host.DrainAsync();
        return host.Mails.Last<RecoveryMail.AccountLocked>().UnlockLink.Token();
    }

    private static Task<UnlockedByMail> UnlockAsync(RecoveryHost host, string token, FactorProof? proof = null) =>
        host.CallAsync<UnlockAccount, UnlockedByMail>(u => u.ByMailAsync(token, proof, RecoveryHost.Origin, Cancelled));

    private static Task<UnlockedByAdministrator> AdministratorUnlocksAsync(RecoveryHost host, string accountId) =>
        host.CallAsync<UnlockAccount, UnlockedByAdministrator>(u =>
            u.ByAdministratorAsync(Actor.CommandLine, accountId, "called us", RecoveryHost.Origin, Cancelled)
        );

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Unlocking_by_a_saved_code_gives_the_one_that_stands_in_for_it(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        await host.EnrollTotpAsync(account.Id);
        var codes = await host.CreateRecoveryCodesAsync(account.Id);
        var link = await LockAsync(host);

        var done = Assert.IsType<UnlockedByMail.Done>(
            await UnlockAsync(host, link, new FactorProof.RecoveryCode(codes[0]))
        );

        Assert.NotNull(done.ReplacementCode);
        Assert.DoesNotContain(done.ReplacementCode, codes);
        Assert.Equal(10, (await host.FindAsync(account.Id)).Factors.RecoveryCodes);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_two_hundred_guesses_five_are_hashed_whether_or_not_there_is_such_an_account(
        DatabaseProvider provider
    )
    {
        var hashed = 0;
        await using var host = await RecoveryHost.StartAsync(
            provider,
            services => services.WatchHashing(() => Interlocked.Increment(ref hashed))
        );
        await host.CreateAccountAsync(Ada);
        foreach (var address in (string[])[Ada, "nobody@example.test"])
        {
            hashed = 0;
            for (var i = 0; i < 200; i++)
            {
                Assert.False(await host.SignsInAsync(address, "wrong"));
            }

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

        Assert.Equal(0, host.Mails.Count<RecoveryMail.AccountLocked>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_link_whose_lock_has_ended_opens_nothing_and_says_nothing_of_an_unlocking(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        var link = await LockAsync(host);
        host.Time.Advance(TimeSpan.FromMinutes(16));

        Assert.IsType<UnlockedByMail.Done>(await UnlockAsync(host, link));

        Assert.DoesNotContain(await host.RowsAsync<AuditEvent>(), e => e.Type == AuditEventTypes.Unlocked);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_day_after_the_last_lock_the_next_one_is_as_short_as_the_first(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        await LockAsync(host);
        host.Time.Advance(TimeSpan.FromMinutes(15));
        await LockAsync(host);
        Assert.Equal(host.Time.GetUtcNow().AddMinutes(30), await LockedUntilAsync(host));

        host.Time.Advance(TimeSpan.FromHours(24));
        await LockAsync(host);

        Assert.Equal(host.Time.GetUtcNow().AddMinutes(15), await LockedUntilAsync(host));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_many_locks_in_a_day_three_are_told_by_mail_and_all_are_audited(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(
            provider,
            ("AccountRecovery:Lockout:LongestDuration", "00:15:00")
        );
        await host.CreateAccountAsync(Ada);
        for (var i = 0; i < 5; i++)
        {
            await LockAsync(host);
            host.Time.Advance(TimeSpan.FromMinutes(15));
        }

        Assert.Equal(3, host.Mails.Count<RecoveryMail.AccountLocked>());
        Assert.Equal(5, (await host.RowsAsync<AuditEvent>()).Count(e => e.Type == AuditEventTypes.LockedOut));

        host.Time.Advance(TimeSpan.FromHours(24));
        await LockAsync(host);
        Assert.Equal(4, host.Mails.Count<RecoveryMail.AccountLocked>());
    }

    private static async Task<DateTimeOffset?> LockedUntilAsync(RecoveryHost host) =>
        Assert.Single(await host.RowsAsync<FailureCount>()).LockedUntil;
}
