using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Endpoints;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Endpoints;

/// <summary>
/// A change reaches a service at least once, is tried again for a day, and a service that is away delays no other.
/// </summary>
public sealed class DeliveryTests
{
    private const string Ada = "ada@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_does_not_reach_a_service_is_tried_again_for_a_day_and_then_says_why(
        DatabaseProvider provider
    )
    {
        var service = new ScriptedService();
        service.Answers(new DeliveryOutcome.NotYet(DeliveryFlaw.Unavailable, "503"));
        await using var host = await RecoveryHost.StartAsync(provider, EndpointSteps.With(service));
        var ada = await host.CreateAccountAsync(Ada);
        await host.CreateEndpointAsync([ada.Id]);
        await host.ResetAsync();
        await host.DrainAsync();
        var receipt = await host.ReceiptAsync();
        Assert.Equal(
            (ReceiptState.Pending, DeliveryFlaw.Unavailable, "503"),
            (receipt.State, receipt.Flaw, receipt.Detail)
        );

        var start = host.Time.GetUtcNow();
        while (receipt.State == ReceiptState.Pending)
        {
            host.Time.Advance(TimeSpan.FromMinutes(10));
            await host.DrainAsync();
            receipt = await host.ReceiptAsync();
        }

        Assert.Equal(
            (ReceiptState.Failed, DeliveryFlaw.Unavailable, "503"),
            (receipt.State, receipt.Flaw, receipt.Detail)
        );
        Assert.InRange(receipt.EndedAt!.Value - start, TimeSpan.FromHours(20), TimeSpan.FromHours(26));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_service_that_is_back_gets_what_it_missed(DatabaseProvider provider)
    {
        var service = new ScriptedService();
        service.Answers(new DeliveryOutcome.NotYet(DeliveryFlaw.Unreachable));
        await using var host = await RecoveryHost.StartAsync(provider, EndpointSteps.With(service));
        var ada = await host.CreateAccountAsync(Ada);
        await host.CreateEndpointAsync([ada.Id], values: ("takesPassword", "true"));
        await host.ResetAsync();
        await host.DrainAsync();
        service.Answers(new DeliveryOutcome.Applied());
        host.Time.Advance(TimeSpan.FromSeconds(10));
        await host.DrainAsync();
        Assert.Equal(2, service.Delivered.Count);
        Assert.All(service.Delivered, d => Assert.Equal(RecoveryHost.BetterPassword, d.Password));
        Assert.Single(service.Delivered.Select(d => d.Id).Distinct());
        var receipt = await host.ReceiptAsync();
        Assert.Equal((ReceiptState.Applied, null), (receipt.State, receipt.Flaw));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_refusal_is_final_and_an_administrator_may_send_it_again(DatabaseProvider provider)
    {
        var service = new ScriptedService();
        service.Answers(new DeliveryOutcome.Refused(DeliveryFlaw.NoAccount));
        await using var host = await RecoveryHost.StartAsync(provider, EndpointSteps.With(service));
        var ada = await host.CreateAccountAsync(Ada);
        var endpoint = await host.CreateEndpointAsync([ada.Id]);
        await host.ResetAsync();
        await host.DrainAsync();
        host.Time.Advance(TimeSpan.FromHours(1));
        await host.DrainAsync();
        Assert.Single(service.Delivered);
        Assert.Equal(ReceiptState.Failed, (await host.ReceiptAsync()).State);

        service.Answers(new DeliveryOutcome.Sent());
        Assert.Equal(1, await RetryAsync(host, endpoint.Id));
        await host.DrainAsync();
        Assert.Equal(ReceiptState.Sent, (await host.ReceiptAsync()).State);
        Assert.Equal(0, await RetryAsync(host, endpoint.Id));
    }

    [Fact]
    public async Task A_service_that_fails_again_and_again_is_left_alone_for_a_while_and_delays_no_other()
    {
        var service = new ScriptedService();
        service.Answer = d =>
            Task.FromResult<DeliveryOutcome>(
                d.Settings["key"] == "broken"
                    ? new DeliveryOutcome.NotYet(DeliveryFlaw.TimedOut)
                    : new DeliveryOutcome.Applied()
            );
        await using var host = await RecoveryHost.StartAsync(TestDatabase.Usual, EndpointSteps.With(service));
        var people = new List<string>();
        for (var i = 0; i < 10; i++)
        {
            people.Add((await host.CreateAccountAsync($"person{i}@example.test")).Id);
        }

        await host.CreateEndpointAsync(people, "Broken", values: ("key", "broken"));
        await host.CreateEndpointAsync(people, "Well");
        foreach (var id in people)
        {
            await SuspendAsync(host, id, suspends: true);
        }

        await host.DrainAsync();
        Assert.Equal(10, (await host.ReceiptsAsync()).Count(r => r.State == ReceiptState.Applied));

        // Four have failed; the others have not been tried at all, and wait without having lost a try.
        Assert.Equal(4, service.Delivered.Count(d => d.Settings["key"] == "broken"));
        Assert.Equal(
            6,
            (await host.RowsAsync<OutboxEntry>()).Count(e => e.DoneAt is null && e.Attempts == 0 && e.LastError is null)
        );

        service.Answers(new DeliveryOutcome.Applied());
        for (var i = 0; i < 3; i++)
        {
            host.Time.Advance(TimeSpan.FromMinutes(2));
            await host.DrainAsync();
        }

        Assert.All(await host.ReceiptsAsync(), r => Assert.Equal(ReceiptState.Applied, r.State));
    }

    [Fact]
    public async Task A_paused_service_gets_nothing_until_it_goes_on()
    {
        var service = new ScriptedService();
        await using var host = await RecoveryHost.StartAsync(TestDatabase.Usual, EndpointSteps.With(service));
        var ada = await host.CreateAccountAsync(Ada);
        var endpoint = await host.CreateEndpointAsync([ada.Id]);
        await PauseAsync(host, endpoint.Id, paused: true);
        await host.ResetAsync();
        await host.DrainAsync();
        Assert.Empty(service.Delivered);

        // However long that is.
        host.Time.Advance(TimeSpan.FromDays(3));
        await host.DrainAsync();
        Assert.Equal(ReceiptState.Pending, (await host.ReceiptAsync()).State);
        await PauseAsync(host, endpoint.Id, paused: false);
        await host.DrainAsync();
        Assert.Equal(ReceiptState.Applied, (await host.ReceiptAsync()).State);
    }

    [Fact]
    public async Task What_was_on_its_way_to_a_service_that_was_removed_has_failed_and_can_be_read()
    {
        var service = new ScriptedService();
        service.Answers(new DeliveryOutcome.NotYet(DeliveryFlaw.Unreachable));
        await using var host = await RecoveryHost.StartAsync(TestDatabase.Usual, EndpointSteps.With(service));
        var ada = await host.CreateAccountAsync(Ada);
        var endpoint = await host.CreateEndpointAsync([ada.Id]);
        await host.ResetAsync();
        await host.DrainAsync();
        await host.CallAsync<ManageEndpoints, ManagedEndpoint>(m =>
            m.RemoveAsync(Actor.CommandLine, endpoint.Id, Requester.None, Cancelled)
        );
        host.Time.Advance(TimeSpan.FromSeconds(10));
        await host.DrainAsync();
        var receipt = await host.ReceiptAsync();
        Assert.Equal(
            (ReceiptState.Failed, DeliveryFlaw.Removed, "Directory"),
            (receipt.State, receipt.Flaw, receipt.EndpointName)
        );
        Assert.Empty(await host.RowsAsync<EndpointBinding>());
    }

    [Fact]
    public async Task A_defect_of_a_connector_is_logged_without_the_password_and_tried_again()
    {
        var log = new KeptLog();
        var service = new ScriptedService { Answer = _ => throw new InvalidOperationException("a defect") };
        await using var host = await RecoveryHost.StartAsync(
            TestDatabase.Usual,
            EndpointSteps.With(service) + log.Keep
        );
        var ada = await host.CreateAccountAsync(Ada);
        await host.CreateEndpointAsync([ada.Id], values: ("takesPassword", "true"));
        await host.ResetAsync();
        await host.DrainAsync();
        var receipt = await host.ReceiptAsync();
        Assert.Equal((ReceiptState.Pending, DeliveryFlaw.Internal), (receipt.State, receipt.Flaw));
        Assert.Contains(log.Lines, l => l.Contains("a defect", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Lines, l => l.Contains(RecoveryHost.BetterPassword, StringComparison.Ordinal));
        Assert.DoesNotContain(
            RecoveryHost.BetterPassword,
            Assert.Single(service.Delivered).ToString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task All_that_fails_of_one_change_is_told_in_one_mail()
    {
        var service = new ScriptedService();
        service.Answers(new DeliveryOutcome.Refused(DeliveryFlaw.NoAccount));
        await using var host = await RecoveryHost.StartAsync(TestDatabase.Usual, EndpointSteps.With(service));
        var ada = await host.CreateAccountAsync(Ada);
        foreach (var name in new[] { "Directory", "Mailboxes", "Wiki" })
        {
            await host.CreateEndpointAsync([ada.Id], name);
        }

        await host.ResetAsync();
        await host.DrainAsync();
        Assert.Equal(0, host.Mails.Count<RecoveryMail.ServicesBehind>());
        host.Time.Advance(TimeSpan.FromMinutes(10));
        await host.DrainAsync();
        Assert.Equal(1, host.Mails.Count<RecoveryMail.ServicesBehind>());
        var mail = host.Mails.Last<RecoveryMail.ServicesBehind>();
        Assert.Equal(["Directory", "Mailboxes", "Wiki"], mail.Failed);
        Assert.Empty(mail.Waiting);
        Assert.Equal(Ada, mail.To.Address);
    }

    private static Task<int?> RetryAsync(RecoveryHost host, Guid endpointId) =>
        host.CallAsync<RetryDeliveries, int?>(r =>
            r.RunAsync(Actor.CommandLine, endpointId, receiptId: null, Requester.None, Cancelled)
        );

    private static Task<ManagedEndpoint> PauseAsync(RecoveryHost host, Guid endpointId, bool paused) =>
        host.CallAsync<ManageEndpoints, ManagedEndpoint>(m =>
            m.PauseAsync(Actor.CommandLine, endpointId, paused, Requester.None, Cancelled)
        );

    private static Task<SuspensionResult> SuspendAsync(RecoveryHost host, string accountId, bool suspends) =>
        host.CallAsync<SuspendAccount, SuspensionResult>(s =>
            suspends
                ? s.SuspendAsync(Actor.CommandLine, accountId, null, Requester.None, Cancelled)
                : s.ActivateAsync(Actor.CommandLine, accountId, null, Requester.None, Cancelled)
        );
}
