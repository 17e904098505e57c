using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Addresses;
using IdP.Recovery.Audit;
using IdP.Recovery.Ports;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Addresses;

/// <summary>An address counts only once its own code has come back (requirement 4; SP 800-63B-4, 4.2.3).</summary>
public sealed class ConfirmAddressTests
{
    private const string Ada = "ada@example.test";
    private const string Second = "Ada.Home@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_address_counts_once_its_code_has_come_back(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var id = await host.WaitForCodeAsync(account.Id, Second);
        var mail = host.Mails.Last<RecoveryMail.AddressCode>();
        Assert.Equal(Second, mail.To.Address);
        Assert.Null(mail.To.DisplayName);
        Assert.False(Assert.Single(await host.AddressesAsync(account.Id)).IsConfirmed);
        Assert.Null(await FindAsync(host, Second));

        Assert.IsType<ConfirmedAddress.Done>(await host.ConfirmAddressAsync(account.Id, id, mail.Code.Insert(3, " ")));

        Assert.True(Assert.Single(await host.AddressesAsync(account.Id)).IsConfirmed);
        Assert.Equal(account.Id, (await FindAsync(host, Second))!.Id);
        Assert.IsType<ConfirmedAddress.Refused>(await host.ConfirmAddressAsync(account.Id, id, mail.Code));
        await host.DrainAsync();
        Assert.Equal([Second, Ada], host.ToldOf<RecoveryMail.AddressChanged>());
        Assert.Equal(
            [AuditEventTypes.AddressAdded, AuditEventTypes.AddressConfirmed],
            (await host.RowsAsync<AuditEvent>())
                .Where(e => e.Type.StartsWith("address.", StringComparison.Ordinal))
                .Select(e => e.Type)
                .Order()
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_many_codes_at_once_on_two_nodes_five_are_looked_at(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var id = await host.WaitForCodeAsync(account.Id, Second);
        await using var otherNode = host.StartAnother();
        RecoveryHost[] nodes = [host, otherNode];
        var wrong = host.WrongCode();

        await AtOnce.RunAsync(24, i => nodes[i % 2].ConfirmAddressAsync(account.Id, id, wrong));

        Assert.Equal(5, Assert.Single(await host.RowsAsync<RecoveryAddress>()).Tries);
        Assert.IsType<ConfirmedAddress.Refused>(await host.ConfirmAddressAsync(account.Id, id, host.LastCode()));
        Assert.False(Assert.Single(await host.AddressesAsync(account.Id)).IsConfirmed);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_right_code_many_times_at_once_confirms_and_tells_once(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var id = await host.WaitForCodeAsync(account.Id, Second);
        var code = host.LastCode();

        var answers = await AtOnce.RunAsync(8, _ => host.ConfirmAddressAsync(account.Id, id, code));
        await host.DrainAsync();

        Assert.Single(answers, a => a is ConfirmedAddress.Done);
        Assert.Equal([Second, Ada], host.ToldOf<RecoveryMail.AddressChanged>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Two_accounts_that_confirm_one_address_at_once_one_gets_it(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync(Ada);
        var eve = await host.CreateAccountAsync("eve@example.test");
        var adas = await host.WaitForCodeAsync(ada.Id, Second);
        var adasCode = host.LastCode();
        var eves = await host.WaitForCodeAsync(eve.Id, Second);
        var evesCode = host.LastCode();

        var answers = await AtOnce.RunAsync(
            2,
            i =>
                i == 0
                    ? host.ConfirmAddressAsync(ada.Id, adas, adasCode)
                    : host.ConfirmAddressAsync(eve.Id, eves, evesCode)
        );

        Assert.Single(answers, a => a is ConfirmedAddress.Done);
        Assert.Single(answers, a => a is ConfirmedAddress.Refused);
        Assert.Single(await host.RowsAsync<RecoveryAddress>(), a => a.Confirmed is not null);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_code_works_for_ten_minutes(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var id = await host.WaitForCodeAsync(account.Id, Second);
        var other = await host.WaitForCodeAsync(account.Id, "ada.work@example.test");
        var codes = host
            .Mails.Sent.Select(m => m.Mail)
            .OfType<RecoveryMail.AddressCode>()
            .ToDictionary(m => m.To.Address, m => m.Code);

        host.Time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromSeconds(1));
        Assert.IsType<ConfirmedAddress.Done>(await host.ConfirmAddressAsync(account.Id, id, codes[Second]));
        host.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.IsType<ConfirmedAddress.Refused>(
            await host.ConfirmAddressAsync(account.Id, other, codes["ada.work@example.test"])
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_new_code_replaces_the_old_one_and_gives_five_tries_again(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var id = await host.WaitForCodeAsync(account.Id, Second);
        var old = host.LastCode();
        for (var i = 0; i < 5; i++)
        {
            await host.ConfirmAddressAsync(account.Id, id, host.WrongCode());
        }

        Assert.Equal(id, await host.WaitForCodeAsync(account.Id, Second));

        var fresh = host.LastCode();
        if (fresh != old)
        {
            Assert.IsType<ConfirmedAddress.Refused>(await host.ConfirmAddressAsync(account.Id, id, old));
        }

        Assert.IsType<ConfirmedAddress.Done>(await host.ConfirmAddressAsync(account.Id, id, fresh));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Nobody_confirms_the_address_of_another_account(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var eve = await host.CreateAccountAsync("eve@example.test");
        var id = await host.WaitForCodeAsync(account.Id, Second);

        Assert.IsType<ConfirmedAddress.Refused>(await host.ConfirmAddressAsync(eve.Id, id, host.LastCode()));

        Assert.Equal(0, Assert.Single(await host.RowsAsync<RecoveryAddress>()).Tries);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task No_code_rests_in_clear_and_none_is_left_once_it_came_back(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = await host.CreateAccountAsync(Ada);
        var id = await host.WaitForCodeAsync(account.Id, Second);
        var row = Assert.Single(await host.RowsAsync<RecoveryAddress>());
        Assert.NotNull(row.ProtectedCode);
        Assert.DoesNotContain(host.LastCode(), row.ProtectedCode, StringComparison.Ordinal);

        // What is kept for one address is worth nothing for another.
        await host.InScopeAsync(p =>
        {
            var secrets = (Secrets)p.GetService(typeof(Secrets))!;
            Assert.Equal(host.LastCode(), secrets.UnprotectCode(id, row.ProtectedCode));
            Assert.Null(secrets.UnprotectCode(Guid.Empty, row.ProtectedCode));
            return Task.CompletedTask;
        });

        await host.ConfirmAddressAsync(account.Id, id, host.LastCode());

        Assert.Null(Assert.Single(await host.RowsAsync<RecoveryAddress>()).ProtectedCode);
    }

    private static Task<RecoverableAccount?> FindAsync(RecoveryHost host, string address) =>
        host.CallAsync<IAccounts, RecoverableAccount?>(a =>
            a.FindByAddressAsync(EmailAddress.Normalize(address)!, Cancelled)
        );
}
