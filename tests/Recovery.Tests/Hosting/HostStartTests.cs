using System.Net;
using System.Security.Claims;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Hosting;

/// <summary>A whole web host of others: what stops its start, what runs in it, and how its cookies end.</summary>
public sealed class HostStartTests : IAsyncDisposable
{
    private const string NewPassword = "nine purple otters juggle quietly";
    private const string Third = "seven amber kettles hum at dawn";

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

        if (hasOwnSessions)
        {
            Assert.Null(failure);
        }
        else
        {
            Assert.Contains("hide its ValidatePrincipal", failure?.Message);
        }
    }

    [Fact]
    public async Task What_a_recovery_cannot_work_with_stops_a_start()
    {
        await MakeDatabaseAsync();
        await using var retries = Build<TemplateContext>(
            "Production",
            services =>
            {
                AddPorts(services);
                services.ConfigureDbContext<TemplateContext>(o =>
                    o.UseSqlite(database!.ConnectionString, s => s.ExecutionStrategy(d => new Retries(d)))
                );
            },
            "https://app.example.test"
        );
        await using var elsewhere = Build<SchemaContext>("Production", AddPorts, "https://app.example.test");
        await using var small = Build<TemplateContext>(
            "Production",
            services =>
            {
                AddPorts(services);
                services.AddSingleton<ILookupNormalizer, InSmallLetters>();
            },
            "https://app.example.test"
        );
        await using var bearer = Build<TemplateContext>(
            "Production",
            services =>
            {
                AddPorts(services);
                services.AddAuthentication().AddBearerToken(IdentityConstants.BearerScheme);
            },
            "https://app.example.test"
        );

        Assert.Contains("EnableRetryOnFailure", await WhyNotAsync(retries));
        Assert.Contains("default schema", await WhyNotAsync(elsewhere));
        Assert.Contains(nameof(ILookupNormalizer), await WhyNotAsync(small));
        Assert.Contains(IdentityConstants.BearerScheme, await WhyNotAsync(bearer));

        static async Task<string> WhyNotAsync(WebApplication app) =>
            (await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync(Cancelled))).Message;
    }

    [Fact]
    public async Task A_column_that_an_upgrade_adds_is_missed_at_the_start()
    {
        await MakeDatabaseAsync();
        await using (
            var context = new TemplateContext(
                new DbContextOptionsBuilder<TemplateContext>().UseSqlite(database!.ConnectionString).Options
            )
        )
        {
            await context.Database.ExecuteSqlRawAsync(
                "ALTER TABLE \"RecoveryOutbox\" RENAME COLUMN \"LastError\" TO \"Other\"",
                Cancelled
            );
        }

        await using var app = Build<TemplateContext>("Production", AddPorts, "https://app.example.test");
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync(Cancelled));

        Assert.Contains("RecoveryOutbox", failure.Message);
        Assert.DoesNotContain("RecoveryLimits", failure.Message);
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
    public async Task A_stamp_that_the_host_replaces_is_the_hosts_affair()
    {
        await MakeDatabaseAsync();
        await using var app = await StartAsync();
        await CreateAsync(app);
        using var browser = new HttpClient(new HttpClientHandler { UseCookies = false });
        var cookie = await SignInAsync(browser, app);

        await ReplaceStampAsync();
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.OK, await VisitAsync(browser, app, cookie));

        // As Identity has it: when its interval is over.
        time.Advance(TimeSpan.FromMinutes(31));
        Assert.Equal(HttpStatusCode.Unauthorized, await VisitAsync(browser, app, cookie));
    }

    [Fact]
    public async Task A_cookie_from_after_a_reset_survives_what_the_host_does_then()
    {
        await MakeDatabaseAsync();
        await using var app = await StartAsync();
        await CreateAsync(app);
        await ResetAsync(app);
        time.Advance(TimeSpan.FromSeconds(1));
        using var browser = new HttpClient(new HttpClientHandler { UseCookies = false });
        var cookie = await SignInAsync(browser, app);

        await ReplaceStampAsync();
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(HttpStatusCode.OK, await VisitAsync(browser, app, cookie));

        // Another reset ends it, however soon it comes.
        await ResetAsync(app, Third);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.Unauthorized, await VisitAsync(browser, app, cookie));
    }

    [Fact]
    public async Task A_sign_in_that_waits_for_its_second_factor_and_a_remembered_browser_end_with_a_reset()
    {
        await MakeDatabaseAsync();
        await using var app = await StartAsync();
        await CreateAsync(app);
        using var browser = new HttpClient(new HttpClientHandler { UseCookies = false });
        var waiting = await SignInAsync(browser, app, "/half");
        var remembered = await SignInAsync(browser, app, "/remember");
        Assert.Equal(HttpStatusCode.OK, await VisitAsync(browser, app, waiting, "/waits"));
        Assert.Equal(HttpStatusCode.OK, await VisitAsync(browser, app, remembered, "/remembers"));

        time.Advance(TimeSpan.FromSeconds(1));
        await ResetAsync(app);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(HttpStatusCode.Unauthorized, await VisitAsync(browser, app, waiting, "/waits"));
        Assert.Equal(HttpStatusCode.Unauthorized, await VisitAsync(browser, app, remembered, "/remembers"));

        // What begins in the same moment as the reset is done, began after it.
        await ResetAsync(app, Third);
        var next = await SignInAsync(browser, app, "/half");
        Assert.Equal(HttpStatusCode.OK, await VisitAsync(browser, app, next, "/waits"));
    }

    [Fact]
    public async Task All_sessions_end_where_the_plugin_ends_them()
    {
        await MakeDatabaseAsync();
        await using var app = await StartAsync();
        await CreateAsync(app);
        using var browser = new HttpClient(new HttpClientHandler { UseCookies = false });
        var cookie = await SignInAsync(browser, app);

        await using (var scope = app.Services.CreateAsyncScope())
        {
            var id = (
                await scope.ServiceProvider.GetRequiredService<TemplateContext>().Users.SingleAsync(Cancelled)
            ).Id;
            var ended = await scope
                .ServiceProvider.GetRequiredService<IAccountSessions>()
                .EndAllAsync(id, null, SessionEndReason.AccountClosed, Cancelled);
            Assert.Equal(1, ended);
        }

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

    private async Task ReplaceStampAsync()
    {
        await using var context = new TemplateContext(
            new DbContextOptionsBuilder<TemplateContext>().UseSqlite(database!.ConnectionString).Options
        );
        await context.Users.ExecuteUpdateAsync(set => set.SetProperty(u => u.SecurityStamp, "another"), Cancelled);
    }

    private static async Task<HttpStatusCode> VisitAsync(
        HttpClient browser,
        WebApplication app,
        string cookie,
        string path = "/me"
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, app.Urls.First() + path);
        request.Headers.Add("Cookie", cookie);
        using var answer = await browser.SendAsync(request, Cancelled);
        return answer.StatusCode;
    }

    private static async Task<string> SignInAsync(HttpClient browser, WebApplication app, string path = "/sign-in")
    {
        using var answer = await browser.PostAsync(app.Urls.First() + path, null, Cancelled);
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

    private async Task ResetAsync(WebApplication app, string password = NewPassword)
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
            .RunAsync(Assert.IsType<OpenedPasswordReset.Usable>(link), password, RecoveryHost.Origin, Cancelled);
        Assert.IsType<CompletedPasswordReset.Done>(done);
    }

    private async Task MakeDatabaseAsync() => database = await ForeignWebHost.MakeDatabaseAsync(Cancelled);

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

    private WebApplication Build<TContext>(
        string environment,
        Action<IServiceCollection> add,
        string? origin,
        params (string Name, string Value)[] settings
    )
        where TContext : DbContext
    {
        return ForeignWebHost.Build<TContext>(
            database!,
            environment,
            origin,
            services =>
            {
                services.AddSingleton<TimeProvider>(time);
                services.AddSingleton(keys);
                add(services);
            },
            app =>
            {
                app.MapGet("/me", () => "you").RequireAuthorization();
                app.MapPost(
                    "/sign-in",
                    async (SignInManager<IdentityUser> signIn, UserManager<IdentityUser> users) =>
                        await signIn.SignInAsync(
                            (await users.FindByEmailAsync("ada@example.test"))!,
                            isPersistent: false
                        )
                );

                // As Identity's own pages do it.
                app.MapPost(
                    "/half",
                    async (HttpContext http, UserManager<IdentityUser> users) =>
                    {
                        var user = (await users.FindByEmailAsync("ada@example.test"))!;
                        var who = new ClaimsIdentity(IdentityConstants.TwoFactorUserIdScheme);
                        who.AddClaim(new(ClaimTypes.Name, user.Id));
                        await http.SignInAsync(IdentityConstants.TwoFactorUserIdScheme, new(who));
                    }
                );
                app.MapPost(
                    "/remember",
                    async (SignInManager<IdentityUser> signIn, UserManager<IdentityUser> users) =>
                        await signIn.RememberTwoFactorClientAsync((await users.FindByEmailAsync("ada@example.test"))!)
                );
                app.MapGet(
                    "/waits",
                    async (SignInManager<IdentityUser> signIn) =>
                        await signIn.GetTwoFactorAuthenticationUserAsync() is null
                            ? Results.Unauthorized()
                            : Results.Ok()
                );
                app.MapGet(
                    "/remembers",
                    async (SignInManager<IdentityUser> signIn, UserManager<IdentityUser> users) =>
                        await signIn.IsTwoFactorClientRememberedAsync(
                            (await users.FindByEmailAsync("ada@example.test"))!
                        )
                            ? Results.Ok()
                            : Results.Unauthorized()
                );
            },
            settings
        );
    }

    private sealed class Retries(ExecutionStrategyDependencies dependencies)
        : ExecutionStrategy(dependencies, maxRetryCount: 1, maxRetryDelay: TimeSpan.FromSeconds(1))
    {
        protected override bool ShouldRetryOn(Exception exception) => false;
    }

    private sealed class InSmallLetters : ILookupNormalizer
    {
        public string? NormalizeName(string? name) => name?.ToUpperInvariant();

        public string? NormalizeEmail(string? email) => email?.Trim();
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
