using IdP.Recovery;
using IdP.Recovery.Factors.Passkeys;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.OpenId;

/// <summary>What <c>acr</c> and <c>amr</c> say, and how <c>acr_values</c> steps up (requirement 11).</summary>
public sealed class StepUpTests
{
    private const string Factor = "urn:idp:acr:mfa";

    [Fact]
    public async Task A_password_alone_says_so_and_two_factors_say_so_too()
    {
        await using var idp = await OpenIdHost.StartAsync();
        var account = await idp.Host.CreateAccountAsync();
        using var before = await idp.SignedInAsync();
        var weak = await idp.VerifyAsync((await idp.TokensAsync(before, new())).IdToken);
        Assert.Equal("urn:idp:acr:pwd", weak.GetClaim("acr").Value);
        Assert.Equal(["pwd"], Methods(weak));

        var phone = await EnrollAsync(idp, account.Id);
        using var browser = idp.Host.NewBrowser();
        await GiveCodeAsync(idp, browser, await SignInAsync(idp, browser), phone);
        var strong = await idp.VerifyAsync((await idp.TokensAsync(browser, new())).IdToken);
        Assert.Equal(Factor, strong.GetClaim("acr").Value);
        Assert.Equal(["mfa", "otp", "pwd"], Methods(strong));
    }

    [Fact]
    public async Task An_application_that_asks_for_a_factor_gets_one_in_a_session_that_began_without()
    {
        await using var idp = await OpenIdHost.StartAsync();
        var account = await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var phone = await EnrollAsync(idp, account.Id);
        var request = new CodeRequest { With = [("acr_values", Factor)] };

        var asked = await idp.AuthorizeAsync(browser, request);

        Assert.Equal("/account/prove", asked.Address.AbsolutePath);
        var back = await GiveCodeAsync(idp, browser, asked, phone);
        var code = idp.Answer(await idp.FollowAsync(browser, back))["code"];
        var token = await idp.VerifyAsync((await idp.RedeemAsync(request, code)).IdToken);
        Assert.Equal(Factor, token.GetClaim("acr").Value);
    }

    [Theory]
    [InlineData("300")]
    [InlineData("0")]
    public async Task A_factor_not_older_than_so_long_is_proved_in_the_session_there_is(string age)
    {
        await using var idp = await OpenIdHost.StartAsync();
        var account = await idp.Host.CreateAccountAsync();
        var phone = await EnrollAsync(idp, account.Id);
        using var browser = idp.Host.NewBrowser();
        await GiveCodeAsync(idp, browser, await SignInAsync(idp, browser), phone);
        var before = await idp.VerifyAsync((await idp.TokensAsync(browser, new())).IdToken);
        idp.Host.Time.Advance(TimeSpan.FromMinutes(6));
        var request = new CodeRequest { With = [("acr_values", Factor), ("max_age", age)] };

        var asked = await idp.AuthorizeAsync(browser, request);

        Assert.Equal("/account/prove", asked.Address.AbsolutePath);
        var back = await GiveCodeAsync(idp, browser, asked, phone);

        // The way back may take longer than the age allows; the proof is new all the same.
        var provedAt = idp.Host.Time.GetUtcNow().ToUnixTimeSeconds();
        idp.Host.Time.Advance(TimeSpan.FromSeconds(3));
        var code = idp.Answer(await idp.FollowAsync(browser, back))["code"];
        var token = await idp.VerifyAsync((await idp.RedeemAsync(request, code)).IdToken);
        Assert.Equal(Factor, token.GetClaim("acr").Value);
        Assert.Equal(provedAt, token.GetPayloadValue<long>("auth_time"));
        Assert.Equal(before.GetClaim("sid").Value, token.GetClaim("sid").Value);
    }

