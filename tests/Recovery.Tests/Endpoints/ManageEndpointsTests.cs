using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Endpoints;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Endpoints;

/// <summary>Who may make and change endpoints, and what an endpoint may be.</summary>
public sealed class ManageEndpointsTests
{
    private static readonly (string, string)[] Hook =
    [
        ("url", "https://hooks.example.com/idp"),
        ("secret", ForeignServices.Secret),
    ];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_endpoint_is_made_changed_paused_bound_and_removed_and_all_of_it_is_audited(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        var made = await host.CreateEndpointAsync([ada.Id], "Hooks", WebhookConnector.KindName, values: Hook);
        Assert.IsType<ManagedEndpoint.Done>(await ChangeAsync(host, made.Id, "Other hooks", Hook));
        foreach (var paused in new[] { true, false })
        {
            Assert.IsType<ManagedEndpoint.Done>(
                await ManageAsync(
                    host,
                    m => m.PauseAsync(Actor.CommandLine, made.Id, paused, Requester.None, Cancelled)
                )
            );
            Assert.IsType<ManagedEndpoint.Gone>(
                await ManageAsync(
                    host,
                    m => m.PauseAsync(Actor.CommandLine, made.Id, paused, Requester.None, Cancelled)
                )
            );
        }

        var binding = Assert.Single(
            await host.CallAsync<BindEndpoint, IReadOnlyList<EndpointBinding>>(b => b.ListAsync(made.Id, Cancelled))
        );
        Assert.IsType<ManagedEndpoint.Gone>(await host.BindAsync(made.Id, ada.Id));
        Assert.IsType<ManagedEndpoint.Done>(
            await BindAsync(host, b => b.EndAsync(Actor.CommandLine, made.Id, binding.Id, Requester.None, Cancelled))
        );
        Assert.IsType<ManagedEndpoint.Done>(
            await ManageAsync(host, m => m.RemoveAsync(Actor.CommandLine, made.Id, Requester.None, Cancelled))
        );
        Assert.IsType<ManagedEndpoint.Gone>(
            await ManageAsync(host, m => m.RemoveAsync(Actor.CommandLine, made.Id, Requester.None, Cancelled))
        );
        Assert.Equal(
            [
                (AuditEventTypes.EndpointCreated, "Hooks", null),
                (AuditEventTypes.EndpointBound, "Hooks", ada.Id),
                (AuditEventTypes.EndpointChanged, "Other hooks", null),
                (AuditEventTypes.EndpointPaused, "Other hooks", null),
                (AuditEventTypes.EndpointResumed, "Other hooks", null),
                (AuditEventTypes.EndpointUnbound, "Other hooks", null),
                (AuditEventTypes.EndpointRemoved, "Other hooks", null),
            ],
            (await host.RowsAsync<AuditEvent>())
                .Where(e => e.Type.StartsWith("endpoint.", StringComparison.Ordinal))
                .OrderBy(e => Array.IndexOf(Order, e.Type))
                .Select(e => (e.Type, e.SubjectId!, e.AccountId))
        );
    }

    [Fact]
    public async Task Nobody_but_who_manages_the_system_changes_an_endpoint()
    {
        await using var host = await RecoveryHost.StartAsync(TestDatabase.Usual);
        var ada = await host.CreateAccountAsync();
        var made = await host.CreateEndpointAsync([], "Hooks", WebhookConnector.KindName, values: Hook);
        foreach (var role in new[] { ConsoleRoles.HelpDesk, ConsoleRoles.Auditor, "Staff" })
        {
            var actor = new Actor("somebody", [role]);
            var wish = new EndpointWish("More", CredentialChanges.All, Hook.ToDictionary(h => h.Item1, h => h.Item2));
            ManagedEndpoint[] ended =
            [
                await ManageAsync(
                    host,
                    m => m.CreateAsync(actor, WebhookConnector.KindName, wish, Requester.None, Cancelled)
                ),
                await ManageAsync(host, m => m.ChangeAsync(actor, made.Id, wish, Requester.None, Cancelled)),
                await ManageAsync(host, m => m.PauseAsync(actor, made.Id, true, Requester.None, Cancelled)),
                await BindAsync(host, b => b.AccountAsync(actor, made.Id, ada.Id, null, Requester.None, Cancelled)),
                await BindAsync(host, b => b.RoleAsync(actor, made.Id, "Staff", Requester.None, Cancelled)),
                await ManageAsync(host, m => m.RemoveAsync(actor, made.Id, Requester.None, Cancelled)),
            ];
            Assert.All(ended, e => Assert.IsType<ManagedEndpoint.NotAllowed>(e));
            Assert.Null(
                await host.CallAsync<ManageEndpoints, DeliveryOutcome?>(m => m.TestAsync(actor, made.Id, Cancelled))
            );
            Assert.Null(
                await host.CallAsync<RetryDeliveries, int?>(r =>
                    r.RunAsync(actor, made.Id, null, Requester.None, Cancelled)
                )
            );
        }

        Assert.Equal("Hooks", Assert.Single(await host.RowsAsync<ServiceEndpoint>()).Name);
        Assert.Empty(await host.RowsAsync<EndpointBinding>());
    }

