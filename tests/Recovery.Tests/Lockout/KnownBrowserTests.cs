using IdentityProvider.Accounts;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Factors;
using IdP.Recovery.Factors.Totp;
using IdP.Recovery.Lockout;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using IdP.Recovery.SignIn;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Recovery.Tests.Attacks;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Lockout;

/// <summary>A lockout cannot be turned against the owner: who guesses elsewhere locks out those elsewhere (threat 12).</summary>
public sealed class KnownBrowserTests
{
    private const string Ada = LockHost.Ada;

    private static int Rounds => Soak.Times(few: 25, many: 100);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task While_somebody_never_stops_guessing_the_owner_signs_in_every_time(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        var own = await OwnBrowserAsync(host);
        var stranger = new Jar();
        var (signedIn, locked) = (0, 0);
        for (var i = 0; i < Rounds; i++)
        {
            host.Time.Advance(TimeSpan.FromHours(1));
            for (var guess = 0; guess < 6; guess++)
            {
                Assert.IsType<PasswordSignIn.Refused>(await host.SignInAsync(stranger, Ada, "wrong"));
            }

            signedIn += await SignsInAsync(host, own) ? 1 : 0;
            locked += await SignsInAsync(host, new Jar()) ? 0 : 1;
        }

        // With the right password too, anybody else is kept out: the guesses do lock.
        Assert.Equal((Rounds, Rounds), (signedIn, locked));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task While_somebody_never_stops_guessing_the_owner_recovers_by_mail_every_time(
        DatabaseProvider provider
    )
    {
        await using var host = await StartAsync(
            provider,
            ("AccountRecovery:PasswordReset:RequestsPerAddress", "1000"),
            ("AccountRecovery:PasswordReset:RequestsPerNetwork", "1000")
        );
        await host.CreateAccountAsync(Ada);
        var stranger = new Jar();
        var recovered = 0;
        for (var i = 0; i < Rounds; i++)
        {
            for (var guess = 0; guess < 6; guess++)
            {
                Assert.IsType<PasswordSignIn.Refused>(await host.SignInAsync(stranger, Ada, "wrong"));
            }

            var password = $"{RecoveryHost.BetterPassword} {i}";
            var done = await host.CompleteAsync(await host.RequestTokenAsync(Ada), password);
            for (var guess = 0; guess < 6; guess++)
            {
                Assert.IsType<PasswordSignIn.Refused>(await host.SignInAsync(stranger, Ada, "wrong"));
            }

            var here = new Jar();
            here.Keep($"{KnownBrowsers.Cookie}={Assert.IsType<CompletedPasswordReset.Done>(done).BrowserToken}");
            recovered += await SignsInAsync(host, here, password) ? 1 : 0;
        }

        Assert.Equal(Rounds, recovered);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_fails_in_a_known_browser_locks_that_browser_alone(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        var (own, other) = (await OwnBrowserAsync(host), new Jar());
        Assert.True(await SignsInAsync(host, other));
        for (var i = 0; i < 5; i++)
        {
            await host.SignInAsync(own, Ada, "wrong");
        }

        Assert.False(await SignsInAsync(host, own));
        Assert.True(await SignsInAsync(host, other));
        Assert.True(await SignsInAsync(host, new Jar()));
        await host.DrainAsync();
        Assert.Equal(LockReach.OneKnownBrowser, host.Mails.Last<RecoveryMail.AccountLocked>().Reach);

        // The mailed link lifts it, wherever it holds.
        var link = host.Mails.Last<RecoveryMail.AccountLocked>().UnlockLink!.Token();
        Assert.IsType<UnlockedByMail.Done>(await host.UnlockAsync(link));
        Assert.True(await SignsInAsync(host, own));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_browser_of_one_account_is_a_strangers_to_another(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        var own = await OwnBrowserAsync(host);
        await host.CreateAccountAsync("bob@example.test");
        for (var i = 0; i < 5; i++)
        {
            await host.SignInAsync(own, "bob@example.test", "wrong");
        }

        Assert.IsType<PasswordSignIn.Refused>(await host.SignInAsync(new(), "bob@example.test"));
        Assert.IsType<PasswordSignIn.Refused>(await host.SignInAsync(own, "bob@example.test"));
        Assert.True(await SignsInAsync(host, own));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Made_up_browsers_get_no_guesses_of_their_own(DatabaseProvider provider)
    {
        await using var host = await StartAsync(
            provider,
            ("AccountRecovery:Hashing:Waiting", "64"),
            ("AccountRecovery:Hashing:PerNetwork", "64")
        );
        await host.CreateAccountAsync(Ada);
        await using var otherNode = host.StartAnother();
        RecoveryHost[] nodes = [host, otherNode];

        await AtOnce.RunAsync(
            32,
            i =>
            {
                var browser = new Jar();
                browser.Keep($"{KnownBrowsers.Cookie}={Secrets.NewToken()}");
                return nodes[i % 2].SignInAsync(browser, Ada, "wrong");
            }
        );

        Assert.Equal(5, Assert.Single(await host.RowsAsync<FailureCount>()).Failures);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Who_knows_the_password_cannot_pause_the_owners_second_factor(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        var account = (await host.CreateAccountAsync(Ada)).Id;
        var phone = await host.EnrollTotpAsync(account);
        var own = new Jar();
        Assert.IsType<FactorSignIn.SignedIn>(await ProveAsync(host, own, phone.CodeAt(host.Time.GetUtcNow())));
        var thief = new Jar();
        for (var i = 0; i < 6; i++)
        {
            await ProveAsync(host, thief, phone.WrongCodeAt(host.Time.GetUtcNow()));
        }

        host.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.IsType<FactorSignIn.Closed>(await ProveAsync(host, thief, phone.CodeAt(host.Time.GetUtcNow())));
        Assert.IsType<FactorSignIn.SignedIn>(await ProveAsync(host, own, phone.CodeAt(host.Time.GetUtcNow())));
        await host.DrainAsync();
        Assert.Equal(FactorKind.Totp, host.Mails.Last<RecoveryMail.AccountLocked>().Factor);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_sign_in_ends_the_row_of_failures_but_not_what_is_disabled(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider, ("AccountRecovery:Lockout:FailuresEver", "10"));
        var own = await OwnBrowserAsync(host);
        await GuessAsync(host, 5);
        Assert.True(await SignsInAsync(host, own));
        host.Time.Advance(TimeSpan.FromMinutes(15));
        await GuessAsync(host, 5);
        host.Time.Advance(TimeSpan.FromMinutes(30));
        Assert.True(await SignsInAsync(host, new Jar()));

        await GuessAsync(host, 5);
        host.Time.Advance(TimeSpan.FromHours(25));
        await GuessAsync(host, 5);
        host.Time.Advance(TimeSpan.FromHours(25));
        Assert.True(await SignsInAsync(host, own));
        Assert.False(await SignsInAsync(host, new Jar()));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_reset_forgets_them_since_a_thief_may_have_been_in_one(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        var own = await OwnBrowserAsync(host);

        await host.CompleteAsync(await host.RequestTokenAsync(Ada));

        await GuessAsync(host, 5);
        Assert.False(await SignsInAsync(host, own, RecoveryHost.BetterPassword));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_new_browser_is_told_once_and_the_oldest_of_many_is_forgotten(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        var first = await OwnBrowserAsync(host);
        Assert.True(await SignsInAsync(host, first));
        Assert.Single(await host.RowsAsync<AuditEvent>(), e => e.Type == AuditEventTypes.NewBrowser);
        for (var i = 0; i < 20; i++)
        {
            host.Time.Advance(TimeSpan.FromMinutes(1));
            Assert.True(await SignsInAsync(host, new Jar()));
        }

        Assert.Equal(20, (await host.RowsAsync<KnownBrowser>()).Count);
        await GuessAsync(host, 5);
        Assert.False(await SignsInAsync(host, first));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Many_sign_ins_at_once_in_one_browser_all_succeed(DatabaseProvider provider)
    {
        await using var host = await StartAsync(
            provider,
            ("AccountRecovery:Hashing:Waiting", "64"),
            ("AccountRecovery:Hashing:PerNetwork", "64")
        );
        await host.CreateAccountAsync(Ada);
        await using var otherNode = host.StartAnother();
        RecoveryHost[] nodes = [host, otherNode];
        var token = Secrets.NewToken();

        var ends = await AtOnce.RunAsync(
            4,
            i =>
            {
                var browser = new Jar();
                browser.Keep($"{KnownBrowsers.Cookie}={token}");
                return nodes[i % 2].SignInAsync(browser, Ada);
            }
        );

        Assert.All(ends, end => Assert.IsType<PasswordSignIn.SignedIn>(end));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_secret_that_was_planted_is_nobodys_after_the_sign_in(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        await host.CreateAccountAsync("eve@example.test");
        var (own, planted) = (new Jar(), new Jar());
        Assert.IsType<PasswordSignIn.SignedIn>(await host.SignInAsync(planted, "eve@example.test"));
        own.Keep($"__Host-{KnownBrowsers.Cookie}={planted.Value("__Host-" + KnownBrowsers.Cookie)}");
        Assert.True(await SignsInAsync(host, own));

        for (var i = 0; i < 5; i++)
        {
            await host.SignInAsync(planted, Ada, "wrong");
        }

        Assert.IsType<PasswordSignIn.Refused>(await host.SignInAsync(planted, Ada));
        Assert.True(await SignsInAsync(host, own));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_change_of_the_password_forgets_all_but_the_browser_it_is_done_in(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        var (own, thief) = (await OwnBrowserAsync(host), new Jar());
        Assert.True(await SignsInAsync(host, thief));
        var account = Assert.Single(await host.RowsAsync<Account>()).Id;
        var session = await host.InBrowserAsync(own, (_, http) => Task.FromResult(http.User.SessionOf()));

        Assert.IsType<ChangedPassword.Done>(
            await host.CallAsync<ChangePassword, ChangedPassword>(c =>
                c.RunAsync(
                    account,
                    session,
                    RecoveryHost.GoodPassword,
                    RecoveryHost.BetterPassword,
                    RecoveryHost.From(own),
                    Cancelled
                )
            )
        );

        await GuessAsync(host, 5);
        Assert.False(await SignsInAsync(host, thief, RecoveryHost.BetterPassword));
        Assert.True(await SignsInAsync(host, own, RecoveryHost.BetterPassword));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_mail_of_a_lock_says_where_it_holds(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        await GuessAsync(host, 5);
        await host.DrainAsync();
        Assert.Equal(LockReach.Everywhere, host.Mails.Last<RecoveryMail.AccountLocked>().Reach);

        host.Time.Advance(TimeSpan.FromMinutes(15));
        Assert.True(await SignsInAsync(host, new Jar()));
        await GuessAsync(host, 5);
        await host.DrainAsync();
        Assert.Equal(LockReach.OtherBrowsers, host.Mails.Last<RecoveryMail.AccountLocked>().Reach);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_factor_that_others_have_disabled_is_not_taken_from_its_owner(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider, ("AccountRecovery:Lockout:FailuresEver", "10"));
        var account = (await host.CreateAccountAsync(Ada)).Id;
        var phone = await host.EnrollTotpAsync(account);
        var own = new Jar();
        Assert.IsType<FactorSignIn.SignedIn>(await ProveAsync(host, own, phone.CodeAt(host.Time.GetUtcNow())));
        for (var i = 0; i < 10; i++)
        {
            await ProveAsync(host, new Jar(), phone.WrongCodeAt(host.Time.GetUtcNow()));
            host.Time.Advance(TimeSpan.FromHours(25));
        }

        Assert.Null(
            Assert
                .IsType<FactorSignIn.Closed>(await ProveAsync(host, new Jar(), phone.CodeAt(host.Time.GetUtcNow())))
                .Until
        );
        var ada = await host.FindAsync(account);
        var begun = (await host.CallAsync<EnrollTotp, TotpEnrollment?>(e => e.BeginAsync(ada, Cancelled)))!;
        var code = new Authenticator(begun.Key).CodeAt(host.Time.GetUtcNow());
        Assert.IsType<EnrolledTotp.Done>(
            await host.CallAsync<EnrollTotp, EnrolledTotp>(e =>
                e.ConfirmAsync(ada, begun.Id, code, "Tablet", RecoveryHost.From(own), Cancelled)
            )
        );

        Assert.Equal(2, (await host.FindAsync(account)).Factors.Totp);
    }

    [Fact]
    public void The_secret_of_a_browser_is_in_no_text() =>
        Assert.DoesNotContain("hidden", (RecoveryHost.Origin with { BrowserToken = "hidden" }).ToString());

    private static Task<RecoveryHost> StartAsync(
        DatabaseProvider provider,
        params (string Name, string Value)[] settings
    ) =>
        RecoveryHost.StartAsync(
            provider,
            services => services.AddSingleton<IPasswordHasher<Account>, ResetMachine.PlainPasswords>(),
            settings
        );

    private static async Task<Jar> OwnBrowserAsync(RecoveryHost host)
    {
        await host.CreateAccountAsync(Ada);
        var own = new Jar();
        Assert.True(await SignsInAsync(host, own));
        return own;
    }

    private static async Task<bool> SignsInAsync(
        RecoveryHost host,
        Jar browser,
        string password = RecoveryHost.GoodPassword
    ) => await host.SignInAsync(browser, Ada, password) is PasswordSignIn.SignedIn;

    private static async Task GuessAsync(RecoveryHost host, int times)
    {
        for (var i = 0; i < times; i++)
        {
            Assert.IsType<PasswordSignIn.Refused>(await host.SignInAsync(new(), Ada, "wrong"));
        }
    }

    private static async Task<FactorSignIn> ProveAsync(RecoveryHost host, Jar browser, string code)
    {
        var token = Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(browser, Ada)).Token;
        return await host.SignInAsync(browser, token, new FactorProof.Totp(code));
    }
}
