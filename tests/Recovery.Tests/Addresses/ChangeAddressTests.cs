using IdentityProvider.Accounts;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Addresses;
using IdP.Recovery.Audit;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Addresses;

/// <summary>Another primary address, and the end of one: every address hears of it, the old one too.</summary>
public sealed class ChangeAddressTests
{
    private const string Ada = "ada@example.test";
    private const string Second = "ada.home@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_new_primary_address_signs_in_and_the_old_one_is_told_and_stays(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var id = await host.HaveAddressAsync(account.Id, Second);
        var elsewhere = await host.StartSessionAsync(account.Id);
        var before = host.Mails.Count<RecoveryMail.AddressChanged>();

        Assert.IsType<MadeAddressPrimary.Done>(await host.MakePrimaryAsync(account.Id, id));
        await host.DrainAsync();

        var changed = Assert.Single(await host.RowsAsync<Account>());
        Assert.Equal(Second, changed.Email);
        Assert.Equal(Second, changed.UserName);
        Assert.Equal(Second.ToUpperInvariant(), changed.NormalizedEmail);
        Assert.Equal(Second.ToUpperInvariant(), changed.NormalizedUserName);
        Assert.True(await host.SignsInAsync(Second, RecoveryHost.GoodPassword));
        Assert.False(await host.SignsInAsync(Ada, RecoveryHost.GoodPassword));
        Assert.False(await host.IsSignedInAsync(elsewhere));
        Assert.Equal([account.Id], host.Grants.Revoked);
        var old = Assert.Single(await host.AddressesAsync(account.Id));
        Assert.Equal((Ada, true), (old.Address, old.IsConfirmed));
        Assert.Equal(
            [Second, Ada],
            host.Mails.Sent.Select(m => m.Mail)
                .OfType<RecoveryMail.AddressChanged>()
                .Skip(before)
                .Where(m => m.Change == AddressChange.MadePrimary)
                .Select(m => m.To.Address)
                .Order()
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_session_in_which_it_is_done_goes_on(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var id = await host.HaveAddressAsync(account.Id, Second);
        var here = await host.StartSessionAsync(account.Id);
        var session = Assert.Single(await host.RowsAsync<IdentityProvider.Sessions.Session>());

        await host.MakePrimaryAsync(account.Id, id, session.Id);
        await host.DrainAsync();

        Assert.True(await host.IsSignedInAsync(here));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Open_reset_links_die_with_the_change(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var id = await host.HaveAddressAsync(account.Id, Second);
        var link = await host.RequestTokenAsync(Ada);

        await host.MakePrimaryAsync(account.Id, id);

        Assert.IsType<OpenedPasswordReset.Gone>(await host.OpenAsync(link));
        Assert.NotNull(Assert.Single(await host.RowsAsync<ResetRequest>()).VoidedAt);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_does_not_count_or_is_another_accounts_does_not_become_primary(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var eve = await host.CreateAccountAsync("eve@example.test");
        var waiting = await host.WaitForCodeAsync(account.Id, Second);
        var confirmed = await host.HaveAddressAsync(account.Id, "ada.work@example.test");

        Assert.IsType<MadeAddressPrimary.Gone>(await host.MakePrimaryAsync(account.Id, waiting));
        Assert.IsType<MadeAddressPrimary.Gone>(await host.MakePrimaryAsync(eve.Id, confirmed));

        // An account that was made by another way, without a look at further addresses.
        await host.CreateAccountAsync("ada.work@example.test");
        Assert.IsType<MadeAddressPrimary.Taken>(await host.MakePrimaryAsync(account.Id, confirmed));

        Assert.Equal(Ada, (await host.FindAsync(account.Id)).Email);
        Assert.Equal(2, (await host.AddressesAsync(account.Id)).Count);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Two_changes_at_once_leave_one_primary_and_lose_no_address(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var ids = new[]
        {
            await host.HaveAddressAsync(account.Id, Second),
            await host.HaveAddressAsync(account.Id, "ada.work@example.test"),
        };

        await AtOnce.RunAsync(2, i => host.MakePrimaryAsync(account.Id, ids[i]));

        var primary = (await host.FindAsync(account.Id)).Email;
        var further = await host.AddressesAsync(account.Id);
        Assert.All(further, a => Assert.True(a.IsConfirmed));
        Assert.Equal([Second, "ada.work@example.test", Ada], further.Select(a => a.Address).Append(primary).Order());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_removed_address_hears_of_its_end_and_of_nothing_after(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var id = await host.HaveAddressAsync(account.Id, Second);
        var link = await TokenAsync(host, Second);

        // No two looks at a real clock see the same time.
        host.Time.AutoAdvanceAmount = TimeSpan.FromMilliseconds(1);
        Assert.True(await host.RemoveAddressAsync(account.Id, id));
        host.Time.AutoAdvanceAmount = TimeSpan.Zero;
        Assert.False(await host.RemoveAddressAsync(account.Id, id));
        await host.DrainAsync();

        Assert.Equal(
            [Second, Ada],
            host.Mails.Sent.Select(m => m.Mail)
                .OfType<RecoveryMail.AddressChanged>()
                .Where(m => m.Change == AddressChange.Removed)
                .Select(m => m.To.Address)
                .Order()
        );
        Assert.Empty(await host.AddressesAsync(account.Id));
        Assert.IsType<OpenedPasswordReset.Gone>(await host.OpenAsync(link));

        host.Time.Advance(TimeSpan.FromMinutes(15));
        await host.RequestAsync(Second);
        await host.CompleteAsync(await host.RequestTokenAsync(Ada));
        await host.DrainAsync();
        Assert.Equal([Ada], host.ToldOf<RecoveryMail.PasswordChanged>());
        Assert.Single(
            await host.RowsAsync<AuditEvent>(),
            e => e is { Type: AuditEventTypes.ResetNotSent, Reason: "unknown" }
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task One_that_never_counted_goes_without_a_word(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var eve = await host.CreateAccountAsync("eve@example.test");
        var id = await host.WaitForCodeAsync(account.Id, Second);
        Assert.False(await host.RemoveAddressAsync(eve.Id, id));

        Assert.True(await host.RemoveAddressAsync(account.Id, id));
        await host.DrainAsync();

        Assert.Empty(await host.RowsAsync<RecoveryAddress>());
        Assert.Equal(0, host.Mails.Count<RecoveryMail.AddressChanged>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Whoever_removed_an_address_may_add_it_again_and_so_may_another_account(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var eve = await host.CreateAccountAsync("eve@example.test");
        await host.RemoveAddressAsync(account.Id, await host.HaveAddressAsync(account.Id, Second));
        await host.RemoveAddressAsync(account.Id, await host.HaveAddressAsync(account.Id, Second));

        await host.HaveAddressAsync(eve.Id, Second);

        Assert.Single(await host.AddressesAsync(eve.Id));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_reset_is_asked_for_under_any_confirmed_address_and_mailed_there(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        await host.HaveAddressAsync(account.Id, Second);
        await host.WaitForCodeAsync(account.Id, "waiting@example.test");

        var link = await TokenAsync(host, Second);
        Assert.Equal([Second], host.ToldOf<RecoveryMail.PasswordResetLink>());
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(link));

        Assert.True(await host.SignsInAsync(Ada, RecoveryHost.BetterPassword));
        await host.RequestAsync("waiting@example.test");
        await host.DrainAsync();
        Assert.Equal([Second], host.ToldOf<RecoveryMail.PasswordResetLink>());
    }

    private static async Task<string> TokenAsync(RecoveryHost host, string address)
    {
        await host.RequestAsync(address);
        await host.DrainAsync();
        return host.Mails.Last<RecoveryMail.PasswordResetLink>().Link.Token();
    }
}
