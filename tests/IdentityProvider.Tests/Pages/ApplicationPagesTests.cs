using System.Net;
using IdentityProvider.Data;
using IdentityProvider.Tests.OpenId;
using IdP.Recovery.Audit;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Pages;

/// <summary>The console's pages of applications.</summary>
public sealed class ApplicationPagesTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_list_says_of_each_application_what_it_is()
    {
        await using var idp = await StartAsync();
        using var root = await idp.Host.EnterAsync();

        var page = await root.GetAsync("/admin/applications");

        var rows = page
            .Document.QuerySelectorAll("tbody tr")
            .ToDictionary(
                r => r.QuerySelector(".table-sub")?.TextContent ?? r.QuerySelector("th")!.TextContent,
                r => r.QuerySelectorAll("td").Select(d => d.TextContent.Trim()).ToList()
            );
        Assert.Equal(["Public", "Sign-in, Refresh"], rows["native"].Take(2));
        Assert.Equal(["Confidential, by a secret", "Machine"], rows["machine"].Take(2));
        Assert.Equal("Confidential, by a key", rows["signing"][0]);
        Assert.Equal(["See your orders", "orders-api"], rows["orders"].Take(2));
        Assert.Equal(
            "/admin/applications/pushing",
            page.Document.QuerySelectorAll("tbody th a")
                .Single(a => a.TextContent == "The application pushing")
                .GetAttribute("href")
        );
    }

    [Fact]
    public async Task An_applications_page_shows_addresses_scopes_and_what_is_required()
    {
        await using var idp = await StartAsync();
        using var root = await idp.Host.EnterAsync();

        var pushing = Facts(await root.GetAsync("/admin/applications/pushing"));
        var loose = Facts(await root.GetAsync("/admin/applications/without-pkce"));

        Assert.Contains(OpenIdHost.Callback, pushing["After sign-in"], StringComparison.Ordinal);
        Assert.Contains("offline_access", pushing["Scopes"], StringComparison.Ordinal);
        Assert.Equal(("Required", "Required"), (pushing["PKCE"], pushing["PAR"]));
        Assert.Equal(("Not required", "Not required"), (loose["PKCE"], loose["PAR"]));
        Assert.Equal(HttpStatusCode.NotFound, (await root.GetAsync("/admin/applications/x")).Status);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_new_secret_takes_a_fresh_proof_is_shown_once_and_works(DatabaseProvider provider)
    {
        await using var idp = await StartAsync(provider);
        using var root = await idp.Host.EnterAsync();
        var page = await root.GetAsync("/admin/applications/machine/secret");
        var made = await root.SubmitAsync(page, ("version", VersionIn(page)));

        var secret = made.Document.QuerySelector("#secret")!.TextContent;
        Assert.True(made.Response.Headers.CacheControl!.NoStore);
        Assert.Equal(200, await TokenAsync(idp, secret));
        Assert.Equal(200, await TokenAsync(idp, OpenIdHost.Secret));
        var details = await root.GetAsync("/admin/applications/machine");
        Assert.DoesNotContain(secret, details.Text, StringComparison.Ordinal);
        Assert.Contains("Two secrets are valid", details.Text, StringComparison.Ordinal);

        // The same form again, as by a reload.
        var again = await root.SubmitAsync(page, ("version", VersionIn(page)));
        Assert.Equal(HttpStatusCode.BadRequest, again.Status);
        Assert.Null(again.Document.QuerySelector("#secret"));

        idp.Host.Time.Advance(TimeSpan.FromMinutes(20));
        var later = await root.GetAsync("/admin/applications/machine/secret");
        Assert.Equal("/account/prove", new Uri(later.RedirectsTo!).AbsolutePath);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task All_consents_are_revoked_and_the_refresh_token_with_them(DatabaseProvider provider)
    {
        await using var idp = await StartAsync(provider);
        await idp.Host.CreateAccountAsync();
        using var ada = await idp.SignedInAsync();
        var request = new CodeRequest { Scope = "openid offline_access" };
        var tokens = await idp.TokensAsync(ada, request);
        var others = await idp.TokensAsync(ada, request with { ClientId = "rsa" });
        using var root = await idp.Host.EnterAsync();
        var details = await root.GetAsync("/admin/applications/app");
        Assert.Contains("One person has granted it access.", details.Text, StringComparison.Ordinal);
        Assert.NotNull(details.Document.QuerySelector("dialog form[action$='/app/revoke']"));

        var question = await root.GetAsync("/admin/applications/app/revoke");
        var form = question.Document.Forms.Single(f => f.ClassName == "form");
        var after = await root.FollowAsync(await root.SubmitAsync(question, form));

        Assert.Contains("The access to one person is revoked.", after.Text, StringComparison.Ordinal);
        Assert.Contains("Nobody has granted it access.", after.Text, StringComparison.Ordinal);
        Assert.Equal(400, (await idp.RefreshAsync("app", tokens.Value("refresh_token"))).Status);
        Assert.Equal(200, (await idp.RefreshAsync("rsa", others.Value("refresh_token"))).Status);
        await using var context = idp.Host.Database.OpenContext();
        Assert.Equal(
            "app",
            (await context.Set<AuditEvent>().SingleAsync(e => e.Type == "client.consents-revoked", Cancelled)).SubjectId
        );
    }

    [Theory]
    [InlineData("/admin/applications")]
    [InlineData("/admin/applications/machine")]
    [InlineData("/admin/applications/machine/secret")]
    [InlineData("/admin/applications/machine/revoke")]
    public async Task A_user_gets_none_of_it(string path)
    {
        await using var idp = await StartAsync();
        await idp.Host.CreateAccountAsync();
        using var ada = await idp.Host.EnterAsync("ada@example.test", "/login");

        var answer = await ada.GetAsync(path);

        Assert.Equal("/login/administrator", new Uri(answer.RedirectsTo!).AbsolutePath);
    }

    private static async Task<OpenIdHost> StartAsync(DatabaseProvider? provider = null)
    {
        var idp = await OpenIdHost.StartAsync(provider, settings: [("AccountRecovery:Mfa:RequiredFor", "Nobody")]);
        await idp.Host.CreateAccountAsync(ConsoleHost.Root, administrator: true);
        return idp;
    }

    private static Dictionary<string, string> Facts(TestPage page) =>
        page
            .Document.QuerySelectorAll(".facts > div")
            .ToDictionary(d => d.QuerySelector("dt")!.TextContent, d => d.QuerySelector("dd")!.TextContent.Trim());

    private static string VersionIn(TestPage page) =>
        page.Document.QuerySelector("input[name=version]")!.GetAttribute("value")!;

    private static async Task<int> TokenAsync(OpenIdHost idp, string secret)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/connect/token");
        request.Headers.Authorization = OpenIdHost.Basic("machine", secret);
        request.Content = new FormUrlEncodedContent([new("grant_type", "client_credentials")]);
        return (await idp.SendAsync(request)).Status;
    }
}
