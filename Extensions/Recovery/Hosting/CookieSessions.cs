using System.Collections.Concurrent;
using System.Security.Claims;
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
/// <see cref="StampedCookies"/> looks at it.
/// </summary>
internal sealed class CookieSessions<TUser, TKey>(IdentityTables<TUser, TKey> tables) : IAccountSessions
    where TUser : IdentityUser<TKey>
    where TKey : IEquatable<TKey>
{
    public Task<bool> EndAsync(
        string accountId,
        string sessionId,
        SessionEndReason reason,
        CancellationToken cancellationToken
    ) => Task.FromResult(false);

    public Task<int> EndAllAsync(
        string accountId,
        string? exceptSessionId,
        SessionEndReason reason,
        CancellationToken cancellationToken
    ) =>
        tables
            .User(accountId)
            .ExecuteUpdateAsync(set => set.SetProperty(u => u.SecurityStamp, Secrets.NewToken()), cancellationToken);

    // They are over already.
    public Task<int> EndOutdatedAsync(string accountId, CancellationToken cancellationToken) => Task.FromResult(0);
}

/// <summary>Looks up the security stamps of accounts.</summary>
internal interface ISecurityStamps
{
    /// <summary>The stamp; null where there is no such account.</summary>
    Task<string?> FindAsync(string accountId, CancellationToken cancellationToken);
}

internal sealed class SecurityStamps<TUser, TKey>(IdentityTables<TUser, TKey> tables) : ISecurityStamps
    where TUser : IdentityUser<TKey>
    where TKey : IEquatable<TKey>
{
    public Task<string?> FindAsync(string accountId, CancellationToken cancellationToken) =>
        tables.User(accountId).Select(u => u.SecurityStamp).SingleOrDefaultAsync(cancellationToken);
}

/// <summary>
/// Refuses a cookie of Identity that was given under an earlier security stamp, within a second on every node. Identity
/// itself looks every half an hour (<see cref="SecurityStampValidatorOptions.ValidationInterval"/>), and until then whoever
/// had come in before a reset would stay.
/// </summary>
internal sealed class StampedCookies(TimeProvider time, IOptions<IdentityOptions> identity)
{
    private Second now = new(0);

    public async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var claims = identity.Value.ClaimsIdentity;
        if (
            context.Principal?.FindFirstValue(claims.SecurityStampClaimType) is not { } stamp
            || context.Principal.FindFirstValue(claims.UserIdClaimType) is not { } accountId
        )
        {
            return;
        }

        var second = time.GetUtcNow().ToUnixTimeSeconds();
        var known = now;
        if (known.At != second)
        {
            now = known = new(second);
        }

        if (known.Good.GetValueOrDefault(accountId) == stamp)
        {
            return;
        }

        var stamps = context.HttpContext.RequestServices.GetRequiredService<ISecurityStamps>();
        if (await stamps.FindAsync(accountId, context.HttpContext.RequestAborted) == stamp)
        {
            known.Good[accountId] = stamp;
            return;
        }

        context.RejectPrincipal();
        await context.HttpContext.SignOutAsync(context.Scheme.Name);
    }

    internal static void Add(IServiceCollection services)
    {
        services.AddSingleton<StampedCookies>();
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IPostConfigureOptions<CookieAuthenticationOptions>, Configure>()
        );
    }

    // What was found good within this second.
    private sealed record Second(long At)
    {
        public ConcurrentDictionary<string, string> Good { get; } = new(StringComparer.Ordinal);
    }

    private sealed class Configure(StampedCookies cookies) : IPostConfigureOptions<CookieAuthenticationOptions>
    {
        public void PostConfigure(string? name, CookieAuthenticationOptions options)
        {
            if (name != IdentityConstants.ApplicationScheme)
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
