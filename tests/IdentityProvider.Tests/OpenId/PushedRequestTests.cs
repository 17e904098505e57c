using IdentityProvider.Data;
using Microsoft.AspNetCore.WebUtilities;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.OpenId;

/// <summary>Pushed authorization requests (RFC 9126).</summary>
public sealed class PushedRequestTests
{
    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_pushed_request_goes_through_sign_in_and_consent_and_is_used_once(DatabaseProvider provider)
    {
        await using var idp = await OpenIdHost.StartAsync(provider);
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var request = new CodeRequest
        {
            ClientId = "third",
            With = [("prompt", "login consent"), ("login_hint", "ada@example.test"), ("ui_locales", "de")],
        };
        var address = await PushAsync(idp, request);

        var signIn = await idp.FollowAsync(browser, await browser.GetAsync(address));
        Assert.Equal("/login", signIn.Address.AbsolutePath);
        Assert.Equal("ada@example.test", signIn.Document.QuerySelector("input[name=Email]")!.GetAttribute("value"));
        Assert.Equal("de", signIn.Document.DocumentElement.GetAttribute("lang"));
        var consent = await idp.SignInAsync(browser, signIn);
        Assert.Equal("/consent", consent.Address.AbsolutePath);
        var answer = idp.Answer(
            await idp.FollowAsync(browser, await browser.SubmitAsync(consent, ("answer", "grant")))
        );
        Assert.Equal("the-state", answer["state"]);
        Assert.Equal(200, (await idp.RedeemAsync(request, answer["code"])).Status);

        var again = await idp.FollowAsync(browser, await browser.GetAsync(address));
        Assert.DoesNotContain("code=", again.RedirectsTo ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hints_that_were_pushed_do_not_make_the_address_of_the_sign_in_longer_than_proxies_take()
    {
        await using var idp = await OpenIdHost.StartAsync();
        using var browser = idp.Host.NewBrowser();
        var longest = new string('山', 254);
        var address = await PushAsync(idp, new() { With = [("login_hint", longest), ("ui_locales", longest)] });

        var asked = await browser.GetAsync(address);

        Assert.Contains("/login?", asked.RedirectsTo, StringComparison.Ordinal);
        Assert.InRange(asked.RedirectsTo!.Length, 1, 4_000);
        Assert.Equal("/login", (await browser.FollowAsync(asked)).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_request_uri_is_bound_to_its_client_and_expires()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var address = await PushAsync(idp, new());

        var other = await browser.GetAsync(address.Replace("client_id=app", "client_id=rsa", StringComparison.Ordinal));
        Assert.DoesNotContain("code=", other.RedirectsTo ?? "", StringComparison.Ordinal);
        idp.Host.Time.Advance(TimeSpan.FromMinutes(11));
        var late = await browser.GetAsync(address);
        Assert.DoesNotContain("code=", late.RedirectsTo ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_must_push_cannot_ask_directly()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var request = new CodeRequest { ClientId = "pushing" };

        Assert.NotNull(idp.Answer(await idp.AuthorizeAsync(browser, request))["error"]);
        var page = await idp.FollowAsync(browser, await browser.GetAsync(await PushAsync(idp, request)));
        Assert.Equal(200, (await idp.RedeemAsync(request, idp.Answer(page)["code"])).Status);
    }

    [Fact]
    public async Task A_push_is_checked_as_the_request_itself_would_be()
    {
        await using var idp = await OpenIdHost.StartAsync();

        foreach (
            var wrong in (CodeRequest[])
                [
                    new() { With = [("redirect_uri", "https://evil.example.test/")] },
                    new() { With = [("request_uri", "urn:x")] },
                    new() { Verifier = null },
                ]
        )
        {
            var refused = await idp.PostAsync("/connect/par", "app", wrong.Parameters);
            Assert.Equal(400, refused.Status);
            Assert.NotNull(refused.Error);
        }

        using var nobody = new HttpRequestMessage(HttpMethod.Post, "/connect/par")
        {
            Content = new FormUrlEncodedContent(new CodeRequest().Parameters),
        };
        Assert.InRange((await idp.SendAsync(nobody)).Status, 400, 401);
    }

    private static async Task<string> PushAsync(OpenIdHost idp, CodeRequest request)
    {
        var pushed = await idp.PostAsync("/connect/par", request.ClientId, request.Parameters);
        Assert.Equal(201, pushed.Status);
        Assert.InRange(pushed.Json.GetProperty("expires_in").GetInt32(), 5, 600);
        return QueryHelpers.AddQueryString(
            "/connect/authorize",
            new Dictionary<string, string?>
            {
                ["client_id"] = request.ClientId,
                ["request_uri"] = pushed.Value("request_uri"),
            }
        );
    }
}
