using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace IdP.Recovery;

/// <summary>What a host has without saying so, and the check that it has the rest.</summary>
internal static class HostingServices
{
    public static void AddHosting<TUser, TKey, TContext>(this IServiceCollection services)
        where TUser : IdentityUser<TKey>
        where TKey : IEquatable<TKey>
        where TContext : DbContext
    {
        // This is the composition root of a host that has not picked a clock.
#pragma warning disable RS0030
        services.TryAddSingleton(TimeProvider.System);
#pragma warning restore RS0030
        services.AddDataProtection();
        CheckHost<TContext>.AddPorts(services);
        services.AddHostedService(p => new CheckHost<TContext>(
            services,
            p.GetRequiredService<IServiceScopeFactory>(),
            p.GetRequiredService<IOptions<OriginOptions>>(),
            p.GetRequiredService<IOptionsMonitor<CookieAuthenticationOptions>>()
        ));
        services.AddSingleton<DevelopmentLog>();
        HostSignIn.Add(services);
        services.TryAddScoped<IAccountGrants, NoGrants>();
        services.TryAddScoped<IAccountSessions, CookieSessions<TUser, TKey>>();
        services.AddScoped<ISecurityStamps, SecurityStamps<TUser, TKey>>();
        StampedCookies.Add(services);
        services.AddSingleton<OwnJobs>();
        services.TryAddSingleton<IRecoveryJobs>(p => p.GetRequiredService<OwnJobs>());
        services.AddHostedService(p => p.GetRequiredService<OwnJobs>());
    }
}
