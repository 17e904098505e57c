using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Addresses;

/// <summary>Every notice reaches every confirmed address, and each of them once (requirement 4; threat 17).</summary>
public sealed class TellEveryAddressTests
{
    private const string Ada = "ada@example.test";
    private const string Second = "ada.home@example.test";
    private const string Third = "ada.work@example.test";

    private static readonly string[] Everybody = [Second, Third, Ada];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_reset_a_lock_and_a_new_factor_are_told_to_all_and_not_to_one_that_waits(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await HaveThreeAsync(host);
        await host.WaitForCodeAsync(account, "waiting@example.test");

        await host.CompleteAsync(await host.RequestTokenAsync(Ada));
        await host.EnrollTotpAsync(account);
        await LockAsync(host);
        await host.DrainAsync();

        Assert.Equal(Everybody, host.ToldOf<RecoveryMail.PasswordChanged>());
        Assert.Equal(Everybody, host.ToldOf<RecoveryMail.FactorChanged>());
        Assert.Equal(Everybody, host.ToldOf<RecoveryMail.AccountLocked>());
        Assert.Equal(host.Mails.Sent.Count, host.Mails.Sent.Select(m => m.MessageId).Distinct().Count());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Another_administrators_reset_is_told_to_all_addresses_of_each_other(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync("root@example.test", administrator: true);
        var ada = await host.CreateAccountAsync(Ada, administrator: true);
        await host.HaveAddressAsync(ada.Id, Second);

        await host.RequestAsync("root@example.test", Audience.Administrator);
        await host.DrainAsync();

        Assert.Equal([Second, Ada], host.ToldOf<RecoveryMail.AdministratorResetPending>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_mailbox_that_refuses_gets_its_mail_later_and_the_others_get_theirs_once(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await HaveThreeAsync(host);
        foreach (var refusing in Everybody)
        {
            var mails = host.Mails.Count<RecoveryMail.PasswordChanged>();
            host.Mails.Accepting = m =>
            {
                if (m.Mail is RecoveryMail.PasswordChanged && m.Mail.To.Address == refusing)
                {
                    throw new TimeoutException("The mail server took too long.");
                }
            };
            await host.CompleteAsync(await host.RequestTokenAsync(Ada));
            await host.DrainAsync();
            host.Time.Advance(TimeSpan.FromMinutes(5));
            await host.DrainAsync();
            Assert.Equal(mails + 2, host.Mails.Count<RecoveryMail.PasswordChanged>());
            host.Mails.Accepting = _ => { };
            host.Time.Advance(TimeSpan.FromHours(1));
            await host.DrainAsync();

            Assert.Equal(mails + 3, host.Mails.Count<RecoveryMail.PasswordChanged>());
        }

        Assert.Equal(Everybody.SelectMany(a => Enumerable.Repeat(a, 3)), host.ToldOf<RecoveryMail.PasswordChanged>());
        Assert.NotNull(await host.FindAsync(account));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Who_was_removed_after_the_change_is_told_of_it_still(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var id = await host.HaveAddressAsync(account.Id, Second);
        var link = await host.RequestTokenAsync(Ada);

        // A thief who is quick: the notice is still on its way.
        await host.CompleteAsync(link);
        host.Time.Advance(TimeSpan.FromSeconds(1));
        await host.RemoveAddressAsync(account.Id, id);
        await host.DrainAsync();

        Assert.Equal([Second, Ada], host.ToldOf<RecoveryMail.PasswordChanged>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Each_mailbox_has_a_link_of_its_own_and_one_this_was_not_me_is_enough(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await HaveThreeAsync(host);
        var waiting = await host.WaitForCodeAsync(account, "thief@example.test");
        await host.CompleteAsync(await host.RequestTokenAsync(Ada));
        await host.DrainAsync();
        var links = host
            .Mails.Sent.Where(m => m.Mail is RecoveryMail.PasswordChanged)
            .ToDictionary(m => m.Mail.To.Address, m => m.Token);
        Assert.Equal(3, links.Values.Distinct().Count());

        Assert.True(await ReportAsync(host, links[Second]));
        await host.DrainAsync();

        Assert.Equal(Second, host.Mails.Last<RecoveryMail.PasswordResetLink>().To.Address);
        Assert.False(await ReportAsync(host, links[Third]));
        Assert.False(await ReportAsync(host, links[Ada]));
        Assert.DoesNotContain(await host.AddressesAsync(account), a => a.Id == waiting);
        Assert.Equal(2, (await host.AddressesAsync(account)).Count);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_owner_gets_the_account_back_where_a_thief_has_changed_its_address(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        await host.CompleteAsync(await host.RequestTokenAsync(Ada));
        await host.DrainAsync();
        var notice = host.Mails.Last<RecoveryMail.PasswordChanged>().NotMeLink.Token();
        var thiefs = await host.HaveAddressAsync(account.Id, "thief@example.test");
        await host.MakePrimaryAsync(account.Id, thiefs);

        Assert.True(await ReportAsync(host, notice));
        await host.DrainAsync();

        var link = host.Mails.Last<RecoveryMail.PasswordResetLink>();
        Assert.Equal(Ada, link.To.Address);
        Assert.IsType<CompletedPasswordReset.Done>(
            await host.CompleteAsync(link.Link.Token(), "only the owner knows this one")
        );
    }

    private static async Task<string> HaveThreeAsync(RecoveryHost host)
    {
        var account = await host.CreateAccountAsync(Ada);
        await host.HaveAddressAsync(account.Id, Second);
        await host.HaveAddressAsync(account.Id, Third);
        return account.Id;
    }

    private static async Task LockAsync(RecoveryHost host)
    {
        for (var i = 0; i < 5; i++)
        {
            Assert.False(await host.SignsInAsync(Ada, "wrong"));
        }
    }

    private static Task<bool> ReportAsync(RecoveryHost host, string token) =>
        host.CallAsync<ReportNotMe, bool>(r => r.RunAsync(token, RecoveryHost.Origin, Cancelled));
}
