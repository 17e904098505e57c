using System.Text;
using AngleSharp.Html.Dom;
using IdentityProvider.Data;
using IdentityProvider.Tests.OpenId;
using IdP.Recovery.Lockout;
using IdP.Recovery.PasswordReset;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Operations;

/// <summary>What no person and no application sends: a clear 4xx, and nothing is kept (threat 3).</summary>
public sealed class BadInputTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    // Each is the field as it stands in a form's body; {0} is its name.
    private static readonly string[] Broken =
    [
        "{0}=a%40example.test&{0}=b%40example.test",
        "{0}%5B%5D=a%40example.test",
        "{0}%5B0%5D=a%40example.test&{0}=b%40example.test",
        "{0}=a%40example.test%00",
        "{0}=a%40example.test%0D%0ABcc%3A+b%40example.test",
        "{0}=a%E2%80%AE%40example.test",
        "{0}=a%E2%81%A9%40example.test",
        "{0}=%EF%BF%BD",
        "{0}=" + new string('a', 5_000),
    ];

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_field_out_of_shape_is_refused_on_every_page(DatabaseProvider provider)
    {
        await using var idp = await OpenIdHost.StartAsync(provider);
        var account = await idp.Host.CreateAccountAsync();
        using var stranger = idp.Host.NewBrowser();
        using var owner = await idp.SignedInAsync();
        (TestBrowser Browser, string Path, string Field)[] fields =
        [
            (stranger, "/login", "Email"),
            (stranger, "/login", "Password"),
            (stranger, "/login/administrator", "Email"),
            (stranger, "/reset/user", "Email"),
            (stranger, "/reset/administrator", "Email"),
            (owner, "/account", "Input.Name"),
            (owner, "/account", "Input.Birthdate"),
            (owner, "/account", "Input.StreetAddress"),
            (owner, "/account/password", "Current"),
            (owner, "/account/password", "Password"),
        ];
        foreach (var (browser, path, field) in fields)
        {
            var page = await browser.GetAsync(path);
            foreach (var broken in Broken)
            {
                var answer = await SendAsync(browser, page, field, broken);
                Assert.True((int)answer.Status is >= 400 and < 500, $"{path} {broken}: {answer.Status}");
                Assert.DoesNotContain("   at ", answer.Text, StringComparison.Ordinal);
            }
        }

        await using var context = idp.Host.Database.OpenContext();
        Assert.Empty(await context.Set<ResetRequest>().ToListAsync(Cancelled));
        var now = await context.Users.SingleAsync(Cancelled);
        Assert.Equal(
            (account.DisplayName, account.PasswordHash, account.Birthdate),
            (now.DisplayName, now.PasswordHash, now.Birthdate)
        );
        Assert.Empty(idp.Host.Mails.Sent);
    }

    [Fact]
    public async Task A_code_out_of_shape_is_refused_by_the_name_of_its_field_and_is_not_counted()
    {
        await using var idp = await OpenIdHost.StartAsync();
        var account = await idp.Host.CreateAccountAsync();
        var time = idp.Host.Time;
        var phone = await idp.Host.InScopeAsync(p => Authenticator.EnrollAsync(p, account.Id, time.GetUtcNow()));
        using var owner = idp.Host.NewBrowser();
        var factor = await idp.SignInAsync(owner, await owner.GetAsync("/login"));

        foreach (var broken in Broken.Append("{0}=abcdef").Append("{0}=1234567").Append("{0}="))
        {
            var answer = await SendAsync(owner, factor, "Code", broken);
            Assert.True((int)answer.Status == 400, $"{broken}: {answer.Status}");
            var told = answer.Document.QuerySelector("main")!.TextContent;

            // What no form can hold is refused before any page knows of fields.
            var isForm = !broken.Contains("%00", StringComparison.Ordinal);
            Assert.True(!isForm || told.Contains("Code", StringComparison.Ordinal), $"{broken}: {told}");
        }

        await using var context = idp.Host.Database.OpenContext();
        Assert.All(await context.Set<FailureCount>().ToListAsync(Cancelled), c => Assert.Equal(0, c.Failures));
        var done = await SendAsync(owner, factor, "Code", "{0}=" + phone.CodeAt(time.GetUtcNow()));
        Assert.Equal(303, (int)done.Status);
    }

    [Theory]
    [InlineData("%E2%80%8B")]
    [InlineData("%E2%81%A0")]
    [InlineData("%EF%BB%BF")]
    [InlineData("%C2%AD")]
    [InlineData("%E2%80%A8")]
    public async Task What_cannot_be_seen_is_no_part_of_a_name(string invisible)
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync(with: a => a.DisplayName = "Ada");
        using var owner = await idp.SignedInAsync();

        var answer = await SendAsync(owner, await owner.GetAsync("/account"), "Input.Name", "{0}=Ada" + invisible);

        Assert.Equal(400, (int)answer.Status);
        await using var context = idp.Host.Database.OpenContext();
        Assert.Equal("Ada", (await context.Users.SingleAsync(Cancelled)).DisplayName);
    }

    [Theory]
    [InlineData("/account", "Input.Birthdate", "2001-13-01")]
    [InlineData("/account", "Input.Birthdate", "9999-99-99")]
    public async Task A_value_that_cannot_be_is_told_at_its_field(string path, string field, string value)
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var owner = await idp.SignedInAsync();

        var answer = await SendAsync(owner, await owner.GetAsync(path), field, $"{field}={value}");

        Assert.InRange((int)answer.Status, 400, 499);
        await using var context = idp.Host.Database.OpenContext();
        Assert.Null((await context.Users.SingleAsync(Cancelled)).Birthdate);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_protocols_endpoints_refuse_what_is_out_of_shape(DatabaseProvider provider)
    {
        await using var idp = await OpenIdHost.StartAsync(provider);
        const string Form = "application/x-www-form-urlencoded";
        (string Path, string Body, string Type)[] posts =
        [
            ("/connect/token", "grant_type=client_credentials&grant_type=refresh_token", Form),
            ("/connect/token", "grant_type=refresh_token&refresh_token=%00", Form),
            ("/connect/token", "grant_type=authorization_code&code=a%0D%0Ab&redirect_uri=%00", Form),
            ("/connect/token", """{"grant_type":"client_credentials"}""", "application/json"),
            ("/connect/token", "grant_type=" + new string('a', 70_000), Form),
            ("/connect/par", "client_id=app&client_id=third", Form),
            ("/connect/par", "client_id=%00&redirect_uri=%00", Form),
            ("/connect/device", "client_id=tv&scope=%00", Form),
            ("/connect/device", "client_id%5B%5D=tv", Form),
            ("/connect/introspect", "token=a&token=b", Form),
            ("/connect/introspect", "token=", Form),
            ("/connect/revoke", "token=a&token=b", Form),
        ];
        foreach (var (path, body, type) in posts)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path);
            request.Headers.Authorization = OpenIdHost.Basic("app", OpenIdHost.Secret);
            request.Content = new StringContent(body, Encoding.UTF8, type);
            var answer = await idp.SendAsync(request);
            Assert.True(
                answer.Status is >= 400 and < 500,
                $"{path} {body[..Math.Min(60, body.Length)]}: {answer.Status} {answer.Text}"
            );
            Assert.DoesNotContain("   at ", answer.Text, StringComparison.Ordinal);
        }

        string[] gets =
        [
            "/connect/authorize?client_id=app&client_id=third",
            "/connect/authorize?client_id=%00",
            "/connect/authorize?client_id=app&redirect_uri=https%3A%2F%2Fapp.example.test%2Fcallback%0D%0A",
            "/connect/authorize?request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A%00&client_id=app",
            "/connect/logout?id_token_hint=%00&post_logout_redirect_uri=%00",
            "/login?returnUrl=%00",
            "/login?returnUrl=a&returnUrl=b",
            "/reset/open?token=a&token=b",
            "/reset/open?token=%00",
            "/consent?ask=%00",
            "/device?user_code=%00",
            "/device?user_code=a&user_code=b",
        ];
        using var browser = idp.Host.NewBrowser();
        foreach (var address in gets)
        {
            var answer = await browser.GetAsync(address);
            Assert.True((int)answer.Status is >= 300 and < 500, $"{address}: {answer.Status}");
            Assert.DoesNotContain("   at ", answer.Text, StringComparison.Ordinal);
        }

        await using var context = idp.Host.Database.OpenContext();
        Assert.Empty(
            await context
                .Set<OpenIddict.EntityFrameworkCore.Models.OpenIddictEntityFrameworkCoreToken>()
                .ToListAsync(Cancelled)
        );
    }

    [Theory]
    [InlineData("Cookie", "__Host-idp=%00garbage; idp.session=AAAA; idp.language=xx; idp.theme=<script>")]
    [InlineData("Authorization", "Bearer a.b.c")]
    [InlineData("Authorization", "Basic !!!")]
    [InlineData("User-Agent", "a\tb<script>alert(1)</script>")]
    [InlineData("Accept-Language", "de;q=nonsense,,,;;*")]
    public async Task A_header_out_of_shape_breaks_nothing(string name, string value)
    {
        await using var idp = await OpenIdHost.StartAsync();
        foreach (var path in (string[])["/login", "/account", "/connect/userinfo", "/api/v1/users"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation(name, value);
            var answer = await idp.SendAsync(request);
            Assert.True(answer.Status < 500, $"{path}: {answer.Status}");
            Assert.DoesNotContain("alert(1)", answer.Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded; charset=utf-7", 415)]
    [InlineData("application/x-www-form-urlencoded; charset=\"utf-16\"", 415)]
    [InlineData("application/x-www-form-urlencoded; charset=klingon", 415)]
    [InlineData("application/x-www-form-urlencoded; charset=\"", 415)]
    [InlineData("multipart/form-data; boundary=x", 400)]
    [InlineData("multipart/form-data", 400)]
    public async Task A_body_that_nobody_can_read_is_refused_in_one_line(string type, int status)
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var owner = await idp.SignedInAsync();
        var page = await owner.GetAsync("/account/password");
        var token = page.Document.QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;
        foreach (
            var path in (string[])["/login", "/account/password", "/connect/token", "/connect/logout", "/api/v1/users"]
        )
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path);
            request.Headers.Add("RequestVerificationToken", token);
            request.Content = new ByteArrayContent(
                "--x\r\nContent-Disposition: form-data; name=\"Current\"\r\n\r\nhalf"u8.ToArray()
            );
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
            var answer = await owner.Client.SendAsync(request, Cancelled);
            Assert.True(status == (int)answer.StatusCode, $"{path}: {answer.StatusCode}");
        }
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    [InlineData("TRACE")]
    [InlineData("PROPFIND")]
    public async Task A_verb_that_a_page_does_not_have_is_not_answered_by_it(string verb)
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var stranger = idp.Host.NewBrowser();
        using var owner = await idp.SignedInAsync();
        foreach (var path in Paths(idp))
        {
            foreach (var browser in (TestBrowser[])[stranger, owner])
            {
                using var request = new HttpRequestMessage(new HttpMethod(verb), path);
                var answer = await browser.Client.SendAsync(request, Cancelled);
                Assert.True(
                    (int)answer.StatusCode is 405 or 401 or 404 or 415 or 400,
                    $"{verb} {path}: {answer.StatusCode}"
                );
                if (path is "/consent" or "/account/password" or "/login" or "/connect/token")
                {
                    Assert.Equal(405, (int)answer.StatusCode);
                }
            }
        }
    }

    [Fact]
    public async Task A_post_to_a_page_without_a_handler_for_it_is_refused()
    {
        await using var idp = await OpenIdHost.StartAsync(settings: [("AccountRecovery:Mfa:RequiredFor", "Nobody")]);
        await idp.Host.CreateAccountAsync(administrator: true);
        using var owner = idp.Host.NewBrowser();
        await idp.SignInAsync(owner, await owner.GetAsync("/login/administrator"));
        var token = (await owner.GetAsync("/account/password"))
            .Document.QuerySelector("input[name=__RequestVerificationToken]")!
            .GetAttribute("value")!;
        foreach (var path in Paths(idp))
        {
            using var content = new FormUrlEncodedContent([new("__RequestVerificationToken", token)]);
            var answer = await owner.Client.PostAsync(new Uri(path, UriKind.Relative), content, Cancelled);
            Assert.True((int)answer.StatusCode != 500, $"{path}: {answer.StatusCode}");
        }
    }

    // Every address of the host without a parameter in it, and the engine's own.
    internal static IEnumerable<string> Paths(OpenIdHost idp) =>
        idp
            .Host.Services.GetRequiredService<EndpointDataSource>()
            .Endpoints.OfType<RouteEndpoint>()
            .Select(e => "/" + e.RoutePattern.RawText?.TrimStart('/'))
            .Where(p => !p.Contains('{', StringComparison.Ordinal))
            .Where(p => !p.StartsWith("/health/", StringComparison.Ordinal))
            .Where(p => !p.Contains('.', StringComparison.Ordinal))
            .Append("/connect/par")
            .Append("/connect/introspect")
            .Append("/connect/revoke")
            .Append("/connect/device")
            .Distinct();

    // The page's own form with its own values, but for one field that stands as it is given.
    private static async Task<TestPage> SendAsync(TestBrowser browser, TestPage page, string field, string body)
    {
        var form = page.Document.Forms.First(f => f.Method == "post" && f.Elements[field] is not null);
        var others = form
            .Elements.OfType<IHtmlInputElement>()
            .Where(i => i.Name is { Length: > 0 } name && name != field)
            .Where(i => i.Type is not ("checkbox" or "radio" or "submit" or "button"))
            .Select(i => $"{i.Name}={Uri.EscapeDataString(i.Value)}");
        using var content = new StringContent(
            string.Join('&', others.Append(string.Format(null, body, field))),
            Encoding.UTF8,
            "application/x-www-form-urlencoded"
        );
        var action = form.GetAttribute("action") is { Length: > 0 } own ? own : "";
        return await TestPage.ReadAsync(
            await browser.Client.PostAsync(new Uri(page.Address, action), content, Cancelled)
        );
    }
}
