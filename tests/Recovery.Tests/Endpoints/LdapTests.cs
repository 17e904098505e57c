using IdentityProvider.Data;
using IdP.Recovery.Audit;
using IdP.Recovery.Endpoints;
using Tests.Support;
using Xunit;
using static Recovery.Tests.Endpoints.LdapSteps;

namespace Recovery.Tests.Endpoints;

/// <summary>A directory (OpenLDAP) follows a reset and a suspension, and what was changed there is set right.</summary>
[StartsProcesses]
public sealed class LdapTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DatabaseProvider.Sqlite, true)]
    [InlineData(DatabaseProvider.PostgreSql, false)]
    public async Task After_a_reset_the_person_binds_with_the_new_password_and_the_old_one_is_refused(
        DatabaseProvider provider,
        bool startTls
    )
    {
        await using var directory = await DirectoryServer.StartAsync(AdaThere);
        await using var host = await StartAsync(provider);
        var ada = await host.CreateAccountAsync(Ada);
        await CreateAsync(host, ada.Id, startTls ? directory.StartTls : directory.Ldaps);
        Assert.True(directory.Takes(Dn, RecoveryHost.GoodPassword));

        await host.ResetAsync();
        await host.DrainAsync();

        var receipt = await host.ReceiptAsync();
        Assert.Equal((ReceiptState.Applied, null), (receipt.State, receipt.ProtectedPassword));
        Assert.True(directory.Takes(Dn, RecoveryHost.BetterPassword));
        Assert.False(directory.Takes(Dn, RecoveryHost.GoodPassword));
    }

    [Fact]
    public async Task A_suspended_person_gets_in_nowhere_until_the_suspension_ends()
    {
        await using var directory = await DirectoryServer.StartAsync(AdaThere);
        await using var host = await StartAsync();
        var ada = await host.CreateAccountAsync(Ada);
        await CreateAsync(host, ada.Id, directory.Ldaps);

        await SuspendAsync(host, ada.Id, suspends: true);
        Assert.False(directory.Takes(Dn, RecoveryHost.GoodPassword));
        await SuspendAsync(host, ada.Id, suspends: false);
        Assert.True(directory.Takes(Dn, RecoveryHost.GoodPassword));
        Assert.All(await host.ReceiptsAsync(), r => Assert.Equal(ReceiptState.Applied, r.State));
    }

    [Fact]
    public async Task A_new_password_opens_nothing_that_is_closed()
    {
        await using var directory = await DirectoryServer.StartAsync(AdaThere);
        await using var host = await StartAsync();
        var ada = await host.CreateAccountAsync(Ada);
        await CreateAsync(host, ada.Id, directory.Ldaps);
        directory.SetLocked("ada", locked: true);
        await host.ResetAsync();
        await SuspendAsync(host, ada.Id, suspends: true);
        Assert.False(directory.Takes(Dn, RecoveryHost.BetterPassword));
        Assert.All(await host.ReceiptsAsync(), r => Assert.Equal(ReceiptState.Applied, r.State));
        await SuspendAsync(host, ada.Id, suspends: false);
        Assert.True(directory.Takes(Dn, RecoveryHost.BetterPassword));
    }

    [Fact]
    public async Task Whom_an_administrator_names_is_not_looked_up()
    {
        await using var directory = await DirectoryServer.StartAsync([("boss", RecoveryHost.GoodPassword)]);
        await using var host = await StartAsync();
        var ada = await host.CreateAccountAsync(Ada);
        var endpoint = await CreateAsync(host, null, directory.Ldaps);
        await host.BindAsync(endpoint.Id, ada.Id, DirectoryServer.DnOf("boss"));
        await host.ResetAsync();
        await host.DrainAsync();
        Assert.True(directory.Takes(DirectoryServer.DnOf("boss"), RecoveryHost.BetterPassword));
    }

    [Fact]
    public async Task No_two_accounts_are_bound_to_the_same_entry()
    {
        await using var host = await StartAsync();
        var ada = await host.CreateAccountAsync(Ada);
        var mallory = await host.CreateAccountAsync("mallory@example.test");
        var endpoint = await CreateAsync(host, null, new Uri("ldaps://127.0.0.1"));
        Assert.IsType<ManagedEndpoint.Done>(await host.BindAsync(endpoint.Id, ada.Id, Dn));
        Assert.IsType<ManagedEndpoint.Gone>(await host.BindAsync(endpoint.Id, mallory.Id, Dn));
        Assert.Contains(
            await host.RowsAsync<AuditEvent>(),
            e => e.Type == AuditEventTypes.EndpointBound && e.SubjectId == $"Directory: {Dn}"
        );
    }

    [Fact]
    public async Task What_was_changed_behind_our_back_is_found_at_night_and_set_right()
    {
        await using var directory = await DirectoryServer.StartAsync([
            ("ada", RecoveryHost.GoodPassword),
            ("grace", RecoveryHost.GoodPassword),
        ]);
        await using var host = await StartAsync();
        var ada = await host.CreateAccountAsync(Ada);
        var grace = await host.CreateAccountAsync("grace@example.test");
        var endpoint = await CreateAsync(host, ada.Id, directory.Ldaps);
        await host.BindAsync(endpoint.Id, grace.Id);
        await SuspendAsync(host, ada.Id, suspends: true);
        Assert.Equal(0, await DriftAsync(host));

        directory.SetLocked("ada", locked: false);
        directory.SetLocked("grace", locked: true);
        Assert.Equal(2, await DriftAsync(host));
        Assert.Equal(2, await DriftAsync(host));
        await host.DrainAsync();
        Assert.False(directory.Takes(Dn, RecoveryHost.GoodPassword));
        Assert.True(directory.Takes(DirectoryServer.DnOf("grace"), RecoveryHost.GoodPassword));
        Assert.Equal(0, await DriftAsync(host));
        Assert.Equal(3, (await host.ReceiptsAsync()).Count);
    }

    private static Task<int> DriftAsync(RecoveryHost host)
    {
        host.Time.Advance(TimeSpan.FromSeconds(1));
        return host.CallAsync<FindDrift, int>(d => d.RunAsync(Cancelled));
    }
}
