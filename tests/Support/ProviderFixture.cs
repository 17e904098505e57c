using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Hangfire;
using IdentityProvider;
using IdentityProvider.Accounts;
using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Tests.Support;

/// <summary>
/// The real host, composed as in production, on Kestrel at a free loopback port with a database of its own. The
/// clock stands still unless a test moves it; mail is kept in memory unless a test wants the host's own.
/// </summary>
internal sealed class ProviderFixture : IAsyncDisposable
{
    public const string GoodPassword = RecoveryHost.GoodPassword;
    public const string BetterPassword = RecoveryHost.BetterPassword;

    // Outside Development the host does not start without a mail server; nothing listens there.
    private static readonly KeyValuePair<string, string?>[] NoMailServer =
    [
        new("Mail:Host", "localhost"),
        new("Mail:From", "no-reply@example.test"),
    ];

    private readonly TestDatabase database;
    private readonly Func<Task<WebApplication>> start;
    private WebApplication app;
    private bool ownsDatabase;

    private ProviderFixture(TestDatabase database, Func<Task<WebApplication>> start, WebApplication app, Uri origin)
    {
        this.database = database;
        this.start = start;
        this.app = app;
        Origin = origin;
    }

    /// <summary>Where the host is reached, and what every link and the issuer are built from.</summary>
    public Uri Origin { get; }

    /// <summary>Starts at the real time: browsers drop cookies by theirs.</summary>
    public FakeTimeProvider Time { get; private init; } = null!;

    public RecordingMailer Mails { get; private init; } = null!;

    public TestDatabase Database => database;

    public IServiceProvider Services => app.Services;

    /// <summary>Starts a host.</summary>
    /// <param name="provider">Its database; <see cref="TestDatabase.Usual"/> where a test is not about that.</param>
    /// <param name="settings">Settings as in appsettings, such as <c>("Sessions:Idle", "00:10:00")</c>.</param>
    /// <param name="environment">Development seeds and shows <c>/dev/mail</c>; Testing does neither.</param>
    /// <param name="ownMail">Whether the host's own mailer sends.</param>
    /// <param name="scheduler">Whether the scheduler's workers run, by the real clock; they do with the host's own mail.</param>
    /// <param name="realTime">Whether the clock runs.</param>
    /// <param name="services">Replaces parts, at the end.</param>
    /// <param name="besides">Another node, whose database and clock this one shares.</param>
    /// <param name="on">A database that is there already; it goes with the host. Default a new one.</param>
    public static async Task<ProviderFixture> StartAsync(
        DatabaseProvider? provider = null,
        IEnumerable<(string Name, string Value)>? settings = null,
        string environment = "Testing",
        bool ownMail = false,
        bool scheduler = false,
        bool realTime = false,
        Action<IServiceCollection>? services = null,
        ProviderFixture? besides = null,
        TestDatabase? on = null
    )
    {
        var usesOtherKeys =
            environment != "Testing"
            || settings?.Any(s =>
                s.Name.StartsWith("Keys", StringComparison.Ordinal)
                || s.Name.StartsWith("DataP", StringComparison.Ordinal)
            ) == true;
        var database =
            besides?.database
            ?? on
            ?? await (
                usesOtherKeys
                    ? TestDatabase.CreateAsync(provider ?? TestDatabase.Usual)
                    : CreateDatabaseAsync(provider ?? TestDatabase.Usual)
            );
        try
        {
            var origin = new Uri($"http://localhost:{FreePort()}");
            var arguments = database
                .Settings.Append(new("Origin", origin.ToString()))
                .Append(new("urls", origin.ToString()))
                .Append(new("environment", environment))
                .Append(new("Shutdown:Drain", "00:00:00"))
                .Append(new("contentRoot", Repository.PathOf("IdentityProvider")))
                .Append(new("applicationName", "IdentityProvider"))
                .Concat(environment == "Development" ? [] : NoMailServer)
                .Concat((settings ?? []).Select(s => new KeyValuePair<string, string?>(s.Name, s.Value)))
                .Select(s => $"--{s.Key}={s.Value}");
            var time = besides?.Time ?? new FakeTimeProvider(RealNow());
            var mails = new RecordingMailer();
            string[] all = [.. arguments];
            Func<Task<WebApplication>> start = () =>
                BuildAsync(
                    all,
                    replaced =>
                    {
                        if (!realTime)
                        {
                            replaced.Replace(ServiceDescriptor.Singleton<TimeProvider>(time));
                        }

                        if (!ownMail)
                        {
                            replaced.Replace(ServiceDescriptor.Singleton<IRecoveryMailer>(mails));

                            // Then a test runs the outbox itself, and no worker holds an entry that it waits for.
                            replaced.Replace(ServiceDescriptor.Singleton<IRecoveryJobs>(new QueuedJobs()));
                        }

                        if (!ownMail && !scheduler)
                        {
                            // What recurs would come at any moment of a test.
                            foreach (
                                var server in replaced
                                    .Where(s =>
                                        s.ImplementationFactory?.Method.ReturnType
                                        == typeof(BackgroundJobServerHostedService)
                                    )
                                    .ToList()
                            )
                            {
                                replaced.Remove(server);
                            }
                        }

                        services?.Invoke(replaced);
                    }
                );
            return new(database, start, await start(), origin)
            {
                Time = time,
                Mails = mails,
                ownsDatabase = besides is null,
            };
        }
        catch
        {
            if (besides is null)
            {
                await database.DisposeAsync();
            }

            throw;
        }
    }

