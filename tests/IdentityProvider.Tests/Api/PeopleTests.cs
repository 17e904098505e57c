using IdentityProvider.Data;
using IdP.Recovery.Console;
using IdP.Recovery.Ports;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Api;

/// <summary>What a person may do through an application: what the person may, what the token says, and not for longer.</summary>
public sealed class PeopleTests
{
    private const string Root = "root@example.test";

    private static readonly (string, string) Many = ("Api:RequestsPerMinute", "1000");

    private static readonly object Wish = new { userIds = (string[])["a"], reason = "lost" };

    private static readonly (string Method, string Path, object? Body)[] OfNobody =
    [
        ("GET", "/users", null),
        ("GET", "/audit", null),
        ("POST", "/users", new { email = "nobody" }),
        ("POST", "/users/reset-mfa", Wish),
        ("GET", "/jobs/JOB", null),
        ("POST", "/jobs/JOB/stop", null),
        ("POST", "/jobs/JOB/resume", null),
    ];

    private static readonly (string Method, string Path, object? Body)[] OfSomebody =
    [
        ("GET", "/users/ID", null),
        ("POST", "/users/ID/unlock", null),
        ("POST", "/users/ID/reset-password", null),
        ("POST", "/users/ID/reset-mfa", new { reason = "lost" }),
        ("POST", "/users/ID/suspend", null),
        ("POST", "/users/ID/activate", null),
    ];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(
        ConsoleRoles.HelpDesk,
        "GET /users, POST /users/reset-mfa, GET /jobs/JOB, POST /jobs/JOB/stop",
        "GET /users/ID, POST /users/ID/unlock, POST /users/ID/reset-password, POST /users/ID/reset-mfa",
        "GET /users/ID"
    )]
    [InlineData(ConsoleRoles.Auditor, "GET /users, GET /audit", "GET /users/ID", "GET /users/ID")]
    [InlineData(ConsoleRoles.Administrator, "*", "*", "*")]
    public async Task Each_role_opens_what_it_may_to_whom_it_may(
        string role,
        string always,
        string toUsers,
        string toThePrivileged
    )
    {
        await using var api = await ApiHost.StartAsync(DatabaseProvider.Sqlite, Many);
        await api.AddAsync("spare@example.test", ConsoleRoles.Administrator);
        var caller = await api.AddAsync("caller@example.test", role);
        var phone = await api.EnrollAsync(caller.Id);
        var token = await api.TokenOfAsync(caller.Email!, phone);
        var job = (await api.PostAsync("/users/reset-mfa", Wish)).Json.GetProperty("id").GetString()!;
        foreach (var (method, path, body) in OfNobody)
        {
            Check(
                await api.SendAsync(new(method), path.Replace("JOB", job, StringComparison.Ordinal), body, token),
                always,
                $"{method} {path}"
            );
        }

        foreach (var target in (string[])["", .. ConsoleRoles.All])
        {
            var account = await api.AddAsync($"target{target}@example.test", target.Length == 0 ? [] : [target]);
            foreach (var (method, path, body) in OfSomebody)
            {
                Check(
                    await api.SendAsync(
                        new(method),
                        path.Replace("ID", account.Id, StringComparison.Ordinal),
                        body,
                        token
                    ),
                    target.Length == 0 ? toUsers : toThePrivileged,
                    $"{method} {path} of '{target}'"
                );
            }
        }

        foreach (var action in (string[])["suspend", "reset-mfa"])
        {
            var own = await api.PostAsync($"/users/{caller.Id}/{action}", new { reason = "my own" }, token: token);
            Assert.Equal(role == ConsoleRoles.Administrator ? "oneself" : "not-allowed", own.Code);
        }
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Without_users_manage_an_administrators_job_leaves_the_privileged_out(DatabaseProvider provider)
    {
        await using var api = await ApiHost.StartAsync(provider, Many);
        var root = await api.AddAsync(Root, ConsoleRoles.Administrator);
        var other = await api.AddAsync("other@example.test", ConsoleRoles.Administrator);
        var phone = await api.EnrollAsync(root.Id);
        var token = await api.TokenOfAsync(Root, phone, "users.recover");

        var started = await api.PostAsync(
            "/users/reset-mfa",
            new { userIds = new[] { other.Id }, reason = "lost" },
            token: token
        );
        Assert.Equal(202, started.Status);
        await api.Host.DrainAsync();

        var job = (await api.GetAsync(started.Headers["Location"]["/api/v1".Length..])).Json;
        Assert.Equal(1, job.GetProperty("outcomes").GetProperty("notAllowed").GetInt32());
    }

    [Fact]
    public async Task The_help_desk_does_not_resume_the_job_of_an_administrator()
    {
        await using var api = await ApiHost.StartAsync(DatabaseProvider.Sqlite, Many);
        var desk = await api.AddAsync("desk@example.test", ConsoleRoles.HelpDesk);
        var token = await api.TokenOfAsync(desk.Email!, await api.EnrollAsync(desk.Id));
        var job = (await api.PostAsync("/users/reset-mfa", Wish)).Headers["Location"]["/api/v1".Length..];
        await api.PostAsync(job + "/stop");

        var byPerson = await api.PostAsync(job + "/resume", token: token);
        var byClient = await api.PostAsync(job + "/resume", scope: "users.recover", clientId: "other");

        Assert.Equal("not-allowed", byPerson.Code);
        Assert.Equal("not-allowed", byClient.Code);
        Assert.Equal("stopped", (await api.GetAsync(job)).Json.GetProperty("state").GetString());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_stale_sign_in_is_stepped_up_and_the_same_key_works_then(DatabaseProvider provider)
    {
        await using var api = await ApiHost.StartAsync(provider, Many, ("AccountRecovery:Mfa:FreshProof", "00:01:00"));
        var root = await api.AddAsync(Root, ConsoleRoles.Administrator);
        var phone = await api.EnrollAsync(root.Id);
        var ada = await api.AddAsync("ada@example.test");
        var stale = await api.TokenOfAsync(Root, phone);
        api.Host.Time.Advance(TimeSpan.FromMinutes(2));
        var body = new { reason = "lost" };
        var many = new { userIds = new[] { ada.Id }, reason = "lost" };

        var refused = await api.PostAsync($"/users/{ada.Id}/reset-mfa", body, key: "k", token: stale);
        Assert.Equal((401, "step-up-required"), (refused.Status, refused.Code));
        Assert.Contains(
            "insufficient_user_authentication",
            refused.Headers["WWW-Authenticate"],
            StringComparison.Ordinal
        );
        Assert.Equal("step-up-required", (await api.PostAsync("/users/reset-mfa", many, token: stale)).Code);

        var fresh = await api.TokenOfAsync(Root, phone);
        Assert.Equal(200, (await api.PostAsync($"/users/{ada.Id}/reset-mfa", body, key: "k", token: fresh)).Status);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_token_dies_with_the_credential_under_which_it_was_given(DatabaseProvider provider)
    {
        await using var api = await ApiHost.StartAsync(provider, Many);
        var root = await api.AddAsync(Root, ConsoleRoles.Administrator);
        var phone = await api.EnrollAsync(root.Id);
        var token = await api.TokenOfAsync(Root, phone);
        Assert.Equal(200, (await api.GetAsync("/users", token: token)).Status);

        // No job has run: only the stamp is another one.
        await api.Host.InScopeAsync(p => TestAccounts.ReplaceStampAsync(p, root.Id));

        Assert.Equal("invalid-token", (await api.GetAsync("/users", token: token)).Code);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_token_dies_with_its_grant(DatabaseProvider provider)
    {
        await using var api = await ApiHost.StartAsync(provider, Many);
        var root = await api.AddAsync(Root, ConsoleRoles.Administrator);
        var token = await api.TokenOfAsync(Root, await api.EnrollAsync(root.Id));
        Assert.Equal(200, (await api.GetAsync("/users", token: token)).Status);

        Assert.True(
            await api.Host.InScopeAsync(p =>
                p.GetRequiredService<IAccountGrants>().EndAsync(root.Id, "people", Cancelled)
            )
        );

        Assert.Equal("invalid-token", (await api.GetAsync("/users", token: token)).Code);
    }

    // What a role may not is refused as not allowed; what it may is done, or refused for another reason.
    private static void Check(ApiReply answer, string allowed, string what)
    {
        var may = allowed == "*" || allowed.Split(", ").Contains(what.Split(" of ")[0], StringComparer.Ordinal);
        Assert.True(
            may ? answer.Status is not (401 or 403 or 500) : answer.Code == "not-allowed",
            $"{what}: {answer.Status} {answer.Text}"
        );
    }
}
