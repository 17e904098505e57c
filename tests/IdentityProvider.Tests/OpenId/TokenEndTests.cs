using IdentityProvider.Data;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.OpenId;

/// <summary>Introspection and revocation, and how soon an access token is refused when what it stands for has ended.</summary>
public sealed class TokenEndTests
{
    private static readonly CodeRequest Offline = new() { Scope = "openid email offline_access" };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Revoking_a_refresh_token_ends_its_grant_for_its_own_client_only()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var tokens = await idp.TokensAsync(browser, Offline);

        await idp.PostAsync("/connect/revoke", "rsa", new() { ["token"] = tokens.RefreshToken });
        var kept = await idp.RefreshAsync("app", tokens.RefreshToken);
        Assert.Equal(200, kept.Status);
        var revoked = await idp.PostAsync("/connect/revoke", "app", new() { ["token"] = kept.RefreshToken });
        Assert.Equal(200, revoked.Status);
        Assert.Equal("invalid_grant", (await idp.RefreshAsync("app", kept.RefreshToken)).Error);
        Assert.Equal(401, (await idp.UserInfoAsync(kept.AccessToken)).Status);
        Assert.Equal(401, (await idp.UserInfoAsync(tokens.AccessToken)).Status);
        Assert.Equal(200, (await idp.PostAsync("/connect/revoke", "app", new() { ["token"] = "unknown" })).Status);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Revoking_an_access_token_ends_it_alone_within_a_second_on_every_node(DatabaseProvider provider)
    {
        await using var idp = await OpenIdHost.StartAsync(provider);
        await using var other = await idp.NodeBesidesAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var tokens = await idp.TokensAsync(browser, Offline);
        var second = await idp.RefreshAsync("app", tokens.RefreshToken);
        Assert.Equal(200, (await other.UserInfoAsync(tokens.AccessToken)).Status);

        // Another application is answered, and nothing happens.
        await idp.PostAsync("/connect/revoke", "rsa", new() { ["token"] = tokens.AccessToken });
        idp.Host.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(200, (await other.UserInfoAsync(tokens.AccessToken)).Status);
        var revoked = await AtOnce.RunAsync(
            4,
            _ => idp.PostAsync("/connect/revoke", "app", new() { ["token"] = tokens.AccessToken })
        );

        Assert.All(revoked, a => Assert.Equal(200, a.Status));
        idp.Host.Time.Advance(TimeSpan.FromSeconds(1));
        foreach (var node in (OpenIdHost[])[idp, other])
        {
            Assert.Equal(401, (await node.UserInfoAsync(tokens.AccessToken)).Status);
            Assert.Equal("False", (await node.IntrospectAsync("app", tokens.AccessToken)).Value("active"));
            Assert.Equal(200, (await node.UserInfoAsync(second.AccessToken)).Status);
        }

        Assert.Equal(200, (await idp.RefreshAsync("app", second.RefreshToken)).Status);
    }

    [Fact]
    public async Task An_API_may_look_at_a_token_and_not_revoke_it()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var tokens = await idp.TokensAsync(browser, Offline with { Scope = "openid orders" });

        var revoked = await idp.PostAsync("/connect/revoke", "orders-api", new() { ["token"] = tokens.AccessToken });

        Assert.Equal(200, revoked.Status);
        idp.Host.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("True", (await idp.IntrospectAsync("orders-api", tokens.AccessToken)).Value("active"));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_end_of_a_session_ends_its_access_tokens_within_a_second_on_every_node(
        DatabaseProvider provider
    )
    {
        await using var idp = await OpenIdHost.StartAsync(provider);
        await using var other = await idp.NodeBesidesAsync();
        var account = await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var tokens = await idp.TokensAsync(browser, new() { Scope = "openid email" });
        var offline = await idp.TokensAsync(browser, Offline);
        var sid = (await idp.VerifyAsync(tokens.IdToken)).GetClaim("sid").Value;
        foreach (var node in (OpenIdHost[])[idp, other])
        {
            Assert.Equal(200, (await node.UserInfoAsync(tokens.AccessToken)).Status);
        }

        await idp.Host.InScopeAsync(p =>
            p.GetRequiredService<IAccountSessions>().EndAsync(account.Id, sid, SessionEndReason.SignedOut, Cancelled)
        );

        idp.Host.Time.Advance(TimeSpan.FromSeconds(1));
        foreach (var node in (OpenIdHost[])[idp, other])
        {
            Assert.Equal(401, (await node.UserInfoAsync(tokens.AccessToken)).Status);
            Assert.Equal("False", (await node.IntrospectAsync("app", tokens.AccessToken)).Value("active"));
            Assert.Equal(401, (await node.UserInfoAsync(offline.AccessToken)).Status);
        }

        // Offline access goes on with new ones (Back-Channel Logout 2.7), which still say in the ID token where they come from.
        var renewed = await other.RefreshAsync("app", offline.RefreshToken);
        Assert.Equal(200, (await idp.UserInfoAsync(renewed.AccessToken)).Status);
        Assert.Equal(sid, (await idp.VerifyAsync(renewed.IdToken)).GetClaim("sid").Value);
        renewed = await idp.RefreshAsync("app", renewed.RefreshToken);
        Assert.Equal(200, (await idp.UserInfoAsync(renewed.AccessToken)).Status);
        Assert.Equal(sid, (await idp.VerifyAsync(renewed.IdToken)).GetClaim("sid").Value);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_token_that_was_just_found_good_costs_no_statement(DatabaseProvider provider)
    {
        var statements = new QueryPlans();
        await using var idp = await OpenIdHost.StartAsync(provider, services: statements.Watch);
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var tokens = await idp.TokensAsync(browser, Offline);
        Assert.Equal("True", (await idp.IntrospectAsync("app", tokens.AccessToken)).Value("active"));

        statements.Seen.Clear();
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("True", (await idp.IntrospectAsync("app", tokens.AccessToken)).Value("active"));
        }

        Assert.DoesNotContain(statements.Seen, IsAboutTokens);
        idp.Host.Time.Advance(TimeSpan.FromSeconds(1));
        await idp.IntrospectAsync("app", tokens.AccessToken);
        var asked = statements.Seen.Where(IsAboutTokens).ToList();
        Assert.NotEmpty(asked);
        Assert.All(
            asked,
            s =>
            {
                Assert.DoesNotContain("Seq Scan", s.Plan, StringComparison.Ordinal);
                Assert.DoesNotMatch("SCAN (?!CONSTANT)", s.Plan);
            }
        );
    }

