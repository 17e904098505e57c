using IdentityProvider.Tests.OpenId;
using Xunit;

namespace IdentityProvider.Tests.SharedSignals;

/// <summary>Broken input, broken tokens and other people's streams (requirement 12a).</summary>
public sealed class StreamErrorTests
{
    public static TheoryData<string, string> Endpoints =>
        new()
        {
            { "GET", SignalHost.Streams },
            { "POST", SignalHost.Streams },
            { "PATCH", SignalHost.Streams },
            { "PUT", SignalHost.Streams },
            { "DELETE", SignalHost.Streams },
            { "GET", SignalHost.Status },
            { "POST", SignalHost.Status },
            { "POST", SignalHost.Verify },
            { "POST", "/ssf/subjects/add" },
            { "POST", "/ssf/subjects/remove" },
            { "POST", "/ssf/poll/" + SignalHost.Unknown },
        };

    [Fact]
    public async Task Every_endpoint_refuses_no_token_a_broken_one_and_one_without_the_scope()
    {
        await using var host = await SignalHost.StartAsync();
        await host.Host.CreateAccountAsync();
        var id = await host.CreateAsync();
        var old = await host.TokenAsync();
        host.Host.Time.Advance(TimeSpan.FromMinutes(6));
        var good = await host.TokenAsync();
        using var browser = await host.Idp.SignedInAsync();
        var persons = await host.Idp.TokensAsync(browser, new());
        foreach (var (method, path) in Endpoints.Select(e => e.Data))
        {
            await RefusedAsync(null, 401, "Bearer");
            await RefusedAsync("nonsense", 401, "Bearer error=\"invalid_token\"");
            await RefusedAsync(good[..^4] + "AAAA", 401, "Bearer error=\"invalid_token\"");
            await RefusedAsync(old, 401, "Bearer error=\"invalid_token\"");
            await RefusedAsync(persons.AccessToken, 401, "Bearer error=\"invalid_token\"");
            await RefusedAsync(persons.IdToken, 401, "Bearer error=\"invalid_token\"");
            await RefusedAsync(await host.TokenAsync(scope: "orders"), 403, "Bearer error=\"insufficient_scope\"");

            async Task RefusedAsync(string? token, int status, string challenge)
            {
                var answer = await host.SendWithAsync(
                    token,
                    new HttpMethod(method),
                    SignalHost.With(path, id),
                    method is "GET" or "DELETE" ? null : "{}"
                );
                Assert.True(answer.Status == status, $"{method} {path}: {answer.Text}");
                Assert.StartsWith(
                    challenge,
                    answer.Response.Headers.WwwAuthenticate.ToString(),
                    StringComparison.Ordinal
                );
            }
        }

        var inAddress = await host.SendWithAsync(
            null,
            HttpMethod.Get,
            $"{SignalHost.With(SignalHost.Streams, id)}&access_token={good}"
        );
        Assert.Equal(401, inAddress.Status);
    }

    [Theory]
    [InlineData("{\"format\":\"email\"}", "format must be iss_sub")]
    [InlineData("{\"format\":7}", "format must be iss_sub")]
    [InlineData("{\"inactivity_timeout\":3600}", "inactivity_timeout is not")]
    [InlineData("{\"inactivity_timeout\":\"never\"}", "inactivity_timeout is not")]
    public async Task A_wish_that_cannot_be_met_is_refused_and_not_passed_over(string wish, string reason)
    {
        await using var host = await SignalHost.StartAsync();

        var refused = await host.SendAsync(HttpMethod.Post, SignalHost.Streams, wish);
        Assert.Equal(400, refused.Status);
        Assert.Contains(reason, refused.Text, StringComparison.Ordinal);
        Assert.Equal("[]", (await host.SendAsync(HttpMethod.Get, SignalHost.Streams)).Text);

        var id = await host.CreateAsync();
        var before = await host.SendAsync(HttpMethod.Get, SignalHost.With(SignalHost.Streams, id));
        foreach (var method in (HttpMethod[])[HttpMethod.Patch, HttpMethod.Put])
        {
            var change = await host.SendAsync(
                method,
                SignalHost.Streams,
                $"{{\"stream_id\":\"{id}\",\"description\":\"New\",{wish[1..]}"
            );
            Assert.Equal(400, change.Status);
            Assert.Contains(reason, change.Text, StringComparison.Ordinal);
        }

        var after = await host.SendAsync(HttpMethod.Get, SignalHost.With(SignalHost.Streams, id));
        Assert.Equal(before.Text, after.Text);
    }

    [Fact]
    public async Task A_wish_that_is_met_anyway_is_no_mistake()
    {
        await using var host = await SignalHost.StartAsync();

        var made = await host.SendAsync(
            HttpMethod.Post,
            SignalHost.Streams,
            """{"format":"iss_sub","inactivity_timeout":null}"""
        );

        Assert.Equal(201, made.Status);
        Assert.Null(made.Find("inactivity_timeout"));
    }

    [Fact]
    public async Task A_token_to_read_reads_and_changes_nothing()
    {
        await using var host = await SignalHost.StartAsync();
        var id = await host.CreateAsync();
        var token = await host.TokenAsync(scope: "ssf.read");
        foreach (var (method, path) in Endpoints.Select(e => e.Data))
        {
            var isRead = method == "GET";
            var answer = await host.SendWithAsync(
                token,
                new HttpMethod(method),
                isRead || method == "DELETE" ? SignalHost.With(path, id) : path,
                isRead ? null : $$"""{"stream_id":"{{id}}"}"""
            );
            if (path.StartsWith("/ssf/poll", StringComparison.Ordinal))
            {
                Assert.Equal(404, answer.Status);
                continue;
            }

            Assert.Equal(isRead ? 200 : 403, answer.Status);
            if (!isRead)
            {
                Assert.Equal(
                    "Bearer error=\"insufficient_scope\", scope=\"ssf.manage\"",
                    answer.Response.Headers.WwwAuthenticate.ToString()
                );
            }
        }
    }

