using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Endpoints;
using IdP.Recovery.Factors;
using IdP.Recovery.Ldap;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Endpoints;

/// <summary>A directory (OpenLDAP) follows a reset and a suspension, and says in words what keeps it from it.</summary>
public sealed class LdapTests
{
    private const string Ada = "ada@example.test";

    private static readonly string Dn = DirectoryServer.DnOf("ada");
    private static readonly (string, string)[] AdaThere = [("ada", RecoveryHost.GoodPassword)];

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
    public async Task A_password_against_the_directorys_own_policy_is_told_as_such_and_not_kept()
    {
        await using var directory = await DirectoryServer.StartAsync(AdaThere);
        await using var host = await StartAsync();
        var ada = await host.CreateAccountAsync(Ada);
        await CreateAsync(host, ada.Id, directory.StartTls);
        var shortOne = "purple otter 7";
        Assert.InRange(shortOne.Length, 1, DirectoryServer.MinimumLength - 1);
        await EnrolledAsync(host, ada.Id, shortOne);
        await host.DrainAsync();
        var receipt = await host.ReceiptAsync();
        Assert.Equal(
            (ReceiptState.Failed, DeliveryFlaw.PasswordPolicy, "ConstraintViolation", null),
            (receipt.State, receipt.Flaw, receipt.Detail, receipt.ProtectedPassword)
        );
        Assert.True(directory.Takes(Dn, RecoveryHost.GoodPassword));
    }

    [Theory]
    [InlineData("read-only", DeliveryFlaw.ReadOnly)]
    [InlineData("no-rights", DeliveryFlaw.Rights)]
    [InlineData("wrong-password", DeliveryFlaw.Credentials)]
    [InlineData("untrusted", DeliveryFlaw.Certificate)]
    [InlineData("untrusted-starttls", DeliveryFlaw.Certificate)]
    public async Task What_an_administrator_can_set_right_is_tried_again_and_changes_nothing_before(
        string what,
        DeliveryFlaw flaw
    )
    {
        await using var directory = await DirectoryServer.StartAsync(
            AdaThere,
            readOnly: what == "read-only",
            trusted: !what.StartsWith("untrusted", StringComparison.Ordinal),
            mayWrite: what != "no-rights"
        );
        await using var host = await StartAsync();
        var ada = await host.CreateAccountAsync(Ada);
        await CreateAsync(
            host,
            ada.Id,
            what == "untrusted-starttls" ? directory.StartTls : directory.Ldaps,
            what == "wrong-password" ? "another one" : DirectoryServer.ServicePassword
        );
        await host.ResetAsync();
        await host.DrainAsync();
        var receipt = await host.ReceiptAsync();
        Assert.Equal((ReceiptState.Pending, flaw), (receipt.State, receipt.Flaw));
        Assert.NotNull(receipt.ProtectedPassword);
    }

