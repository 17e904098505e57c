using System.Globalization;
using IdentityProvider.Data;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Api;

/// <summary>What the API refuses and by which code, what it does once, and how much it lets through.</summary>
public sealed class RequestTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{"email":"a@example.test","password":"x"}""", 400, "invalid-json", "/password")]
    [InlineData("""{"email":5}""", 400, "invalid-json", "/email")]
    [InlineData("""{"email":"a@example.test","email":"b@example.test"}""", 400, "invalid-json", null)]
    [InlineData("[]", 400, "invalid-json", null)]
    [InlineData("{", 400, "invalid-json", null)]
    [InlineData("""{"email":"nobody"}""", 400, "invalid-request", "/email")]
    [InlineData("""{"email":"a@example.test","zoneInfo":"x/y"}""", 400, "invalid-request", "/zoneInfo")]
    [InlineData("""{"email":"ADA@example.test"}""", 409, "user-exists", null)]
    public async Task A_user_that_cannot_be_made_is_refused_with_a_code(
        string body,
        int status,
        string code,
        string? at
    )
    {
        await using var api = await ApiHost.StartAsync();
        await api.Host.CreateAccountAsync();

        var answer = await api.PostAsync("/users", body);

        Assert.Equal((status, code), (answer.Status, answer.Code));
        if (at is not null)
        {
            Assert.Equal([at], answer.Pointers);
        }
    }

    [Theory]
    [InlineData("""{"reason":"x","exclusion":true,"exclusionDays":0}""", "/exclusionDays")]
    [InlineData("""{"reason":"x","exclusion":true,"exclusionDays":366}""", "/exclusionDays")]
    [InlineData("""{"reason":"x","exclusion":true,"exclusionUntil":"2000-01-01"}""", "/exclusionUntil")]
    [InlineData("""{"reason":"x","exclusionDays":3}""", "/exclusion")]
    [InlineData("""{"reason":" "}""", "/reason")]
    [InlineData("""{"reason":"x","factors":[]}""", "/factors")]
    [InlineData("""{"reason":"x","factors":["sms"]}""", "/factors/0")]
    public async Task An_MFA_reset_out_of_shape_is_refused_with_a_pointer(string body, string at)
    {
        await using var api = await ApiHost.StartAsync();
        var ada = await api.Host.CreateAccountAsync();

        var answer = await api.PostAsync($"/users/{ada.Id}/reset-mfa", body);

        Assert.Equal((400, "invalid-request"), (answer.Status, answer.Code));
        Assert.Equal([at], answer.Pointers);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_MFA_reset_with_an_exclusion_opens_an_enrollment(DatabaseProvider provider)
    {
        await using var api = await ApiHost.StartAsync(provider);
        var ada = await api.Host.CreateAccountAsync();
        var now = api.Host.Time.GetUtcNow();
        var until = DateOnly.FromDateTime(now.UtcDateTime).AddDays(365);

        var one = await api.PostAsync(
            $"/users/{ada.Id}/reset-mfa",
            new
            {
                reason = "lost",
                exclusion = true,
                exclusionDays = 1,
            }
        );
        var year = await api.PostAsync(
            $"/users/{ada.Id}/reset-mfa",
            new
            {
                reason = "lost",
                exclusion = true,
                exclusionUntil = until.ToString("O", CultureInfo.InvariantCulture),
            }
        );

        Assert.Equal("reset", one.Json.GetProperty("outcome").GetString());
        Assert.Equal(1, (Until(one) - now).TotalDays, 0.01);
        Assert.Equal(365, (Until(year) - now).TotalDays, 0.01);
        var shown = (await api.GetAsync($"/users/{ada.Id}")).Json;
        Assert.Equal("inEnrollment", shown.GetProperty("mfaStatus").GetString());
    }

    [Fact]
    public async Task Everything_else_that_is_refused_has_its_code()
    {
        await using var api = await ApiHost.StartAsync(DatabaseProvider.Sqlite);
        var ada = await api.Host.CreateAccountAsync(administrator: true);
        var token = await api.TokenAsync();
        var long64 = new string(' ', 65 * 1024);

        foreach (
            var (answer, status, code) in new[]
            {
                (await api.GetAsync("/users/nobody"), 404, "user-not-found"),
                (await api.GetAsync("/nothing"), 404, "not-found"),
                (await api.SendAsync(HttpMethod.Put, "/users", token: token), 405, "method-not-allowed"),
                (await api.GetAsync("/users?limit=201"), 400, "invalid-request"),
                (await api.GetAsync("/users?limit=0"), 400, "invalid-request"),
                (await api.GetAsync("/users?state=locked"), 400, "invalid-request"),
                (await api.GetAsync("/users?status=odd"), 400, "invalid-request"),
                (await api.GetAsync("/users?mfa=odd"), 400, "invalid-request"),
                (await api.GetAsync("/users?search=a%00"), 400, "invalid-request"),
                (await api.GetAsync("/users?search=a%E2%80%AEb"), 400, "invalid-request"),
                (await api.GetAsync("/audit?text=a%E2%80%8Bb"), 400, "invalid-request"),
                (await api.GetAsync("/users?cursor=abc"), 400, "invalid-cursor"),
                (await api.GetAsync("/audit?cursor=abc"), 400, "invalid-cursor"),
                (await api.PostAsync($"/users/{ada.Id}/suspend"), 409, "last-administrator"),
                (await api.PostAsync("/users", "{}", key: new string('k', 129)), 400, "idempotency-key-invalid"),
                (
                    await api.SendAsync(HttpMethod.Post, "/users", "{}", token, mediaType: "text/plain"),
                    415,
                    "unsupported-media-type"
                ),
                (await api.SendAsync(HttpMethod.Post, "/users", long64, token), 413, "body-too-large"),
            }
        )
        {
            Assert.Equal((status, code), (answer.Status, answer.Code));
            Assert.Equal(status, answer.Json.GetProperty("status").GetInt32());
            Assert.EndsWith("#" + code, answer.Json.GetProperty("type").GetString(), StringComparison.Ordinal);
        }
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_many_requests_with_one_key_one_is_done_and_its_answer_given_again(DatabaseProvider provider)
    {
        await using var api = await ApiHost.StartAsync(provider);
        await api.TokenAsync();
        var body = new { email = "new@example.test" };

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => api.PostAsync("/users", body, key: "k1")));

        Assert.All(answers, a => Assert.True(a is { Status: 201 } or { Code: "idempotency-in-progress" }, a.Text));
        var first = answers.First(a => a.Status == 201);
        var again = await api.PostAsync("/users", body, key: "k1");
        Assert.Equal((201, first.Text), (again.Status, again.Text));
        Assert.Equal("true", again.Headers["Idempotency-Replayed"]);
        Assert.Equal(first.Headers["Location"], again.Headers["Location"]);
        var reused = await api.PostAsync("/users", new { email = "b@example.test" }, key: "k1");
        Assert.Equal((422, "idempotency-key-reused"), (reused.Status, reused.Code));
        var others = await api.PostAsync("/users", body, key: "k1", clientId: "other");
        Assert.Equal("user-exists", others.Code);

        api.Host.Time.Advance(TimeSpan.FromMinutes(4));
        await using var context = api.Host.Database.OpenContext();
        Assert.Single(await context.Users.ToListAsync(Cancelled));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Pages_neither_hide_nor_repeat_anybody_while_accounts_are_made(DatabaseProvider provider)
    {
        await using var api = await ApiHost.StartAsync(provider);
        for (var i = 0; i < 7; i++)
        {
            await api.Host.CreateAccountAsync($"m{i}@example.test", password: null);
        }

        await api.Host.CreateAccountAsync("z@example.test", password: null);
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = (
                await api.GetAsync($"/users?search=M&limit=2{(cursor is null ? "" : "&cursor=" + cursor)}")
            ).Json;
            seen.AddRange(page.GetProperty("users").EnumerateArray().Select(u => u.GetProperty("email").GetString()!));
            cursor = page.GetProperty("next").GetString();
            await api.Host.CreateAccountAsync($"m0{seen.Count}@example.test", password: null);
        } while (cursor is not null);

        Assert.Equal(Enumerable.Range(0, 7).Select(i => $"m{i}@example.test"), seen);

        var other = (await api.GetAsync("/users?limit=1")).Json.GetProperty("next").GetString();
        Assert.Equal("invalid-cursor", (await api.GetAsync($"/users?search=m&cursor={other}")).Code);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_list_knows_who_is_locked_and_who_is_suspended(DatabaseProvider provider)
    {
        await using var api = await ApiHost.StartAsync(provider);
        await api.Host.CreateAccountAsync();
        await api.Host.CreateAccountAsync("s@example.test", with: a => a.SuspendedAt = a.CreatedAt);
        await api.Host.CreateAccountAsync("l@example.test", with: a => a.LockoutEnd = a.CreatedAt.AddHours(1));

        Assert.Equal(["s@example.test"], await EmailsAsync(api, "?status=suspended"));
        Assert.Equal(["l@example.test"], await EmailsAsync(api, "?status=locked"));
        Assert.Equal(3, (await EmailsAsync(api, "")).Length);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_list_knows_where_each_stands_with_their_second_factor(DatabaseProvider provider)
    {
        await using var api = await ApiHost.StartAsync(provider);
        var ada = await api.Host.CreateAccountAsync(with: a => a.DisplayName = "Ada Lovelace");
        await api.Host.InScopeAsync(p => Authenticator.EnrollAsync(p, ada.Id, api.Host.Time.GetUtcNow()));
        await api.Host.CreateAccountAsync("ben@example.test");

        Assert.Equal(["ada@example.test"], await EmailsAsync(api, "?mfa=enrolled"));
        Assert.Equal(["ben@example.test"], await EmailsAsync(api, "?mfa=notRequired"));
        Assert.Equal(["ada@example.test"], await EmailsAsync(api, "?search=ada%20love"));
        Assert.Equal(
            ["enrolled", "notRequired"],
            (await api.GetAsync("/users"))
                .Json.GetProperty("users")
                .EnumerateArray()
                .Select(u => u.GetProperty("mfaStatus").GetString()!)
        );
    }

    [Fact]
    public async Task Nothing_secret_is_shown_of_a_user()
    {
        await using var api = await ApiHost.StartAsync();
        var ada = await api.Host.CreateAccountAsync();

        var shown = await api.GetAsync($"/users/{ada.Id}");

        Assert.DoesNotContain(ada.PasswordHash!, shown.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(ada.SecurityStamp!, shown.Text, StringComparison.Ordinal);
        Assert.Equal("no-store", shown.Headers["Cache-Control"]);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task More_requests_than_the_limit_wait_each_client_for_itself(DatabaseProvider provider)
    {
        await using var api = await ApiHost.StartAsync(provider, ("Api:RequestsPerMinute", "3"));
        var answers = new List<ApiReply>();
        for (var i = 0; i < 4; i++)
        {
            answers.Add(await api.GetAsync("/users"));
        }

        Assert.Equal([200, 200, 200, 429], answers.Select(a => a.Status));
        Assert.Equal("rate-limited", answers[3].Code);
        Assert.Equal("60", answers[3].Headers["Retry-After"]);
        Assert.Equal("\"client\";r=2;t=60", answers[0].Headers["RateLimit"]);
        Assert.Equal("\"client\";q=3;w=60", answers[0].Headers["RateLimit-Policy"]);
        Assert.Equal(200, (await api.GetAsync("/users", token: await api.TokenAsync(clientId: "other"))).Status);
        api.Host.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(200, (await api.GetAsync("/users")).Status);
    }

    private static DateTimeOffset Until(ApiReply answer) => answer.Json.GetProperty("enrollUntil").GetDateTimeOffset();

    private static async Task<string[]> EmailsAsync(ApiHost api, string query) =>
        [
            .. (await api.GetAsync("/users" + query))
                .Json.GetProperty("users")
                .EnumerateArray()
                .Select(u => u.GetProperty("email").GetString()!),
        ];
}
