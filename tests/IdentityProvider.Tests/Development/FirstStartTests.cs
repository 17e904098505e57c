using System.Net;
using System.Text.RegularExpressions;
using IdentityProvider.Data;
using IdentityProvider.Tests.CommandLine;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Development;

/// <summary>What a newcomer reads after the first command, and that it is so.</summary>
[StartsProcesses]
public sealed partial class FirstStartTests
{
    [Fact]
    public async Task The_first_start_says_where_to_go_and_its_link_sets_the_administrator_up_once()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseProvider.Sqlite);
        var address = new Uri($"http://localhost:{ProviderFixture.FreePort()}");
        using var host = ProviderProcess.Start(database, address, address);
        await host.ReadyAsync();
        var said = host.Said;

        foreach (
            var line in (string[])
                [
                    $"IdP is running at {address}",
                    $"{address}login",
                    $"{address}dev/mail",
                    "admin@example.test",
                    "tests/RelyingParty",
                ]
        )
        {
            Assert.Contains(line, said, StringComparison.Ordinal);
        }

        var link = SetUpLink().Match(said).Value;
        Assert.StartsWith(address.ToString(), link, StringComparison.Ordinal);
        using var browser = new TestBrowser(address, null);
        var page = await browser.OpenAsync(link);
        var done = await browser.SubmitAsync(page, ("Password", ProviderFixture.BetterPassword));
        Assert.Equal(HttpStatusCode.SeeOther, done.Status);
        using var again = new TestBrowser(address, null);
        Assert.Equal(HttpStatusCode.Gone, (await again.OpenAsync(link)).Status);

        // Mail is caught, and the sample application is known.
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/dev/mail")).Status);
        var sample = await browser.GetAsync(
            "/connect/authorize?client_id=sample&response_type=code&scope=openid&redirect_uri="
                + Uri.EscapeDataString("http://localhost:5090/signin-oidc")
                + "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&state=s&nonce=n"
        );
        Assert.Equal(HttpStatusCode.SeeOther, sample.Status);
        Assert.Contains("/login?", sample.RedirectsTo, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"http\S+/reset/open\?token=\S+")]
    private static partial Regex SetUpLink();
}
