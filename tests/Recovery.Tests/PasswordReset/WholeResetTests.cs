using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Factors.Totp;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.PasswordReset;

/// <summary>The way a person goes, and what it leaves behind.</summary>
public sealed class WholeResetTests
{
    private const string Ada = "ada@example.test";

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_forgotten_password_is_replaced_through_a_mailed_link(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);

        var answer = await host.RequestAsync(" Ada@Example.test ");
        Assert.Equal(TimeSpan.FromMinutes(60), Assert.IsType<PasswordResetAnswer.Taken>(answer).LinkLifetime);
        Assert.Empty(host.Mails.Sent);
        await host.DrainAsync();

        var mail = host.Mails.Last<RecoveryMail.PasswordResetLink>();
        Assert.Equal(Ada, mail.To.Address);
        Assert.Equal("https://login.example.test", mail.Link.GetLeftPart(UriPartial.Authority));
        Assert.Equal(host.Time.GetUtcNow().AddMinutes(60), mail.ExpiresAt);
        Assert.Equal(new Requester("192.0.2.7", "Firefox on Linux"), mail.From);

        Assert.IsType<OpenedPasswordReset.Usable>(await host.OpenAsync(mail.Link.Token()));
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(mail.Link.Token()));
        Assert.True(await host.SignsInAsync(Ada, RecoveryHost.BetterPassword));
        Assert.False(await host.SignsInAsync(Ada, RecoveryHost.GoodPassword));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task After_a_reset_every_session_and_token_is_gone_and_the_owner_is_told(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var other = await host.CreateAccountAsync("grace@example.test");
        var laptop = await host.StartSessionAsync(account.Id);
        var phone = await host.StartSessionAsync(account.Id);
        var stranger = await host.StartSessionAsync(other.Id);
        Assert.True(await host.IsSignedInAsync(laptop));

        var token = await host.RequestTokenAsync(Ada);
        await host.CompleteAsync(token);

        // The stamp ends them at once, before any job has run.
        Assert.False(await host.IsSignedInAsync(laptop));
        Assert.False(await host.IsSignedInAsync(phone));
        Assert.True(await host.IsSignedInAsync(stranger));

        await host.DrainAsync();
        Assert.Equal([account.Id], host.Grants.Revoked);
        Assert.DoesNotContain(
            await host.RowsAsync<IdentityProvider.Sessions.Session>(),
            s => s.AccountId == account.Id
        );
        var notice = host.Mails.Last<RecoveryMail.PasswordChanged>();
        Assert.Equal(Ada, notice.To.Address);
        Assert.Equal(host.Time.GetUtcNow(), notice.ChangedAt);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_audit_tells_the_whole_story(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);

        await host.RequestAsync(Ada);
        host.Time.Advance(TimeSpan.FromSeconds(1));
        await host.DrainAsync();
        var token = Assert.Single(host.Mails.Sent).Token;
        host.Time.Advance(TimeSpan.FromSeconds(1));
        await host.OpenAsync(token);
        await host.OpenAsync(token);
        host.Time.Advance(TimeSpan.FromSeconds(1));
        await host.CompleteAsync(token);
        host.Time.Advance(TimeSpan.FromSeconds(1));
        await host.DrainAsync();

        // What follows from the change is done by jobs, in no order.
        var story = await host.RowsAsync<AuditEvent>();
        Assert.Equal(
            [AuditEventTypes.AccessEnded, AuditEventTypes.NoticeSent],
            story.OrderBy(e => e.Id).Skip(4).Select(e => e.Type).Order(StringComparer.Ordinal)
        );
        Assert.Equal(
            [
                AuditEventTypes.ResetRequested,
                AuditEventTypes.ResetSent,
                AuditEventTypes.ResetOpened,
                AuditEventTypes.ResetCompleted,
            ],
            story.OrderBy(e => e.Id).Take(4).Select(e => e.Type)
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_completed_reset_lifts_a_lockout(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        for (var i = 0; i < 5; i++)
        {
            Assert.False(await host.SignsInAsync(Ada, "wrong"));
        }

        Assert.NotNull((await host.FindAsync(account.Id)).LockedUntil);
        await host.CompleteAsync(await host.RequestTokenAsync(Ada));

        Assert.True(await host.SignsInAsync(Ada, RecoveryHost.BetterPassword));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_administrators_link_lives_half_as_long_and_rotates_the_authenticator(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada, administrator: true);
        var phone = await host.EnrollTotpAsync(account.Id);
        await host.CreateRecoveryCodesAsync(account.Id);

        var token = await host.RequestTokenAsync(Ada, Audience.Administrator);
        var mail = host.Mails.Last<RecoveryMail.PasswordResetLink>();
        Assert.Equal(host.Time.GetUtcNow().AddMinutes(30), mail.ExpiresAt);
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(token));

        Assert.True(await host.SignsInAsync(Ada, RecoveryHost.BetterPassword));
        var factors = (await host.FindAsync(account.Id)).Factors;
        Assert.Equal(new(Totp: 0, Passkeys: 0, RecoveryCodes: 0, TotpRequired: true), factors);
        Assert.False(
            await host.CallAsync<TotpCodes, bool>(t =>
                t.TryTakeAsync(account.Id, phone.CodeAt(host.Time.GetUtcNow()), TestContext.Current.CancellationToken)
            )
        );
        await host.DrainAsync();
        Assert.Equal(FactorChange.Rotated, host.Mails.Last<RecoveryMail.FactorChanged>().Change);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_users_authenticator_is_untouched_and_the_gate_stays_shut_without_it(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        await host.EnrollTotpAsync(account.Id);
        var before = await host.RowsAsync<TotpAuthenticator>();

        var token = await host.RequestTokenAsync(Ada);
        var opened = Assert.IsType<OpenedPasswordReset.Usable>(await host.OpenAsync(token));
        Assert.True(opened.FactorRequired);
        Assert.IsType<CompletedPasswordReset.FactorRequired>(await host.CompleteAsync(token));

        Assert.True(await host.SignsInAsync(Ada, RecoveryHost.GoodPassword));
        Assert.Equivalent(before, await host.RowsAsync<TotpAuthenticator>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_factor_that_the_host_enrolled_elsewhere_shuts_the_gate_too(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada, with: a => a.TwoFactorEnabled = true);
        var token = await host.RequestTokenAsync(Ada);

        Assert.IsType<CompletedPasswordReset.FactorRequired>(await host.CompleteAsync(token));
    }
}
