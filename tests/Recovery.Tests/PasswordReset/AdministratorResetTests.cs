using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Factors;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using IdP.Recovery.SignIn;
using Microsoft.Extensions.DependencyInjection;
using Recovery.Tests.Factors.Passkeys;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.PasswordReset;

/// <summary>What guards the reset of an administrator, whose mailbox alone would be enough (threat 13).</summary>
public sealed class AdministratorResetTests
{
    private const string Ada = "ada@example.test";
    private const string Grace = "grace@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Every_other_administrator_is_told_at_once_and_nobody_else(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        await host.CreateAccountAsync("user@example.test");
        await host.CreateAccountAsync("left@example.test", administrator: true, with: a => a.SuspendedAt = a.CreatedAt);

        await host.RequestTokenAsync(Ada, Audience.Administrator);

        var told = Assert.IsType<RecoveryMail.AdministratorResetPending>(
            Assert.Single(host.Mails.Sent, m => m.Mail is not RecoveryMail.PasswordResetLink).Mail
        );
        Assert.Equal(Grace, told.To.Address);
        Assert.Equal(Ada, told.Administrator);
        Assert.Null(told.ApproveLink);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_console_stays_closed_until_the_new_key_is_enrolled(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        var ada = await FindAsync(host, Ada);
        await host.EnrollTotpAsync(ada.Id);
        var session = await host.StartSessionAsync(ada.Id);
        var link = await host.RequestTokenAsync(Ada, Audience.Administrator);
        await host.CompleteAsync(link);
        Assert.False(await host.IsSignedInAsync(session));

        var browser = new Jar();
        var first = await host.SignInAsync(browser, Ada, RecoveryHost.BetterPassword, Audience.Administrator);

        var token = Assert.IsType<PasswordSignIn.EnrollmentRequired>(first).Token;
        Assert.False(await host.IsSignedInAsync(browser));
        var end = await host.InBrowserAsync(
            browser,
            (p, http) =>
                p.GetRequiredService<EnrollAtSignIn>()
                    .RunAsync(
                        http,
                        token,
                        async account =>
                        {
                            await Authenticator.EnrollAsync(p, account.Id, host.Time.GetUtcNow());
                            return "otp";
                        },
                        RecoveryHost.Origin,
                        Cancelled
                    )
        );
        Assert.IsType<FactorSignIn.SignedIn>(end);
        Assert.True(await host.IsSignedInAsync(browser));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task With_Factor_a_code_of_the_app_must_be_shown_which_the_reset_then_replaces(
        DatabaseProvider provider
    )
    {
        await using var host = await StartAsync(provider, "Factor");
        var ada = await FindAsync(host, Ada);
        var phone = await host.EnrollTotpAsync(ada.Id);
        var link = await host.RequestTokenAsync(Ada, Audience.Administrator);

        Assert.IsType<CompletedPasswordReset.FactorRequired>(await host.CompleteAsync(link));
        Assert.IsType<ProvedPasswordReset.Refused>(
            await host.ProveAsync(link, new FactorProof.Totp(phone.WrongCodeAt(host.Time.GetUtcNow())))
        );
        Assert.IsType<ProvedPasswordReset.Proved>(
            await host.ProveAsync(link, new FactorProof.Totp(phone.CodeAt(host.Time.GetUtcNow())))
        );
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(link));
        Assert.Equal(EnrolledFactors.None with { TotpRequired = true }, (await host.FindAsync(ada.Id)).Factors);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task With_Factor_a_saved_code_will_do_too(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider, "Factor");
        var ada = await FindAsync(host, Ada);
        await host.EnrollTotpAsync(ada.Id);
        var codes = await host.CreateRecoveryCodesAsync(ada.Id);
        var link = await host.RequestTokenAsync(Ada, Audience.Administrator);

        Assert.IsType<ProvedPasswordReset.Proved>(await host.ProveAsync(link, new FactorProof.RecoveryCode(codes[0])));
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(link));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_lone_administrator_who_can_prove_nothing_gets_back_in_by_the_command_line(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(
            provider,
            ("AccountRecovery:AdministratorReset:Proof", "Factor")
        );
        var account = await host.CreateAccountAsync(Ada, administrator: true);
        await host.EnrollTotpAsync(account.Id);
        var ada = await host.FindAsync(account.Id);

        var issued = await host.CallAsync<IssuePasswordReset, IssuedLink>(i =>
            i.ToCallerAsync(ada, PasswordResetPurpose.BreakGlass, "command-line", Cancelled)
        );

        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(issued.Link.Token()));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task After_breaking_the_glass_no_lock_holds_no_lost_factor_is_asked_for_and_a_new_one_is_set_up(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(
            provider,
            ("AccountRecovery:Mfa:RequiredFor", "Nobody"),
            ("AccountRecovery:PasswordReset:LiftsLockout", "false")
        );
        var account = await host.CreateAccountAsync(Ada, administrator: true);
        await host.EnrollTotpAsync(account.Id);
        using var lost = new SoftAuthenticator();
        await host.CreateAsync(await host.FindAsync(account.Id), lost);
        await host.CreateRecoveryCodesAsync(account.Id);
        var ada = await host.FindAsync(account.Id);
        Assert.Equal((1, 1, 10), (ada.Factors.Totp, ada.Factors.Passkeys, ada.Factors.RecoveryCodes));
        for (var i = 0; i < 5; i++)
        {
            Assert.False(await host.SignsInAsync(Ada, "wrong"));
        }

        var issued = await host.CallAsync<IssuePasswordReset, IssuedLink>(i =>
            i.ToCallerAsync(ada, PasswordResetPurpose.BreakGlass, "command-line", Cancelled)
        );

        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(issued.Link.Token()));

