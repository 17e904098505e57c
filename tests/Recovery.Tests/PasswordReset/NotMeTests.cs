using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Addresses;
using IdP.Recovery.Audit;
using IdP.Recovery.Lockout;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Recovery.Tests.Addresses;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.PasswordReset;

/// <summary>'This was not me': the account is locked, its sessions end, and a new link is on its way.</summary>
public sealed class NotMeTests
{
    private const string Ada = "ada@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task It_locks_the_account_ends_its_sessions_and_mails_a_new_link(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var notice = await BeResetByAThiefAsync(host);
        var thief = await host.StartSessionAsync(account.Id);
        Assert.NotNull(await LookAsync(host, notice));

        Assert.True(await ReportAsync(host, notice));

        Assert.False(await host.IsSignedInAsync(thief));
        Assert.False(await host.SignsInAsync(Ada, RecoveryHost.BetterPassword));
        host.Time.Advance(TimeSpan.FromDays(1));
        Assert.False(await host.SignsInAsync(Ada, RecoveryHost.BetterPassword));
        Assert.True((await host.FindAsync(account.Id)).ClosedUntilReset);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_new_link_gives_the_owner_the_account_back(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        var notice = await BeResetByAThiefAsync(host);
        await ReportAsync(host, notice);
        await host.DrainAsync();

        var link = host.Mails.Last<RecoveryMail.PasswordResetLink>().Link.Token();
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(link, "only the owner knows this one"));

        Assert.True(await host.SignsInAsync(Ada, "only the owner knows this one"));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Neither_a_sign_in_in_flight_nor_a_wrong_guess_after_it_opens_the_account(
        DatabaseProvider provider
    )
    {
        Action? once = null;
        await using var host = await RecoveryHost.StartAsync(
            provider,
            services => services.WatchHashing(() => Interlocked.Exchange(ref once, null)?.Invoke())
        );
        var account = await host.CreateAccountAsync(Ada);
        var notice = await BeResetByAThiefAsync(host);
        var thief = new Jar();

        once = () => ReportNow(host, notice);
        await host.SignInAsync(thief, Ada, RecoveryHost.BetterPassword);
        Assert.Null(once);
        await host.SignsInAsync(Ada, "wrong");

        Assert.False(await host.IsSignedInAsync(thief));
        Assert.True((await host.FindAsync(account.Id)).ClosedUntilReset);
        host.Time.Advance(TimeSpan.FromDays(1));
        Assert.False(await host.SignsInAsync(Ada, RecoveryHost.BetterPassword));
    }

    private static void ReportNow(RecoveryHost host, string notice) =>
        Assert.True(ReportAsync(host, notice).GetAwaiter().GetResult());

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task It_works_once_however_many_clicks_come_at_once(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        var notice = await BeResetByAThiefAsync(host);

        var answers = await AtOnce.RunAsync(16, _ => ReportAsync(host, notice));
        await host.DrainAsync();

        Assert.Single(answers, a => a);
        Assert.Equal(2, host.Mails.Count<RecoveryMail.PasswordResetLink>());
        Assert.False(await ReportAsync(host, notice));
        Assert.Null(await LookAsync(host, notice));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Looking_at_the_link_changes_nothing(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        var notice = await BeResetByAThiefAsync(host);

        await LookAsync(host, notice);
        await LookAsync(host, notice);

        Assert.True(await host.SignsInAsync(Ada, RecoveryHost.BetterPassword));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_link_stops_working_after_seven_days(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        var notice = await BeResetByAThiefAsync(host);

        host.Time.Advance(TimeSpan.FromDays(7));

        Assert.False(await ReportAsync(host, notice));
        Assert.True(await host.SignsInAsync(Ada, RecoveryHost.BetterPassword));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task From_the_portal_it_does_the_same_once_and_only_of_ones_own(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        var bob = await host.CreateAccountAsync("bob@example.test");
        Assert.IsType<IdP.Recovery.SignIn.PasswordSignIn.SignedIn>(
            await host.SignInAsync(new Jar(), "ada@example.test")
        );
        var session = await host.StartSessionAsync(ada.Id);
        var seen = Assert.Single(await host.RowsAsync<AuditEvent>(), e => e.Type == AuditEventTypes.NewBrowser);

        Assert.False(await ReportAsync(host, bob.Id, seen.Id));
        Assert.False(await ReportAsync(host, ada.Id, Guid.Empty));
        Assert.True(await ReportAsync(host, ada.Id, seen.Id));
        Assert.False(await ReportAsync(host, ada.Id, seen.Id));

        await host.DrainAsync();
        Assert.False(await host.IsSignedInAsync(session));
        Assert.False(await host.SignsInAsync("ada@example.test", RecoveryHost.GoodPassword));
        Assert.True(await host.SignsInAsync("bob@example.test", RecoveryHost.GoodPassword));
        Assert.Empty(await host.RowsAsync<KnownBrowser>());
        var link = Assert.Single(host.Mails.Sent.Select(m => m.Mail).OfType<RecoveryMail.PasswordResetLink>());
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(link.Link.Token()));
        Assert.True(await host.SignsInAsync("ada@example.test", RecoveryHost.BetterPassword));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task From_the_portal_the_link_goes_to_the_address_of_then(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = (await host.CreateAccountAsync()).Id;
        host.Time.Advance(TimeSpan.FromMinutes(1));
        var theirs = await host.HaveAddressAsync(ada, "thief@example.test");
        host.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.IsType<MadeAddressPrimary.Done>(await host.MakePrimaryAsync(ada, theirs));
        Assert.Equal("thief@example.test", (await host.FindAsync(ada)).Email);
        var changed = Assert.Single(await host.RowsAsync<AuditEvent>(), e => e.Type == AuditEventTypes.AddressChanged);

        var told = await host.CallAsync<ReportNotMe, string?>(r =>
            r.RunAsync(ada, changed.Id, RecoveryHost.Origin, Cancelled)
        );
        await host.DrainAsync();

        Assert.Equal("ada@example.test", told);
        Assert.Equal("ada@example.test", host.Mails.Last<RecoveryMail.PasswordResetLink>().To.Address);
    }

    private static async Task<bool> ReportAsync(RecoveryHost host, string accountId, Guid eventId) =>
        await host.CallAsync<ReportNotMe, string?>(r => r.RunAsync(accountId, eventId, RecoveryHost.Origin, Cancelled))
            is not null;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_reset_link_is_no_not_me_link_nor_the_other_way_round(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        var notice = await BeResetByAThiefAsync(host);
        var reset = await host.RequestTokenAsync(Ada);

        Assert.False(await ReportAsync(host, reset));
        Assert.IsType<CompletedPasswordReset.Gone>(await host.CompleteAsync(notice));
    }

    private static async Task<string> BeResetByAThiefAsync(RecoveryHost host)
    {
        await host.CompleteAsync(await host.RequestTokenAsync(Ada));
        await host.DrainAsync();
        return host.Mails.Last<RecoveryMail.PasswordChanged>().NotMeLink.Token();
    }

    private static Task<string?> LookAsync(RecoveryHost host, string token) =>
        host.CallAsync<ReportNotMe, string?>(r => r.LookAsync(token, Cancelled));

    private static Task<bool> ReportAsync(RecoveryHost host, string token) =>
        host.CallAsync<ReportNotMe, bool>(r => r.RunAsync(token, new Requester("192.0.2.8", null), Cancelled));
}
