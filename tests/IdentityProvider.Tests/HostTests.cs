using System.Net;
using IdentityProvider.Data;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests;

/// <summary>The host starts on either database and answers.</summary>
public sealed class HostTests
{
    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_page_that_does_not_exist_is_not_found(DatabaseProvider provider)
    {
        await using var host = await ProviderFixture.StartAsync(provider);
        using var browser = host.NewBrowser();

        Assert.Equal(HttpStatusCode.NotFound, (await browser.GetAsync("/no-such-page")).Status);
    }
}
