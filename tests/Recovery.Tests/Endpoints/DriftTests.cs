using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Endpoints;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Endpoints;

/// <summary>
/// What a service holds otherwise is found and sent again; what cannot be read any more stops neither that nor a reset.
/// </summary>
public sealed class DriftTests
{
    private const string Ada = "ada@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

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
}
