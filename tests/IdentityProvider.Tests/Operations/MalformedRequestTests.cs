using System.Globalization;
using System.Net.Sockets;
using System.Text;
using IdentityProvider.Tests.OpenId;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Operations;

/// <summary>
/// Threat 29. Requests of no sense at every address that the host has, written byte by byte, a third of them by somebody
/// who is signed in: none is answered 500, and none writes a stack trace.
/// </summary>
public sealed class MalformedRequestTests
{
    private const ulong Seed = 20_261_129;
    private const int AnewAfter = 100;

    private static readonly string[] Methods =
    [
        "GET",
        "POST",
        "POST",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "HEAD",
        "OPTIONS",
        "TRACE",
        "PROPFIND",
        "get",
    ];

    private static readonly string[] Types =
    [
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=utf-8",
        "application/x-www-form-urlencoded; charset=utf-7",
        "application/x-www-form-urlencoded; charset=\"",
        "multipart/form-data; boundary=x",
        "multipart/form-data; boundary=\"",
        "multipart/form-data",
        "application/json",
        "application/json; charset=utf-16",
        "application/secevent+jwt",
        "text/plain",
        "*/*",
        "x",
        ";",
    ];

    private static readonly string[] Names =
    [
        "Email",
        "Password",
        "Code",
        "handler",
        "returnUrl",
        "client_id",
        "grant_type",
        "scope",
        "token",
        "state",
        "request_uri",
        "idp_request",
        "request",
        "claims",
        "id_token_hint",
        "client_assertion",
        "max_age",
        "user_code",
        "ask",
        "ids",
        "q",
        "after",
        "sort",
        "a[0]",
        "%5B",
        "",
    ];

    private static readonly string[] Values =
    [
        "",
        "a",
        "ada%40example.test",
        "%00",
        "%FF%FE",
        "%ED%A0%80",
        "%E2%80%AE",
        "%",
        "%zz",
        "-1",
        "99999999999999999999",
        "authorization_code",
        "client_credentials",
        "openid",
        "app",
        "urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Ax",
        "eyJhbGciOiJub25lIn0.e30.",
        "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.bm90IGpzb24.AA",
        "%3Cscript%3E",
        "%7B%22userinfo%22%3A%7B%22%5Cud800%22%3Anull%7D%7D",
        "//evil.example.test",
        "0001-01-01",
        new('x', 5_000),
    ];

    private static readonly string[] Bodies =
    [
        "{",
        "[]",
        "null",
        "{\"a\":\"\\ud800\"}",
        "{\"description\":\"\\u0000\"}",
        "{\"days\":1e999}",
        "{\"a\":1,\"a\":2}",
        new string('[', 2_000),
        "--x\r\nContent-Disposition: form-data; name=\"Email\"\r\n\r\nhalf",
        "--x\r\nContent-Disposition: form-data\r\n\r\n\r\n--x--",
        "--x\r\nContent-Type: text/plain; charset=utf-7\r\nContent-Disposition: form-data; name=a\r\n\r\n+AD4-\r\n--x--",
        "\0\u0001\u0002",
        "=&=&&==",
    ];

