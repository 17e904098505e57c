using System.Net;
using System.Text.RegularExpressions;
using Hangfire;
using IdentityProvider.Tests.Mail;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Hangfire;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Pages;

/// <summary>Hangfire's dashboard: for administrators only, and nothing in it is secret.</summary>
public sealed partial class JobsPageTests
{
    private const string Ada = "ada@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/admin/jobs")]
    [InlineData("/admin/jobs/recurring")]
    [InlineData("/admin/jobs/servers")]
    public async Task Somebody_who_has_not_signed_in_is_sent_to_the_administrators_sign_in(string path)
    {
        await using var host = await ConsoleHost.StartAsync();
        using var browser = host.NewBrowser();

        var answer = await browser.GetAsync(path);

        Assert.Equal(HttpStatusCode.SeeOther, answer.Status);
        Assert.Equal("/login/administrator", new Uri(host.Origin, answer.RedirectsTo).AbsolutePath);
        Assert.DoesNotContain("Hangfire", answer.Text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_user_who_has_signed_in_is_sent_there_too_and_can_change_nothing()
    {
        await using var host = await ConsoleHost.StartAsync();
        await host.CreateAccountAsync(Ada);
        using var ada = await host.EnterAsync(Ada, "/login");
        Assert.Equal(HttpStatusCode.OK, (await ada.GetAsync("/account")).Status);

        var page = await ada.GetAsync("/admin/jobs/recurring");
        using var trigger = await PostAsync(ada, "/admin/jobs/recurring/trigger", token: null);

        Assert.Equal("/login/administrator", new Uri(page.RedirectsTo!).AbsolutePath);
        Assert.Equal(HttpStatusCode.SeeOther, trigger.StatusCode);
    }

    [Fact]
    public async Task An_administrator_sees_the_jobs_under_a_policy_without_inline_script()
    {
        await using var host = await ConsoleHost.StartAsync();
        using var root = await host.EnterAsync();

        var jobs = await root.GetAsync("/admin/jobs/recurring");
        var console = await root.GetAsync("/admin/mail");
        var nothing = await root.GetAsync("/admin/jobs/nothing");

        Assert.Equal(HttpStatusCode.OK, jobs.Status);
        Assert.Equal(HttpStatusCode.NotFound, nothing.Status);
        Assert.Contains("recovery-audit-seal", jobs.Text, StringComparison.Ordinal);
        var policy = PolicyOf(jobs);
        Assert.Contains("script-src 'self'", policy, StringComparison.Ordinal);
        Assert.Contains("style-src 'self' 'unsafe-inline'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe-inline", PolicyOf(console), StringComparison.Ordinal);
        Assert.NotNull(console.Document.QuerySelector(".side-nav a[href='/admin/jobs']"));
    }

    [Fact]
    public async Task A_job_is_triggered_only_with_the_token_of_the_page()
    {
        await using var host = await ConsoleHost.StartAsync();
        using var root = await host.EnterAsync();
        var page = await root.GetAsync("/admin/jobs/recurring");
        var token = AntiforgeryTokens().Match(page.Text).Groups[1].Value;
        Assert.NotEmpty(token);

        using var without = await PostAsync(root, "/admin/jobs/recurring/trigger", token: null);
        using var with = await PostAsync(root, "/admin/jobs/recurring/trigger", token);

        Assert.False(without.IsSuccessStatusCode, without.StatusCode.ToString());
        Assert.True(with.IsSuccessStatusCode, with.StatusCode.ToString());
        await using var context = host.Database.OpenContext();
        var audited = await context
            .Set<AuditEvent>()
            .SingleAsync(e => e.Type == AuditEventTypes.JobsChanged, TestContext.Current.CancellationToken);
        Assert.Equal("recurring/trigger", audited.SubjectId);
        Assert.NotNull(audited.ActorId);
    }

    [Fact]
    public async Task Many_calls_of_a_lane_within_a_moment_are_two_jobs()
    {
        await using var host = await ConsoleHost.StartAsync(services: services =>
        {
            services.WithoutScheduler();
            services.AddRecoveryJobsOnHangfire();
        });
        var jobs = host.Services.GetRequiredService<IRecoveryJobs>();
        var monitoring = host.Services.GetRequiredService<JobStorage>().GetMonitoringApi();

        for (var i = 0; i < 100; i++)
        {
            jobs.Wake(OutboxLane.Batches);
        }

        Assert.Equal(1, monitoring.EnqueuedCount("batches"));
        host.Time.Advance(TimeSpan.FromMilliseconds(100));
        while (monitoring.EnqueuedCount("batches") < 2)
        {
            await Task.Yield();
            Cancelled.ThrowIfCancellationRequested();
        }

        host.Time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(2, monitoring.EnqueuedCount("batches"));
    }

    [Fact]
    public async Task A_job_shows_its_lane_and_neither_addresses_nor_tokens()
    {
        // The scheduler's own client, and no worker that takes the job away.
        await using var host = await ConsoleHost.StartAsync(services: services =>
        {
            services.WithoutScheduler();
            services.AddRecoveryJobsOnHangfire();
        });
        await host.CreateAccountAsync(Ada);
        using var browser = host.NewBrowser();
        await browser.SubmitAsync(await browser.GetAsync("/reset/user"), ("Email", Ada));
        var jobId = host
            .Services.GetRequiredService<JobStorage>()
            .GetMonitoringApi()
            .EnqueuedJobs("mail", 0, 10)
            .Single(j => j.Value.Job.Args.Contains(OutboxLane.Mail))
            .Key;
        using var root = await host.EnterAsync();

        var details = await root.GetAsync("/admin/jobs/jobs/details/" + jobId);
        var overview = await root.GetAsync("/admin/jobs");

        Assert.Equal(HttpStatusCode.OK, details.Status);
        Assert.Contains("RecoveryJobBodies", details.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(Ada, details.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("token=", details.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Data Source", overview.Text, StringComparison.Ordinal);
    }

    private static string PolicyOf(TestPage page) =>
        Assert.Single(page.Response.Headers.GetValues("Content-Security-Policy"));

    private static async Task<HttpResponseMessage> PostAsync(TestBrowser browser, string path, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative))
        {
            Content = new FormUrlEncodedContent([new("jobs[]", "recovery-prune")]),
        };
        if (token is not null)
        {
            request.Headers.Add("RequestVerificationToken", token);
        }

        return await browser.Client.SendAsync(request, Cancelled);
    }

    [GeneratedRegex("name=\"csrf-token\" content=\"([^\"]+)\"")]
    private static partial Regex AntiforgeryTokens();
}