    // The clients of other nodes are looked for at any moment.
    private static bool IsAboutTokens((string Statement, string Plan) seen) =>
        seen.Statement.Contains("\"OpenIddictTokens\"", StringComparison.Ordinal)
        || seen.Statement.Contains("\"OpenIddictAuthorizations\"", StringComparison.Ordinal);

    [Fact]
    public async Task Introspection_tells_those_it_concerns_and_nobody_else()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var tokens = await idp.TokensAsync(browser, Offline with { Scope = "openid orders offline_access" });

        var api = await idp.IntrospectAsync("orders-api", tokens.AccessToken);
        Assert.Equal("True", api.Value("active"));
        Assert.Equal("app", api.Value("client_id"));
        Assert.Equal("openid orders offline_access", api.Value("scope"));
        Assert.Equal(
            "openid orders offline_access",
            (await idp.IntrospectAsync("app", tokens.AccessToken)).Value("scope")
        );
        Assert.NotEmpty(api.Value("exp"));
        Assert.Equal("True", (await idp.IntrospectAsync("app", tokens.RefreshToken)).Value("active"));
        Assert.Equal("False", (await idp.IntrospectAsync("rsa", tokens.AccessToken)).Value("active"));
        Assert.Equal("False", (await idp.IntrospectAsync("orders-api", tokens.RefreshToken)).Value("active"));
        Assert.Equal("False", (await idp.IntrospectAsync("app", "nothing")).Value("active"));
        Assert.InRange((await idp.IntrospectAsync("native", tokens.AccessToken)).Status, 400, 401);
        idp.Host.Time.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal("False", (await idp.IntrospectAsync("app", tokens.AccessToken)).Value("active"));
    }

    [Fact]
    public async Task A_token_that_no_API_is_meant_by_is_for_the_issuer_and_for_its_own_application_alone()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var tokens = await idp.TokensAsync(browser, Offline with { Scope = "openid orders offline_access" });
        var narrowed = await idp.RefreshAsync("app", tokens.RefreshToken, ("scope", "openid"));
        var plain = await idp.TokensAsync(browser, new());
        var machine = await idp.TokenAsync("orders-api", new() { ["grant_type"] = "client_credentials" });

        Assert.Equal(["orders-api"], (await idp.VerifyAsync(tokens.AccessToken)).Audiences);
        foreach (var token in (string[])[narrowed.AccessToken, plain.AccessToken])
        {
            Assert.Equal([idp.Issuer], (await idp.VerifyAsync(token)).Audiences);
            Assert.Equal(200, (await idp.UserInfoAsync(token)).Status);
            Assert.Equal("openid", (await idp.IntrospectAsync("app", token)).Value("scope"));
            foreach (var stranger in (string[])["rsa", "orders-api", "machine"])
            {
                Assert.Equal("False", (await idp.IntrospectAsync(stranger, token)).Value("active"));
            }
        }

        Assert.Equal([idp.Issuer], (await idp.VerifyAsync(machine.AccessToken)).Audiences);
        Assert.Equal("True", (await idp.IntrospectAsync("orders-api", machine.AccessToken)).Value("active"));
        Assert.Equal("False", (await idp.IntrospectAsync("machine", machine.AccessToken)).Value("active"));
    }
}