    /// <summary>Ends the host; what it had in memory is gone.</summary>
    public async Task StopAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    /// <summary>Starts it again after <see cref="StopAsync"/>: at the same address, on the same database and clock.</summary>
    public async Task StartAgainAsync() => app = await start();

    /// <summary>Declares these applications and no others; gives the secrets of the confidential ones by client id.</summary>
    public Task<Dictionary<string, string>> DeclareClientsAsync(params ClientDeclaration[] clients) =>
        InScopeAsync(async p =>
        {
            var declaration = new ClientsDeclaration { Clients = clients };
            var apply = p.GetRequiredService<ApplyClients>();
            var plan = await apply.PlanAsync(declaration, TestContext.Current.CancellationToken);
            var secrets = await apply.RunAsync(declaration, plan, null, TestContext.Current.CancellationToken);
            return secrets.ToDictionary(s => s.ClientId, s => s.Secret);
        });

    /// <summary>A browser of its own: cookies are kept, redirects are not followed unless asked.</summary>
    public TestBrowser NewBrowser(string? language = null) => new(Origin, language);

    public async Task<T> InScopeAsync<T>(Func<IServiceProvider, Task<T>> work)
    {
        await using var scope = app.Services.CreateAsyncScope();
        return await work(scope.ServiceProvider);
    }

    /// <summary>Runs what is due in the outbox until nothing is, and waits for what the scheduler holds.</summary>
    public async Task DrainAsync()
    {
        var cancelled = TestContext.Current.CancellationToken;
        bool more;
        do
        {
            more = await InScopeAsync(async p =>
            {
                await DueWork.RunAsync(p, cancelled);
                var now = p.GetRequiredService<TimeProvider>().GetUtcNow();
                return await p.GetRequiredService<IdpDbContext>()
                    .Set<OutboxEntry>()
                    .AnyAsync(
                        e =>
                            e.DoneAt == null
                            && e.GivenUpAt == null
                            && (e.DueAt <= now || (e.Attempts > 0 && e.LastError == null)),
                        cancelled
                    );
            });
        } while (more);
    }

    public Task<Account> CreateAccountAsync(
        string email = "ada@example.test",
        string? password = GoodPassword,
        bool administrator = false,
        Action<Account>? with = null
    ) =>
        InScopeAsync(p =>
            TestAccounts.CreateAsync(
                p.GetRequiredService<UserManager<Account>>(),
                p.GetRequiredService<RoleManager<IdentityRole>>(),
                p.GetRequiredService<TimeProvider>(),
                email,
                password,
                administrator,
                with
            )
        );

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (ownsDatabase)
        {
            await database.DisposeAsync();
        }
    }

    private static async Task<WebApplication> BuildAsync(string[] arguments, Action<IServiceCollection> replace)
    {
        var builder = ProviderHost.CreateBuilder(arguments);
        // Assets lie beside their sources until the host is published.
        builder.WebHost.UseStaticWebAssets();
        builder.Services.Replace(ServiceDescriptor.Singleton(TestLogs.Factory()));
        replace(builder.Services);
        var app = ProviderHost.Build(builder);
        await ProviderHost.PrepareAsync(app, TestContext.Current.CancellationToken);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    /// <summary>The time of processes: whole milliseconds, as a database keeps it.</summary>
    public static DateTimeOffset RealNow() =>
        DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());

    // On its first start a host makes its keys, which takes longer than all else: each database is a copy of one at
    // which a host has started before.
    private static readonly ConcurrentDictionary<DatabaseProvider, Lazy<Task<TestDatabase>>> StartedOnce = new();

    private static async Task<TestDatabase> CreateDatabaseAsync(DatabaseProvider provider)
    {
        var started = StartedOnce.GetOrAdd(provider, p => new(() => StartOnceAsync(p)));
        try
        {
            return await (await started.Value).CopyAsync();
        }
        catch
        {
            StartedOnce.TryRemove(new(provider, started));
            throw;
        }
    }

    private static async Task<TestDatabase> StartOnceAsync(DatabaseProvider provider)
    {
        var database = await TestDatabase.CreateAsync(provider);

        // The hour before: the clocks of some tests begin a little in the past.
        var before = new FakeTimeProvider(RealNow().AddHours(-1));
        var host = await StartAsync(
            on: database,
            services: parts => parts.Replace(ServiceDescriptor.Singleton<TimeProvider>(before))
        );
        await host.StopAsync();
        await database.CloseAsync();
        return database;
    }

    // Not of those that the system gives to whoever connects: one of them would be taken before it is listened at.
    private const int FirstPort = 20_000;
    private const int Ports = 12_000;
    private static int nextPort = Environment.ProcessId * 97;

    /// <summary>A port at which nothing listens, and which is given to nobody else.</summary>
    public static int FreePort()
    {
        for (var i = 0; i < Ports; i++)
        {
            var port = FirstPort + (int)((uint)Interlocked.Increment(ref nextPort) % Ports);
            if (IsFree(IPAddress.Loopback, port) && IsFree(IPAddress.IPv6Loopback, port))
            {
                return port;
            }
        }

        throw new InvalidOperationException("No port is free.");
    }

    private static bool IsFree(IPAddress address, int port)
    {
        try
        {
            using var listener = new TcpListener(address, port);
            listener.Start();
            return true;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode
                is SocketError.AddressNotAvailable
                    or SocketError.AddressFamilyNotSupported;
        }
    }
}
