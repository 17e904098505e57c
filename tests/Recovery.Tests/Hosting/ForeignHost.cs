using System.Collections.Concurrent;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Factors;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Hosting;

/// <summary>What hosts of others may be made of.</summary>
public enum HostKind
{
    /// <summary>As the template makes it.</summary>
    Template,

    /// <summary>Guids, and types of its own.</summary>
    Guids,

    /// <summary>Numbers, and no roles.</summary>
    Numbers,
}

/// <summary>Every kind of host on every database.</summary>
public sealed class EveryHost : TheoryData<HostKind, DatabaseProvider>
{
    /// <summary>All of them.</summary>
    public EveryHost()
    {
        foreach (var database in new EveryDatabase())
        {
            foreach (var kind in Enum.GetValues<HostKind>())
            {
                Add(kind, database.Data);
            }
        }
    }
}

/// <summary>
/// The plugin in a host that shares nothing with ours but ASP.NET Core Identity, with no port but a mailer and where its
/// pages are.
/// </summary>
internal abstract class ForeignHost : IAsyncDisposable
{
    public const string Email = "ada@example.test";
    public const string Password = RecoveryHost.GoodPassword + "A1!";

    private static readonly ConcurrentDictionary<
        (HostKind Kind, DatabaseProvider Provider),
        Lazy<Task<TestDatabase>>
    > Empty = new();

