using IdP.Recovery.Console;
using IdP.Recovery.Endpoints;
using IdP.Recovery.Factors;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;
using static Recovery.Tests.Endpoints.LdapSteps;

namespace Recovery.Tests.Endpoints;

/// <summary>What keeps a directory from following a change is told in words, and nothing is changed there before.</summary>
[StartsProcesses]
public sealed class LdapTroubleTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

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
    public async Task A_directory_that_has_no_room_for_anybody_more_takes_a_new_password_all_the_same()
    {
        await using var directory = await DirectoryServer.StartAsync(AdaThere, size: 200_000);
        directory.Fill();
        await using var host = await StartAsync();
        var ada = await host.CreateAccountAsync(Ada);
        await CreateAsync(host, ada.Id, directory.Ldaps);
        await host.ResetAsync();
        await host.DrainAsync();
        Assert.Equal(ReceiptState.Applied, (await host.ReceiptAsync()).State);
        Assert.True(directory.Takes(Dn, RecoveryHost.BetterPassword));
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
    public async Task A_test_changes_nothing_and_says_whether_it_answers()
    {
        await using var directory = await DirectoryServer.StartAsync(AdaThere);
        await using var host = await StartAsync();
        var right = await CreateAsync(host, null, directory.StartTls, name: "Right");
        var wrong = await CreateAsync(host, null, directory.StartTls, "another one", "Wrong");
        Assert.Equal(new DeliveryOutcome.Applied(), await TestAsync(host, right.Id));
        Assert.Equal(new DeliveryOutcome.NotYet(DeliveryFlaw.Credentials), await TestAsync(host, wrong.Id));
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
}