    [Fact]
    public async Task A_weaker_proof_does_not_make_a_passkey_of_this_morning_fresh()
    {
        await using var idp = await OpenIdHost.StartAsync();
        var account = await idp.Host.CreateAccountAsync();
        var phone = await EnrollAsync(idp, account.Id);
        using var held = await AddPasskeyAsync(idp, account.Id);
        using var browser = idp.Host.NewBrowser();
        await UsePasskeyAsync(browser, await browser.GetAsync("/login/passkey"), held);
        idp.Host.Time.Advance(TimeSpan.FromMinutes(6));
        var request = new CodeRequest { With = [("acr_values", "phr"), ("max_age", "300")] };

        Assert.Equal("/account/prove", (await idp.AuthorizeAsync(browser, request)).Address.AbsolutePath);

        // A code is what the session stands on then, and leads back to the question.
        await GiveCodeAsync(idp, browser, await browser.GetAsync("/account/prove"), phone);
        var token = await idp.VerifyAsync((await idp.TokensAsync(browser, new())).IdToken);
        Assert.Equal(Factor, token.GetClaim("acr").Value);
        Assert.Equal("/account/prove", (await idp.AuthorizeAsync(browser, request)).Address.AbsolutePath);
    }

    [Theory]
    [InlineData("max_age", "300", "/login")]
    [InlineData("prompt", "login", "/login")]
    [InlineData("acr_values", "urn:idp:acr:pwd", "/login")]
    public async Task Whoever_asks_for_less_or_for_a_new_sign_in_gets_a_whole_one(
        string name,
        string value,
        string page
    )
    {
        await using var idp = await OpenIdHost.StartAsync();
        var account = await idp.Host.CreateAccountAsync();
        var phone = await EnrollAsync(idp, account.Id);
        using var browser = idp.Host.NewBrowser();
        await GiveCodeAsync(idp, browser, await SignInAsync(idp, browser), phone);
        idp.Host.Time.Advance(TimeSpan.FromMinutes(6));
        var wishes = new Dictionary<string, string> { ["max_age"] = "300" };
        if (name == "prompt")
        {
            wishes["acr_values"] = Factor;
        }

        wishes[name] = value;
        var request = new CodeRequest { With = [.. wishes.Select(w => (w.Key, w.Value))] };

        Assert.Equal(page, (await idp.AuthorizeAsync(browser, request)).Address.AbsolutePath);
    }

    [Fact]
    public async Task An_application_that_may_ask_nobody_is_told_that_the_factor_is_too_old()
    {
        await using var idp = await OpenIdHost.StartAsync();
        var account = await idp.Host.CreateAccountAsync();
        var phone = await EnrollAsync(idp, account.Id);
        using var browser = idp.Host.NewBrowser();
        await GiveCodeAsync(idp, browser, await SignInAsync(idp, browser), phone);
        idp.Host.Time.Advance(TimeSpan.FromMinutes(6));
        var request = new CodeRequest { With = [("acr_values", Factor), ("max_age", "300"), ("prompt", "none")] };

        Assert.Equal("login_required", idp.Answer(await idp.AuthorizeAsync(browser, request))["error"]);
    }

    [Fact]
    public async Task A_remembered_browser_does_not_stand_in_for_a_factor_that_was_asked_for()
    {
        await using var idp = await OpenIdHost.StartAsync();
        var account = await idp.Host.CreateAccountAsync();
        var phone = await EnrollAsync(idp, account.Id);
        using var browser = idp.Host.NewBrowser();
        await GiveCodeAsync(idp, browser, await SignInAsync(idp, browser), phone, remember: true);
        var request = new CodeRequest { With = [("acr_values", Factor), ("prompt", "login")] };

        var asked = await idp.AuthorizeAsync(browser, request);
        var next = await browser.FollowAsync(
            await browser.SubmitAsync(asked, ("Email", "ada@example.test"), ("Password", ProviderFixture.GoodPassword))
        );

        Assert.Equal("/login/factor", next.Address.AbsolutePath);
    }

    [Fact]
    public async Task A_wish_that_the_account_cannot_meet_is_answered_with_what_there_is()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();

        var tokens = await idp.TokensAsync(browser, new() { With = [("acr_values", $"{Factor} phr unknown")] });