    private static readonly string[] Headers =
    [
        "Authorization: Basic !!!",
        "Authorization: Basic YXBwOndyb25n",
        "Authorization: Bearer a.b.c",
        "Authorization: x",
        "Cookie: idp=AAAA; __Host-idp=%00; idp.link.reset=x",
        "Accept-Language: ;;;q=,de;q=9",
        "Accept: ;",
        "Accept-Encoding: q",
        "If-None-Match: \"",
        "If-Modified-Since: never",
        "Range: bytes=9-1",
        "Forwarded: for=;;;",
        "X-Forwarded-For: , ,",
        "Origin: null",
        "HX-Request: true",
        "Idempotency-Key: \u0001",
        "Content-Encoding: gzip",
    ];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact, MoreInSoak]
    public async Task No_shape_of_request_is_answered_500_or_costs_a_stack_trace()
    {
        await using var idp = await OpenIdHost.StartAsync(settings: [("AccountRecovery:Lockout:Failures", "100")]);
        await idp.Host.CreateAccountAsync();
        var random = new Chance(Soak.IsOn ? (ulong)Environment.ProcessId : Seed);
        var paths = Paths(idp).ToList();
        var owner = "";
        var failed = new List<string>();
        var seen = new SortedSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < Soak.Times(few: 2_000, many: 200_000); i++)
        {
            if (i % AnewAfter == 0)
            {
                // Some of the requests sign out.
                owner = await SignInAsync(idp);
            }

            var (request, breaksOff) = Compose(random, idp.Host.Origin, paths, i % 3 == 0 ? owner : null);
            var answer = await SendAsync(idp.Host.Origin, request, breaksOff);
            seen.Add(answer.Length > 12 ? answer[9..12] : "");
            if (answer.StartsWith("HTTP/1.1 500", StringComparison.Ordinal))
            {
                failed.Add(Encoding.Latin1.GetString(request));
            }
        }

        Assert.Empty(failed);

        // They came as far as the pages and the protocol, or they have shown nothing.
        Assert.Subset(seen, new HashSet<string>(["200", "303", "400", "401", "404", "405", "415"]));
        Assert.DoesNotContain("   at ", TestContext.Current.TestOutputHelper!.Output, StringComparison.Ordinal);
    }

    // Every address of the host, parameters filled in by nonsense, and the engine's own.
    private static IEnumerable<string> Paths(OpenIdHost idp) =>
        idp
            .Host.Services.GetRequiredService<EndpointDataSource>()
            .Endpoints.OfType<RouteEndpoint>()
            .Select(e => "/" + e.RoutePattern.RawText?.TrimStart('/'))
            .Concat(BadInputTests.Paths(idp))
            .Where(p => !p.StartsWith("/health/", StringComparison.Ordinal))
            .Distinct()
            .Order(StringComparer.Ordinal);

    private static async Task<string> SignInAsync(OpenIdHost idp)
    {
        using var browser = await idp.SignedInAsync();
        var page = await browser.GetAsync("/account/password");
        var token = page.Document.QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value");
        var cookies = string.Join("; ", browser.Cookies.GetCookies(idp.Host.Origin).Select(c => $"{c.Name}={c.Value}"));
        return $"Cookie: {cookies}\r\nRequestVerificationToken: {token}\r\n";
    }

    private static (byte[] Bytes, bool BreaksOff) Compose(Chance random, Uri origin, List<string> paths, string? owner)
    {
        var path = string.Join(
            '/',
            One(paths).Split('/').Select(s => s.Contains('{', StringComparison.Ordinal) ? One(Values) : s)
        );
        var query = random.Next(2) == 0 ? "" : "?" + Fields();
        var body = random.Next(3) == 0 ? One(Bodies) : Fields();
        var text = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"{One(Methods)} {path}{query} HTTP/1.1\r\n")
            .Append(CultureInfo.InvariantCulture, $"Host: {origin.Authority}\r\n")
            .Append("Connection: close\r\n")
            .Append(owner);
        if (random.Next(4) != 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"Content-Type: {One(Types)}\r\n");
        }

        foreach (var header in Headers.Where(_ => random.Next(12) == 0))
        {
            text.Append(header).Append("\r\n");
        }

        var breaksOff = random.Next(10) == 0;
        var length = body.Length + (breaksOff ? 7 : 0);
        text.Append(CultureInfo.InvariantCulture, $"Content-Length: {length}\r\n\r\n{body}");
        return (Encoding.Latin1.GetBytes(text.ToString()), breaksOff);

        T One<T>(IReadOnlyList<T> of) => of[random.Next(of.Count)];

        string Fields() =>
            string.Join('&', Enumerable.Range(0, random.Next(1, 5)).Select(_ => $"{One(Names)}={One(Values)}"));
    }

    // What is answered, as far as it comes: a request that breaks off may get nothing.
    private static async Task<string> SendAsync(Uri origin, byte[] request, bool breaksOff)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(origin.Host, origin.Port, Cancelled);
        await using var stream = client.GetStream();
        try
        {
            await stream.WriteAsync(request, Cancelled);
            if (breaksOff)
            {
                client.Client.Shutdown(SocketShutdown.Send);
            }

            using var reader = new StreamReader(stream, Encoding.Latin1);
            return await reader.ReadToEndAsync(Cancelled);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            return "";
        }
    }

    /// <summary>Numbers that are the same for a seed on every runtime (SplitMix64).</summary>
    private sealed class Chance(ulong seed)
    {
        private ulong state = seed;

        public int Next(int below) => Next(0, below);

        public int Next(int from, int below)
        {
            state += 0x9E3779B97F4A7C15;
            var mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            return from + (int)((mixed ^ (mixed >> 31)) % (ulong)(below - from));
        }
    }
}
