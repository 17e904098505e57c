using IdP.Recovery.Audit;
using IdP.Recovery.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Hosting;

/// <summary>A host that has no scheduler: the plugin's own workers, and what an engineer at work reads of them.</summary>
public sealed class OwnJobsTests : ForeignWebTests
{
    [Fact]
    public async Task A_host_without_a_scheduler_mails_all_the_same()
    {
        await MakeDatabaseAsync();
        await using var app = Build();
        var sent = new TaskCompletionSource();
        Mails.Answering = _ => sent.TrySetResult();
        await app.StartAsync(Cancelled);
        await CreateAsync(app);

        await AskAsync(app);

        await sent.Task.WaitAsync(Cancelled);
        Assert.Equal(Ada, Mails.Last<RecoveryMail.PasswordResetLink>().To.Address);
        await app.StopAsync(Cancelled);
    }

    [Fact]
    public async Task What_a_process_left_undone_is_done_by_the_next_one()
    {
        await MakeDatabaseAsync();
        await using (var first = Build())
        {
            // It dies before its workers begin.
            await CreateAsync(first);
            await AskAsync(first);
        }

        await using var next = Build();
        var sent = new TaskCompletionSource();
        Mails.Answering = _ => sent.TrySetResult();
        await next.StartAsync(Cancelled);

        await sent.Task.WaitAsync(Cancelled);
        await next.StopAsync(Cancelled);
    }

    [Fact]
    public async Task What_failed_is_tried_again_when_it_is_due()
    {
        await MakeDatabaseAsync();
        await using var app = Build();
        var (failed, sent) = (new TaskCompletionSource(), new TaskCompletionSource());
        Mails.Accepting = _ =>
        {
            if (failed.TrySetResult())
            {
                throw new InvalidOperationException("Not now.");
            }
        };
        Mails.Answering = _ => sent.TrySetResult();
        await app.StartAsync(Cancelled);
        await CreateAsync(app);
        await AskAsync(app);
        await failed.Task.WaitAsync(Cancelled);

        while (!sent.Task.IsCompleted)
        {
            // The wait begins when the failure is kept, which nothing tells.
            Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await app.StopAsync(Cancelled);
    }

    [Theory]
    [InlineData("Development", "nobody@example.test", true)]
    [InlineData("Development", "unconfirmed@example.test", true)]
    [InlineData("Production", "nobody@example.test", false)]
    public async Task In_Development_alone_the_log_says_why_no_mail_went_out(
        string environment,
        string address,
        bool isSaid
    )
    {
        await MakeDatabaseAsync();
        using var log = new KeptLog();
        var ended = new TaskCompletionSource();
        await using var app = Build(
            services =>
            {
                services.AddSingleton<ILoggerProvider>(log);
                services.AddSingleton<IAuditListener>(new Hears(AuditEventTypes.ResetNotSent, ended));
            },
            environment
        );
        await CreateAsync(app, "unconfirmed@example.test", isConfirmed: false);
        await app.StartAsync(Cancelled);

        await AskAsync(app, address);
        await ended.Task.WaitAsync(Cancelled);
        await app.StopAsync(Cancelled);

        var why = address.StartsWith("nobody", StringComparison.Ordinal) ? "no account has this" : "is not confirmed";
        Assert.Equal(isSaid, log.Lines.Any(l => l.Contains(why, StringComparison.Ordinal)));
        Assert.DoesNotContain(log.Lines, l => l.Contains(address, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task In_Development_the_log_says_that_a_limit_held()
    {
        await MakeDatabaseAsync();
        using var log = new KeptLog();
        await using var app = Build(services => services.AddSingleton<ILoggerProvider>(log), "Development");

        for (var i = 0; i < 20; i++)
        {
            await AskAsync(app);
        }

        Assert.Contains(
            log.Lines,
            l => l.Contains("a limit of AccountRecovery:PasswordReset", StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData("Development", true)]
    [InlineData("Production", false)]
    public async Task In_Development_alone_the_log_says_in_which_words_a_job_failed(string environment, bool isSaid)
    {
        await MakeDatabaseAsync();
        using var log = new KeptLog();
        var failed = new TaskCompletionSource();
        Mails.Accepting = _ =>
        {
            failed.TrySetResult();
            throw new InvalidOperationException("The server speaks of ada.");
        };
        await using var app = Build(services => services.AddSingleton<ILoggerProvider>(log), environment);
        await app.StartAsync(Cancelled);
        await CreateAsync(app);

        await AskAsync(app);
        await failed.Task.WaitAsync(Cancelled);
        await app.StopAsync(Cancelled);

        Assert.Contains(log.Lines, l => l.Contains("password-reset.send", StringComparison.Ordinal));
        Assert.Equal(isSaid, log.Lines.Any(l => l.Contains("speaks of ada", StringComparison.Ordinal)));
    }

    private sealed class Hears(string type, TaskCompletionSource heard) : IAuditListener
    {
        public void Added(AuditEvent added)
        {
            if (added.Type == type)
            {
                heard.TrySetResult();
            }
        }
    }
}
