using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AngleSharp.Html.Parser;
using Microsoft.Net.Http.Headers;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Operations;

/// <summary>Production, where TLS ends at a reverse proxy in front of the host.</summary>
public sealed class ProxyTests
{
    private const string Origin = "https://login.example.test/";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Behind_a_named_proxy_every_answer_has_HSTS_and_every_cookie_is_bound_to_https()
    {
        using var certificate = new CertificateFile();
        await using var host = await StartAsync(certificate, trusted: true);
        await host.CreateAccountAsync();
        using var proxied = new Proxied(host.Origin);

        foreach (var path in (string[])["/login", "/nothing", "/connect/nothing", "/health/live", "/.well-known/jwks"])
        {
            using var answer = await proxied.GetAsync(path);
            Assert.Equal("max-age=31536000", Assert.Single(answer.Headers.GetValues("Strict-Transport-Security")));
        }

        using var signedIn = await proxied.PostFormAsync(
            "/login",
            ("Email", "ada@example.test"),
            ("Password", ProviderFixture.GoodPassword)
        );
        Assert.Equal(HttpStatusCode.SeeOther, signedIn.StatusCode);
        using var account = await proxied.GetAsync("/account");
        Assert.Equal(HttpStatusCode.OK, account.StatusCode);
        using var look = await proxied.PostFormAsync("/preferences", "/login", ("theme", "dark"));
        using var asked = await proxied.PostFormAsync("/reset/user", ("Email", "a@example.test"));

        Assert.Contains("__Host-idp", proxied.SetCookies.Select(c => c.Name.Value));
        Assert.Contains("__Host-form", proxied.SetCookies.Select(c => c.Name.Value));
        foreach (var cookie in proxied.SetCookies)
        {
            Assert.True(cookie.Secure, cookie.ToString());
            Assert.False(cookie.Domain.HasValue, cookie.ToString());
            if (cookie.Name.Value!.StartsWith("__Host-", StringComparison.Ordinal))
            {
                Assert.Equal("/", cookie.Path.Value);
                Assert.True(cookie.HttpOnly, cookie.ToString());
            }
            else
            {
                // Bound to a path, which the prefix does not allow, or a taste that a script may set.
                Assert.True(
                    cookie.Path != "/" || cookie.Name.Value is "idp.theme" or "idp.language",
                    cookie.ToString()
                );
            }
        }

        // The engine refuses http, so it took the scheme from the proxy.
        using var authorize = await proxied.GetAsync("/connect/authorize?client_id=nobody");
        Assert.DoesNotContain("HTTPS", await authorize.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_proxy_that_is_not_named_forwards_counts_for_nothing()
    {
        using var certificate = new CertificateFile();
        await using var host = await StartAsync(certificate, trusted: false);
        using var proxied = new Proxied(host.Origin);

        using var page = await proxied.GetAsync("/login");
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.False(page.Headers.Contains("Strict-Transport-Security"));
        using var token = await proxied.PostAsync("/connect/token", new() { ["grant_type"] = "client_credentials" });
        Assert.Equal(HttpStatusCode.BadRequest, token.StatusCode);
        Assert.Contains("HTTPS", await token.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.0/8", "203.0.113.7", "203.0.113.7")]
    // The one in front of the named one is a stranger: what it says of others is not believed.
    [InlineData("127.0.0.0/8", "203.0.113.7, 198.51.100.9", "198.51.100.9")]
    [InlineData("10.0.0.0/8", "203.0.113.7", "loopback")]
    public async Task The_clients_address_is_the_last_that_a_named_proxy_saw(
        string trusted,
        string forwarded,
        string expected
    )
    {
        await using var host = await ProviderFixture.StartAsync(
            settings:
            [
                ("Proxies:Trusted:0", trusted),
                ("Proxies:Trusted:1", trusted == "127.0.0.0/8" ? "::1" : "10.1.1.1"),
            ]
        );
        using var browser = host.NewBrowser();
        browser.Client.DefaultRequestHeaders.Add("X-Forwarded-For", forwarded);
        await browser.SubmitAsync(await browser.GetAsync("/reset/user"), ("Email", "ada@example.test"));

        await using var context = host.Database.OpenContext();
        var network = Assert.Single(context.Set<IdP.Recovery.PasswordReset.ResetRequest>().Select(r => r.Network));
        Assert.Equal(expected, IPAddress.IsLoopback(IPAddress.Parse(network!)) ? "loopback" : network);
    }

    private static Task<ProviderFixture> StartAsync(CertificateFile certificate, bool trusted) =>
        ProviderFixture.StartAsync(
            environment: "Production",
            settings:
            [
                ("Origin", Origin),
                ("DataProtection:CertificatePath", certificate.Path),
                ("Proxies:Trusted:0", trusted ? "127.0.0.0/8" : "10.0.0.0/8"),
                ("Proxies:Trusted:1", trusted ? "::1" : "10.1.1.1"),
            ]
        );

    /// <summary>A browser behind a proxy that ends TLS: keeps what cookies it is set, whatever they ask for.</summary>
    private sealed class Proxied : IDisposable
    {
        private readonly HttpClient client;
        private readonly Dictionary<string, string> jar = new(StringComparer.Ordinal);

        public Proxied(Uri host)
        {
            client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
            {
                BaseAddress = host,
            };
            client.DefaultRequestHeaders.Host = new Uri(Origin).Host;
            client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
            client.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.7");
        }

        public List<SetCookieHeaderValue> SetCookies { get; } = [];

        public Task<HttpResponseMessage> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

        public Task<HttpResponseMessage> PostAsync(string path, Dictionary<string, string> form) =>
            SendAsync(HttpMethod.Post, path, new FormUrlEncodedContent(form));

        public Task<HttpResponseMessage> PostFormAsync(string path, params (string Name, string Value)[] fields) =>
            PostFormAsync(path, path, fields);

        public async Task<HttpResponseMessage> PostFormAsync(
            string path,
            string from,
            params (string Name, string Value)[] fields
        )
        {
            using var page = await GetAsync(from);
            var document = new HtmlParser().ParseDocument(await page.Content.ReadAsStringAsync(Cancelled));
            var form = fields.ToDictionary(f => f.Name, f => f.Value);
            form["__RequestVerificationToken"] = document
                .QuerySelector("input[name='__RequestVerificationToken']")!
                .GetAttribute("value")!;
            return await PostAsync(path, form);
        }

        public void Dispose() => client.Dispose();

        private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content)
        {
            using var request = new HttpRequestMessage(method, path) { Content = content };
            if (jar.Count > 0)
            {
                request.Headers.Add("Cookie", string.Join("; ", jar.Select(c => $"{c.Key}={c.Value}")));
            }

            var answer = await client.SendAsync(request, Cancelled);
            if (answer.Headers.TryGetValues("Set-Cookie", out var values))
            {
                foreach (var cookie in SetCookieHeaderValue.ParseList([.. values]))
                {
                    SetCookies.Add(cookie);
                    jar[cookie.Name.Value!] = cookie.Value.Value!;
                }
            }

            return answer;
        }
    }

    private sealed class CertificateFile : IDisposable
    {
        public CertificateFile()
        {
            using var key = RSA.Create(2048);
            var request = new CertificateRequest("CN=ring", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            using var certificate = request.CreateSelfSigned(
                DateTimeOffset.UnixEpoch,
                DateTimeOffset.UnixEpoch.AddYears(200)
            );
            File.WriteAllBytes(Path, certificate.Export(X509ContentType.Pfx));
        }

        public string Path { get; } = System.IO.Path.GetTempFileName();

        public void Dispose() => File.Delete(Path);
    }
}
