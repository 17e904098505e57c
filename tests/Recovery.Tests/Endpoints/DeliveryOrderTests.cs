using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Endpoints;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Endpoints;

/// <summary>
/// What happens to one person reaches a service in order, a newer password overtakes an older one, and nobody overtakes what
/// is under way.
/// </summary>
public sealed class DeliveryOrderTests
{
    private const string Ada = "ada@example.test";
    private const string NewestPassword = "seven quiet lamps over the harbour";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Whatever_happens_to_one_person_reaches_a_service_in_order(DatabaseProvider provider)
    {
        var service = new ScriptedService();
        service.Answers(new DeliveryOutcome.NotYet(DeliveryFlaw.Unreachable));
        await using var host = await RecoveryHost.StartAsync(provider, EndpointSteps.With(service));
        var ada = await host.CreateAccountAsync(Ada);
        await host.CreateEndpointAsync([ada.Id]);
        await SuspendAsync(host, ada.Id, suspends: true);
        await host.DrainAsync();
        host.Time.Advance(TimeSpan.FromSeconds(1));
        await SuspendAsync(host, ada.Id, suspends: false);
        await host.DrainAsync();
        Assert.All(service.Delivered, d => Assert.Equal(CredentialChanges.Suspended, d.Change));

        service.Answers(new DeliveryOutcome.Applied());
        service.Delivered.Clear();
        host.Time.Advance(TimeSpan.FromSeconds(10));
        await host.DrainAsync();
        Assert.Equal(
            [CredentialChanges.Suspended, CredentialChanges.Activated],
            service.Delivered.Select(d => d.Change)
        );
        Assert.All(await host.ReceiptsAsync(), r => Assert.Equal(ReceiptState.Applied, r.State));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_newer_password_overtakes_an_older_one_that_waits(DatabaseProvider provider)
    {
        var service = new ScriptedService();
        service.Answers(new DeliveryOutcome.NotYet(DeliveryFlaw.Unreachable));
        await using var host = await RecoveryHost.StartAsync(provider, EndpointSteps.With(service));
        var ada = await host.CreateAccountAsync(Ada);
        await host.CreateEndpointAsync([ada.Id], values: ("takesPassword", "true"));
        await host.ResetAsync();
        await host.DrainAsync();
        host.Time.Advance(TimeSpan.FromSeconds(5));
        await host.ResetAsync(password: NewestPassword);
        service.Answers(new DeliveryOutcome.Applied());
        service.Delivered.Clear();
        host.Time.Advance(TimeSpan.FromMinutes(5));
        await host.DrainAsync();
        Assert.Equal(NewestPassword, Assert.Single(service.Delivered).Password);
        var receipts = await host.ReceiptsAsync();
        Assert.Equal([ReceiptState.Superseded, ReceiptState.Applied], receipts.Select(r => r.State));
        Assert.All(receipts, r => Assert.Null(r.ProtectedPassword));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_newer_password_waits_for_an_older_one_that_is_under_way(DatabaseProvider provider)
    {
        var service = new ScriptedService();
        await using var host = await RecoveryHost.StartAsync(provider, EndpointSteps.With(service));
        var ada = await host.CreateAccountAsync(Ada);
        await host.CreateEndpointAsync([ada.Id], values: ("takesPassword", "true"));
        await host.ResetAsync();
        var token = "";
        service.Answer = async _ =>
        {
            // While the older one is in the service's hands, the newer one is set, and its delivery tried.
            if (service.Delivered.Count == 1)
            {
                host.Time.Advance(TimeSpan.FromSeconds(1));
                token = await host.RequestTokenAsync(Ada);
                await host.CompleteAsync(token, NewestPassword);
                await host.DrainAsync();
                Assert.Single(service.Delivered);
            }

            return new DeliveryOutcome.Applied();
        };
        await host.DrainAsync();
        Assert.NotEmpty(token);
        Assert.Equal([RecoveryHost.BetterPassword, NewestPassword], service.Delivered.Select(d => d.Password));
        Assert.All(await host.ReceiptsAsync(), r => Assert.Equal(ReceiptState.Applied, r.State));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_older_password_that_fails_under_way_is_not_tried_again_after_a_newer_one(
        DatabaseProvider provider
    )
    {
        var service = new ScriptedService();
        await using var host = await RecoveryHost.StartAsync(provider, EndpointSteps.With(service));
        var ada = await host.CreateAccountAsync(Ada);
        await host.CreateEndpointAsync([ada.Id], values: ("takesPassword", "true"));
        await host.ResetAsync();
        service.Answer = async _ =>
        {
            if (service.Delivered.Count > 1)
            {
                return new DeliveryOutcome.Applied();
            }

            host.Time.Advance(TimeSpan.FromSeconds(1));
            await host.ResetAsync(password: NewestPassword);
            return new DeliveryOutcome.NotYet(DeliveryFlaw.TimedOut);
        };
        await host.DrainAsync();
        host.Time.Advance(TimeSpan.FromHours(2));
        await host.DrainAsync();
        Assert.Equal([RecoveryHost.BetterPassword, NewestPassword], service.Delivered.Select(d => d.Password));
        Assert.Equal(
            [ReceiptState.Superseded, ReceiptState.Applied],
            (await host.ReceiptsAsync()).Select(r => r.State)
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Two_nodes_that_deliver_at_once_send_each_change_once(DatabaseProvider provider)
    {
        var service = new ScriptedService();
        await using var host = await RecoveryHost.StartAsync(provider, EndpointSteps.With(service));
        await using var other = host.StartAnother();
        var people = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            people.Add((await host.CreateAccountAsync($"person{i}@example.test")).Id);
        }

        await host.CreateEndpointAsync(people);
        for (var i = 0; i < 5; i++)
        {
            await host.ResetAsync($"person{i}@example.test");
        }

        await Task.WhenAll(host.DrainAsync(), other.DrainAsync());
        await host.DrainAsync();
        Assert.Equal(5, service.Delivered.Count);
        Assert.Equal(5, service.Delivered.Select(d => d.Account.Id).Distinct().Count());
        Assert.All(await host.ReceiptsAsync(), r => Assert.Equal(ReceiptState.Applied, r.State));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_receipt_is_in_one_workers_hands_and_ended_by_nobody_else(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, EndpointSteps.With(new ScriptedService()));
        await using var other = host.StartAnother();
        var ada = await host.CreateAccountAsync(Ada);
        await host.CreateEndpointAsync([ada.Id]);
        await host.ResetAsync();
        var receipt = await host.ReceiptAsync();
        var held = await HoldAsync(host, receipt);
        Assert.NotNull(held);
        Assert.Null(await HoldAsync(other, receipt));
        await EndAsync(other, receipt, held: null);
        await EndAsync(other, receipt, held.Value.AddMinutes(1));
        Assert.Equal(ReceiptState.Pending, (await host.ReceiptAsync()).State);

        // It is gone for longer than it may be: another takes it over, and what the first brings is not kept.
        host.Time.Advance(TimeSpan.FromMinutes(6));
        var taken = await HoldAsync(other, receipt);
        Assert.NotNull(taken);
        await EndAsync(host, receipt, held);
        Assert.Equal(ReceiptState.Pending, (await host.ReceiptAsync()).State);
        await EndAsync(other, receipt, taken);
        Assert.Equal(ReceiptState.Applied, (await host.ReceiptAsync()).State);
    }

    private static Task<DateTimeOffset?> HoldAsync(RecoveryHost host, Receipt receipt) =>
        host.CallAsync<KeepReceipt, DateTimeOffset?>(k => k.HoldAsync(receipt, Cancelled));

    private static Task<bool> EndAsync(RecoveryHost host, Receipt receipt, DateTimeOffset? held) =>
        host.CallAsync<KeepReceipt, bool>(k => k.EndAsync(receipt, held, ReceiptState.Applied));

    private static Task<SuspensionResult> SuspendAsync(RecoveryHost host, string accountId, bool suspends) =>
        host.CallAsync<SuspendAccount, SuspensionResult>(s =>
            suspends
                ? s.SuspendAsync(Actor.CommandLine, accountId, null, Requester.None, Cancelled)
                : s.ActivateAsync(Actor.CommandLine, accountId, null, Requester.None, Cancelled)
        );
}