    private ServiceProvider? services;
    private TestDatabase? database;

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 14, 9, 26, 53, TimeSpan.Zero));

    public RecordingMailer Mails { get; } = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static async Task<ForeignHost> StartAsync(HostKind kind, DatabaseProvider provider)
    {
        ForeignHost host = kind switch
        {
            HostKind.Template => new ForeignHost<IdentityUser, string, TemplateContext>(),
            HostKind.Guids => new ForeignHost<GuidUser, Guid, GuidContext>(),
            _ => new ForeignHost<IdentityUser<int>, int, NumberContext>(),
        };
        var empty = Empty.GetOrAdd((kind, provider), _ => new(() => host.MakeAsync(provider)));
        host.Open(await (await empty.Value).CopyAsync());
        return host;
    }

    // The one that all others of its kind are copies of.
    private async Task<TestDatabase> MakeAsync(DatabaseProvider provider)
    {
        var made = await TestDatabase.CreateEmptyAsync(provider);
        var maker = new ServiceCollection();
        Add(maker, made);
        await using (var all = maker.BuildServiceProvider())
        await using (var scope = all.CreateAsyncScope())
        {
            await ContextOf(scope.ServiceProvider).Database.EnsureCreatedAsync();
        }

        await made.CloseAsync();
        return made;
    }

    private void Open(TestDatabase opened)
    {
        database = opened;
        var collection = new ServiceCollection();
        collection.AddLogging();
        collection.AddSingleton<TimeProvider>(Time);
        Add(collection, opened);
        collection.AddSingleton<IRecoveryMailer>(Mails);
        collection.AddSingleton<IRecoveryJobs, QueuedJobs>();
        collection.AddSingleton<IRecoveryLinks, PlainLinks>();
        services = collection.BuildServiceProvider(
            new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true }
        );
    }

    public async Task<T> InScopeAsync<T>(Func<IServiceProvider, Task<T>> work)
    {
        await using var scope = services!.CreateAsyncScope();
        return await work(scope.ServiceProvider);
    }

    /// <summary>Makes a person with a confirmed address; gives the id as the plugin says it.</summary>
    public abstract Task<string> CreateAsync(string email = Email, string? userName = null);

    public abstract Task<bool> HasPasswordAsync(string password);

    public abstract Task SetLockoutEndAsync(DateTimeOffset? end);

    public abstract Task<DateTimeOffset?> LockoutEndAsync();

    /// <summary>Turns Identity's own second factor on; gives its key.</summary>
    public abstract Task<Authenticator> EnrollAsync();

    /// <summary>The key by which Identity's own sign-in takes a code; null where it asks for none.</summary>
    public abstract Task<string?> KeyAsync();

    /// <summary>Saves codes as Identity's own pages do.</summary>
    public abstract Task<IReadOnlyList<string>> CreateCodesAsync();

    public abstract Task<int> CodesLeftAsync();

    /// <summary>Spends a saved code as Identity's own sign-in does.</summary>
    public abstract Task<bool> RedeemAsync(string code);

    /// <summary>Makes a key as Identity's own page does when it is opened.</summary>
    public abstract Task LookAtIdentitysPageAsync();

    public abstract DbContext ContextOf(IServiceProvider scope);

    /// <summary>Asks for a reset, lets it be mailed, and gives the token of the link.</summary>
    public async Task<string> RequestTokenAsync(string email = Email)
    {
        await AskAsync(email);
        await DrainAsync();
        return Mails.Last<RecoveryMail.PasswordResetLink>().Link.Token();
    }

    public Task<PasswordResetAnswer> AskAsync(string email = Email) =>
        InScopeAsync(p =>
            p.GetRequiredService<AskForPasswordReset>().RunAsync(email, Audience.User, RecoveryHost.Origin, Cancelled)
        );

    public Task<CompletedPasswordReset> CompleteAsync(string token, string password) =>
        InScopeAsync(async p =>
        {
            var link = await p.GetRequiredService<OpenPasswordReset>().RunAsync(token, Cancelled);
            return await p.GetRequiredService<CompletePasswordReset>()
                .RunAsync(Assert.IsType<OpenedPasswordReset.Usable>(link), password, RecoveryHost.Origin, Cancelled);
        });

    public Task<ProvedPasswordReset> ProveAsync(string token, FactorProof proof) =>
        InScopeAsync(async p =>
            await p.GetRequiredService<ProvePasswordReset>()
                .RunAsync(
                    Assert.IsType<OpenedPasswordReset.Usable>(
                        await p.GetRequiredService<OpenPasswordReset>().RunAsync(token, Cancelled)
                    ),
                    proof,
                    RecoveryHost.Origin,
                    Cancelled
                )
        );

    public async Task DrainAsync()
    {
        List<Guid> due;
        do
        {
            due = await InScopeAsync(async p =>
            {
                var now = Time.GetUtcNow();
                var ids = await ContextOf(p)
                    .Set<OutboxEntry>()
                    .Where(e => e.DoneAt == null && e.GivenUpAt == null && e.DueAt <= now)
                    .OrderBy(e => e.DueAt)
                    .Select(e => e.Id)
                    .ToListAsync(Cancelled);
                foreach (var id in ids)
                {
                    await p.GetRequiredService<OutboxRunner>().RunAsync(id, Cancelled);
                }

                return ids;
            });
        } while (due.Count > 0);
    }

    public async ValueTask DisposeAsync()
    {
        if (services is not null)
        {
            await services.DisposeAsync();
        }

        if (database is not null)
        {
            await database.DisposeAsync();
        }
    }

    protected abstract void Add(IServiceCollection services, TestDatabase database);
}

