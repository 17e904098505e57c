using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace IdP.Recovery;

/// <summary>What a host has without saying so, and the check that it has the rest.</summary>
internal static class HostingServices
{
    public static void AddHosting<TUser, TKey, TContext>(this IServiceCollection services)
        where TUser : IdentityUser<TKey>
        where TKey : IEquatable<TKey>
        where TContext : DbContext
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddDataProtection();
        MissingPorts.Add(services);
        services.AddHostedService(p => new CheckHost<TContext>(
            services,
            p.GetRequiredService<IServiceScopeFactory>(),
            p.GetRequiredService<ILogger<CheckHost<TContext>>>()
        ));
        services.AddSingleton<DevelopmentLog>();
        HostSignIn.Add(services);
        services.TryAddScoped<IAccountGrants, NoGrants>();
        services.TryAddScoped<IAccountSessions, CookieSessions<TUser, TKey>>();
        services.AddScoped<IAccessEnds, AccessEnds<TUser, TKey>>();
        EndedCookies.Add(services);

        // Order: what is in hand is renewed until the workers have stopped, who come after it.
        services.AddHostedService<OutboxWatch>();
        services.AddSingleton<OwnJobs>();
        services.TryAddSingleton<IRecoveryJobs>(p => p.GetRequiredService<OwnJobs>());
        services.AddHostedService(p => p.GetRequiredService<OwnJobs>());
    }
}
