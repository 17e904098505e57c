using System.Security.Claims;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Factors.Totp;
using IdP.Recovery.Lockout;
using IdP.Recovery.Ports;
using IdP.Recovery.SignIn;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Factors.Passkeys;

/// <summary>Sign-in without a password.</summary>
public sealed class SignInTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task It_begins_a_session_that_says_how(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (ada, authenticator) = await host.EnrollAsync(with: a => a.Synced = true);
        using var held = authenticator;

        var (ended, person) = await SignInAsync(host, held);

        Assert.Equal(ada.Id, Assert.IsType<PasskeySignIn.SignedIn>(ended).Account.Id);
        Assert.Equal(["swk", "user", "mfa"], person.FindAll(SessionClaims.Methods).Select(c => c.Value));
        Assert.Contains(
            await host.RowsAsync<AuditEvent>(),
            e => e.Type == AuditEventTypes.SignedIn && e.AccountId == ada.Id
        );
    }

    [Fact]
    public async Task Where_verification_is_only_preferred_it_still_needs_it()
    {
        await using var host = await RecoveryHost.StartAsync(
            DatabaseProvider.Sqlite,
            ("AccountRecovery:Passkeys:UserVerification", "Preferred")
        );
        var (_, authenticator) = await host.EnrollAsync();
        using var held = authenticator;
        held.UserVerified = false;

        await IsRefusedAsync(host, held, "passkey");
    }

    [Fact]
    public async Task A_suspended_account_stays_out()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var (ada, authenticator) = await host.EnrollAsync();
        using var held = authenticator;
        await ChangeAsync(host, ada, set => set.SetProperty(a => a.SuspendedAt, host.Time.GetUtcNow()));

        await IsRefusedAsync(host, held, "suspended");
    }

    [Fact]
    public async Task An_account_without_a_confirmed_address_stays_out()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var (ada, authenticator) = await host.EnrollAsync();
        using var held = authenticator;
        await ChangeAsync(host, ada, set => set.SetProperty(a => a.EmailConfirmed, false));

        await IsRefusedAsync(host, held, "unconfirmed");
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_the_owner_has_closed_is_closed_to_it(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (ada, authenticator) = await host.EnrollAsync();
        using var held = authenticator;
        await host.InScopeAsync(p => p.GetRequiredService<IAccountLocks>().CloseUntilResetAsync(ada.Id, Cancelled));

        var (ended, person) = await SignInAsync(host, held);

        Assert.IsType<PasskeySignIn.LockedOut>(ended);
        Assert.Null(person.FindFirst(SessionClaims.SessionId));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Who_guesses_passwords_does_not_keep_the_owner_out(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (_, authenticator) = await host.EnrollAsync();
        using var held = authenticator;
        for (var i = 0; i < 6; i++)
        {
            await host.CheckPasswordAsync("ada@example.test", "wrong");
        }

        var (ended, _) = await SignInAsync(host, held);

        Assert.IsType<PasskeySignIn.SignedIn>(ended);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_rotated_key_is_enrolled_first(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (ada, authenticator) = await host.EnrollAsync();
        using var held = authenticator;
        await host.InScopeAsync(async p =>
        {
            var key = p.GetRequiredService<TotpKeys>().Create(ada.Id, host.Time.GetUtcNow(), required: true);
            var context = p.GetRequiredService<IdpDbContext>();
            context.Add(key);
            await context.SaveChangesAsync(Cancelled);
        });

        var (ended, person) = await SignInAsync(host, held);

        Assert.IsType<PasskeySignIn.EnrollmentRequired>(ended);
        Assert.Null(person.FindFirst(SessionClaims.SessionId));
    }

    [Fact]
    public async Task The_other_portal_is_named()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var (_, authenticator) = await host.EnrollAsync();
        using var held = authenticator;

        var (ended, person) = await SignInAsync(host, held, Audience.Administrator);

        Assert.Equal(Audience.User, Assert.IsType<PasskeySignIn.OtherPortal>(ended).Audience);
        Assert.Null(person.FindFirst(SessionClaims.SessionId));
    }

    private static async Task IsRefusedAsync(RecoveryHost host, SoftAuthenticator held, string reason)
    {
        var (ended, person) = await SignInAsync(host, held);
        Assert.IsType<PasskeySignIn.Refused>(ended);
        Assert.Null(person.FindFirst(SessionClaims.SessionId));
        Assert.Contains(
            await host.RowsAsync<AuditEvent>(),
            e => e.Type == AuditEventTypes.SignInFailed && e.Reason == reason
        );
    }

    private static async Task<(PasskeySignIn, ClaimsPrincipal)> SignInAsync(
        RecoveryHost host,
        SoftAuthenticator held,
        Audience portal = Audience.User
    )
    {
        var ceremony = await host.BeginUseAsync(null);
        var answer = held.Use(ceremony.OptionsJson);
        return await host.InScopeAsync(async p =>
        {
            var http = new DefaultHttpContext { RequestServices = p };
            var ended = await p.GetRequiredService<SignInWithPasskey>()
                .RunAsync(http, PasskeyHost.Proof(ceremony, answer), portal, PasskeyHost.Origin, Cancelled);
            return (ended, http.User);
        });
    }

    private static async Task ChangeAsync(
        RecoveryHost host,
        RecoverableAccount account,
        Action<Microsoft.EntityFrameworkCore.Query.UpdateSettersBuilder<IdentityProvider.Accounts.Account>> set
    )
    {
        await using var context = host.Database.OpenContext();
        await context.Users.Where(u => u.Id == account.Id).ExecuteUpdateAsync(set, Cancelled);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_one_network_posts_in_vain_is_written_down_some_times_and_then_once_an_hour(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        for (var i = 0; i < 60; i++)
        {
            Assert.IsType<PasskeySignIn.Refused>(
                await host.InBrowserAsync(
                    new Jar(),
                    (p, http) =>
                        p.GetRequiredService<SignInWithPasskey>()
                            .RunAsync(http, new("", "{}", null), Audience.User, RecoveryHost.Origin, Cancelled)
                )
            );
        }

        Assert.Equal(21, (await host.RowsAsync<AuditEvent>()).Count(e => e.Type == AuditEventTypes.SignInFailed));
    }
}
