using System.Text.Json.Nodes;
using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdentityProvider.OpenId;
using IdentityProvider.Tests.CommandLine;
using IdentityProvider.Tests.OpenId;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Clients;

/// <summary>The clients file: idempotent, with a plan, and with errors that say where.</summary>
[StartsProcesses]
public sealed class ApplyClientsTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_file_applied_again_changes_nothing_and_a_changed_one_what_it_says(DatabaseProvider provider)
    {
        await using var idp = await OpenIdHost.StartAsync(provider);
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        await idp.TokensAsync(browser, new() { ClientId = "rsa", Scope = "openid offline_access" });
        var declaration = OpenIdHost.Declaration();

        Assert.All(await PlanAsync(idp, declaration), c => Assert.Equal(ClientChangeKind.Unchanged, c.Kind));
        OpenIdHost.Client(declaration, "app")["redirectUris"] = new JsonArray("https://new.example.test/");
        declaration["clients"]!.AsArray().Remove(OpenIdHost.Client(declaration, "rsa"));
        declaration["scopes"]!.AsArray().Add(new JsonObject { ["name"] = "new" });
        var plan = (await PlanAsync(idp, declaration)).Where(c => c.Kind != ClientChangeKind.Unchanged).ToList();
        Assert.Equal(
            [(ClientChangeKind.Create, "new"), (ClientChangeKind.Change, "app"), (ClientChangeKind.Remove, "rsa")],
            plan.Select(c => (c.Kind, c.Id))
        );
        Assert.Equal(["redirectUris"], plan[1].Differences);

        await ApplyAsync(idp, declaration);

        Assert.All(await PlanAsync(idp, declaration), c => Assert.Equal(ClientChangeKind.Unchanged, c.Kind));
        Assert.Equal(400, (int)(await browser.GetAsync(new CodeRequest().Address)).Status);
        Assert.Equal(400, (int)(await browser.GetAsync(new CodeRequest { ClientId = "rsa" }.Address)).Status);
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

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_public_client_that_becomes_confidential_gets_a_secret_told_once(DatabaseProvider provider)
    {
        await using var idp = await OpenIdHost.StartAsync(provider);
        var declaration = OpenIdHost.Declaration();
        var client = OpenIdHost.Client(declaration, "tv");
        client["type"] = "confidential";
        client["grantTypes"] = new JsonArray("client_credentials");
        client["scopes"] = new JsonArray("orders");

        var change = (await PlanAsync(idp, declaration)).Single(c => c.Id == "tv");
        Assert.Equal(ClientChangeKind.Change, change.Kind);
        Assert.Contains("type", change.Differences);
        Assert.Contains("secretHash", change.Differences);
        var unattended = await Assert.ThrowsAsync<ClientsFileException>(() => RunUnattendedAsync(idp, declaration));
        Assert.Contains("'tv'", unattended.Message, StringComparison.Ordinal);

        var secret = Assert.Single(await ApplyAsync(idp, declaration));
        Assert.Equal("tv", secret.ClientId);
        Assert.Equal(200, (await SecretWorksAsync(idp, "tv", secret.Secret)).Status);
        Assert.Equal(401, (await SecretWorksAsync(idp, "tv", OpenIdHost.Secret)).Status);

        Assert.Empty(await ApplyAsync(idp, declaration));
        await RunUnattendedAsync(idp, declaration);
        Assert.Equal(200, (await SecretWorksAsync(idp, "tv", secret.Secret)).Status);
        await using var context = idp.Host.Database.OpenContext();
        var rests = await context
            .Set<OpenIddict.EntityFrameworkCore.Models.OpenIddictEntityFrameworkCoreApplication>()
            .Where(a => a.ClientId == "tv")
            .Select(a => a.ClientSecret)
            .SingleAsync(Cancelled);
        Assert.Equal(ClientSecrets.HashGenerated(secret.Secret), rests);
    }

    [Theory]
    [InlineData("a secret that a person thought of", "$argon2id$")]
    [InlineData("$and one that looks like a hash$", "$argon2id$")]
    [InlineData("dkdkdkdkdkdkdkdkdkdkdkdkdkdkdkdkdkdkdkdkdkc", "sha256:")]
    public async Task A_secret_that_was_brought_rests_as_a_hash_and_works_at_the_token_endpoint(
        string secret,
        string form
    )
    {
        await using var idp = await OpenIdHost.StartAsync();
        Assert.Equal(200, (await SecretWorksAsync(idp, "machine", OpenIdHost.Secret)).Status);

        var set = await CommandAsync(idp, secret, "clients", "secret", "machine", "--stdin");
        Assert.True(set.ExitCode == 0, set.Errors);
        Assert.DoesNotContain(secret, set.Output + set.Errors, StringComparison.Ordinal);
        await RefreshAsync(idp);

        Assert.Equal(200, (await SecretWorksAsync(idp, "machine", secret)).Status);
        Assert.Equal(401, (await SecretWorksAsync(idp, "machine", secret + "x")).Status);
        Assert.Equal(401, (await SecretWorksAsync(idp, "machine", OpenIdHost.Secret)).Status);
        await using var context = idp.Host.Database.OpenContext();
        var rests = await context
            .Set<OpenIddict.EntityFrameworkCore.Models.OpenIddictEntityFrameworkCoreApplication>()
            .Where(a => a.ClientId == "machine")
            .Select(a => a.ClientSecret)
            .SingleAsync(Cancelled);
        Assert.StartsWith(form, rests, StringComparison.Ordinal);
        Assert.NotEqual(secret, rests);

        var generated = await CommandAsync(idp, null, "clients", "secret", "machine", "--generate");
        await RefreshAsync(idp);
        Assert.Equal(200, (await SecretWorksAsync(idp, "machine", generated.Output.Trim())).Status);
        Assert.Equal(401, (await SecretWorksAsync(idp, "machine", secret)).Status);
    }

    [Theory]
    [InlineData("machine", "too short", "15 to 128")]
    [InlineData("machine", "sha256:dkdkdkdkdkdkdkdkdkdkdkdkdkdkdkdkdkdkdkdkdkc", "secretHash")]
    [InlineData("machine", "", "no secret")]
    [InlineData("native", "a secret that a person thought of", "public")]
    [InlineData("nobody", "a secret that a person thought of", "'nobody'")]
    public async Task A_secret_that_cannot_be_is_refused_and_the_old_one_stays(
        string clientId,
        string secret,
        string reason
    )
    {
        await using var idp = await OpenIdHost.StartAsync();

        var set = await CommandAsync(idp, secret, "clients", "secret", clientId, "--stdin");
        await RefreshAsync(idp);

        Assert.NotEqual(0, set.ExitCode);
        Assert.Contains(reason, set.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", set.Errors, StringComparison.Ordinal);
        Assert.Equal(200, (await SecretWorksAsync(idp, "machine", OpenIdHost.Secret)).Status);
    }

    private static Task<Answer> SecretWorksAsync(OpenIdHost idp, string clientId, string secret) =>
        idp.TokenAsync(
            clientId,
            new()
            {
                ["grant_type"] = "client_credentials",
                ["client_id"] = clientId,
                ["client_secret"] = secret,
            }
        );

    private static Task<Executable.Result> CommandAsync(OpenIdHost idp, string? input, params string[] arguments) =>
        Executable.RunAsync(idp.Host.Database, input, arguments);

    // What a node does by itself every few seconds.
    private static Task RefreshAsync(OpenIdHost idp) =>
        idp.Host.Services.GetRequiredService<ProviderRefresh>().RunAsync(Cancelled);

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
    [InlineData("""{"clients":[{"clientId":"a","name":"Pay\u202Elap"}]}""", "name must be one line")]
    [InlineData("""{"scopes":[{"name":"a","displayName":"Read\nand write"}]}""", "displayName of 'a' must be one line")]
    [InlineData("""{"clients":[{"clientId":"a","name":"x","grantTypes":["password"]}]}""", "but had 'password'")]
    [InlineData("""{"clients":[{"clientId":"a","name":"x","grantTypes":["implicit"]}]}""", "but had 'implicit'")]
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
    [InlineData("""{"clients":[{"clientId":"a","name":"x","secretHash":"plain"}]}""", "secretHash must be")]
    [InlineData("""{"clients":[{"clientId":"a","name":"x","idTokenSigningAlg":"HS256"}]}""", "but was 'HS256'")]
    [InlineData("""{"clients":[{"clientId":"a","name":"x","accessTokenLifetime":5}]}""", "but was 5")]
    [InlineData("""{"clients":[{"clientId":"a","name":"x"},{"clientId":"a","name":"y"}]}""", "declared once")]
    [InlineData("""{"scopes":[{"name":"openid"}]}""", "not one of OpenID Connect's own")]
    [InlineData("""{"scopes":[{"name":"ssf.manage"}]}""", "or of the host's")]
    [InlineData("""{"clients":[{"clientId":"a","name":"x","colour":"red"}]}""", "$.clients[0].colour")]
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
            var error = await Assert.ThrowsAsync<ClientsFileException>(() => ClientsFile.LoadAsync(file, Cancelled));

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
        var file = Path.Combine(Path.GetTempPath(), "idp-clients-" + Path.GetRandomFileName() + ".json");
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

    private static async Task<IReadOnlyList<ClientChange>> PlanAsync(OpenIdHost idp, JsonObject declaration)
    {
        var loaded = await LoadAsync(declaration);
        return await idp.Host.InScopeAsync(p => p.GetRequiredService<ApplyClients>().PlanAsync(loaded, Cancelled));
    }

    private static async Task RunUnattendedAsync(OpenIdHost idp, JsonObject declaration)
    {
        var loaded = await LoadAsync(declaration);
        await idp.Host.InScopeAsync(async p =>
        {
            await p.GetRequiredService<ApplyClients>().RunUnattendedAsync(loaded, Cancelled);
            return 0;
        });
    }

    private static async Task<IReadOnlyList<GeneratedSecret>> ApplyAsync(OpenIdHost idp, JsonObject declaration)
    {
        var loaded = await LoadAsync(declaration);
        return await idp.Host.InScopeAsync(async p =>
        {
            var apply = p.GetRequiredService<ApplyClients>();
            return await apply.RunAsync(loaded, await apply.PlanAsync(loaded, Cancelled), null, Cancelled);
        });
    }

    [Fact]
    public async Task Nothing_is_removed_that_was_not_shown_before()
    {
        await using var idp = await OpenIdHost.StartAsync();
        var declaration = OpenIdHost.Declaration();
        declaration["clients"]!.AsArray().Remove(OpenIdHost.Client(declaration, "rsa"));
        var shown = await PlanAsync(idp, declaration);
        var more = OpenIdHost.Declaration();
        more["clients"]!.AsArray().Add(OpenIdHost.Web("new"));
        await RunUnattendedAsync(idp, more);

        var loaded = await LoadAsync(declaration);
        var refused = await Assert.ThrowsAsync<ClientsFileException>(() =>
            idp.Host.InScopeAsync(p => p.GetRequiredService<ApplyClients>().RunAsync(loaded, shown, null, Cancelled))
        );

        Assert.Contains("Run it again", refused.Message, StringComparison.Ordinal);
        var registry = idp.Host.Services.GetRequiredService<ClientRegistry>();
        Assert.NotNull(registry.FindByClientId("rsa"));
        Assert.NotNull(registry.FindByClientId("new"));
    }

    [Fact]
    public async Task Clients_of_the_command_line_outlive_a_start_without_a_file()
    {
        await using var host = await ProviderFixture.StartAsync();
        await host.DeclareClientsAsync(
            new ClientDeclaration
            {
                ClientId = "shop",
                Name = "Shop",
                Type = ClientKind.Public,
            }
        );

        await using var next = await ProviderFixture.StartAsync(besides: host);

        Assert.NotNull(next.Services.GetRequiredService<ClientRegistry>().FindByClientId("shop"));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Nodes_that_apply_a_new_file_at_once_all_start(DatabaseProvider provider)
    {
        await using var idp = await OpenIdHost.StartAsync(provider);
        var declaration = OpenIdHost.Declaration();
        declaration["clients"]!.AsArray().Add(OpenIdHost.Web("new"));
        declaration["clients"]!.AsArray().Remove(OpenIdHost.Client(declaration, "rsa"));
        OpenIdHost.Client(declaration, "app")["name"] = "Another name";
        declaration["scopes"]!.AsArray().Add(new JsonObject { ["name"] = "new" });
        var loaded = await LoadAsync(declaration);

        await AtOnce.RunAsync(
            4,
            _ =>
                idp.Host.InScopeAsync(async p =>
                {
                    await p.GetRequiredService<ApplyClients>().RunUnattendedAsync(loaded, Cancelled);
                    return 0;
                })
        );

        var left = (await PlanAsync(idp, declaration)).Where(c => c.Kind != ClientChangeKind.Unchanged);
        Assert.Equal((ClientChangeKind.Remove, "rsa"), left.Select(c => (c.Kind, c.Id)).Single());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_start_with_an_empty_file_removes_nobody_and_apply_does(DatabaseProvider provider)
    {
        await using var idp = await OpenIdHost.StartAsync(provider);
        var empty = new JsonObject { ["clients"] = new JsonArray() };

        await RunUnattendedAsync(idp, empty);

        Dictionary<string, string> form = new() { ["grant_type"] = "client_credentials" };
        Assert.Equal(200, (await idp.TokenAsync("machine", form)).Status);
        form["scope"] = "orders";
        Assert.Equal(200, (await idp.TokenAsync("machine", form)).Status);

        await ApplyAsync(idp, empty);

        form.Remove("scope");
        Assert.Equal("invalid_client", (await idp.TokenAsync("machine", form)).Error);
    }

    [Fact]
    public async Task A_start_logs_what_it_does_with_the_file_and_whom_it_leaves_alone()
    {
        using var log = new KeptLog();
        await using var idp = await OpenIdHost.StartAsync(services: log.Keep);
        log.Lines.Clear();
        var declaration = OpenIdHost.Declaration();
        OpenIdHost.Client(declaration, "app")["name"] = "Another name";
        declaration["clients"]!.AsArray().Add(OpenIdHost.Web("newcomer"));
        declaration["clients"]!.AsArray().Remove(OpenIdHost.Client(declaration, "machine"));

        await RunUnattendedAsync(idp, declaration);

        Assert.Equal(
            [
                "The clients file: Change client app",
                "The clients file: Create client newcomer",
                "The clients file does not declare client machine, which stays; 'clients apply' would remove it",
            ],
            log.Lines.Where(l => l.StartsWith("The clients file", StringComparison.Ordinal))
        );
    }
}