    [Theory]
    [InlineData("grace", false, DeliveryFlaw.NoAccount)]
    [InlineData("ada", true, DeliveryFlaw.Ambiguous)]
    public async Task Somebody_whom_it_does_not_know_or_knows_twice_is_told_as_such(
        string name,
        bool twice,
        DeliveryFlaw flaw
    )
    {
        await using var directory = await DirectoryServer.StartAsync(
            twice ? [(name, "x"), ("other", "x")] : [(name, "x")],
            samePerson: twice
        );
        await using var host = await StartAsync();
        var ada = await host.CreateAccountAsync(Ada);
        await CreateAsync(host, ada.Id, directory.Ldaps);
        await host.ResetAsync();
        await host.DrainAsync();
        var receipt = await host.ReceiptAsync();
        Assert.Equal((ReceiptState.Failed, flaw), (receipt.State, receipt.Flaw));
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

    [Theory]
    [InlineData("ldap")]
    [InlineData("ldaps")]
    public async Task A_directory_that_is_not_there_or_says_nothing_is_not_waited_for(string scheme)
    {
        DirectoryServer.Trust();
        await using var silent = OddService.Silent();
        await using var host = await StartAsync(settings: ("AccountRecovery:Endpoints:Timeout", "00:00:01"));
        var ada = await host.CreateAccountAsync(Ada);
        await CreateAsync(
            host,
            ada.Id,
            new UriBuilder(silent.Address) { Scheme = scheme, Path = "" }.Uri,
            name: "Silent"
        );
        await CreateAsync(
            host,
            ada.Id,
            new Uri(FormattableString.Invariant($"{scheme}://127.0.0.1:{ProviderFixture.FreePort()}")),
            name: "Gone"
        );
        await host.ResetAsync();
        await host.DrainAsync();
        Assert.Equal(
            [("Gone", DeliveryFlaw.Unreachable), ("Silent", DeliveryFlaw.TimedOut)],
            (await host.ReceiptsAsync()).Select(r => (r.EndpointName, r.Flaw!.Value))
        );
    }

    [Fact]
    public async Task A_directory_in_a_network_that_is_not_allowed_is_not_spoken_to()
    {
        await using var directory = await DirectoryServer.StartAsync(AdaThere);
        await using var host = await StartAsync();
        var ada = await host.CreateAccountAsync(Ada);
        await CreateAsync(host, ada.Id, directory.Ldaps);
        await host.ResetAsync();
        await using var strict = host.StartAnother((EndpointSteps.Loopback, "192.0.2.0/24"));
        await strict.DrainAsync();
        Assert.Equal(DeliveryFlaw.Network, (await host.ReceiptAsync()).Flaw);
        Assert.True(directory.Takes(Dn, RecoveryHost.GoodPassword));
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
    public async Task A_test_changes_nothing_and_says_whether_it_answers()
    {
        await using var directory = await DirectoryServer.StartAsync(AdaThere);
        await using var host = await StartAsync();
        var right = await CreateAsync(host, null, directory.StartTls, name: "Right");
        var wrong = await CreateAsync(host, null, directory.StartTls, "another one", "Wrong");
        Assert.Equal(new DeliveryOutcome.Applied(), await TestAsync(host, right.Id));
        Assert.Equal(new DeliveryOutcome.NotYet(DeliveryFlaw.Credentials), await TestAsync(host, wrong.Id));
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

    [Theory]
    [InlineData("ada", "ada")]
    [InlineData("*", "\\2a")]
    [InlineData("a)(uid=*", "a\\29\\28uid=\\2a")]
    [InlineData("a\\b\0", "a\\5cb\\00")]
    [InlineData("Jörg", "Jörg")]
    public void Nothing_in_a_value_is_read_as_part_of_a_filter(string value, string escaped) =>
        Assert.Equal(escaped, LdapFilter.Escape(value));

    private static Task<RecoveryHost> StartAsync(
        DatabaseProvider? provider = null,
        params (string Name, string Value)[] settings
    ) =>
        RecoveryHost.StartAsync(
            provider ?? TestDatabase.Usual,
            services => services.AddRecoveryEndpointsOnLdap(),
            [(EndpointSteps.Loopback, "127.0.0.0/8"), .. settings]
        );

    private static Task<ServiceEndpoint> CreateAsync(
        RecoveryHost host,
        string? accountId,
        Uri address,
        string password = DirectoryServer.ServicePassword,
        string name = "Directory"
    ) =>
        host.CreateEndpointAsync(
            accountId is null ? [] : [accountId],
            name,
            LdapConnector.KindName,
            values:
            [
                ("url", address.ToString()),
                ("bindDn", DirectoryServer.ServiceDn),
                ("bindPassword", password),
                ("baseDn", DirectoryServer.Base),
            ]
        );

    private static async Task SuspendAsync(RecoveryHost host, string accountId, bool suspends)
    {
        host.Time.Advance(TimeSpan.FromSeconds(1));
        await host.CallAsync<SuspendAccount, SuspensionResult>(s =>
            suspends
                ? s.SuspendAsync(Actor.CommandLine, accountId, null, Requester.None, Cancelled)
                : s.ActivateAsync(Actor.CommandLine, accountId, null, Requester.None, Cancelled)
        );
        await host.DrainAsync();
    }

    // Who has a second factor may choose a shorter password.
    private static async Task EnrolledAsync(RecoveryHost host, string accountId, string password)
    {
        var app = await host.EnrollTotpAsync(accountId);
        var token = await host.RequestTokenAsync(Ada);
        await host.ProveAsync(token, new FactorProof.Totp(app.CodeAt(host.Time.GetUtcNow())));
        await host.CompleteAsync(token, password);
    }

    private static Task<DeliveryOutcome?> TestAsync(RecoveryHost host, Guid endpointId) =>
        host.CallAsync<ManageEndpoints, DeliveryOutcome?>(m => m.TestAsync(Actor.CommandLine, endpointId, Cancelled));

    private static Task<int> DriftAsync(RecoveryHost host)
    {
        host.Time.Advance(TimeSpan.FromSeconds(1));
        return host.CallAsync<FindDrift, int>(d => d.RunAsync(Cancelled));
    }
}
