using IdentityProvider.Accounts;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Factors;
using IdP.Recovery.Factors.Totp;
using IdP.Recovery.Lockout;
using IdP.Recovery.MfaReset;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.SignIn;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Factors.Totp;

/// <summary>The authenticator key that ASP.NET Core Identity keeps is taken over, not lost.</summary>
public sealed class HostTotpKeyTests
{
    private const string Ada = "ada@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Whoever_brings_a_key_signs_in_with_it_and_it_moves(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (account, app) = await BringAsync(host);
        Assert.Equal(EnrolledFactors.None with { Totp = 1, Elsewhere = true }, (await host.FindAsync(account)).Factors);
        var token = Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(new(), Ada)).Token;

        Assert.IsType<FactorSignIn.SignedIn>(await host.SignInAsync(new(), token, Code(app, host)));

        Assert.Empty(await KeysAsync(host));
        var row = Assert.Single(await host.RowsAsync<TotpAuthenticator>());
        Assert.DoesNotContain(app.Key, row.ProtectedKey, StringComparison.OrdinalIgnoreCase);
        var again = Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(new(), Ada)).Token;
        Assert.IsType<FactorSignIn.Refused>(await host.SignInAsync(new(), again, Code(app, host)));
        Assert.Single(await host.RowsAsync<AuditEvent>(), e => e.Type == AuditEventTypes.FactorTakenOver);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_many_first_uses_at_once_on_two_nodes_one_takes_it_over(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (account, app) = await BringAsync(host);
        await using var otherNode = host.StartAnother();
        RecoveryHost[] nodes = [host, otherNode];
        var ada = await host.FindAsync(account);

        var ends = await AtOnce.RunAsync(
            16,
            i =>
                nodes[i % 2]
                    .CallAsync<VerifyFactor, FactorVerdict>(v =>
                        v.RunAsync(ada, Code(app, host), FactorUse.Recovery, RecoveryHost.Origin, Cancelled)
                    )
        );

        Assert.Single(ends, e => e is FactorVerdict.Accepted);
        Assert.Single(await host.RowsAsync<TotpAuthenticator>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task It_opens_the_gate_of_a_reset(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (_, app) = await BringAsync(host);
        var link = await host.RequestTokenAsync(Ada);

        Assert.IsType<CompletedPasswordReset.FactorRequired>(await host.CompleteAsync(link));
        Assert.IsType<ProvedPasswordReset.Proved>(await host.ProveAsync(link, Code(app, host)));
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(link));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_wrong_code_takes_nothing_over(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (_, app) = await BringAsync(host);
        var token = Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(new(), Ada)).Token;

        var wrong = new FactorProof.Totp(app.WrongCodeAt(host.Time.GetUtcNow()));
        Assert.IsType<FactorSignIn.Refused>(await host.SignInAsync(new(), token, wrong));

        Assert.Empty(await host.RowsAsync<TotpAuthenticator>());
        Assert.Single(await KeysAsync(host));
        Assert.Equal(1, Assert.Single(await host.RowsAsync<FailureCount>(), c => c.Factor == FactorKind.Totp).Failures);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_key_that_Identity_made_afterwards_proves_nothing(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (account, app) = await BringAsync(host);
        var token = Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(new(), Ada)).Token;
        Assert.IsType<FactorSignIn.SignedIn>(await host.SignInAsync(new(), token, Code(app, host)));

        // As Identity's own page does at a mere look.
        var later = await NewKeyAsync(host, account);
        token = Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(new(), Ada)).Token;

        Assert.IsType<FactorSignIn.Refused>(await host.SignInAsync(new(), token, Code(later, host)));
        Assert.Single(await host.RowsAsync<TotpAuthenticator>());
    }

    [Fact]
    public async Task Saved_codes_stay_with_a_key_that_a_reset_leaves()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var (account, app) = await BringAsync(host);
        var token = Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(new(), Ada)).Token;
        await host.CreateRecoveryCodesAsync(account);

        await ResetAsync(host, account, ResetFactors.Passkeys);

        Assert.Equal(
            EnrolledFactors.None with
            {
                Totp = 1,
                RecoveryCodes = 10,
            },
            (await host.FindAsync(account)).Factors
        );
        Assert.IsType<FactorSignIn.Gone>(await host.SignInAsync(new(), token, Code(app, host)));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_key_that_Identity_does_not_ask_for_is_left_alone(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (account, _) = await BringAsync(host, enabled: false);

        Assert.Equal(EnrolledFactors.None, (await host.FindAsync(account)).Factors);
        Assert.IsType<PasswordSignIn.SignedIn>(await host.SignInAsync(new(), Ada));
        Assert.Single(await KeysAsync(host));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_administrators_reset_replaces_it(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (account, _) = await BringAsync(host, administrator: true);

        await host.CompleteAsync(await host.RequestTokenAsync(Ada, Audience.Administrator));

        Assert.Equal(EnrolledFactors.None with { TotpRequired = true }, (await host.FindAsync(account)).Factors);
        Assert.Empty(await KeysAsync(host));
        Assert.IsType<PasswordSignIn.EnrollmentRequired>(
            await host.SignInAsync(new(), Ada, RecoveryHost.BetterPassword, Audience.Administrator)
        );
    }

    [Theory]
    [InlineData(ResetFactors.All, 0)]
    [InlineData(ResetFactors.Passkeys, 1)]
    public async Task An_MFA_reset_takes_it_or_leaves_it_as_it_was_told(ResetFactors factors, int left)
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var (account, _) = await BringAsync(host);

        await ResetAsync(host, account, factors);

        Assert.Equal(EnrolledFactors.None with { Totp = left }, (await host.FindAsync(account)).Factors);
        Assert.Empty(await KeysAsync(host));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task With_the_last_factor_goes_the_mark_that_Identity_asks_for_one(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (account, app) = await BringAsync(host);
        var token = Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(new(), Ada)).Token;
        await host.SignInAsync(new(), token, Code(app, host));

        var id = Assert.Single(await host.RowsAsync<TotpAuthenticator>()).Id;
        Assert.True(
            await host.CallAsync<ManageTotp, bool>(m => m.RemoveAsync(account, id, RecoveryHost.Origin, Cancelled))
        );

        Assert.Equal(EnrolledFactors.None, (await host.FindAsync(account)).Factors);
        Assert.IsType<PasswordSignIn.SignedIn>(await host.SignInAsync(new(), Ada));
    }

    private static Task<MfaResetResult> ResetAsync(RecoveryHost host, string account, ResetFactors factors) =>
        host.CallAsync<ResetMfa, MfaResetResult>(r =>
            r.RunAsync(
                new Actor("root", [ConsoleRoles.Administrator]),
                account,
                new MfaResetOrder(factors, null, "lost"),
                RecoveryHost.Origin,
                Cancelled
            )
        );

    private static Task<Authenticator> NewKeyAsync(RecoveryHost host, string account) =>
        host.InScopeAsync(async p =>
        {
            var users = p.GetRequiredService<UserManager<Account>>();
            var user = (await users.FindByIdAsync(account))!;
            await users.ResetAuthenticatorKeyAsync(user);
            return new Authenticator((await users.GetAuthenticatorKeyAsync(user))!);
        });

    private static async Task<List<IdentityUserToken<string>>> KeysAsync(RecoveryHost host) =>
        [.. (await host.RowsAsync<IdentityUserToken<string>>()).Where(t => t.LoginProvider == "[AspNetUserStore]")];

    // As the scaffolded pages of Identity leave it.
    private static async Task<(string Account, Authenticator App)> BringAsync(
        RecoveryHost host,
        bool enabled = true,
        bool administrator = false
    )
    {
        var account = await host.CreateAccountAsync(Ada, administrator: administrator);
        var key = await host.InScopeAsync(async p =>
        {
            var users = p.GetRequiredService<UserManager<Account>>();
            var user = (await users.FindByIdAsync(account.Id))!;
            await users.ResetAuthenticatorKeyAsync(user);
            await users.SetTwoFactorEnabledAsync(user, enabled);
            return (await users.GetAuthenticatorKeyAsync(user))!;
        });
        return (account.Id, new Authenticator(key));
    }

    private static FactorProof.Totp Code(Authenticator app, RecoveryHost host) =>
        new(app.CodeAt(host.Time.GetUtcNow()));
}
