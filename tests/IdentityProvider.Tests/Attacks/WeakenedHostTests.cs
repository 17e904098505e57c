using System.Data.Common;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.AttackKit;
using IdP.Recovery.Factors;
using IdP.Recovery.Passwords;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Xunit;

namespace IdentityProvider.Tests.Attacks;

/// <summary>The kit finds a host whose defence is taken out: a check that cannot fail shows nothing.</summary>
public sealed class WeakenedHostTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task Threat_2_is_found_where_links_follow_the_requests_host() =>
        BreaksAsync(
            2,
            "a mail names the host of the header Host",
            services =>
            {
                var seen = new SeenHost();
                services.AddSingleton(seen);
                services.AddSingleton<IStartupFilter, RememberHost>();
                services.Replace(ServiceDescriptor.Singleton<IRecoveryLinks>(new LinksToTheRequestsHost(seen)));
            }
        );

    [Fact]
    public Task Threat_5_is_found_where_the_gate_does_not_see_the_factor() =>
        BreaksAsync(
            5,
            "a form for a new password is shown before a factor is proved",
            services => Decorate(services, inner => new BlindAccounts(inner))
        );

    [Fact]
    public Task Threat_6_is_found_where_every_session_counts_as_freshly_proved() =>
        BreaksAsync(
            6,
            "/account/security/authenticator opens without a fresh proof",
            services =>
            {
                var own = services.Single(s => s.ServiceType == typeof(ISignedInSessions));
                services.Replace(
                    ServiceDescriptor.Scoped<ISignedInSessions>(p => new AlwaysFreshSessions(
                        (ISignedInSessions)ActivatorUtilities.CreateInstance(p, own.ImplementationType!),
                        p.GetRequiredService<TimeProvider>()
                    ))
                );
            }
        );

    [Fact]
    public Task Threat_7_is_found_where_a_reset_keeps_the_security_stamp() =>
        BreaksAsync(7, "an old session goes on", KeepStamps);

    [Fact]
    public Task Threat_9_is_found_where_the_lock_begins_late() =>
        BreaksAsync(
            9,
            "after 24 wrong passwords the right one is still looked at",
            _ => { },
            ("AccountRecovery:Lockout:Failures", "100")
        );

    [Fact]
    public Task Threat_10_is_found_where_only_memory_knows_which_links_are_used() =>
        BreaksAsync(
            10,
            "a used link sets a password again after a restart",
            services =>
            {
                services.ConfigureDbContext<SqliteIdpDbContext>(o => o.AddInterceptors(new UsedInMemory()));
                KeepStamps(services);
            }
        );

    [Fact]
    public Task Threat_12_is_found_where_a_reset_leaves_the_lock() =>
        BreaksAsync(
            12,
            "the owner cannot recover while somebody fails in their name",
            _ => { },
            ("AccountRecovery:PasswordReset:LiftsLockout", "false")
        );

    [Fact]
    public Task Threat_13_is_found_where_privileged_people_count_as_users() =>
        BreaksAsync(
            13,
            "the help desk has removed the second factor of a privileged person",
            services => Decorate(services, inner => new RanklessAccounts(inner))
        );

    [Fact]
    public Task Threat_13_is_found_where_nobody_is_told() =>
        BreaksAsync(
            13,
            "no other administrator is told, or nobody could stop it",
            _ => { },
            ("AccountRecovery:AdministratorReset:TellsOthers", "false")
        );

    [Fact]
    public Task Threat_17_is_found_where_each_mail_is_sent_twice() =>
        BreaksAsync(
            17,
            "2 mails came of one request",
            services =>
            {
                var own = (IRecoveryMailer)
                    services.Last(s => s.ServiceType == typeof(IRecoveryMailer)).ImplementationInstance!;
                services.Replace(ServiceDescriptor.Singleton<IRecoveryMailer>(new EachMailTwice(own)));
            }
        );

    [Fact]
    public Task Threat_17_is_found_where_a_refused_mail_counts_as_sent() =>
        BreaksAsync(
            17,
            "a mail that was refused never comes",
            services =>
            {
                var own = (IRecoveryMailer)
                    services.Last(s => s.ServiceType == typeof(IRecoveryMailer)).ImplementationInstance!;
                services.Replace(ServiceDescriptor.Singleton<IRecoveryMailer>(new SendsOnce(own)));
            }
        );

    [Fact]
    public Task Threat_18_is_found_where_pages_let_a_referer_through() =>
        BreaksAsync(
            18,
            "a browser would send the address on as Referer",
            services => services.AddSingleton<IStartupFilter, LetReferersThrough>()
        );

    private static async Task BreaksAsync(
        int threat,
        string how,
        Action<IServiceCollection> weaken,
        params (string Name, string Value)[] settings
    )
    {
        await using var target = await ProviderTarget.StartAsync(
            DatabaseProvider.Sqlite,
            settings: settings,
            services: weaken
        );
        // The later ones of a row are the shorter ones.
        string? found = null;
        foreach (var attack in IdP.Recovery.AttackKit.AttackKit.Of(threat).Reverse())
        {
            found ??= (await attack.RunAsync(target, Cancelled) as AttackResult.Broken)?.What;
        }

        Assert.Equal(how, found);
    }

    private static void Decorate(IServiceCollection services, Func<IAccounts, IAccounts> decorate) =>
        Decorate<IAccounts>(services, (inner, _) => decorate(inner));

    private static void KeepStamps(IServiceCollection services) =>
        Decorate<IPasswords>(
            services,
            (inner, p) => new StampKeepingPasswords(inner, p.GetRequiredService<IdpDbContext>())
        );

    private static void Decorate<T>(IServiceCollection services, Func<T, IServiceProvider, T> decorate)
        where T : class
    {
        var own = services.Single(s => s.ServiceType == typeof(T)).ImplementationType!;
        services.Replace(ServiceDescriptor.Scoped<T>(p => decorate((T)ActivatorUtilities.CreateInstance(p, own), p)));
    }

    private sealed class SeenHost
    {
        public string Host { get; set; } = "";
    }

    private sealed class RememberHost(SeenHost seen) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
            app =>
            {
                app.Use(
                    (http, go) =>
                    {
                        seen.Host = http.Request.Headers.Host.ToString();
                        return go(http);
                    }
                );
                next(app);
            };
    }

    private sealed class LinksToTheRequestsHost(SeenHost seen) : IRecoveryLinks
    {
        public Uri OpenPasswordReset(string token) => new($"http://{seen.Host}/reset/open?token={token}");

        public Uri ReportNotMe(string token) => new($"http://{seen.Host}/not-me/open?token={token}");

        public Uri ForgotPassword(Audience audience) => new($"http://{seen.Host}/reset");

        public Uri OpenUnlock(string token) => new($"http://{seen.Host}/unlock/open?token={token}");

        public Uri ObjectToMfaReset(string token) => new($"http://{seen.Host}/object?token={token}");

        public Uri StopReset(string token) => new($"http://{seen.Host}/stop?token={token}");

        public Uri Addresses() => new($"http://{seen.Host}/addresses");

        public Uri Services() => new($"http://{seen.Host}/enroll");

        public Uri EnrollFactor() => new($"http://{seen.Host}/enroll");

        public Uri ApproveReset(Guid requestId) => new($"http://{seen.Host}/approvals");
    }

    private abstract class Accounts(IAccounts inner) : IAccounts
    {
        protected IAccounts Inner => inner;

        public virtual Task<RecoverableAccount?> FindAsync(string accountId, CancellationToken c) =>
            inner.FindAsync(accountId, c);

        public virtual Task<RecoverableAccount?> FindByAddressAsync(string address, CancellationToken c) =>
            inner.FindByAddressAsync(address, c);

        public Task<bool> NoteSignInAsync(RecoverableAccount account, CancellationToken c) =>
            inner.NoteSignInAsync(account, c);

        public Task<bool> HoldAsync(RecoverableAccount account, CancellationToken cancellationToken) =>
            inner.HoldAsync(account, cancellationToken);

        public Task<bool> DropFactorsAsync(RecoverableAccount account, CancellationToken c) =>
            inner.DropFactorsAsync(account, c);

        public bool CanSuspend => inner.CanSuspend;

        public Task ForgetHostFactorAsync(string accountId, CancellationToken c) =>
            inner.ForgetHostFactorAsync(accountId, c);

        public Task<bool> SetConsoleRolesAsync(
            RecoverableAccount account,
            IReadOnlyCollection<string> roles,
            CancellationToken c
        ) => inner.SetConsoleRolesAsync(account, roles, c);

        public Task<bool> SetAddressAsync(RecoverableAccount account, string address, CancellationToken c) =>
            inner.SetAddressAsync(account, address, c);

        public Task<bool> SetSuspendedAsync(RecoverableAccount account, bool suspended, CancellationToken c) =>
            inner.SetSuspendedAsync(account, suspended, c);

        public Task HoldAdministratorsAsync(CancellationToken c) => inner.HoldAdministratorsAsync(c);

        public Task<IReadOnlyList<RecoverableAccount>> ListAdministratorsAsync(CancellationToken c) =>
            inner.ListAdministratorsAsync(c);
    }

    private sealed class BlindAccounts(IAccounts inner) : Accounts(inner)
    {
        public override async Task<RecoverableAccount?> FindAsync(string accountId, CancellationToken c) =>
            await Inner.FindAsync(accountId, c) is { } account ? account with { Factors = EnrolledFactors.None } : null;
    }

    private sealed class RanklessAccounts(IAccounts inner) : Accounts(inner)
    {
        public override async Task<RecoverableAccount?> FindAsync(string accountId, CancellationToken c) =>
            await Inner.FindAsync(accountId, c) is { } account ? account with { Audience = Audience.User } : null;
    }

    private sealed class StampKeepingPasswords(IPasswords inner, IdpDbContext context) : IPasswords
    {
        public async Task<bool> SetAsync(
            RecoverableAccount account,
            string passwordHash,
            bool liftLockout,
            CancellationToken c
        ) =>
            await context
                .Users.Where(u => u.Id == account.Id)
                .ExecuteUpdateAsync(set => set.SetProperty(u => u.PasswordHash, passwordHash), c) == 1;

        public Task<PasswordCheck> CheckAsync(
            string? email,
            string? password,
            Requester requester,
            CancellationToken c
        ) => inner.CheckAsync(email, password, requester, c);

        public Task<string> HashAsync(string password, CancellationToken c) => inner.HashAsync(password, c);
    }

    private sealed class AlwaysFreshSessions(ISignedInSessions inner, TimeProvider time) : ISignedInSessions
    {
        public Task<DateTimeOffset?> ProvedAtAsync(string accountId, string sessionId, CancellationToken c) =>
            Task.FromResult<DateTimeOffset?>(time.GetUtcNow());

        public Task StartAsync(
            HttpContext http,
            RecoverableAccount account,
            IReadOnlyList<string> methods,
            CancellationToken c
        ) => inner.StartAsync(http, account, methods, c);

        public Task KeepAsync(string accountId, string sessionId, CancellationToken c) =>
            inner.KeepAsync(accountId, sessionId, c);

        public Task ProvedAsync(HttpContext http, IReadOnlyList<string> methods, CancellationToken c) =>
            inner.ProvedAsync(http, methods, c);
    }

    private sealed class EachMailTwice(IRecoveryMailer inner) : IRecoveryMailer
    {
        public async Task SendAsync(RecoveryMail mail, string messageId, CancellationToken c)
        {
            await inner.SendAsync(mail, messageId, c);
            await inner.SendAsync(mail, messageId, c);
        }
    }

    private sealed class SendsOnce(IRecoveryMailer inner) : IRecoveryMailer
    {
        public async Task SendAsync(RecoveryMail mail, string messageId, CancellationToken c)
        {
            try
            {
                await inner.SendAsync(mail, messageId, c);
            }
            catch (IOException)
            {
                // Lost.
            }
        }
    }

    // One link is used up while this host lives, and the table never hears of it.
    private sealed class UsedInMemory : DbCommandInterceptor
    {
        private int used;

        public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
            DbCommand command,
            CommandEventData eventData,
            InterceptionResult<int> result,
            CancellationToken cancellationToken = default
        ) =>
            ValueTask.FromResult(
                command.CommandText.Contains("SET \"RedeemedAt\"", StringComparison.Ordinal)
                    ? InterceptionResult<int>.SuppressWithResult(1 - Interlocked.Exchange(ref used, 1))
                : command.CommandText.Contains("SET \"VoidedAt\"", StringComparison.Ordinal)
                    ? InterceptionResult<int>.SuppressWithResult(0)
                : result
            );
    }

    private sealed class LetReferersThrough : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
            app =>
            {
                app.Use(
                    (http, go) =>
                    {
                        http.Response.OnStarting(() =>
                        {
                            http.Response.Headers.Remove("Referrer-Policy");
                            return Task.CompletedTask;
                        });
                        return go(http);
                    }
                );
                next(app);
            };
    }
}
