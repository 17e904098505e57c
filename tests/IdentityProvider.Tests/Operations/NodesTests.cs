using System.Net;
using System.Text.Json;
using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdentityProvider.SigningKeys;
using IdP.Recovery.PasswordReset;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Operations;

/// <summary>What nodes share through the database, and what they learn of each other.</summary>
public sealed class NodesTests
{
    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_session_begun_on_one_node_is_good_on_the_other_and_ends_on_both(DatabaseProvider provider)
    {
        await using var one = await ProviderFixture.StartAsync(provider);
        await using var other = await ProviderFixture.StartAsync(besides: one);
        await one.CreateAccountAsync();
        using var browser = one.NewBrowser();
        await browser.SubmitAsync(
            await browser.GetAsync("/login"),
            ("Email", "ada@example.test"),
            ("Password", ProviderFixture.GoodPassword)
        );

        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync(new Uri(other.Origin, "/account"))).Status);
        await one.InScopeAsync(p => p.GetRequiredService<IdpDbContext>().Sessions.ExecuteDeleteAsync());
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.GetAsync(new Uri(other.Origin, "/account"))).Status);
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.GetAsync("/account")).Status);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_client_of_one_node_is_known_to_the_other_within_two_seconds_and_a_key_within_half_a_minute(
        DatabaseProvider provider
    )
    {
        await using var one = await ProviderFixture.StartAsync(provider);
        await using var other = await ProviderFixture.StartAsync(besides: one);
        await one.DeclareClientsAsync(
            new ClientDeclaration
            {
                ClientId = "late",
                Name = "Late",
                GrantTypes = ["client_credentials"],
            }
        );
        await one.InScopeAsync(p =>
            p.GetRequiredService<RotateSigningKeys>().ForceAsync(TestContext.Current.CancellationToken)
        );
        var before = await KeysAsync(other);

        // The timer of the background service ticks by the shared clock; what it starts takes a moment.
        one.Time.Advance(TimeSpan.FromSeconds(2));
        await Eventually(() =>
            Task.FromResult(other.Services.GetRequiredService<ClientRegistry>().FindByClientId("late") is not null)
        );
        Assert.Equal(before, await KeysAsync(other));
        one.Time.Advance(TimeSpan.FromSeconds(30));
        await Eventually(async () => await KeysAsync(other) == before + 2);
        Assert.Equal(2, before);
    }

    [Theory]
    [InlineData(true, "203.0.113.7")]
    [InlineData(false, "loopback")]
    public async Task The_clients_address_comes_from_a_forwarded_header_only_when_its_proxy_is_trusted(
        bool trusted,
        string expected
    )
    {
        await using var host = await ProviderFixture.StartAsync(
            settings: trusted ? [("Proxies:Trusted:0", "127.0.0.0/8"), ("Proxies:Trusted:1", "::1")] : []
        );
        using var browser = host.NewBrowser();
        browser.Client.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.7");
        browser.Client.DefaultRequestHeaders.Add("X-Forwarded-Host", "evil.example");
        await browser.SubmitAsync(await browser.GetAsync("/reset/user"), ("Email", "ada@example.test"));

        var network = await host.InScopeAsync(p =>
            p.GetRequiredService<IdpDbContext>().Set<ResetRequest>().Select(r => r.Network).SingleAsync()
        );
        Assert.Equal(expected, IPAddress.IsLoopback(IPAddress.Parse(network!)) ? "loopback" : network);
    }

    private static async Task<int> KeysAsync(ProviderFixture host)
    {
        using var browser = host.NewBrowser();
        using var keys = JsonDocument.Parse((await browser.GetAsync("/.well-known/jwks")).Text);
        return keys.RootElement.GetProperty("keys").GetArrayLength();
    }

    private static async Task Eventually(Func<Task<bool>> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        while (!await condition())
        {
            await Task.Delay(20, patience.Token);
        }
    }
}
