using System.Globalization;
using IdentityProvider.Data;
using IdP.Recovery.Audit;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Api;

/// <summary>A deed and the answer that is kept of it are there together or not at all; and what is out of shape does no harm.</summary>
public sealed class OnceTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_node_that_fails_between_the_deed_and_its_answer_has_done_nothing(DatabaseProvider provider)
    {
        var isBroken = false;
        await using var api = await ApiHost.StartAsync(provider, services: s => Break(s, () => isBroken));
        var ada = await api.Host.CreateAccountAsync();
        var one = $"/users/{ada.Id}/reset-mfa";
        var many = new { userIds = new[] { ada.Id }, reason = "lost" };
        await api.TokenAsync();

        isBroken = true;
        Assert.Equal(500, (await api.PostAsync(one, new { reason = "lost" }, key: "one")).Status);
        Assert.Equal(500, (await api.PostAsync("/users/reset-mfa", many, key: "many")).Status);
        Assert.Empty(await EventsAsync(api));

        isBroken = false;
        Assert.Equal(200, (await api.PostAsync(one, new { reason = "lost" }, key: "one")).Status);
        Assert.Equal(202, (await api.PostAsync("/users/reset-mfa", many, key: "many")).Status);
        Assert.Equal([AuditEventTypes.BatchStarted, AuditEventTypes.MfaReset], await EventsAsync(api));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Two_who_make_one_user_at_once_are_told_so(DatabaseProvider provider)
    {
        await using var api = await ApiHost.StartAsync(provider);
        await api.TokenAsync();
        foreach (var round in Enumerable.Range(0, 4))
        {
            var answers = await AtOnce.RunAsync(
                6,
                i =>
                    api.PostAsync(
                        "/users",
                        new { email = $"new{round}@example.test" },
                        key: i % 2 == 0 ? $"{round}-{i}" : null
                    )
            );

            Assert.Single(answers, a => a.Status == 201);
            Assert.All(answers, a => Assert.True(a is { Status: 201 } or { Code: "user-exists" }, a.Text));
        }
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_id_that_cannot_be_one_is_refused_with_its_place(DatabaseProvider provider)
    {
        await using var api = await ApiHost.StartAsync(provider);
        foreach (var id in (string?[])[null, "", "\0", new string('x', 129), "a b", "ä"])
        {
            var answer = await api.PostAsync(
                "/users/reset-mfa",
                new { userIds = new[] { "fine", id }, reason = "lost" }
            );
            Assert.Equal((400, "invalid-request"), (answer.Status, answer.Code));
            Assert.Equal(["/userIds/1"], answer.Pointers);
        }

        foreach (var filter in (string[])["type", "userId", "actorId"])
        {
            var answer = await api.GetAsync($"/audit?{filter}=%00");
            Assert.Equal((400, "invalid-request"), (answer.Status, answer.Code));
            Assert.Equal(["?" + filter], answer.Pointers);
        }

        Assert.Equal(400, (await api.GetAsync("/users/%00")).Status);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_job_may_have_ten_thousand_users(DatabaseProvider provider)
    {
        await using var api = await ApiHost.StartAsync(provider);

        var started = await api.PostAsync(
            "/users/reset-mfa",
            new
            {
                userIds = Enumerable.Range(0, 10_000).Select(_ => Guid.CreateVersion7().ToString()),
                reason = "new phones",
            },
            key: "many"
        );

        Assert.True(started.Status == 202, started.Text);
        Assert.Equal(10_000, started.Json.GetProperty("total").GetInt32());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_audit_is_cut_by_time_area_and_words(DatabaseProvider provider)
    {
        await using var api = await ApiHost.StartAsync(provider);
        var ada = await api.Host.CreateAccountAsync();
        await api.PostAsync($"/users/{ada.Id}/suspend", new { reason = "left the company" });
        api.Host.Time.Advance(TimeSpan.FromMinutes(1));
        var between = api
            .Host.Time.GetUtcNow()
            .AddSeconds(-30)
            .ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        await api.PostAsync($"/users/{ada.Id}/activate", new { reason = "came back" });

        Assert.Equal(["account.suspended"], await TypesAsync(api, $"userId={ada.Id}&to={between}"));
        Assert.Equal(["account.activated"], await TypesAsync(api, $"userId={ada.Id}&from={between}"));
        Assert.Equal(
            ["account.activated", "account.suspended"],
            await TypesAsync(api, $"userId={ada.Id}&type=account.")
        );
        Assert.Equal(["account.suspended"], await TypesAsync(api, "text=COMPANY"));
        Assert.Equal(["?from"], (await api.GetAsync("/audit?from=yesterday")).Pointers);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Unlocking_says_whether_there_was_a_lock_and_keeps_why(DatabaseProvider provider)
    {
        await using var api = await ApiHost.StartAsync(provider);
        var ada = await api.Host.CreateAccountAsync(with: a => a.LockoutEnd = a.CreatedAt.AddHours(1));
        var path = $"/users/{ada.Id}/unlock";

        var first = await api.PostAsync(path, new { reason = "called us" });
        var second = await api.PostAsync(path);

        Assert.True(first.Json.GetProperty("unlocked").GetBoolean());
        Assert.False(second.Json.GetProperty("unlocked").GetBoolean());
        await using var context = api.Host.Database.OpenContext();
        Assert.Equal(
            "called us",
            (await context.Set<AuditEvent>().SingleAsync(e => e.Type == AuditEventTypes.Unlocked, Cancelled)).Why
        );
    }

    private static async Task<string[]> TypesAsync(ApiHost api, string query) =>
        [
            .. (await api.GetAsync("/audit?" + query))
                .Json.GetProperty("events")
                .EnumerateArray()
                .Select(e => e.GetProperty("type").GetString()!),
        ];

    private static async Task<List<string>> EventsAsync(ApiHost api)
    {
        await using var context = api.Host.Database.OpenContext();
        return await context
            .Set<AuditEvent>()
            .Where(e => e.Type == AuditEventTypes.MfaReset || e.Type == AuditEventTypes.BatchStarted)
            .Select(e => e.Type)
            .Order()
            .ToListAsync(Cancelled);
    }

    private static void Break(IServiceCollection services, Func<bool> isBroken)
    {
        var real = services.Last(s => s.ServiceType == typeof(IDataProtectionProvider));
        services.AddSingleton<IDataProtectionProvider>(p => new Breaking(
            (IDataProtectionProvider)real.ImplementationFactory!(p),
            isBroken
        ));
    }

    /// <summary>Cannot protect the answers of the API.</summary>
    private sealed class Breaking(IDataProtectionProvider real, Func<bool> isBroken) : IDataProtectionProvider
    {
        public IDataProtector CreateProtector(string purpose) =>
            purpose.StartsWith("IdentityProvider.Api.Answers", StringComparison.Ordinal)
                ? new Protector(real.CreateProtector(purpose), isBroken)
                : real.CreateProtector(purpose);

        private sealed class Protector(IDataProtector real, Func<bool> isBroken) : IDataProtector
        {
            public IDataProtector CreateProtector(string purpose) => real.CreateProtector(purpose);

            public byte[] Protect(byte[] plaintext) =>
                isBroken() && plaintext.Length > 0
                    ? throw new InvalidOperationException("The node dies.")
                    : real.Protect(plaintext);

            public byte[] Unprotect(byte[] protectedData) => real.Unprotect(protectedData);
        }
    }
}
