using IdP.Recovery;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Hosting;

/// <summary>Tests in a whole web host of others, of which several may share a database, a clock and keys.</summary>
public abstract class ForeignWebTests : IAsyncDisposable
{
    protected const string Ada = "ada@example.test";
    protected const string NewPassword = "nine purple otters juggle quietly";
    protected const string Third = "seven amber kettles hum at dawn";

    private readonly IDataProtectionProvider keys = new EphemeralDataProtectionProvider();

    private protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 14, 9, 26, 53, TimeSpan.Zero));

    private protected RecordingMailer Mails { get; } = new();

    private protected TestDatabase? Database { get; set; }

    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (Database is not null)
        {
            await Database.DisposeAsync();
        }
    }

    private protected static async Task CreateAsync(WebApplication app, string email = Ada, bool isConfirmed = true)
    {
        await using var scope = app.Services.CreateAsyncScope();
        var made = await scope
            .ServiceProvider.GetRequiredService<UserManager<IdentityUser>>()
            .CreateAsync(
                new()
                {
                    UserName = email,
                    Email = email,
                    EmailConfirmed = isConfirmed,
                },
                "Correct-horse-1"
            );
        Assert.True(made.Succeeded);
    }

    private protected static async Task AskAsync(WebApplication app, string address = Ada)
    {
        await using var scope = app.Services.CreateAsyncScope();
        await scope
            .ServiceProvider.GetRequiredService<AskForPasswordReset>()
            .RunAsync(address, Audience.User, RecoveryHost.Origin, Cancelled);
    }

    private protected async Task ResetAsync(WebApplication app, string password = NewPassword)
    {
        var sent = new TaskCompletionSource();
        Mails.Answering = m =>
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
            .RunAsync(Mails.Last<RecoveryMail.PasswordResetLink>().Link.Token(), Cancelled);
        var done = await scope
            .ServiceProvider.GetRequiredService<CompletePasswordReset>()
            .RunAsync(Assert.IsType<OpenedPasswordReset.Usable>(link), password, RecoveryHost.Origin, Cancelled);
        Assert.IsType<CompletedPasswordReset.Done>(done);
    }

    private protected async Task MakeDatabaseAsync() => Database = await ForeignWebHost.MakeDatabaseAsync(Cancelled);

    private protected async Task<WebApplication> StartAsync()
    {
        var app = Build();
        await app.StartAsync(Cancelled);
        return app;
    }

    private protected WebApplication Build(
        Action<IServiceCollection>? add = null,
        string environment = "Production",
        params (string Name, string Value)[] settings
    ) => Build<TemplateContext>(add, environment, settings);

    private protected WebApplication Build<TContext>(
        Action<IServiceCollection>? add = null,
        string environment = "Production",
        params (string Name, string Value)[] settings
    )
        where TContext : DbContext =>
        ForeignWebHost.Build<TContext>(
            Database!,
            environment,
            "https://app.example.test",
            services =>
            {
                AddClock(services);
                services.AddSingleton<IRecoveryMailer>(Mails);
                services.AddSingleton<IRecoveryLinks, PlainLinks>();
                add?.Invoke(services);
            },
            Map,
            settings
        );

    private protected void AddClock(IServiceCollection services)
    {
        services.AddSingleton<TimeProvider>(Time);
        services.AddSingleton(keys);
    }

    private protected TemplateContext OpenContext() =>
        new(new DbContextOptionsBuilder<TemplateContext>().UseSqlite(Database!.ConnectionString).Options);

    private protected virtual void Map(WebApplication app) { }
}
