using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Claims;
using IdP.Recovery.Audit;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Authentication;
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

    // A stamp is made in the transaction of its event, before or after it, and a machine may be busy meanwhile.
    private static readonly TimeSpan SameTransaction = TimeSpan.FromMinutes(1);

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
        var since = began + TimeSpan.FromMilliseconds(1);
        if (stamp is not null)
        {
            var current = await tables
                .User(accountId)
                .Select(u => u.SecurityStamp)
                .SingleOrDefaultAsync(cancellationToken);
            if (current == stamp)
            {
                return false;
            }

            // Security: threat 7. Whoever is not here any more, or whose stamp was last replaced by an end, is out. Where the
            // host has replaced it, what carries the stamp of an end itself began after that end, however soon.
            if (current is null || Secrets.MadeAt(current) is not null)
            {
                return true;
            }

            since = Secrets.MadeAt(stamp) is { } made ? made + SameTransaction : began - Leeway;
        }

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
    private const string Began = ".recovery.began";

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
        var began = BeganAt(context.Properties) ?? context.Properties.IssuedUtc ?? DateTimeOffset.UnixEpoch;
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

    // To the millisecond, where a cookie itself keeps whole seconds: a sign-in may follow a reset within one.
    private void Begin(AuthenticationProperties cookie) =>
        cookie.Items.TryAdd(Began, time.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));

    private static DateTimeOffset? BeganAt(AuthenticationProperties cookie) =>
        cookie.Items.TryGetValue(Began, out var text)
        && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : null;

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

            if (name == IdentityConstants.TwoFactorUserIdScheme)
            {
                var begin = options.Events.OnSigningIn;
                options.Events.OnSigningIn = context =>
                {
                    cookies.Begin(context.Properties);
                    return begin(context);
                };
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
