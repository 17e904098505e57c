using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Addresses;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Addresses;

/// <summary>Adding an address: the same answer for every address, and no more mail than may be.</summary>
public sealed class AddAddressTests
{
    private const string Ada = "ada@example.test";
    private const string Eve = "eve@example.test";
    private const string Second = "ada.home@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_address_of_another_account_gets_the_same_answer_and_a_mail_without_a_code(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync(Ada);
        var eve = await host.CreateAccountAsync(Eve);
        await host.HaveAddressAsync(ada.Id, Second);
        var codes = host.Mails.Count<RecoveryMail.AddressCode>();

        var own = await host.WaitForCodeAsync(eve.Id, Ada);
        var further = await host.WaitForCodeAsync(eve.Id, Second);
        var free = await host.WaitForCodeAsync(eve.Id, "free@example.test");

        Assert.Equal(codes + 1, host.Mails.Count<RecoveryMail.AddressCode>());
        Assert.Equal([Second, Ada], host.ToldOf<RecoveryMail.AddressTaken>());
        Assert.All(await host.AddressesAsync(eve.Id), a => Assert.False(a.IsConfirmed));
        foreach (var id in new[] { own, further, free })
        {
            for (var i = 0; i < 6; i++)
            {
                Assert.IsType<ConfirmedAddress.Refused>(await host.ConfirmAddressAsync(eve.Id, id, host.WrongCode()));
            }
        }

        Assert.All(await host.RowsAsync<RecoveryAddress>(), a => Assert.Equal(a.AccountId == eve.Id ? 5 : 1, a.Tries));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_is_no_address_and_what_counts_already_is_refused(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        await host.HaveAddressAsync(account.Id, Second);
        var mails = host.Mails.Sent.Count;

        foreach (var text in new[] { null, "", "ada", "a@b.test\r\nBcc: eve@example.test" })
        {
            Assert.IsType<AddedAddress.NotAnAddress>(await host.AddAddressAsync(account.Id, text));
        }

        Assert.IsType<AddedAddress.AlreadyYours>(await host.AddAddressAsync(account.Id, " ADA@example.test "));
        Assert.IsType<AddedAddress.AlreadyYours>(await host.AddAddressAsync(account.Id, Second.ToUpperInvariant()));

        await host.DrainAsync();
        Assert.Equal(mails, host.Mails.Sent.Count);
        Assert.Single(await host.RowsAsync<RecoveryAddress>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Many_at_once_are_never_more_than_an_account_may_have(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(
            provider,
            ("AccountRecovery:Addresses:Max", "2"),
            ("AccountRecovery:Addresses:CodesPerDay", "100"),
            ("AccountRecovery:PasswordReset:RequestsPerNetwork", "1000")
        );
        var account = await host.CreateAccountAsync(Ada);

        await AtOnce.RunAsync(
            8,
            async i =>
            {
                try
                {
                    return await host.AddAddressAsync(account.Id, $"ada{i}@example.test");
                }
                catch (Microsoft.EntityFrameworkCore.DbUpdateException)
                {
                    // Lost three times in a row.
                    return new AddedAddress.Limited();
                }
            }
        );

        Assert.InRange((await host.AddressesAsync(account.Id)).Count, 1, 2);
        await host.AddAddressAsync(account.Id, "last@example.test");
        Assert.IsType<AddedAddress.TooMany>(await host.AddAddressAsync(account.Id, "one.more@example.test"));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Codes_have_places_of_their_own_and_take_none_of_the_owners_resets(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        for (var i = 0; i < 3; i++)
        {
            Assert.IsType<AddedAddress.CodeSent>(await host.AddAddressAsync(account.Id, Second));
        }

        Assert.IsType<AddedAddress.Limited>(await host.AddAddressAsync(account.Id, Second));
        await host.RequestAsync(Second);

        Assert.Single(await host.RowsAsync<ResetRequest>());
        host.Time.Advance(TimeSpan.FromMinutes(15));
        Assert.IsType<AddedAddress.CodeSent>(await host.AddAddressAsync(account.Id, Second));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_account_asks_for_ten_codes_a_day(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        for (var i = 0; i < 10; i++)
        {
            Assert.IsType<AddedAddress.CodeSent>(await host.AddAddressAsync(account.Id, Second));
            host.Time.Advance(TimeSpan.FromMinutes(15));
        }

        Assert.IsType<AddedAddress.Limited>(await host.AddAddressAsync(account.Id, Second));
        host.Time.Advance(TimeSpan.FromHours(24));
        Assert.IsType<AddedAddress.CodeSent>(await host.AddAddressAsync(account.Id, Second));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_code_whose_mail_is_tried_again_is_the_same_one(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var tried = new List<string>();
        host.Mails.Accepting = m =>
        {
            tried.Add(((RecoveryMail.AddressCode)m.Mail).Code);
            if (tried.Count == 1)
            {
                throw new TimeoutException("The mail server took too long.");
            }
        };
        await host.AddAddressAsync(account.Id, Second);
        await host.DrainAsync();
        host.Time.Advance(TimeSpan.FromMinutes(1));
        await host.DrainAsync();

        Assert.Equal(2, tried.Count);
        Assert.Single(tried.Distinct());
        Assert.Single(host.Mails.Sent);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_waits_for_its_code_for_a_week_is_dropped(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        await host.HaveAddressAsync(account.Id, Second);
        await host.WaitForCodeAsync(account.Id, "never@example.test");
        var gone = await host.HaveAddressAsync(account.Id, "gone@example.test");
        await host.RemoveAddressAsync(account.Id, gone);

        host.Time.Advance(TimeSpan.FromDays(8));
        await PruneAsync(host);
        Assert.Equal(2, (await host.RowsAsync<RecoveryAddress>()).Count);
        host.Time.Advance(TimeSpan.FromDays(23));
        await PruneAsync(host);

        Assert.Equal(Second, Assert.Single(await host.RowsAsync<RecoveryAddress>()).Address);
    }

    private static Task PruneAsync(RecoveryHost host) =>
        host.InScopeAsync(p => ((PruneRecovery)p.GetService(typeof(PruneRecovery))!).RunAsync(Cancelled));
}
