using IdentityProvider.Data;
using IdentityProvider.Tests.OpenId;
using IdP.Recovery.Audit;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Api;

/// <summary>Which scope opens which endpoint, and which account (issue 4, API).</summary>
public sealed class PermissionTests
{
    private static readonly object Wish = new { userIds = (string[])["a"], reason = "lost phone" };

    private static readonly (string Method, string Path, object? Body, string Scope)[] Endpoints =
    [
        ("GET", "/users", null, "users.read"),
        ("GET", "/users/ID", null, "users.read"),
        ("POST", "/users", new { email = "new@example.test" }, "users.manage"),
        ("POST", "/users/ID/suspend", null, "users.manage"),
        ("POST", "/users/ID/activate", null, "users.manage"),
        ("POST", "/users/ID/unlock", null, "users.recover"),
        ("POST", "/users/ID/reset-password", null, "users.recover"),
        ("POST", "/users/ID/reset-mfa", new { reason = "lost phone" }, "users.recover"),
        ("POST", "/users/reset-mfa", Wish, "users.recover"),
        ("GET", "/jobs/JOB", null, "users.recover"),
        ("POST", "/jobs/JOB/stop", null, "users.recover"),
        ("POST", "/jobs/JOB/resume", null, "users.recover"),
        ("GET", "/audit", null, "audit.read"),
    ];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Every_endpoint_opens_to_its_own_scope_alone(DatabaseProvider provider)
    {
        await using var api = await ApiHost.StartAsync(provider);
        var ada = await api.Host.CreateAccountAsync();
        var job = await api.PostAsync("/users/reset-mfa", Wish, "users.recover");
        foreach (var (method, path, body, needed) in Endpoints)
        {
            var address = path.Replace("ID", ada.Id, StringComparison.Ordinal)
                .Replace("JOB", job.Json.GetProperty("id").GetString(), StringComparison.Ordinal);
            foreach (var scope in (string[])[.. ApiHost.Scopes, "orders"])
            {
                var answer = await api.SendAsync(new(method), address, body, await api.TokenAsync(scope));
                if (scope == needed)
                {
                    Assert.True(answer.Status is >= 200 and < 300, $"{path} {scope}: {answer.Text}");
                }
                else
                {
                    Assert.Equal((403, "insufficient-scope"), (answer.Status, answer.Code));
                    Assert.Contains(
                        $"error=\"insufficient_scope\", scope=\"{needed}\"",
                        answer.Headers["WWW-Authenticate"],
                        StringComparison.Ordinal
                    );
                }
            }
        }
    }

    [Fact]
    public async Task Nothing_opens_without_a_valid_token()
    {
        await using var api = await ApiHost.StartAsync();
        foreach (var (method, path, body, _) in Endpoints)
        {
            foreach (var token in (string?[])[null, "nonsense"])
            {
                var answer = await api.SendAsync(new(method), path, body, token);
                Assert.Equal((401, "invalid-token"), (answer.Status, answer.Code));
                Assert.StartsWith("Bearer", answer.Headers["WWW-Authenticate"], StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("unlock")]
    [InlineData("reset-password")]
    [InlineData("reset-mfa")]
    public async Task A_privileged_account_needs_users_manage_besides(string action)
    {
        await using var api = await ApiHost.StartAsync();
        await api.Host.CreateAccountAsync("root@example.test", administrator: true);
        var ada = await api.Host.CreateAccountAsync(administrator: true);
        var path = $"/users/{ada.Id}/{action}";
        var body = action == "reset-mfa" ? new { reason = "lost" } : null;

        var refused = await api.PostAsync(path, body, "users.recover");
        var done = await api.PostAsync(path, body, "users.recover users.manage");

        Assert.Equal((403, "not-allowed"), (refused.Status, refused.Code));
        Assert.True(done.Status is >= 200 and < 300, done.Text);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_a_client_does_is_audited_under_its_name(DatabaseProvider provider)
    {
        await using var api = await ApiHost.StartAsync(provider);
        var ada = await api.Host.CreateAccountAsync();

        await api.PostAsync($"/users/{ada.Id}/suspend", new { reason = "left us" });
        await api.PostAsync($"/users/{ada.Id}/activate");
        await api.PostAsync($"/users/{ada.Id}/reset-password", new { reason = "on the phone" });

        var events = (await api.GetAsync($"/audit?userId={ada.Id}&actorId=client:desk"))
            .Json.GetProperty("events")
            .EnumerateArray()
            .Select(e => (e.GetProperty("type").GetString(), e.GetProperty("why").GetString()))
            .ToHashSet();
        Assert.Equal(
            [
                (AuditEventTypes.AccountSuspended, "left us"),
                (AuditEventTypes.AccountActivated, null),
                (AuditEventTypes.ResetRequested, "on the phone"),
            ],
            events
        );
        await api.Host.DrainAsync();
        Assert.Contains(api.Host.Mails.Sent, m => m.Mail.To.Address == ada.Email);
    }

    [Fact]
    public async Task A_person_may_through_a_client_what_the_person_may_and_no_longer_than_that()
    {
        await using var api = await ApiHost.StartAsync();
        var ada = await api.Host.CreateAccountAsync();
        using var browser = await api.Idp.SignedInAsync();
        var request = new CodeRequest { ClientId = "people", Scope = "openid users.read users.manage" };
        var token = (await api.Idp.TokensAsync(browser, request)).AccessToken;

        var refused = await api.GetAsync("/users", token: token);
        Assert.Equal((403, "not-allowed"), (refused.Status, refused.Code));

        await api.PostAsync($"/users/{ada.Id}/suspend");
        var ended = await api.GetAsync("/users", token: token);
        Assert.Equal((401, "invalid-token"), (ended.Status, ended.Code));
        await using var context = api.Host.Database.OpenContext();
        Assert.NotNull((await context.Users.SingleAsync(Cancelled)).SuspendedAt);
    }
}
