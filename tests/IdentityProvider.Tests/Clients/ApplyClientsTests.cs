using System.Text.Json.Nodes;
using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdentityProvider.Tests.OpenId;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Clients;

/// <summary>The clients file: idempotent, with a plan, and with errors that say where.</summary>
public sealed class ApplyClientsTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_file_applied_again_changes_nothing_and_a_changed_one_what_it_says(
        DatabaseProvider provider
    )
    {
        await using var idp = await OpenIdHost.StartAsync(provider);
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        await idp.TokensAsync(browser, new() { ClientId = "rsa", Scope = "openid offline_access" });
        var declaration = OpenIdHost.Declaration();

        Assert.All(
            await PlanAsync(idp, declaration),
            c => Assert.Equal(ClientChangeKind.Unchanged, c.Kind)
        );
        OpenIdHost.Client(declaration, "app")["redirectUris"] = new JsonArray(
            "https://new.example.test/"
        );
        declaration["clients"]!.AsArray().Remove(OpenIdHost.Client(declaration, "rsa"));
        declaration["scopes"]!.AsArray().Add(new JsonObject { ["name"] = "new" });
        var plan = (await PlanAsync(idp, declaration))
            .Where(c => c.Kind != ClientChangeKind.Unchanged)
            .ToList();
        Assert.Equal(
            [
                (ClientChangeKind.Create, "new"),
                (ClientChangeKind.Change, "app"),
                (ClientChangeKind.Remove, "rsa"),
            ],
            plan.Select(c => (c.Kind, c.Id))
        );
        Assert.Equal(["redirectUris"], plan[1].Differences);

        await ApplyAsync(idp, declaration);

        Assert.All(
            await PlanAsync(idp, declaration),
            c => Assert.Equal(ClientChangeKind.Unchanged, c.Kind)
        );
        Assert.Equal(400, (int)(await browser.GetAsync(new CodeRequest().Address)).Status);
        Assert.Equal(
            400,
            (int)(await browser.GetAsync(new CodeRequest { ClientId = "rsa" }.Address)).Status
        );
        Assert.Contains(
            "\"new\"",
            await idp.Http.GetStringAsync("/.well-known/openid-configuration", Cancelled),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_generated_secret_is_shown_once_works_and_stays()
    {
        await using var idp = await OpenIdHost.StartAsync();
        var declaration = OpenIdHost.Declaration();
        var client = OpenIdHost.Web("fresh", c => c.Remove("secretHash"));
        client["grantTypes"] = new JsonArray("client_credentials");
        client.Remove("redirectUris");
        declaration["clients"]!.AsArray().Add(client);

        var secret = Assert.Single(await ApplyAsync(idp, declaration));
        Assert.Empty(await ApplyAsync(idp, declaration));

        Assert.Equal("fresh", secret.ClientId);
        var tokens = await idp.TokenAsync(
            "fresh",
            new()
            {
                ["grant_type"] = "client_credentials",
                ["client_id"] = "fresh",
                ["client_secret"] = secret.Secret,
            }
        );
        Assert.Equal(200, tokens.Status);
    }

    [Theory]
    [InlineData("""{"clients":[{"clientId":"a b","name":"x"}]}""", "clientId must be")]
    [InlineData(
        """{"clients":[{"clientId":"a","name":"x","redirectUris":["http://x.example/"]}]}""",
        "http on a loopback"
    )]
    [InlineData(
        """{"clients":[{"clientId":"a","name":"x","redirectUris":["https://x.example/#f"]}]}""",
        "without a fragment"
    )]
    [InlineData(
        """{"clients":[{"clientId":"a","name":"x","redirectUris":["javascript:alert(1)"]}]}""",
        "javascript:alert(1)"
    )]
    [InlineData(
        """{"clients":[{"clientId":"a","name":"x","grantTypes":["password"]}]}""",
        "but had 'password'"
    )]
    [InlineData(
        """{"clients":[{"clientId":"a","name":"x","grantTypes":["implicit"]}]}""",
        "but had 'implicit'"
    )]
    [InlineData("""{"clients":[{"clientId":"a","name":"x"}]}""", "must come together")]
    [InlineData("""{"clients":[{"clientId":"a","name":"x","scopes":["none"]}]}""", "'none' is not")]
    [InlineData(
        """{"clients":[{"clientId":"a","name":"x","type":"public","requirePkce":false}]}""",
        "must require PKCE"
    )]
    [InlineData(
        """{"clients":[{"clientId":"a","name":"x","type":"public","secretHash":"sha256:x"}]}""",
        "neither secretHash nor jwks"
    )]
    [InlineData(
        """{"clients":[{"clientId":"a","name":"x","secretHash":"plain"}]}""",
        "secretHash must be"
    )]
    [InlineData(
        """{"clients":[{"clientId":"a","name":"x","idTokenSigningAlg":"HS256"}]}""",
        "but was 'HS256'"
    )]
    [InlineData(
        """{"clients":[{"clientId":"a","name":"x","accessTokenLifetime":5}]}""",
        "but was 5"
    )]
    [InlineData(
        """{"clients":[{"clientId":"a","name":"x"},{"clientId":"a","name":"y"}]}""",
        "declared once"
    )]
    [InlineData("""{"scopes":[{"name":"openid"}]}""", "not one of OpenID Connect's own")]
    [InlineData(
        """{"clients":[{"clientId":"a","name":"x","colour":"red"}]}""",
        "$.clients[0].colour"
    )]
    [InlineData("""{"clients":[{"clientId":"a"}]}""", "name")]
    [InlineData(
        """{"clients":[{"clientId":"a","name":"x","backChannelLogoutUri":"http://x.example/"}]}""",
        "http on a loopback"
    )]
    [InlineData("not json", "$")]
    public async Task A_broken_rule_is_told_with_file_and_place(string text, string rule)
    {
        var file = await WriteAsync(text);
        try
        {
            var error = await Assert.ThrowsAsync<ClientsFileException>(() =>
                ClientsFile.LoadAsync(file, Cancelled)
            );

            Assert.Contains(file, error.Message, StringComparison.Ordinal);
            Assert.Contains(rule, error.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<string> WriteAsync(string text)
    {
        var file = Path.Combine(
            Path.GetTempPath(),
            "idp-clients-" + Path.GetRandomFileName() + ".json"
        );
        await File.WriteAllTextAsync(file, text, Cancelled);
        return file;
    }

    private static async Task<ClientsDeclaration> LoadAsync(JsonObject declaration)
    {
        var file = await WriteAsync(declaration.ToJsonString());
        try
        {
            return await ClientsFile.LoadAsync(file, Cancelled);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<IReadOnlyList<ClientChange>> PlanAsync(
        OpenIdHost idp,
        JsonObject declaration
    )
    {
        var loaded = await LoadAsync(declaration);
        return await idp.Host.InScopeAsync(p =>
            p.GetRequiredService<ApplyClients>().PlanAsync(loaded, Cancelled)
        );
    }

    private static async Task<IReadOnlyList<GeneratedSecret>> ApplyAsync(
        OpenIdHost idp,
        JsonObject declaration
    )
    {
        var loaded = await LoadAsync(declaration);
        return await idp.Host.InScopeAsync(p =>
            p.GetRequiredService<ApplyClients>().RunAsync(loaded, Cancelled)
        );
    }
}