    [Fact]
    public async Task A_persons_token_with_the_scope_is_not_the_clients()
    {
        await using var idp = await OpenIdHost.StartAsync(declare: d =>
            OpenIdHost.Client(d, "app")["scopes"]!.AsArray().Add("ssf.manage")
        );
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var tokens = await idp.TokensAsync(browser, new() { Scope = "openid ssf.manage" });

        var answer = await new SignalHost(idp).SendWithAsync(tokens.AccessToken, HttpMethod.Get, SignalHost.Streams);

        Assert.Contains(
            "ssf.manage",
            (await idp.VerifyAsync(tokens.AccessToken)).GetClaim("scope").Value,
            StringComparison.Ordinal
        );
        Assert.Equal(401, answer.Status);
    }

    [Fact]
    public async Task Another_client_gets_the_same_answer_as_for_a_stream_that_is_not_there()
    {
        await using var host = await SignalHost.StartAsync();
        var id = await host.CreateAsync();
        foreach (var (method, path) in Endpoints.Select(e => e.Data))
        {
            if (path == SignalHost.Streams && method == "POST")
            {
                continue;
            }

            var theirs = await SendAsync(id);
            var none = await SendAsync(SignalHost.Unknown);
            Assert.Equal(404, theirs.Status);
            Assert.Equal(404, none.Status);
            Assert.Equal(WithoutTrace(none), WithoutTrace(theirs));

            Task<Answer> SendAsync(string streamId) =>
                host.SendAsync(
                    new HttpMethod(method),
                    path.StartsWith("/ssf/poll", StringComparison.Ordinal) ? "/ssf/poll/" + streamId
                        : method is "GET" or "DELETE" ? SignalHost.With(path, streamId)
                        : path,
                    method is "GET" or "DELETE"
                        ? null
                        : new
                        {
                            stream_id = streamId,
                            status = "paused",
                            subject = new { format = "email", email = "ada@example.test" },
                        },
                    SignalHost.Other
                );
        }

        Assert.Equal("[]", (await host.SendAsync(HttpMethod.Get, SignalHost.Streams, clientId: SignalHost.Other)).Text);
    }

    [Theory]
    [InlineData("{\"description\": ")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("""{"description":"a","description":"b"}""")]
    [InlineData("""{"description":7}""")]
    [InlineData("""{"description":"Ours\u202Esruo"}""")]
    [InlineData("""{"events_requested":"all"}""")]
    [InlineData("""{"events_requested":["not an address"]}""")]
    [InlineData("""{"delivery":"push"}""")]
    [InlineData("""{"delivery":{"method":"urn:example:pigeon"}}""")]
    [InlineData("""{"delivery":{"method":"urn:ietf:rfc:8935"}}""")]
    [InlineData("""{"delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"http://receiver.example.test/"}}""")]
    [InlineData("""{"delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"file:///etc/passwd"}}""")]
    [InlineData("""{"delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"https://10.0.0.1/"}}""")]
    [InlineData(
        """{"delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"https://a.example.test/","authorization_header":"a\r\nb: c"}}"""
    )]
    public async Task A_broken_request_makes_changes_and_replaces_nothing(string body)
    {
        await using var host = await SignalHost.StartAsync();
        Assert.Equal(400, (await host.SendAsync(HttpMethod.Post, SignalHost.Streams, body)).Status);
        var id = await host.CreateAsync();
        var before = (await ReadAsync()).Text;
        var named =
            body.StartsWith("{\"d", StringComparison.Ordinal) || body.StartsWith("{\"e", StringComparison.Ordinal)
                ? $"{{\"stream_id\":\"{id}\",{body[1..]}"
                : body;

        foreach (var method in (HttpMethod[])[HttpMethod.Patch, HttpMethod.Put])
        {
            var answer = await host.SendAsync(method, SignalHost.Streams, named);
            Assert.Equal(400, answer.Status);
            Assert.Equal("application/problem+json", answer.Response.Content.Headers.ContentType!.MediaType);
        }

        Assert.Equal(before, (await ReadAsync()).Text);

        Task<Answer> ReadAsync() => host.SendAsync(HttpMethod.Get, SignalHost.With(SignalHost.Streams, id));
    }

    [Theory]
    [InlineData("\"iss\":\"https://elsewhere.example.test\"")]
    [InlineData("\"aud\":\"another\"")]
    [InlineData("\"events_supported\":[]")]
    [InlineData("\"min_verification_interval\":1")]
    public async Task What_the_transmitter_says_is_not_the_receivers_to_change(string property)
    {
        await using var host = await SignalHost.StartAsync();
        var id = await host.CreateAsync();

        foreach (var method in (HttpMethod[])[HttpMethod.Patch, HttpMethod.Put])
        {
            var answer = await host.SendAsync(method, SignalHost.Streams, $"{{\"stream_id\":\"{id}\",{property}}}");
            Assert.Equal(400, answer.Status);
        }
    }

    private static string WithoutTrace(Answer answer) =>
        System.Text.RegularExpressions.Regex.Replace(answer.Text, "\"traceId\":\"[^\"]*\"", "");
}
