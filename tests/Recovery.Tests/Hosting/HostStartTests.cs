using IdentityProvider.Data;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Hosting;

/// <summary>What stops the start of a host of others.</summary>
public sealed class HostStartTests : ForeignWebTests
{
    [Theory]
    [InlineData("Production")]
    [InlineData("Development")]
    public async Task A_start_tells_in_one_message_all_that_is_missing(string environment)
    {
        Database = await TestDatabase.CreateEmptyAsync(DatabaseProvider.Sqlite);
        await using var app = ForeignWebHost.Build<TemplateContext>(Database, environment, origin: null, AddClock);

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync(Cancelled));

        Assert.Contains(nameof(IRecoveryMailer), failure.Message);
        Assert.Contains(nameof(IRecoveryLinks), failure.Message);
        Assert.Contains("Origin must be set", failure.Message);
        Assert.Contains("RecoveryOutbox", failure.Message);
        Assert.Contains("dotnet ef migrations add", failure.Message);
    }

    [Fact]
    public async Task A_database_that_cannot_be_opened_is_told_of_among_the_rest()
    {
        Database = await TestDatabase.CreateEmptyAsync(DatabaseProvider.Sqlite);
        await using var app = ForeignWebHost.Build<TemplateContext>(
            Database,
            "Production",
            origin: null,
            services =>
            {
                AddClock(services);
                services.ConfigureDbContext<TemplateContext>(o => o.UseSqlite("Data Source=/nowhere/at/all.db"));
            }
        );

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync(Cancelled));

        Assert.Contains("the database cannot be opened", failure.Message);
        Assert.Contains(nameof(IRecoveryMailer), failure.Message);
        Assert.Contains("Origin must be set", failure.Message);
    }

    [Fact]
    public async Task A_start_tells_of_a_context_without_the_tables()
    {
        Database = await TestDatabase.CreateEmptyAsync(DatabaseProvider.Sqlite);
        await using var app = Build<PlainContext>();

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
        await using var app = Build(settings: (name, value));

        var failure = await Assert.ThrowsAnyAsync<Exception>(() => app.StartAsync(Cancelled));

        Assert.Contains(told, failure.Message);
    }

    [Theory]
    [InlineData("Owner", null, false)]
    [InlineData("Owner", "Owner", false)]
    [InlineData("Owner", "Boss", true)]
    [InlineData("Administrator", "Boss", false)]
    public async Task A_role_that_a_setting_names_and_the_host_has_not_is_told_of(
        string named,
        string? role,
        bool isTold
    )
    {
        await MakeDatabaseAsync();
        await using (var context = OpenContext())
        {
            if (role is not null)
            {
                context.Add(new IdentityRole(role) { NormalizedName = role.ToUpperInvariant() });
                await context.SaveChangesAsync(Cancelled);
            }
        }

        using var log = new KeptLog();
        await using var app = Build(
            services => services.AddSingleton<ILoggerProvider>(log),
            settings: ("AccountRecovery:Roles:Administrator", named)
        );
        await app.StartAsync(Cancelled);

        Assert.Equal(isTold, log.Lines.Any(l => l.Contains("AccountRecovery:Roles names Owner")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_sessions_are_a_cookies_alone_its_events_must_be_reachable(bool hasOwnSessions)
    {
        await MakeDatabaseAsync();
        await using var app = Build(services =>
        {
            services.ConfigureApplicationCookie(o => o.EventsType = typeof(Unsuited));
            if (hasOwnSessions)
            {
                services.AddScoped<IAccountSessions, OwnSessions>();
            }
        });

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
        await using var retries = Build(services =>
        {
            services.ConfigureDbContext<TemplateContext>(o =>
                o.UseSqlite(Database!.ConnectionString, s => s.ExecutionStrategy(d => new Retries(d)))
            );
        });
        await using var elsewhere = Build<SchemaContext>();
        await using var small = Build(services =>
        {
            services.AddSingleton<ILookupNormalizer, InSmallLetters>();
        });
        await using var bearer = Build(services =>
        {
            services.AddAuthentication().AddBearerToken(IdentityConstants.BearerScheme);
        });

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
        await using (var context = OpenContext())
        {
            await context.Database.ExecuteSqlRawAsync(
                "ALTER TABLE \"RecoveryOutbox\" RENAME COLUMN \"LastError\" TO \"Other\"",
                Cancelled
            );
        }

        await using var app = Build();
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync(Cancelled));

        Assert.Contains("RecoveryOutbox cannot be read", failure.Message);
        Assert.Contains("LastError", failure.Message);
        Assert.DoesNotContain("RecoveryLimits", failure.Message);
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