internal sealed class ForeignHost<TUser, TKey, TContext> : ForeignHost
    where TUser : IdentityUser<TKey>, new()
    where TKey : IEquatable<TKey>
    where TContext : DbContext
{
    public override Task<string> CreateAsync(string email = Email, string? userName = null) =>
        InScopeAsync(async p =>
        {
            var user = new TUser
            {
                UserName = userName ?? email,
                Email = email,
                EmailConfirmed = true,
            };
            Succeed(await Users(p).CreateAsync(user, Password));
            return user.Id.ToString()!;
        });

    public override Task<bool> HasPasswordAsync(string password) =>
        WithUserAsync((users, user) => users.CheckPasswordAsync(user, password));

    public override Task SetLockoutEndAsync(DateTimeOffset? end) =>
        WithUserAsync(
            async (users, user) =>
            {
                Succeed(await users.SetLockoutEndDateAsync(user, end));
                return true;
            }
        );

    public override Task<DateTimeOffset?> LockoutEndAsync() =>
        WithUserAsync((users, user) => users.GetLockoutEndDateAsync(user));

    public override Task<Authenticator> EnrollAsync() =>
        WithUserAsync(
            async (users, user) =>
            {
                Succeed(await users.ResetAuthenticatorKeyAsync(user));
                Succeed(await users.SetTwoFactorEnabledAsync(user, true));
                return new Authenticator((await users.GetAuthenticatorKeyAsync(user))!);
            }
        );

    public override Task<string?> KeyAsync() =>
        WithUserAsync(async (users, user) => user.TwoFactorEnabled ? await users.GetAuthenticatorKeyAsync(user) : null);

    public override Task<IReadOnlyList<string>> CreateCodesAsync() =>
        WithUserAsync(
            async (users, user) =>
                (IReadOnlyList<string>)[.. (await users.GenerateNewTwoFactorRecoveryCodesAsync(user, 10))!]
        );

    public override Task<int> CodesLeftAsync() => WithUserAsync((users, user) => users.CountRecoveryCodesAsync(user));

    public override Task<bool> RedeemAsync(string code) =>
        WithUserAsync(async (users, user) => (await users.RedeemTwoFactorRecoveryCodeAsync(user, code)).Succeeded);

    public override Task LookAtIdentitysPageAsync() =>
        WithUserAsync(
            async (users, user) =>
            {
                Succeed(await users.ResetAuthenticatorKeyAsync(user));
                return true;
            }
        );

    public override DbContext ContextOf(IServiceProvider scope) => scope.GetRequiredService<TContext>();

    protected override void Add(IServiceCollection services, TestDatabase database)
    {
        services.AddDbContext<TContext>(o =>
            _ =
                database.Provider == DatabaseProvider.Sqlite
                    ? o.UseSqlite(database.ConnectionString)
                    : o.UseNpgsql(database.ConnectionString)
        );
        services
            .AddIdentityCore<TUser>(o =>
                o.Stores.SchemaVersion =
                    typeof(TContext) == typeof(GuidContext)
                        ? IdentitySchemaVersions.Version3
                        : IdentitySchemaVersions.Default
            )
            .AddEntityFrameworkStores<TContext>()
            .AddDefaultTokenProviders();
        services.AddAccountRecovery<TUser, TContext>(
            new ConfigurationBuilder().AddInMemoryCollection([new("Origin", "https://app.example.test")]).Build()
        );
    }

    private static UserManager<TUser> Users(IServiceProvider scope) => scope.GetRequiredService<UserManager<TUser>>();

    private static void Succeed(IdentityResult result) =>
        Assert.True(result.Succeeded, string.Join(" ", result.Errors.Select(e => e.Description)));

    private Task<T> WithUserAsync<T>(Func<UserManager<TUser>, TUser, Task<T>> work) =>
        InScopeAsync(async p => await work(Users(p), (await Users(p).FindByEmailAsync(Email))!));
}

/// <summary>Pages of a host of others.</summary>
internal sealed class PlainLinks : IRecoveryLinks
{
    private static readonly Uri Origin = new("https://app.example.test");

    public Uri OpenPasswordReset(string token) => new(Origin, "/reset/open?token=" + token);

    public Uri ReportNotMe(string token) => new(Origin, "/not-me/open?token=" + token);

    public Uri ForgotPassword(Audience audience) => new(Origin, "/reset");

    public Uri OpenUnlock(string token) => new(Origin, "/unlock/open?token=" + token);

    public Uri ObjectToMfaReset(string token) => new(Origin, "/object/open?token=" + token);

    public Uri StopReset(string token) => new(Origin, "/stop-reset/open?token=" + token);

    public Uri ApproveReset(Guid requestId) => new(Origin, "/approvals#" + requestId);

    public Uri Addresses() => new(Origin, "/addresses");

    public Uri Services() => new(Origin, "/services");

    public Uri EnrollFactor() => new(Origin, "/enroll");
}
