using System.Text.Json;
using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Endpoints;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Endpoints;

/// <summary>Webhooks and SCIM, with services that this project did not write.</summary>
[StartsProcesses]
public sealed class ServiceTests
{
    private const string Ada = "ada@example.test";
    private const string OtherSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_webhook_is_signed_as_its_receivers_library_wants_it()
    {
        await using var services = await ForeignServices.StartAsync();
        await using var host = await StartAsync();
        var ada = await host.CreateAccountAsync(Ada);
        await CreateHookAsync(host, ada.Id, services, ForeignServices.Secret);
        await host.ResetAsync();
        await host.DrainAsync();
        var receipt = await host.ReceiptAsync();
        Assert.Equal(ReceiptState.Sent, receipt.State);
        var hook = Assert.Single((await services.SeenAsync(Cancelled)).GetProperty("hooks").EnumerateArray());
        Assert.Equal("account.password_changed", hook.GetProperty("type").GetString());
        Assert.Equal(receipt.Id.ToString("n"), hook.GetProperty("id").GetString());
        Assert.Equal(receipt.CreatedAt, hook.GetProperty("timestamp").GetDateTimeOffset());
        var account = hook.GetProperty("data").GetProperty("account");
        Assert.Equal(
            (ada.Id, Ada, true),
            (
                account.GetProperty("id").GetString(),
                account.GetProperty("email").GetString(),
                account.GetProperty("open").GetBoolean()
            )
        );
        Assert.DoesNotContain(RecoveryHost.BetterPassword, hook.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_a_secret_is_replaced_a_receiver_with_either_takes_a_webhook()
    {
        await using var services = await ForeignServices.StartAsync();
        await using var host = await StartAsync();
        var ada = await host.CreateAccountAsync(Ada);
        await CreateHookAsync(host, ada.Id, services, OtherSecret, previous: ForeignServices.Secret);
        await host.ResetAsync();
        await host.DrainAsync();
        Assert.Equal(ReceiptState.Sent, (await host.ReceiptAsync()).State);
    }

    [Fact]
    public async Task A_receiver_that_does_not_know_the_secret_refuses_and_the_receipt_says_so()
    {
        await using var services = await ForeignServices.StartAsync();
        await using var host = await StartAsync();
        var ada = await host.CreateAccountAsync(Ada);
        var endpoint = await CreateHookAsync(host, ada.Id, services, OtherSecret);
        await host.ResetAsync();
        await host.DrainAsync();
        var receipt = await host.ReceiptAsync();
        Assert.Equal((ReceiptState.Failed, DeliveryFlaw.Refused, "400"), (receipt.State, receipt.Flaw, receipt.Detail));
        Assert.Empty((await services.SeenAsync(Cancelled)).GetProperty("hooks").EnumerateArray());
        Assert.Equal(
            new DeliveryOutcome.Refused(DeliveryFlaw.Refused, "400"),
            await host.CallAsync<ManageEndpoints, DeliveryOutcome?>(m =>
                m.TestAsync(Actor.CommandLine, endpoint.Id, Cancelled)
            )
        );
    }

    [Fact]
    public async Task A_directory_that_is_trusted_with_it_gets_the_password_and_follows_a_suspension()
    {
        await using var services = await ForeignServices.StartAsync();
        await services.CreateUserAsync(Ada, Cancelled);
        await using var host = await StartAsync();
        var ada = await host.CreateAccountAsync(Ada);
        await CreateScimAsync(host, ada.Id, services, sendPassword: true);
        await host.ResetAsync();
        await host.DrainAsync();
        Assert.Equal(ReceiptState.Sent, (await host.ReceiptAsync()).State);
        var seen = await services.SeenAsync(Cancelled);
        Assert.Equal(RecoveryHost.BetterPassword, seen.GetProperty("passwords").GetProperty(Ada).GetString());

        foreach (var suspends in new[] { true, false })
        {
            host.Time.Advance(TimeSpan.FromSeconds(1));
            await host.CallAsync<SuspendAccount, SuspensionResult>(s =>
                suspends
                    ? s.SuspendAsync(Actor.CommandLine, ada.Id, null, Requester.None, Cancelled)
                    : s.ActivateAsync(Actor.CommandLine, ada.Id, null, Requester.None, Cancelled)
            );
            await host.DrainAsync();
        }

        Assert.Equal(
            [ReceiptState.Sent, ReceiptState.Applied, ReceiptState.Applied],
            (await host.ReceiptsAsync()).Select(r => r.State)
        );
        Assert.Equal([true, true, false, true], ActiveIn(await services.SeenAsync(Cancelled)));
    }

    [Fact]
    public async Task A_directory_that_is_not_trusted_with_it_never_gets_the_password()
    {
        await using var services = await ForeignServices.StartAsync();
        await services.CreateUserAsync(Ada, Cancelled);
        await using var host = await StartAsync();
        var ada = await host.CreateAccountAsync(Ada);
        await CreateScimAsync(host, ada.Id, services, sendPassword: false);
        await host.ResetAsync();
        Assert.Null((await host.ReceiptAsync()).ProtectedPassword);
        await host.DrainAsync();
        Assert.Equal(ReceiptState.Applied, (await host.ReceiptAsync()).State);
        Assert.Empty((await services.SeenAsync(Cancelled)).GetProperty("passwords").EnumerateObject());
    }

    [Fact]
    public async Task A_password_against_the_directorys_own_policy_is_told_as_such()
    {
        await using var services = await ForeignServices.StartAsync();
        await services.CreateUserAsync(Ada, Cancelled);
        await using var host = await StartAsync();
        var ada = await host.CreateAccountAsync(Ada);
        await CreateScimAsync(host, ada.Id, services, sendPassword: true);
        await host.ResetAsync(password: "nine otters against the policy of the harbour");
        await host.DrainAsync();
        var receipt = await host.ReceiptAsync();
        Assert.Equal(
            (ReceiptState.Failed, DeliveryFlaw.PasswordPolicy, null),
            (receipt.State, receipt.Flaw, receipt.ProtectedPassword)
        );
    }

    [Fact]
    public async Task Somebody_whom_the_directory_does_not_know_is_told_as_such()
    {
        await using var services = await ForeignServices.StartAsync();
        await using var host = await StartAsync();
        var ada = await host.CreateAccountAsync(Ada);
        var endpoint = await CreateScimAsync(host, ada.Id, services, sendPassword: true);
        await host.ResetAsync();
        await host.DrainAsync();
        Assert.Equal(DeliveryFlaw.NoAccount, (await host.ReceiptAsync()).Flaw);
        Assert.IsType<DeliveryOutcome.Applied>(
            await host.CallAsync<ManageEndpoints, DeliveryOutcome?>(m =>
                m.TestAsync(Actor.CommandLine, endpoint.Id, Cancelled)
            )
        );
    }

    private static IEnumerable<bool> ActiveIn(JsonElement seen) =>
        seen.GetProperty("changes").EnumerateArray().Select(c => c.GetProperty("active").GetBoolean());

    // The receivers' library goes by the real time.
    private static async Task<RecoveryHost> StartAsync()
    {
        var host = await RecoveryHost.StartAsync(TestDatabase.Usual, (EndpointSteps.Loopback, "127.0.0.0/8"));
        host.Time.SetUtcNow(ForeignServices.Now);
        return host;
    }

    private static Task<ServiceEndpoint> CreateHookAsync(
        RecoveryHost host,
        string accountId,
        ForeignServices services,
        string secret,
        string previous = ""
    ) =>
        host.CreateEndpointAsync(
            [accountId],
            kind: WebhookConnector.KindName,
            values: [("url", services.Hook.ToString()), ("secret", secret), ("previousSecret", previous)]
        );

    private static Task<ServiceEndpoint> CreateScimAsync(
        RecoveryHost host,
        string accountId,
        ForeignServices services,
        bool sendPassword
    ) =>
        host.CreateEndpointAsync(
            [accountId],
            kind: ScimConnector.KindName,
            values:
            [
                ("url", services.Scim.ToString()),
                ("token", ForeignServices.Token),
                ("sendPassword", sendPassword ? "true" : "false"),
            ]
        );
}