        var token = await idp.VerifyAsync(tokens.IdToken);
        Assert.Equal("urn:idp:acr:pwd", token.GetClaim("acr").Value);
    }

    [Fact]
    public async Task Where_only_a_passkey_will_do_the_page_asks_for_one_and_comes_back_with_it()
    {
        await using var idp = await OpenIdHost.StartAsync();
        var account = await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        await EnrollAsync(idp, account.Id);
        using var held = await AddPasskeyAsync(idp, account.Id);
        var request = new CodeRequest { With = [("acr_values", "phr")] };

        var asked = await idp.AuthorizeAsync(browser, request);

        Assert.Equal("/account/prove", asked.Address.AbsolutePath);
        Assert.Contains("asks for a passkey", asked.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("with=totp", asked.Text, StringComparison.Ordinal);
        var back = await UsePasskeyAsync(browser, asked, held);
        var code = idp.Answer(await idp.FollowAsync(browser, back))["code"];
        var token = await idp.VerifyAsync((await idp.RedeemAsync(request, code)).IdToken);
        Assert.Equal("phr", token.GetClaim("acr").Value);
    }

    [Fact]
    public async Task A_sign_in_for_an_application_that_wants_a_passkey_shows_it_first()
    {
        await using var idp = await OpenIdHost.StartAsync();
        var account = await idp.Host.CreateAccountAsync();
        await EnrollAsync(idp, account.Id);
        using var held = await AddPasskeyAsync(idp, account.Id);
        using var browser = idp.Host.NewBrowser();
        var request = new CodeRequest { With = [("acr_values", "phr")] };

        var second = await browser.FollowAsync(
            await browser.SubmitAsync(
                await idp.AuthorizeAsync(browser, request),
                ("Email", "ada@example.test"),
                ("Password", ProviderFixture.GoodPassword)
            )
        );

        Assert.Equal("/login/factor", second.Address.AbsolutePath);
        var back = await UsePasskeyAsync(browser, second, held);
        var code = idp.Answer(await idp.FollowAsync(browser, back))["code"];
        var token = await idp.VerifyAsync((await idp.RedeemAsync(request, code)).IdToken);
        Assert.Equal("phr", token.GetClaim("acr").Value);
    }

    private static async Task<SoftAuthenticator> AddPasskeyAsync(OpenIdHost idp, string accountId)
    {
        var held = new SoftAuthenticator(idp.Host.Origin.GetLeftPart(UriPartial.Authority));
        var cancelled = TestContext.Current.CancellationToken;
        await idp.Host.InScopeAsync(async p =>
        {
            var owner = await p.GetRequiredService<IAccounts>().FindAsync(accountId, cancelled);
            var create = p.GetRequiredService<CreatePasskey>();
            var ceremony = await create.BeginAsync(owner!, null, cancelled);
            return Assert.IsType<CreatedPasskey.Done>(
                await create.FinishAsync(
                    owner!,
                    null,
                    ceremony.State,
                    held.Create(ceremony.OptionsJson),
                    "Laptop",
                    Requester.None,
                    cancelled
                )
            );
        });
        return held;
    }

    // What the page's script does.
    private static Task<TestPage> UsePasskeyAsync(TestBrowser browser, TestPage page, SoftAuthenticator held)
    {
        var box = page.Document.QuerySelector("main [data-passkey=use]")!;
        return browser.SubmitAsync(
            page,
            page.Document.Forms.Single(f => f.Contains(box)),
            ("PasskeyCredential", held.Use(box.GetAttribute("data-options")!))
        );
    }

    internal static Task<Authenticator> EnrollAsync(OpenIdHost idp, string accountId) =>
        idp.Host.InScopeAsync(p => Authenticator.EnrollAsync(p, accountId, idp.Host.Time.GetUtcNow()));

    private static async Task<TestPage> SignInAsync(OpenIdHost idp, TestBrowser browser) =>
        await browser.FollowAsync(
            await browser.SubmitAsync(
                await browser.GetAsync("/login"),
                ("Email", "ada@example.test"),
                ("Password", ProviderFixture.GoodPassword)
            )
        );

    internal static Task<TestPage> GiveCodeAsync(
        OpenIdHost idp,
        TestBrowser browser,
        TestPage page,
        Authenticator phone,
        bool remember = false
    ) =>
        browser.SubmitAsync(
            page,
            remember
                ? [("Code", phone.CodeAt(idp.Host.Time.GetUtcNow())), ("Remember", "true")]
                : [("Code", phone.CodeAt(idp.Host.Time.GetUtcNow()))]
        );

    private static IEnumerable<string> Methods(JsonWebToken token) =>
        token.Claims.Where(c => c.Type == "amr").Select(c => c.Value).Order(StringComparer.Ordinal);
}
