using System.Net;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Hosting;

/// <summary>A whole web host of others: what stops its start, what runs in it, and how its cookies end.</summary>
public sealed class HostStartTests : IAsyncDisposable
{
    private const string NewPassword = "nine purple otters juggle quietly";

    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 3, 14, 9, 26, 53, TimeSpan.Zero));
    private readonly RecordingMailer mails = new();
    private readonly IDataProtectionProvider keys = new EphemeralDataProtectionProvider();
    private TestDatabase? database;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Production")]
    [InlineData("Development")]
    public async Task A_start_tells_in_one_message_all_that_is_missing(string environment)
    {
        database = await TestDatabase.CreateEmptyAsync(DatabaseProvider.Sqlite);
        await using var app = Build<TemplateContext>(environment, _ => { }, origin: null);

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync(Cancelled));

        Assert.Contains(nameof(IRecoveryMailer), failure.Message);
        Assert.Contains(nameof(IRecoveryLinks), failure.Message);
        Assert.Contains("Origin must be set", failure.Message);
        Assert.Contains("RecoveryOutbox", failure.Message);
        Assert.Contains("dotnet ef migrations add", failure.Message);
    }

    [Fact]
    public async Task A_start_tells_of_a_context_without_the_tables()
    {
        database = await TestDatabase.CreateEmptyAsync(DatabaseProvider.Sqlite);
        await using var app = Build<PlainContext>("Production", AddPorts, "https://app.example.test");

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync(Cancelled));

        Assert.Contains("UseAccountRecovery(this)", failure.Message);
        Assert.DoesNotContain(nameof(IRecoveryMailer), failure.Message);
    }

    [Theory]
    [InlineData("AccountRecovery:Roles:Auditor", "Administrator", "three different roles")]
    [InlineData("AccountRecovery:Roles:HelpDesk", "", "AccountRecovery:Roles:HelpDesk must be set")]
    [InlineData("AccountRecovery:Passwords:MinimumLength", "7", "MinimumLength must be from 8 to 64")]
    public async Task A_wrong_setting_stops_a_start(string name, string value, string told)
    {
        await MakeDatabaseAsync();
        await using var app = Build<TemplateContext>("Production", AddPorts, "https://app.example.test", (name, value));

        var failure = await Assert.ThrowsAnyAsync<Exception>(() => app.StartAsync(Cancelled));

        Assert.Contains(told, failure.Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_sessions_are_a_cookies_alone_its_events_must_be_reachable(bool hasOwnSessions)
    {
        await MakeDatabaseAsync();
        await using var app = Build<TemplateContext>(
            "Production",
            services =>
            {
                AddPorts(services);
                services.ConfigureApplicationCookie(o => o.EventsType = typeof(Unsuited));
                if (hasOwnSessions)
                {
                    services.AddScoped<IAccountSessions, OwnSessions>();
                }
            },
            "https://app.example.test"
        );

        var failure = await Record.ExceptionAsync(() => app.StartAsync(Cancelled));

        Assert.Equal(!hasOwnSessions, failure?.Message.Contains(nameof(Unsuited), StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task A_host_without_a_scheduler_mails_all_the_same()
    {
        await MakeDatabaseAsync();
        await using var app = Build<TemplateContext>("Production", AddPorts, "https://app.example.test");
        var sent = new TaskCompletionSource();
        mails.Answering = _ => sent.TrySetResult();
        await app.StartAsync(Cancelled);
        await CreateAsync(app);

        await AskAsync(app);

        await sent.Task.WaitAsync(Cancelled);
        Assert.Equal("ada@example.test", mails.Last<RecoveryMail.PasswordResetLink>().To.Address);
        await app.StopAsync(Cancelled);
    }

    [Fact]
    public async Task What_a_process_left_undone_is_done_by_the_next_one()
    {
        await MakeDatabaseAsync();
        await using (var first = Build<TemplateContext>("Production", AddPorts, "https://app.example.test"))
        {
            // It dies before its workers begin.
            await CreateAsync(first);
            await AskAsync(first);
        }

        await using var next = Build<TemplateContext>("Production", AddPorts, "https://app.example.test");
        var sent = new TaskCompletionSource();
        mails.Answering = _ => sent.TrySetResult();
        await next.StartAsync(Cancelled);

        await sent.Task.WaitAsync(Cancelled);
        await next.StopAsync(Cancelled);
    }

    [Fact]
    public async Task What_failed_is_tried_again_when_it_is_due()
    {
        await MakeDatabaseAsync();
        await using var app = Build<TemplateContext>("Production", AddPorts, "https://app.example.test");
        var (failed, sent) = (new TaskCompletionSource(), new TaskCompletionSource());
        mails.Accepting = _ =>
        {
            if (failed.TrySetResult())
            {
                throw new InvalidOperationException("Not now.");
            }
        };
        mails.Answering = _ => sent.TrySetResult();
        await app.StartAsync(Cancelled);
        await CreateAsync(app);
        await AskAsync(app);
        await failed.Task.WaitAsync(Cancelled);

        while (!sent.Task.IsCompleted)
        {
            // The wait begins when the failure is kept, which nothing tells.
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await app.StopAsync(Cancelled);
    }

    [Fact]
    public async Task A_cookie_from_before_a_reset_is_refused_within_a_second_on_every_node()
    {
        await MakeDatabaseAsync();
        await using var one = await StartAsync();
        await using var other = await StartAsync();
        await CreateAsync(one);
        using var browser = new HttpClient(new HttpClientHandler { UseCookies = false });
        var cookie = await SignInAsync(browser, one);
        Assert.Equal(HttpStatusCode.OK, await VisitAsync(browser, one, cookie));
        Assert.Equal(HttpStatusCode.OK, await VisitAsync(browser, other, cookie));

        await ResetAsync(one);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(HttpStatusCode.Unauthorized, await VisitAsync(browser, one, cookie));
        Assert.Equal(HttpStatusCode.Unauthorized, await VisitAsync(browser, other, cookie));
        Assert.Equal(HttpStatusCode.OK, await VisitAsync(browser, other, await SignInAsync(browser, one)));
    }

    [Fact]
    public async Task A_cookie_is_looked_up_once_a_second_at_most()
    {
        await MakeDatabaseAsync();
        await using var app = await StartAsync();
        await CreateAsync(app);
        using var browser = new HttpClient(new HttpClientHandler { UseCookies = false });
        var cookie = await SignInAsync(browser, app);
        await VisitAsync(browser, app, cookie);

        // The change alone does not end it here: what was found good stays so until the second is over.
        await using (var context = new TemplateContext(OptionsOf<TemplateContext>()))
        {
            await context.Users.ExecuteUpdateAsync(set => set.SetProperty(u => u.SecurityStamp, "another"), Cancelled);
        }

        Assert.Equal(HttpStatusCode.OK, await VisitAsync(browser, app, cookie));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.Unauthorized, await VisitAsync(browser, app, cookie));
    }

    public async ValueTask DisposeAsync()
    {
        if (database is not null)
        {
            await database.DisposeAsync();
        }
    }

    private static async Task<HttpStatusCode> VisitAsync(HttpClient browser, WebApplication app, string cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, app.Urls.First() + "/me");
        request.Headers.Add("Cookie", cookie);
        using var answer = await browser.SendAsync(request, Cancelled);
        return answer.StatusCode;
    }

    private static async Task<string> SignInAsync(HttpClient browser, WebApplication app)
    {
        using var answer = await browser.PostAsync(app.Urls.First() + "/sign-in", null, Cancelled);
        return answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
    }

    private static async Task CreateAsync(WebApplication app)
    {
        await using var scope = app.Services.CreateAsyncScope();
        var made = await scope
            .ServiceProvider.GetRequiredService<UserManager<IdentityUser>>()
            .CreateAsync(
                new()
                {
                    UserName = "ada@example.test",
                    Email = "ada@example.test",
                    EmailConfirmed = true,
                },
                "Correct-horse-1"
            );
        Assert.True(made.Succeeded);
    }

    private static async Task AskAsync(WebApplication app)
    {
        await using var scope = app.Services.CreateAsyncScope();
        await scope
            .ServiceProvider.GetRequiredService<AskForPasswordReset>()
            .RunAsync("ada@example.test", Audience.User, RecoveryHost.Origin, Cancelled);
    }

    private async Task ResetAsync(WebApplication app)
    {
        var sent = new TaskCompletionSource();
        mails.Answering = m =>
        {
            if (m.Mail is RecoveryMail.PasswordResetLink)
            {
                sent.TrySetResult();
            }
        };
        await AskAsync(app);
        await sent.Task.WaitAsync(Cancelled);
        await using var scope = app.Services.CreateAsyncScope();
        var link = await scope
            .ServiceProvider.GetRequiredService<OpenPasswordReset>()
            .RunAsync(mails.Last<RecoveryMail.PasswordResetLink>().Link.Token(), Cancelled);
        var done = await scope
            .ServiceProvider.GetRequiredService<CompletePasswordReset>()
            .RunAsync(Assert.IsType<OpenedPasswordReset.Usable>(link), NewPassword, RecoveryHost.Origin, Cancelled);
        Assert.IsType<CompletedPasswordReset.Done>(done);
    }

    private async Task MakeDatabaseAsync()
    {
        database = await TestDatabase.CreateEmptyAsync(DatabaseProvider.Sqlite);
        await using var context = new TemplateContext(OptionsOf<TemplateContext>());
        await context.Database.EnsureCreatedAsync(Cancelled);
    }

    private async Task<WebApplication> StartAsync()
    {
        var app = Build<TemplateContext>("Production", AddPorts, "https://app.example.test");
        await app.StartAsync(Cancelled);
        return app;
    }

    private void AddPorts(IServiceCollection services)
    {
        services.AddSingleton<IRecoveryMailer>(mails);
        services.AddSingleton<IRecoveryLinks, PlainLinks>();
    }

    private DbContextOptions<TContext> OptionsOf<TContext>()
        where TContext : DbContext =>
        new DbContextOptionsBuilder<TContext>().UseSqlite(database!.ConnectionString).Options;

    private WebApplication Build<TContext>(
        string environment,
        Action<IServiceCollection> add,
        string? origin,
        params (string Name, string Value)[] settings
    )
        where TContext : DbContext
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection([new("Origin", origin)]);
        builder.Configuration.AddInMemoryCollection(
            settings.Select(s => KeyValuePair.Create(s.Name, (string?)s.Value))
        );
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddSingleton(keys);
        builder.Services.AddDbContext<TContext>(o => o.UseSqlite(database!.ConnectionString));
        builder.Services.AddIdentity<IdentityUser, IdentityRole>().AddEntityFrameworkStores<TContext>();
        builder.Services.ConfigureApplicationCookie(o =>
            o.Events.OnRedirectToLogin = redirect =>
            {
                redirect.Response.StatusCode = StatusCodes.Status401Unauthorized;
                return Task.CompletedTask;
            }
        );
        builder.Services.AddAuthorization();
        builder.Services.AddAccountRecovery<IdentityUser, TContext>(builder.Configuration);
        add(builder.Services);
        var app = builder.Build();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapGet("/me", () => "you").RequireAuthorization();
        app.MapPost(
            "/sign-in",
            async (SignInManager<IdentityUser> signIn, UserManager<IdentityUser> users) =>
                await signIn.SignInAsync((await users.FindByEmailAsync("ada@example.test"))!, isPersistent: false)
        );
        return app;
    }

    private sealed class Unsuited : Microsoft.AspNetCore.Authentication.Cookies.CookieAuthenticationEvents;

    private sealed class OwnSessions : IAccountSessions
    {
        public Task<bool> EndAsync(
            string accountId,
            string sessionId,
            SessionEndReason reason,
            CancellationToken cancellationToken
        ) => Task.FromResult(true);

        public Task<int> EndAllAsync(
            string accountId,
            string? exceptSessionId,
            SessionEndReason reason,
            CancellationToken cancellationToken
        ) => Task.FromResult(1);

        public Task<int> EndOutdatedAsync(string accountId, CancellationToken cancellationToken) => Task.FromResult(1);
    }
}
