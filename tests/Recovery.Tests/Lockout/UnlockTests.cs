using IdentityProvider.Data;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Factors;
using IdP.Recovery.Lockout;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Lockout;

/// <summary>The ways out of a lock, none of which touches the password (requirement 8).</summary>
public sealed class UnlockTests
{
    private const string Ada = LockHost.Ada;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_mailed_link_unlocks_once_and_the_password_stays(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        var link = await host.LockAsync();

        Assert.IsType<UnlockedByMail.Done>(await host.UnlockAsync(link));

        Assert.True(await host.SignsInAsync(Ada, RecoveryHost.GoodPassword));
        Assert.IsType<UnlockedByMail.Gone>(await host.UnlockAsync(link));
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
        var link = await host.LockAsync();
        var now = host.Time.GetUtcNow();

        Assert.IsType<UnlockedByMail.FactorRequired>(await host.UnlockAsync(link));
        Assert.IsType<UnlockedByMail.Refused>(
            await host.UnlockAsync(link, new FactorProof.Totp(phone.WrongCodeAt(now)))
        );
        Assert.NotNull((await host.FindAsync(account.Id)).LockedUntil);

        Assert.IsType<UnlockedByMail.Done>(await host.UnlockAsync(link, new FactorProof.Totp(phone.CodeAt(now))));
        Assert.Null((await host.FindAsync(account.Id)).LockedUntil);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Five_wrong_proofs_void_the_link(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var phone = await host.EnrollTotpAsync(account.Id);
        var link = await host.LockAsync();
        var now = host.Time.GetUtcNow();
        for (var i = 0; i < 5; i++)
        {
            await host.UnlockAsync(link, new FactorProof.Totp(phone.WrongCodeAt(now)));
        }

        Assert.IsType<UnlockedByMail.Gone>(await host.UnlockAsync(link, new FactorProof.Totp(phone.CodeAt(now))));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_administrator_unlocks_and_the_audit_says_who(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        Assert.False((await host.AdministratorUnlocksAsync(account.Id)).Unlocked);
        await host.LockAsync();

        Assert.True((await host.AdministratorUnlocksAsync(account.Id)).Unlocked);

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
        var link = await host.LockAsync();
        await host.CallAsync<IAccountLocks, bool>(async a =>
        {
            await a.CloseUntilResetAsync(account.Id, Cancelled);
            return true;
        });

        Assert.IsType<UnlockedByMail.ResetRequired>(await host.UnlockAsync(link));
        await host.AdministratorUnlocksAsync(account.Id);

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
        await host.LockAsync();

        await host.CompleteAsync(await host.RequestTokenAsync(Ada));

        Assert.False(await host.SignsInAsync(Ada, RecoveryHost.BetterPassword));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_administrator_may_open_what_the_owner_closed_and_nobody_else_may(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        Task<bool> ReopenAsync(params string[] roles) =>
            host.CallAsync<UnlockAccount, bool>(u =>
                u.ReopenAsync(new Actor("root", roles), account.Id, "it was her", RecoveryHost.Origin, Cancelled)
            );
        Assert.False(await ReopenAsync(ConsoleRoles.Administrator));
        await host.InScopeAsync(p => p.GetRequiredService<IAccountLocks>().CloseUntilResetAsync(account.Id, Cancelled));

        Assert.False(await ReopenAsync(ConsoleRoles.HelpDesk));
        Assert.False(await ReopenAsync(ConsoleRoles.Auditor));
        Assert.False(await host.SignsInAsync(Ada, RecoveryHost.GoodPassword));
        var opened = await AtOnce.RunAsync(4, _ => ReopenAsync(ConsoleRoles.Administrator));

        Assert.Single(opened, o => o);
        Assert.True(await host.SignsInAsync(Ada, RecoveryHost.GoodPassword));
        var audited = Assert.Single(
            await host.RowsAsync<AuditEvent>(),
            e => e is { Type: AuditEventTypes.Unlocked, ActorId: "root" }
        );
        Assert.Equal(("not-me", "it was her"), (audited.Reason, audited.Why));
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
        await host.LockAsync();
        host.Time.Advance(TimeSpan.FromHours(1));
        await host.LockAsync();
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

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Unlocking_by_a_saved_code_gives_the_one_that_stands_in_for_it(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        await host.EnrollTotpAsync(account.Id);
        var codes = await host.CreateRecoveryCodesAsync(account.Id);
        var link = await host.LockAsync();

        var done = Assert.IsType<UnlockedByMail.Done>(
            await host.UnlockAsync(link, new FactorProof.RecoveryCode(codes[0]))
        );

        Assert.NotNull(done.ReplacementCode);
        Assert.DoesNotContain(done.ReplacementCode, codes);
        Assert.Equal(10, (await host.FindAsync(account.Id)).Factors.RecoveryCodes);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_link_whose_lock_has_ended_opens_nothing_and_says_nothing_of_an_unlocking(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        var link = await host.LockAsync();
        host.Time.Advance(TimeSpan.FromMinutes(16));

        Assert.IsType<UnlockedByMail.Done>(await host.UnlockAsync(link));

        Assert.DoesNotContain(await host.RowsAsync<AuditEvent>(), e => e.Type == AuditEventTypes.Unlocked);
    }
}
