using IdentityProvider.Accounts;
using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdentityProvider.OpenId.Logout;
using IdentityProvider.Passwords;
using IdentityProvider.Sessions;
using IdP.Recovery;
using IdP.Recovery.Factors;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Passwords;
using IdP.Recovery.Ports;
using IdP.Recovery.SignIn;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Tests.Support;

/// <summary>
/// The plugin in a container with the host's own data and sessions, on a database of its own, under a clock that
/// stands still until it is told to move. Jobs run when a test says so; mail is kept in memory.
/// </summary>
internal sealed class RecoveryHost : IAsyncDisposable
{
    public const string GoodPassword = "correct horse battery staple";
    public const string BetterPassword = "nine purple otters juggle quietly";

    private readonly TestDatabase database;
    private readonly bool ownsDatabase;
    private readonly Dictionary<string, string?> settings;
    private readonly Action<IServiceCollection> replace;
    private readonly ServiceProvider services;

    private RecoveryHost(
        TestDatabase database,
        bool ownsDatabase,
        FakeTimeProvider time,
        Dictionary<string, string?> settings,
        Action<IServiceCollection> replace
    )
    {
        this.database = database;
        this.ownsDatabase = ownsDatabase;
        this.settings = settings;
        this.replace = replace;
        Time = time;
        services = Compose();
    }

    public FakeTimeProvider Time { get; }

    public RecordingMailer Mails { get; } = new();

    public RecordingGrants Grants { get; } = new();

    public QueuedJobs Jobs { get; } = new();

    public TestDatabase Database => database;

    /// <summary>Where people are.</summary>
    public static Requester Origin { get; } = new("192.0.2.7", "Firefox on Linux");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static Task<RecoveryHost> StartAsync(
        DatabaseProvider provider,
        params (string Name, string Value)[] settings
    ) => StartAsync(provider, _ => { }, settings);

    /// <summary>With some of the services replaced by others.</summary>
    public static async Task<RecoveryHost> StartAsync(
        DatabaseProvider provider,
        Action<IServiceCollection> replace,
        params (string Name, string Value)[] settings
    ) =>
        new(
            await TestDatabase.CreateAsync(provider),
            ownsDatabase: true,
            new FakeTimeProvider(new DateTimeOffset(2026, 3, 14, 9, 26, 53, TimeSpan.Zero)),
            settings.ToDictionary(s => s.Name, s => (string?)s.Value),
            replace
        );

    /// <summary>Another process on the same database and clock, which knows nothing of what this one had in memory.</summary>
    /// <param name="others">Settings that are others there.</param>
    public RecoveryHost StartAnother(params (string Name, string Value)[] others) => StartAnother(_ => { }, others);

    /// <summary>With some of its services replaced by others.</summary>
    public RecoveryHost StartAnother(
        Action<IServiceCollection> replaceThere,
        params (string Name, string Value)[] others
    ) =>
        new(
            database,
            ownsDatabase: false,
            Time,
            settings
                .Where(s => others.All(o => o.Name != s.Key))
                .Concat(others.Select(o => KeyValuePair.Create(o.Name, (string?)o.Value)))
                .ToDictionary(),
            replace + replaceThere
        );

    public async Task<T> InScopeAsync<T>(Func<IServiceProvider, Task<T>> work)
    {
        await using var scope = services.CreateAsyncScope();
        return await work(scope.ServiceProvider);
    }

    public Task InScopeAsync(Func<IServiceProvider, Task> work) =>
        InScopeAsync(async p =>
        {
            await work(p);
            return true;
        });

    /// <summary>Calls one step of a slice in a scope of its own, as a request does.</summary>
    public Task<T> CallAsync<TStep, T>(Func<TStep, Task<T>> call)
        where TStep : notnull => InScopeAsync(p => call(p.GetRequiredService<TStep>()));

