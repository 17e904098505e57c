using Xunit;

namespace IdentityProvider.Tests.OpenId;

/// <summary>The Form Post Basic plan: answers posted by a page, under a strict policy (requirement 12a).</summary>
public sealed class FormPostTests
{
    [Fact]
    public async Task The_answer_is_a_form_that_goes_to_the_application_with_and_without_script()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var request = new CodeRequest { With = [("response_mode", "form_post"), ("state", "<\"'&>")] };

        var page = await idp.AuthorizeAsync(browser, request);

        var form = Assert.Single(page.Document.Forms);
        Assert.Equal(OpenIdHost.Callback, form.Action);
        Assert.NotNull(form.QuerySelector("button"));
        Assert.Equal("<\"'&>", form.QuerySelector("[name=state]")!.GetAttribute("value"));
        Assert.Equal(idp.Issuer, form.QuerySelector("[name=iss]")!.GetAttribute("value"));
        var policy = Assert.Single(page.Response.Headers.GetValues("Content-Security-Policy"));
        var hash = Convert.ToBase64String(
            System.Security.Cryptography.SHA256.HashData(
                System.Text.Encoding.UTF8.GetBytes(page.Document.QuerySelector("script")!.TextContent)
            )
        );
        Assert.Contains($"'sha256-{hash}'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        var code = form.QuerySelector("[name=code]")!.GetAttribute("value")!;
        Assert.Equal(200, (await idp.RedeemAsync(request, code)).Status);
    }

    [Fact]
    public async Task An_error_is_posted_too_and_a_fragment_is_no_way_to_answer()
    {
        await using var idp = await OpenIdHost.StartAsync();
        using var browser = idp.Host.NewBrowser();

        var page = await idp.AuthorizeAsync(
            browser,
            new() { With = [("response_mode", "form_post"), ("prompt", "none")] }
        );
        var fragment = await idp.AuthorizeAsync(browser, new() { With = [("response_mode", "fragment")] });

        Assert.Equal("login_required", page.Document.QuerySelector("[name=error]")!.GetAttribute("value"));
        Assert.Contains("error=", fragment.RedirectsTo ?? "error=", StringComparison.Ordinal);
        Assert.NotEqual("/login", fragment.Address.AbsolutePath);
    }
}