        Assert.Equal(EnrolledFactors.None with { TotpRequired = true }, (await host.FindAsync(account.Id)).Factors);
        Assert.IsType<PasswordSignIn.EnrollmentRequired>(
            await host.SignInAsync(new(), Ada, RecoveryHost.BetterPassword, Audience.Administrator)
        );
        Assert.Single(
            await host.RowsAsync<AuditEvent>(),
            e => e is { Type: AuditEventTypes.MfaReset, Reason: AuditReasons.BreakGlass }
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Where_no_key_was_replaced_nobody_is_told_that_one_was(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada, administrator: true);

        await host.CompleteAsync(await host.RequestTokenAsync(Ada, Audience.Administrator));
        await host.DrainAsync();

        Assert.DoesNotContain(await host.RowsAsync<AuditEvent>(), e => e.Type == AuditEventTypes.FactorsRotated);
        Assert.Equal(0, host.Mails.Count<RecoveryMail.FactorChanged>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Breaking_the_glass_is_told_to_the_others_too(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        var ada = await FindAsync(host, Ada);

        await host.CallAsync<IssuePasswordReset, IssuedLink>(i =>
            i.ToCallerAsync(ada, PasswordResetPurpose.BreakGlass, "command-line", Cancelled)
        );
        await host.DrainAsync();

        Assert.Equal(Grace, host.Mails.Last<RecoveryMail.AdministratorResetPending>().To.Address);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task With_Factor_a_new_administrator_sets_the_first_password_without_one(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider, "Factor");
        await host.CreateAccountAsync("new@example.test", password: null, administrator: true);
        var account = await FindAsync(host, "new@example.test");
        var issued = await host.CallAsync<IssuePasswordReset, IssuedLink>(i =>
            i.ToCallerAsync(account, PasswordResetPurpose.SetUp, "command-line", Cancelled)
        );

        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(issued.Link.Token()));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task With_Factor_a_first_password_beside_a_factor_asks_for_it(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider, "Factor");
        var made = await host.CreateAccountAsync("new@example.test", password: null, administrator: true);
        await host.EnrollTotpAsync(made.Id);
        var account = await FindAsync(host, "new@example.test");
        var issued = await host.CallAsync<IssuePasswordReset, IssuedLink>(i =>
            i.ToCallerAsync(account, PasswordResetPurpose.SetUp, "command-line", Cancelled)
        );

        Assert.IsType<CompletedPasswordReset.FactorRequired>(await host.CompleteAsync(issued.Link.Token()));
    }

    private static async Task<RecoveryHost> StartAsync(DatabaseProvider provider, string proof = "Mail")
    {
        var host = await RecoveryHost.StartAsync(provider, ("AccountRecovery:AdministratorReset:Proof", proof));
        await host.CreateAccountAsync(Ada, administrator: true);
        await host.CreateAccountAsync(Grace, administrator: true);
        return host;
    }

    private static Task<RecoverableAccount> FindAsync(RecoveryHost host, string address) =>
        host.CallAsync<IAccounts, RecoverableAccount>(async a =>
            (await a.FindByAddressAsync(EmailAddress.Normalize(address)!, Cancelled))!
        );
}
