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
/// A change reaches a service at least once and in order, a newer password overtakes an older one, and a service that is
/// away delays no other.
/// </summary>
public sealed class DeliveryTests
{
    private const string Ada = "ada@example.test";
    private const string NewestPassword = "seven quiet lamps over the harbour";

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

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Secrets_that_cannot_be_read_any_more_stop_no_reset_and_can_be_filled_in_anew(
        DatabaseProvider provider
    )
    {
        var service = new ScriptedService();
        await using var host = await RecoveryHost.StartAsync(provider, EndpointSteps.With(service));
        var ada = await host.CreateAccountAsync(Ada);
        var endpoint = await host.CreateEndpointAsync(
            [ada.Id],
            values: [("takesPassword", "true"), ("key", "of-a-ring-that-is-gone")]
        );
        await using (var context = host.Database.OpenContext())
        {
            await context
                .Set<ServiceEndpoint>()
                .ExecuteUpdateAsync(
                    set => set.SetProperty(e => e.ProtectedSettings, "CfDJ8-nobody-reads-this"),
                    Cancelled
                );
        }

        await host.ResetAsync();
        await host.DrainAsync();
        Assert.Empty(service.Delivered);
        var receipt = await host.ReceiptAsync();
        Assert.Equal((ReceiptState.Pending, DeliveryFlaw.Unreadable), (receipt.State, receipt.Flaw));
        Assert.Empty(
            (
                await host.CallAsync<ManageEndpoints, EndpointForm>(async m =>
                    m.FormOf((await m.FindAsync(endpoint.Id, Cancelled))!)
                )
            ).Secrets
        );
        Assert.IsType<ManagedEndpoint.Done>(
            await host.CallAsync<ManageEndpoints, ManagedEndpoint>(m =>
                m.ChangeAsync(
                    Actor.CommandLine,
                    endpoint.Id,
                    new EndpointWish(
                        "Directory",
                        CredentialChanges.All,
                        new Dictionary<string, string> { ["takesPassword"] = "true", ["key"] = "of-the-new-ring" }
                    ),
                    Requester.None,
                    Cancelled
                )
            )
        );
        host.Time.Advance(TimeSpan.FromSeconds(10));
        await host.DrainAsync();
        Assert.Equal("of-the-new-ring", Assert.Single(service.Delivered).Settings["key"]);
        Assert.Equal(ReceiptState.Applied, (await host.ReceiptAsync()).State);
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

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_is_different_is_sent_again_at_night_where_it_is_followed_and_one_that_fails_stops_no_other(
        DatabaseProvider provider
    )
    {
        var service = new ScriptedService { Agreement = new(Agrees: false, DeliveryFlaw.Drifted) };
        await using var host = await RecoveryHost.StartAsync(provider, EndpointSteps.With(service));
        var ada = await host.CreateAccountAsync(Ada);
        var broken = await host.CreateEndpointAsync([ada.Id], "Broken", values: ("key", "a-secret"));
        await host.CreateEndpointAsync([ada.Id], "Passwords only", follows: CredentialChanges.PasswordChanged);
        await host.CreateEndpointAsync([ada.Id], "Directory");
        await using (var context = host.Database.OpenContext())
        {
            await context
                .Set<ServiceEndpoint>()
                .Where(e => e.Id == broken.Id)
                .ExecuteUpdateAsync(
                    set => set.SetProperty(e => e.ProtectedSettings, "CfDJ8-nobody-reads-this"),
                    Cancelled
                );
        }

        Assert.Equal(1, await host.CallAsync<FindDrift, int>(d => d.RunAsync(Cancelled)));
        await host.DrainAsync();
        Assert.Equal(
            ("Directory", CredentialChanges.Unlocked),
            ((await host.ReceiptAsync()).EndpointName, (await host.ReceiptAsync()).Change)
        );
    }

    private static Task<DateTimeOffset?> HoldAsync(RecoveryHost host, Receipt receipt) =>
        host.CallAsync<KeepReceipt, DateTimeOffset?>(k => k.HoldAsync(receipt, Cancelled));

    private static Task<bool> EndAsync(RecoveryHost host, Receipt receipt, DateTimeOffset? held) =>
        host.CallAsync<KeepReceipt, bool>(k => k.EndAsync(receipt, held, ReceiptState.Applied));

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
