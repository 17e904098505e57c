using Browser.Tests.Pages;
using Browser.Tests.Support;
using IdentityProvider.Clients;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Tests.Support;
using Xunit;

namespace Browser.Tests.Journeys;

/// <summary>An application that is a page alone, on a library that this project did not write (oidc-client-ts).</summary>
public sealed class SinglePageJourneys(Chromium chromium) : Journey
{
    private const string Ada = "ada@example.test";

    private const string Page = """
        <!doctype html>
        <html lang="en">
          <title>A page</title>
          <h1>A page</h1>
          <p role="status" id="said">Nobody</p>
          <button id="enter">Sign in</button>
          <button id="renew">Renew</button>
          <button id="leave">Revoke</button>
          <script src="/oidc-client-ts.min.js"></script>
          <script>
            const manager = new oidc.UserManager({
              authority: "AUTHORITY",
              client_id: "page",
              redirect_uri: location.origin + "/",
              scope: "openid email offline_access",
              loadUserInfo: true,
              automaticSilentRenew: false,
            });
            const say = (text) => (said.textContent = text);
            const attempt = (act) => act().catch((error) => say("Failed: " + error.message));
            const asked = (user) =>
              manager.metadataService
                .getUserInfoEndpoint()
                .then((address) => fetch(address, { headers: { Authorization: "Bearer " + user.access_token } }));
            enter.onclick = () => attempt(() => manager.signinRedirect());
            renew.onclick = () =>
              attempt(async () => say("Renewed for " + (await manager.signinSilent()).profile.email));
            leave.onclick = () =>
              attempt(async () => {
                const user = await manager.getUser();
                await manager.revokeTokens(["access_token", "refresh_token"]);
                say("Revoking");
                while ((await asked(user)).status !== 401) await new Promise((next) => setTimeout(next, 100));
                say("Revoked");
              });
            if (location.search.includes("code="))
              attempt(async () => {
                const user = await manager.signinRedirectCallback();
                history.replaceState({}, "", "/");
                say("Signed in as " + user.profile.email);
              });
          </script>
        </html>
        """;

    [Fact]
    public async Task A_page_signs_in_renews_its_tokens_and_revokes_them()
    {
        await using var stage = await Stage.StartAsync(chromium);
        await stage.Provider.CreateAccountAsync(Ada);
        await using var application = await StartPageAsync(stage);
        var page = new Uri(application.Urls.First() + "/");
        await stage.Provider.DeclareClientsAsync(
            new ClientDeclaration
            {
                ClientId = "page",
                Name = "A page",
                Type = ClientKind.Public,
                RedirectUris = [page.ToString()],
                GrantTypes = ["authorization_code", "refresh_token"],
                Scopes = ["email", "offline_access"],
            }
        );
        var ada = await stage.EnterAsync();

        await ada.GoAsync(page);
        await ada.PressAsync("Sign in");
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await ada.SeesAsync("Signed in as " + Ada);
        await ada.PressAsync("Renew");
        await ada.SeesAsync("Renewed for " + Ada);
        await ada.PressAsync("Revoke");
        await ada.SeesAsync("Revoking");

        // What was just found good is trusted for a second.
        stage.Time.Advance(TimeSpan.FromSeconds(1));
        await ada.SeesAsync("Revoked");
    }

    private static async Task<WebApplication> StartPageAsync(Stage stage)
    {
        var builder = WebApplication.CreateSlimBuilder(["--Logging:LogLevel:Default=Warning"]);
        var app = builder.Build();
        app.Urls.Add($"http://127.0.0.1:{ProviderFixture.FreePort()}");
        var authority = stage.Provider.Origin.ToString().TrimEnd('/');
        app.MapGet(
            "/",
            () => Results.Text(Page.Replace("AUTHORITY", authority, StringComparison.Ordinal), "text/html")
        );
        app.MapGet(
            "/oidc-client-ts.min.js",
            () =>
                Results.File(
                    Repository.PathOf(
                        "tests/Support/endpoints/node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js"
                    ),
                    "text/javascript"
                )
        );
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }
}