    [Theory]
    [InlineData("", "https://hooks.example.com/", ForeignServices.Secret, "Name")]
    [InlineData("two\nlines", "https://hooks.example.com/", ForeignServices.Secret, "Name")]
    [InlineData("Hooks", "", ForeignServices.Secret, "url")]
    [InlineData("Hooks", "http://hooks.example.com/", ForeignServices.Secret, "url")]
    [InlineData("Hooks", "https://10.0.0.7/", ForeignServices.Secret, "url")]
    [InlineData("Hooks", "https://[::1]/", ForeignServices.Secret, "url")]
    [InlineData("Hooks", "https://ada:pw@hooks.example.com/", ForeignServices.Secret, "url")]
    [InlineData("Hooks", "file:///etc/passwd", ForeignServices.Secret, "url")]
    [InlineData("Hooks", "https://hooks.example.com/", "", "secret")]
    [InlineData("Hooks", "https://hooks.example.com/", "short", "secret")]
    [InlineData("Hooks", "https://hooks.example.com/", "whsec_c2hvcnQ=", "secret")]
    public async Task What_cannot_be_is_refused_by_its_field(string name, string url, string secret, string field)
    {
        await using var host = await RecoveryHost.StartAsync(TestDatabase.Usual);
        var ended = await host.TryCreateEndpointAsync(
            name,
            WebhookConnector.KindName,
            values: [("url", url), ("secret", secret)]
        );
        Assert.Equal([field], Assert.IsType<ManagedEndpoint.Invalid>(ended).Fields);
        Assert.Empty(await host.RowsAsync<ServiceEndpoint>());
    }

    [Fact]
    public async Task No_two_have_the_same_name_and_no_kind_is_made_that_nobody_speaks()
    {
        await using var host = await RecoveryHost.StartAsync(TestDatabase.Usual);
        await host.CreateEndpointAsync([], "Hooks", WebhookConnector.KindName, values: Hook);
        Assert.IsType<ManagedEndpoint.NameTaken>(
            await host.TryCreateEndpointAsync("Hooks", WebhookConnector.KindName, values: Hook)
        );
        Assert.IsType<ManagedEndpoint.Invalid>(await host.TryCreateEndpointAsync("Carrier", "pigeon"));
    }

    [Fact]
    public async Task A_secret_stays_when_it_is_left_empty_and_is_never_sent_to_another_address()
    {
        await using var host = await RecoveryHost.StartAsync(TestDatabase.Usual);
        var made = await host.CreateEndpointAsync([], "Hooks", WebhookConnector.KindName, values: Hook);
        Assert.IsType<ManagedEndpoint.Done>(
            await ChangeAsync(host, made.Id, "Hooks", ("url", "https://hooks.example.com/idp"))
        );
        var form = await host.CallAsync<ManageEndpoints, EndpointForm>(async m =>
            m.FormOf((await m.FindAsync(made.Id, Cancelled))!)
        );
        Assert.Equal(["secret"], form.Secrets);
        Assert.Equal(["url"], form.Values.Keys);
        Assert.Equal(
            ["secret"],
            Assert
                .IsType<ManagedEndpoint.Invalid>(
                    await ChangeAsync(host, made.Id, "Hooks", ("url", "https://evil.example.com/"))
                )
                .Fields
        );
    }

    [Fact]
    public async Task A_previous_secret_is_taken_away_when_it_has_done_its_work()
    {
        await using var host = await RecoveryHost.StartAsync(TestDatabase.Usual);
        var made = await host.CreateEndpointAsync(
            [],
            "Hooks",
            WebhookConnector.KindName,
            values: [.. Hook, ("previousSecret", ForeignServices.Secret)]
        );
        var url = new Dictionary<string, string> { ["url"] = "https://hooks.example.com/idp" };
        foreach (var (cleared, left) in new[] { (Array.Empty<string>(), 2), (["previousSecret"], 1) })
        {
            Assert.IsType<ManagedEndpoint.Done>(
                await ManageAsync(
                    host,
                    m =>
                        m.ChangeAsync(
                            Actor.CommandLine,
                            made.Id,
                            new EndpointWish("Hooks", CredentialChanges.All, url) { Cleared = cleared.ToHashSet() },
                            Requester.None,
                            Cancelled
                        )
                )
            );
            var form = await host.CallAsync<ManageEndpoints, EndpointForm>(async m =>
                m.FormOf((await m.FindAsync(made.Id, Cancelled))!)
            );
            Assert.Equal(left, form.Secrets.Count);
        }
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_two_who_bind_at_once_one_does(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        var made = await host.CreateEndpointAsync([], "Hooks", WebhookConnector.KindName, values: Hook);
        var ended = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => host.BindAsync(made.Id, ada.Id, "target")));
        Assert.Single(ended, e => e is ManagedEndpoint.Done);
        Assert.Equal(5, ended.Count(e => e is ManagedEndpoint.Gone));
        Assert.Single(await host.RowsAsync<EndpointBinding>());
    }

    private static readonly string[] Order =
    [
        AuditEventTypes.EndpointCreated,
        AuditEventTypes.EndpointBound,
        AuditEventTypes.EndpointChanged,
        AuditEventTypes.EndpointPaused,
        AuditEventTypes.EndpointResumed,
        AuditEventTypes.EndpointUnbound,
        AuditEventTypes.EndpointRemoved,
    ];

    private static Task<ManagedEndpoint> ManageAsync(
        RecoveryHost host,
        Func<ManageEndpoints, Task<ManagedEndpoint>> manage
    ) => host.CallAsync(manage);

    private static Task<ManagedEndpoint> BindAsync(RecoveryHost host, Func<BindEndpoint, Task<ManagedEndpoint>> bind) =>
        host.CallAsync(bind);

    private static Task<ManagedEndpoint> ChangeAsync(
        RecoveryHost host,
        Guid id,
        string name,
        params (string Name, string Value)[] values
    ) =>
        ManageAsync(
            host,
            m =>
                m.ChangeAsync(
                    Actor.CommandLine,
                    id,
                    new EndpointWish(name, CredentialChanges.All, values.ToDictionary(v => v.Name, v => v.Value)),
                    Requester.None,
                    Cancelled
                )
        );
}