    /// <summary>Runs what is due in the outbox until nothing is.</summary>
    public async Task DrainAsync()
    {
        bool more;
        do
        {
            more = await InScopeAsync(async p =>
            {
                await DueWork.RunAsync(p, Cancelled);
                var now = Time.GetUtcNow();
                return await p.GetRequiredService<IdpDbContext>()
                    .Set<OutboxEntry>()
                    .AnyAsync(e => e.DoneAt == null && e.GivenUpAt == null && e.DueAt <= now, Cancelled);
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
                Time,
                email,
                password,
                administrator,
                with
            )
        );

    /// <summary>Asks for a reset; nothing is mailed before <see cref="DrainAsync"/>.</summary>
    public Task<PasswordResetAnswer> RequestAsync(
        string? email,
        Audience audience = Audience.User,
        string network = "192.0.2.7"
    ) =>
        CallAsync<AskForPasswordReset, PasswordResetAnswer>(r =>
            r.RunAsync(email, audience, new Requester(network, "Firefox on Linux"), Cancelled)
        );

    /// <summary>Asks for a reset, lets it be mailed, and gives the token of the newest link.</summary>
    public async Task<string> RequestTokenAsync(string email = "ada@example.test", Audience audience = Audience.User)
    {
        var before = Mails.Count<RecoveryMail.PasswordResetLink>();
        await RequestAsync(email, audience);
        await DrainAsync();
        Assert.Equal(before + 1, Mails.Count<RecoveryMail.PasswordResetLink>());
        return Mails.Last<RecoveryMail.PasswordResetLink>().Link.Token();
    }

    public Task<OpenedPasswordReset> OpenAsync(string? token) =>
        CallAsync<OpenPasswordReset, OpenedPasswordReset>(o => o.RunAsync(token, Cancelled));

    public Task<CompletedPasswordReset> CompleteAsync(string? token, string password = BetterPassword) =>
        InScopeAsync(async p =>
            await p.GetRequiredService<OpenPasswordReset>().LookAsync(token, Cancelled)
                is OpenedPasswordReset.Usable link
                ? await p.GetRequiredService<CompletePasswordReset>().RunAsync(link, password, Origin, Cancelled)
                : new CompletedPasswordReset.Gone()
        );

    public Task<PasswordCheck> CheckPasswordAsync(string email, string password) =>
        CallAsync<IPasswords, PasswordCheck>(a => a.CheckAsync(email, password, Requester.None, Cancelled));

    public async Task<bool> SignsInAsync(string email, string password) =>
        await CheckPasswordAsync(email, password) is PasswordCheck.Accepted;

    public Task<RecoverableAccount> FindAsync(string id) =>
        CallAsync<IAccounts, RecoverableAccount>(async a => (await a.FindAsync(id, Cancelled))!);

    /// <summary>Begins a session as a browser does; gives its cookie.</summary>
    public Task<string> StartSessionAsync(string accountId) =>
        InScopeAsync(async p =>
        {
            var account = await p.GetRequiredService<IAccounts>().FindAsync(accountId, Cancelled);
            var http = new DefaultHttpContext { RequestServices = p };
            await p.GetRequiredService<ISignedInSessions>().StartAsync(http, account!, ["pwd"], Cancelled);
            return http.Response.Headers.SetCookie.ToString().Split(';')[0];
        });

    public Task<bool> IsSignedInAsync(string cookie) =>
        InScopeAsync(async p =>
        {
            var http = new DefaultHttpContext { RequestServices = p };
            http.Request.Headers.Cookie = cookie;
            return (await http.AuthenticateAsync(SessionSchemes.Session)).Succeeded;
        });

    /// <summary>An authenticator app for an account, whose code of this moment is not used yet.</summary>
    public Task<Authenticator> EnrollTotpAsync(string accountId) =>
        InScopeAsync(p => Authenticator.EnrollAsync(p, accountId, Time.GetUtcNow()));

    public Task<IReadOnlyList<string>> CreateRecoveryCodesAsync(string accountId) =>
        InScopeAsync(p => Authenticator.CreateCodesAsync(p, accountId));

    /// <summary>The first step of a sign-in, by a browser.</summary>
    public Task<PasswordSignIn> SignInAsync(
        Jar browser,
        string email,
        string password = GoodPassword,
        Audience portal = Audience.User,
        bool wantsFactor = false
    ) =>
        InBrowserAsync(
            browser,
            (p, http) =>
                p.GetRequiredService<SignInWithPassword>()
                    .RunAsync(http, email, password, portal, wantsFactor, From(browser), Cancelled)
        );

    /// <summary>The second.</summary>
    public Task<FactorSignIn> SignInAsync(Jar browser, string token, FactorProof proof, bool remember = false) =>
        InBrowserAsync(
            browser,
            (p, http) =>
                p.GetRequiredService<SignInWithFactor>()
                    .RunAsync(http, token, proof, remember, From(browser), Cancelled)
        );

    /// <summary>Who asks from a browser, by which an account may know it.</summary>
    public static Requester From(Jar browser) =>
        Origin with
        {
            BrowserToken = browser.Value("__Host-idp-known") ?? browser.Value("idp-known"),
        };

    /// <summary>Does something in a request of a browser, which keeps the cookies it is given.</summary>
    public Task<T> InBrowserAsync<T>(Jar browser, Func<IServiceProvider, HttpContext, Task<T>> work) =>
        InScopeAsync(async p =>
        {
            var http = new DefaultHttpContext { RequestServices = p };
            http.Request.Headers.Cookie = browser.Header;
            if ((await http.AuthenticateAsync(SessionSchemes.Session)).Principal is { } principal)
            {
                http.User = principal;
            }

            var result = await work(p, http);
            browser.Keep(http.Response.Headers.SetCookie);
            return result;
        });

    public async Task<bool> IsSignedInAsync(Jar browser) =>
        await InBrowserAsync(browser, (_, http) => Task.FromResult(http.User.Identity?.IsAuthenticated == true));

    /// <summary>The gate of a reset.</summary>
    public Task<ProvedPasswordReset> ProveAsync(string? token, FactorProof proof) =>
        InScopeAsync(async p =>
            await p.GetRequiredService<OpenPasswordReset>().LookAsync(token, Cancelled)
                is OpenedPasswordReset.Usable link
                ? await p.GetRequiredService<ProvePasswordReset>().RunAsync(link, proof, Origin, Cancelled)
                : new ProvedPasswordReset.Gone()
        );

    public async Task<IReadOnlyList<T>> RowsAsync<T>()
        where T : class
    {
        await using var context = database.OpenContext();
        return await context.Set<T>().AsNoTracking().ToListAsync(Cancelled);
    }

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        if (ownsDatabase)
        {
            await database.DisposeAsync();
        }
    }

    private ServiceProvider Compose()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(database.Settings)
            .AddInMemoryCollection([new("Origin", "https://login.example.test")])
            .AddInMemoryCollection(settings)
            .Build();
        var collection = new ServiceCollection();
        collection.AddSingleton<IConfiguration>(configuration);
        collection.AddLogging();
        collection.AddSingleton<TimeProvider>(Time);
        collection.AddDatabase(configuration);
        collection.AddDataProtection().SetApplicationName("tests").PersistKeysToDbContext<IdpDbContext>();
        collection.AddPasswordHashing(configuration);
        collection.AddSingleton<ClientRegistry>();
        collection.AddSessions(configuration);
        collection.AddScoped<ISessionEnded, NoteLogout>();
        collection.AddAccountRecovery<Account, IdpDbContext>(configuration);
        collection.AddSingleton<IRecoveryMailer>(Mails);
        collection.AddSingleton<IRecoveryJobs>(Jobs);
        collection.AddSingleton<IAccountGrants>(Grants);
        collection.AddSingleton<IRecoveryLinks, TestLinks>();
        replace(collection);
        return collection.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true });
    }

    private sealed class TestLinks : IRecoveryLinks
    {
        private static readonly Uri Origin = new("https://login.example.test");

        public Uri OpenPasswordReset(string token) => new(Origin, "/reset/open?token=" + token);

        public Uri ReportNotMe(string token) => new(Origin, "/not-me/open?token=" + token);

        public Uri ForgotPassword(Audience audience) => new(Origin, "/reset/" + audience);

        public Uri OpenUnlock(string token) => new(Origin, "/unlock/open?token=" + token);

        public Uri ObjectToMfaReset(string token) => new(Origin, "/object/open?token=" + token);

        public Uri StopReset(string token) => new(Origin, "/stop-reset/open?token=" + token);

        public Uri ApproveReset(Guid requestId) => new(Origin, "/admin/approvals#" + requestId);

        public Uri Addresses() => new(Origin, "/account/addresses");

        public Uri Services() => new(Origin, "/account/services");

        public Uri EnrollFactor() => new(Origin, "/account/security/authenticator");
    }
}
