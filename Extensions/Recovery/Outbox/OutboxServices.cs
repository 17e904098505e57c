using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IdP.Recovery;

/// <summary>Work that must not be lost, and the transactions that it is written in.</summary>
internal static class OutboxServices
{
    public static void AddOutbox<TContext>(this IServiceCollection services, IConfiguration configuration)
        where TContext : DbContext
    {
        services.AddCheckedOptions<OutboxOptions>(configuration.GetSection("Outbox"));
        services.AddSingleton<OutboxLanes>();
        services.AddScoped(p => new UnitOfWork(
            p.GetRequiredService<TContext>(),
            p.GetRequiredService<IRecoveryJobs>(),
            p.GetRequiredService<OutboxLanes>(),
            p.GetRequiredService<TimeProvider>()
        ));
        services.AddSingleton<OutboxLeases>();
        services.AddScoped<OutboxHold>();
        services.AddSingleton<KeepEntry>();
        services.AddSingleton(p => new OutboxRunner(
            p.GetRequiredService<IServiceScopeFactory>(),
            p.GetRequiredService<OutboxLeases>(),
            p.GetRequiredService<KeepEntry>(),
            p.GetRequiredService<TimeProvider>(),
            p.GetRequiredService<ILogger<OutboxRunner>>()
        ));
        services.AddScoped<TellEveryAddress>();
        services.AddScoped<MailDesk>();
    }
}
