using IdentityProvider.Data;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Api;

/// <summary>An MFA reset of many over the API is a job with progress.</summary>
public sealed class JobTests
{
    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Many_are_reset_as_a_job_that_tells_its_progress(DatabaseProvider provider)
    {
        await using var api = await ApiHost.StartAsync(provider);
        var ada = await api.Host.CreateAccountAsync();
        var ben = await api.Host.CreateAccountAsync("ben@example.test");

        var started = await api.PostAsync(
            "/users/reset-mfa",
            new
            {
                userIds = new[] { ada.Id, ben.Id, "nobody" },
                reason = "new phones",
                exclusion = true,
                exclusionDays = 365,
            },
            key: "once"
        );
        Assert.Equal(202, started.Status);
        Assert.Equal("running", started.Json.GetProperty("state").GetString());
        var path = started.Headers["Location"]["/api/v1".Length..];
        Assert.Equal(3, started.Json.GetProperty("total").GetInt32());

        var again = await api.PostAsync(
            "/users/reset-mfa",
            new
            {
                userIds = new[] { ada.Id, ben.Id, "nobody" },
                reason = "new phones",
                exclusion = true,
                exclusionDays = 365,
            },
            key: "once"
        );
        Assert.Equal(started.Text, again.Text);
        await api.Host.DrainAsync();

        var ended = (await api.GetAsync(path)).Json;
        Assert.Equal("ended", ended.GetProperty("state").GetString());
        Assert.Equal(3, ended.GetProperty("done").GetInt32());
        Assert.Equal(2, ended.GetProperty("outcomes").GetProperty("reset").GetInt32());
        Assert.Equal(1, ended.GetProperty("outcomes").GetProperty("gone").GetInt32());
    }

    [Fact]
    public async Task A_job_is_stopped_and_resumed_and_an_unknown_one_is_not_found()
    {
        await using var api = await ApiHost.StartAsync();
        var ada = await api.Host.CreateAccountAsync();
        var started = await api.PostAsync(
            "/users/reset-mfa",
            new { userIds = new[] { ada.Id }, reason = "new phones" }
        );
        var path = started.Headers["Location"]["/api/v1".Length..];

        foreach (var (step, state) in new[] { ("stop", "stopped"), ("resume", "running") })
        {
            var answer = await api.PostAsync($"{path}/{step}");
            Assert.Equal(state, answer.Json.GetProperty("state").GetString());
        }

        await api.Host.DrainAsync();
        Assert.Equal("ended", (await api.PostAsync(path + "/stop")).Json.GetProperty("state").GetString());
        Assert.Equal("not-found", (await api.GetAsync("/jobs/" + Guid.Empty)).Code);
    }

    [Fact]
    public async Task What_is_wrong_with_a_wish_is_said_and_nothing_begins()
    {
        await using var api = await ApiHost.StartAsync();
        foreach (
            var (pointer, wish) in new (string, object)[]
            {
                ("/userIds", new { userIds = Array.Empty<string>(), reason = "a" }),
                ("/reason", new { userIds = new[] { "a" }, reason = " " }),
                (
                    "/exclusionDays",
                    new
                    {
                        userIds = new[] { "a" },
                        reason = "a",
                        exclusion = true,
                        exclusionDays = 366,
                    }
                ),
                (
                    "/spreadDays",
                    new
                    {
                        userIds = new[] { "a" },
                        reason = "a",
                        exclusion = true,
                        spreadDays = 365,
                    }
                ),
            }
        )
        {
            var answer = await api.PostAsync("/users/reset-mfa", wish);
            Assert.Equal((400, "invalid-request"), (answer.Status, answer.Code));
            Assert.Equal([pointer], answer.Pointers);
        }
    }
}
