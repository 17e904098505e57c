using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Factors;
using IdP.Recovery.Lockout;
using IdP.Recovery.Ports;
using IdP.Recovery.SignIn;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.SignIn;

/// <summary>Two steps in, and no way past the second (threats 5 to 9; requirement 8).</summary>
public sealed class SignInWithFactorTests
{
    private const string Ada = "ada@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_password_alone_begins_no_session_where_a_factor_is_enrolled(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var phone = await EnrolledAsync(host);
        var browser = new Jar();

        var first = await host.SignInAsync(browser, Ada);

        var token = Assert.IsType<PasswordSignIn.FactorRequired>(first).Token;
        Assert.False(await host.IsSignedInAsync(browser));
        var second = await host.SignInAsync(browser, token, Code(phone, host));
        Assert.IsType<FactorSignIn.SignedIn>(second);
        Assert.True(await host.IsSignedInAsync(browser));
        Assert.Equal(["mfa", "otp", "pwd"], await MethodsAsync(host, browser));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task One_code_signs_in_once_and_so_does_one_first_step(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var phone = await EnrolledAsync(host);
        var one = await BeginAsync(host);
        var two = await BeginAsync(host);
        var code = Code(phone, host);

        Assert.IsType<FactorSignIn.SignedIn>(await host.SignInAsync(new(), one, code));
        Assert.IsType<FactorSignIn.Refused>(await host.SignInAsync(new(), two, code));

        host.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.IsType<FactorSignIn.Gone>(await host.SignInAsync(new(), one, Code(phone, host)));
        Assert.IsType<FactorSignIn.SignedIn>(await host.SignInAsync(new(), two, Code(phone, host)));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_first_step_dies_with_the_password_and_after_ten_minutes(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var phone = await EnrolledAsync(host);
        var old = await BeginAsync(host);
        var link = await host.RequestTokenAsync(Ada);
        await host.ProveAsync(link, Code(phone, host));
        await host.CompleteAsync(link);
        host.Time.Advance(TimeSpan.FromSeconds(30));

        Assert.IsType<FactorSignIn.Gone>(await host.SignInAsync(new(), old, Code(phone, host)));

        var late = Assert
            .IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(new(), Ada, RecoveryHost.BetterPassword))
            .Token;
        host.Time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromSeconds(1));
        Assert.IsType<FactorSignIn.Refused>(await host.SignInAsync(new(), late, new FactorProof.Totp("000000")));
        host.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.IsType<FactorSignIn.Gone>(await host.SignInAsync(new(), late, Code(phone, host)));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_many_guesses_at_once_on_two_nodes_no_more_than_five_are_looked_at(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var phone = await EnrolledAsync(host);
        await using var otherNode = host.StartAnother();
        RecoveryHost[] nodes = [host, otherNode];
        var token = await BeginAsync(host);
        var wrong = new FactorProof.Totp(phone.WrongCodeAt(host.Time.GetUtcNow()));

        await AtOnce.RunAsync(32, i => nodes[i % 2].SignInAsync(new(), token, wrong));

        Assert.Equal(5, Assert.Single(await CountsAsync(host)).Failures);
        Assert.IsType<FactorSignIn.Closed>(await host.SignInAsync(new(), token, Code(phone, host)));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Each_lock_is_longer_than_the_one_before_and_the_hundredth_failure_disables(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider, ("AccountRecovery:Lockout:FailuresEver", "12"));
        var phone = await EnrolledAsync(host);
        var locks = new List<TimeSpan>();
        for (var i = 0; i < 2; i++)
        {
            var end = await FailAsync(host, phone, 5);
            locks.Add(Assert.IsType<FactorSignIn.Closed>(end).Until!.Value - host.Time.GetUtcNow());
            host.Time.Advance(locks[^1]);
        }

        Assert.Equal([TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(30)], locks);
        Assert.Null(Assert.IsType<FactorSignIn.Closed>(await FailAsync(host, phone, 2)).Until);

        // A right code is no longer looked at, and an unlock does not revive it (SP 800-63B-4, 3.2.2).
        host.Time.Advance(TimeSpan.FromDays(2));
        var token = await BeginAsync(host);
        Assert.IsType<FactorSignIn.Closed>(await host.SignInAsync(new(), token, Code(phone, host)));
        await host.DrainAsync();
        Assert.Equal(FactorChange.Disabled, host.Mails.Last<RecoveryMail.FactorChanged>().Change);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_owner_hears_of_a_right_password_with_a_wrong_code_once_an_hour(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var phone = await EnrolledAsync(host);
        await FailAsync(host, phone, 3);
        await host.DrainAsync();
        Assert.Equal(1, Told(host));

        host.Time.Advance(TimeSpan.FromHours(1));
        await FailAsync(host, phone, 1);
        await host.DrainAsync();
        Assert.Equal(2, Told(host));

        static int Told(RecoveryHost host) =>
            host.Mails.Sent.Count(m => m.Mail is RecoveryMail.FactorChanged { Change: FactorChange.ProofFailed });
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_recovery_code_signs_in_once_and_a_fresh_one_stands_in_its_place(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await EnrolledAsync(host);
        var account = Assert.Single(await host.RowsAsync<IdentityProvider.Accounts.Account>());
        var codes = await host.CreateRecoveryCodesAsync(account.Id);
        var proof = new FactorProof.RecoveryCode(codes[3].ToLowerInvariant().Replace("-", " "));

        var end = await host.SignInAsync(new(), await BeginAsync(host), proof);

        var fresh = Assert.IsType<FactorSignIn.SignedIn>(end).ReplacementCode;
        Assert.IsType<FactorSignIn.Refused>(await host.SignInAsync(new(), await BeginAsync(host), proof));
        Assert.IsType<FactorSignIn.SignedIn>(
            await host.SignInAsync(new(), await BeginAsync(host), new FactorProof.RecoveryCode(fresh))
        );
        Assert.Equal(10, (await host.FindAsync(account.Id)).Factors.RecoveryCodes);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_remembered_browser_is_not_asked_until_a_credential_changes(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var phone = await EnrolledAsync(host);
        var browser = new Jar();
        await host.SignInAsync(browser, await BeginAsync(host), Code(phone, host), remember: true);

        Assert.IsType<PasswordSignIn.SignedIn>(await host.SignInAsync(browser, Ada));
        Assert.Equal(["pwd"], await MethodsAsync(host, browser));
        Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(new(), Ada));
        Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(browser, Ada, wantsFactor: true));

        host.Time.Advance(TimeSpan.FromMinutes(1));
        var link = await host.RequestTokenAsync(Ada);
        await host.ProveAsync(link, Code(phone, host));
        await host.CompleteAsync(link);
        Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(browser, Ada, RecoveryHost.BetterPassword));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_remembered_browser_is_forgotten_after_thirty_days_and_knows_only_one_account(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var phone = await EnrolledAsync(host);
        var grace = await host.CreateAccountAsync("grace@example.test");
        await host.EnrollTotpAsync(grace.Id);
        var browser = new Jar();
        await host.SignInAsync(browser, await BeginAsync(host), Code(phone, host), remember: true);

        Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(browser, "grace@example.test"));
        host.Time.Advance(TimeSpan.FromDays(30));
        Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(browser, Ada));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Another_accounts_code_opens_nothing(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await EnrolledAsync(host);
        var grace = await host.CreateAccountAsync("grace@example.test");
        var hers = await host.EnrollTotpAsync(grace.Id);
        var codes = await host.CreateRecoveryCodesAsync(grace.Id);

        Assert.IsType<FactorSignIn.Refused>(await host.SignInAsync(new(), await BeginAsync(host), Code(hers, host)));
        Assert.IsType<FactorSignIn.Refused>(
            await host.SignInAsync(new(), await BeginAsync(host), new FactorProof.RecoveryCode(codes[0]))
        );
        Assert.IsType<FactorSignIn.Gone>(await host.SignInAsync(new(), Secrets.NewToken(), Code(hers, host)));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_administrator_without_a_factor_enrolls_before_anything_opens(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada, administrator: true);
        var browser = new Jar();

        var first = await host.SignInAsync(browser, Ada, portal: Audience.Administrator);

        var token = Assert.IsType<PasswordSignIn.EnrollmentRequired>(first).Token;
        Assert.False(await host.IsSignedInAsync(browser));
        Assert.IsType<FactorSignIn.Refused>(await EnrollAsync(host, browser, token, null));
        Assert.False(await host.IsSignedInAsync(browser));
        Assert.IsType<FactorSignIn.SignedIn>(await EnrollAsync(host, browser, token, "otp"));
        Assert.True(await host.IsSignedInAsync(browser));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Enrolling_is_no_way_around_a_factor_that_is_there(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada, administrator: true);
        await host.EnrollTotpAsync(account.Id);
        var browser = new Jar();
        var first = await host.SignInAsync(browser, Ada, portal: Audience.Administrator);
        var token = Assert.IsType<PasswordSignIn.FactorRequired>(first).Token;

        Assert.IsType<FactorSignIn.Gone>(await EnrollAsync(host, browser, token, "otp"));
        Assert.False(await host.IsSignedInAsync(browser));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Who_must_have_a_factor_is_the_policys_to_say(DatabaseProvider provider)
    {
        await using var everybody = await RecoveryHost.StartAsync(
            provider,
            ("AccountRecovery:Mfa:RequiredFor", "Everybody")
        );
        await everybody.CreateAccountAsync(Ada);
        Assert.IsType<PasswordSignIn.EnrollmentRequired>(await everybody.SignInAsync(new(), Ada));

        await using var nobody = await RecoveryHost.StartAsync(
            provider,
            ("AccountRecovery:Mfa:RequiredFor", "Nobody"),
            ("AccountRecovery:Mfa:Groups:0", "Administrator")
        );
        await nobody.CreateAccountAsync(Ada);
        await nobody.CreateAccountAsync("root@example.test", administrator: true);
        Assert.IsType<PasswordSignIn.SignedIn>(await nobody.SignInAsync(new(), Ada));
        Assert.IsType<PasswordSignIn.EnrollmentRequired>(
            await nobody.SignInAsync(new(), "root@example.test", portal: Audience.Administrator)
        );
    }

    private static async Task<Authenticator> EnrolledAsync(RecoveryHost host)
    {
        var account = await host.CreateAccountAsync(Ada);
        return await host.EnrollTotpAsync(account.Id);
    }

    private static FactorProof.Totp Code(Authenticator phone, RecoveryHost host) =>
        new(phone.CodeAt(host.Time.GetUtcNow()));

    private static async Task<string> BeginAsync(RecoveryHost host) =>
        Assert.IsType<PasswordSignIn.FactorRequired>(await host.SignInAsync(new(), Ada)).Token;

    private static async Task<FactorSignIn> FailAsync(RecoveryHost host, Authenticator phone, int times)
    {
        var token = await BeginAsync(host);
        FactorSignIn end = new FactorSignIn.Gone();
        for (var i = 0; i < times; i++)
        {
            end = await host.SignInAsync(new(), token, new FactorProof.Totp(phone.WrongCodeAt(host.Time.GetUtcNow())));
        }

        return end;
    }

    private static Task<FactorSignIn> EnrollAsync(RecoveryHost host, Jar browser, string token, string? method) =>
        host.InBrowserAsync(
            browser,
            (p, http) =>
                p.GetRequiredService<EnrollAtSignIn>()
                    .RunAsync(
                        http,
                        token,
                        async account =>
                        {
                            if (method is not null)
                            {
                                await Authenticator.EnrollAsync(p, account.Id, host.Time.GetUtcNow());
                            }

                            return method;
                        },
                        RecoveryHost.Origin,
                        Cancelled
                    )
        );

    private static async Task<IEnumerable<FailureCount>> CountsAsync(RecoveryHost host) =>
        (await host.RowsAsync<FailureCount>()).Where(c => c.Factor == FactorKind.Totp);

    private static Task<List<string>> MethodsAsync(RecoveryHost host, Jar browser) =>
        host.InBrowserAsync(
            browser,
            (_, http) =>
                Task.FromResult(
                    http.User.FindAll(SessionClaims.Methods).Select(m => m.Value).Order(StringComparer.Ordinal).ToList()
                )
        );
}
