using System.Collections.Concurrent;
using System.Security.Claims;
using IdP.Recovery.Audit;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace IdP.Recovery;

/// <summary>
/// The sessions of a host that keeps them in Identity's cookie and nowhere else: a new security stamp ends them, since
/// <see cref="EndedCookies"/> looks at it.
/// </summary>
internal sealed class CookieSessions<TUser, TKey>(UnitOfWork work, IdentityTables<TUser, TKey> tables, AuditLog audit)
    : IAccountSessions
    where TUser : IdentityUser<TKey>
    where TKey : IEquatable<TKey>
{
    public Task<bool> EndAsync(
        string accountId,
        string sessionId,
        SessionEndReason reason,
        CancellationToken cancellationToken
    ) => Task.FromResult(false);

    // None can be left out; a host that knows its sessions one by one brings a port of its own.
    public Task<int> EndAllAsync(
        string accountId,
        string? exceptSessionId,
        SessionEndReason reason,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync(
            async inner =>
            {
                var ended = await tables
                    .User(accountId)
                    .ExecuteUpdateAsync(
                        set =>
                            set.SetProperty(u => u.SecurityStamp, Secrets.NewStamp(work.Now))
                                .SetProperty(u => u.ConcurrencyStamp, Secrets.NewToken()),
                        inner
                    );
                audit.Add(AuditEventTypes.SessionEnded, accountId, Requester.None, reason: AuditReasons.Of(reason));
                return ended;
            },
            cancellationToken
        );

    // They are over already.
    public Task<int> EndOutdatedAsync(string accountId, CancellationToken cancellationToken) => Task.FromResult(0);
}

/// <summary>Tells when the access of an account ended.</summary>
internal interface IAccessEnds
{
    /// <summary>
    /// Whether what began at a time under a security stamp has been ended by this plugin since. Another stamp alone does not
    /// say so: a host replaces it too, and has its own mind about what goes on then.
    /// </summary>
    /// <param name="stamp">Null where what began knows none.</param>
    Task<bool> IsOverAsync(string accountId, string? stamp, DateTimeOffset began, CancellationToken cancellationToken);
}

internal sealed class AccessEnds<TUser, TKey>(UnitOfWork work, IdentityTables<TUser, TKey> tables) : IAccessEnds
    where TUser : IdentityUser<TKey>
    where TKey : IEquatable<TKey>
{
    // A cookie may be renewed while its end is not seen yet, and the clocks of two nodes differ.
    private static readonly TimeSpan Leeway = TimeSpan.FromSeconds(30);

    // A stamp is made in the transaction of its event, a moment before or after it.
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    private static readonly string[] Ends =
    [
        AuditEventTypes.ResetCompleted,
        AuditEventTypes.PasswordChanged,
        AuditEventTypes.NotMeReported,
        AuditEventTypes.ResetStopped,
        AuditEventTypes.AccountSuspended,
        AuditEventTypes.RolesChanged,
        AuditEventTypes.MfaReset,
        AuditEventTypes.AddressChanged,
        AuditEventTypes.SessionEnded,
    ];

    public async Task<bool> IsOverAsync(
        string accountId,
        string? stamp,
        DateTimeOffset began,
        CancellationToken cancellationToken
    )
    {
        if (
            stamp is not null
            && await tables.User(accountId).Select(u => u.SecurityStamp).SingleOrDefaultAsync(cancellationToken)
                == stamp
        )
        {
            return false;
        }

        // Security: threat 7. What carries the stamp of an end itself began after it, however soon.
        var since =
            stamp is null ? began
            : Secrets.MadeAt(stamp) is { } made ? made + Moment
            : began - Leeway;
        return await work
            .Context.Set<AuditEvent>()
            .AnyAsync(e => e.AccountId == accountId && e.At >= since && Ends.Contains(e.Type), cancellationToken);
    }
}

/// <summary>
/// Refuses a cookie of Identity whose access was ended, within a second on every node: of a session, of a browser that is
/// remembered, of a sign-in that waits for its second factor (threat 7). Identity itself looks every half an hour
/// (<see cref="SecurityStampValidatorOptions.ValidationInterval"/>), and until then whoever had come in before a reset would
/// stay.
/// </summary>
internal sealed class EndedCookies(TimeProvider time, IOptions<IdentityOptions> identity)
{
    private Second now = new(0);

    public static readonly string[] Schemes =
    [
        IdentityConstants.ApplicationScheme,
        IdentityConstants.TwoFactorRememberMeScheme,
        IdentityConstants.TwoFactorUserIdScheme,
    ];

    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<EndedCookies>();
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IPostConfigureOptions<CookieAuthenticationOptions>, Configure>()
        );
    }

    public async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var claims = identity.Value.ClaimsIdentity;
        var isSession = context.Scheme.Name == IdentityConstants.ApplicationScheme;
        var stamp = context.Principal?.FindFirstValue(claims.SecurityStampClaimType);
        if (
            context.Principal?.FindFirstValue(isSession ? claims.UserIdClaimType : ClaimTypes.Name) is not { } accountId
        )
        {
            return;
        }

        var known = Known();
        if (stamp is not null && known.Good.GetValueOrDefault(accountId) == stamp)
        {
            return;
        }

        var ends = context.HttpContext.RequestServices.GetRequiredService<IAccessEnds>();
        var began = context.Properties.IssuedUtc ?? DateTimeOffset.MinValue.AddYears(1);
        if (await ends.IsOverAsync(accountId, stamp, began, context.HttpContext.RequestAborted))
        {
            // The cookie stays: one that a request beside this one has just been given must not be taken away.
            context.RejectPrincipal();
        }
        else if (stamp is not null)
        {
            known.Good[accountId] = stamp;
        }
    }

    private Second Known()
    {
        var second = time.GetUtcNow().ToUnixTimeSeconds();
        var known = now;
        if (known.At != second)
        {
            now = known = new(second);
        }

        return known;
    }

    // What was found good within this second.
    private sealed record Second(long At)
    {
        public ConcurrentDictionary<string, string> Good { get; } = new(StringComparer.Ordinal);
    }

    private sealed class Configure(EndedCookies cookies) : IPostConfigureOptions<CookieAuthenticationOptions>
    {
        public void PostConfigure(string? name, CookieAuthenticationOptions options)
        {
            if (!Schemes.Contains(name))
            {
                return;
            }

            // The host's own check goes first: where it has renewed the principal, the new one is looked at.
            var own = options.Events.OnValidatePrincipal;
            options.Events.OnValidatePrincipal = async context =>
            {
                await own(context);
                await cookies.ValidateAsync(context);
            };
        }
    }
}
