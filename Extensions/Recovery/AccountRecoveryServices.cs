using IdP.Recovery.Addresses;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Dashboard;
using IdP.Recovery.Endpoints;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors;
using IdP.Recovery.Lockout;
using IdP.Recovery.MfaReset;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Passwords;
using IdP.Recovery.SignIn;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IdP.Recovery;

/// <summary>Adds account recovery to a host that uses ASP.NET Core Identity with EF Core.</summary>
public static class AccountRecoveryServices
{
    /// <summary>
    /// Adds the slices. The host also registers a <see cref="TimeProvider"/> and the ports of <c>IdP.Recovery.Ports</c>, calls
    /// <see cref="AccountRecoveryModel.UseAccountRecovery"/> in its model, and lets its scheduler call
    /// <see cref="OutboxSweep"/>, <see cref="SealAudit"/> and <see cref="DeliverWaiting"/> every minute, <see cref="PruneRecovery"/>,
    /// <see cref="PruneAudit"/> and <see cref="RecordMfaCoverage"/> every hour, and <see cref="FindDrift"/> every night.
    /// </summary>
    /// <param name="configuration">The section <c>AccountRecovery</c>; each option is checked at start.</param>
    /// <typeparam name="TUser">The host's user type.</typeparam>
    /// <typeparam name="TContext">The host's context, in whose transactions everything happens.</typeparam>
    public static IServiceCollection AddAccountRecovery<TUser, TContext>(
        this IServiceCollection services,
        IConfiguration configuration
    )
        where TUser : IdentityUser
        where TContext : DbContext
    {
        services.AddMetrics();
        services.AddSingleton<RecoveryMetrics>();
        services.AddSingleton<Secrets>();
        services.AddScoped<MailedLinks>();
        services.AddScoped<PruneRecovery>();
        services.AddOutbox<TContext>(configuration);
        services.AddAudit(configuration);
        services.AddLimits();
        services.AddAccounts<TUser>();
        services.AddPasswords<TUser>(configuration);
        services.AddLockout<TUser>(configuration);
        services.AddFactors<TUser>(configuration);
        services.AddSignIn();
        services.AddPasswordReset(configuration);
        services.AddAddresses(configuration);
        services.AddEnrollment(configuration);
        services.AddMfaReset(configuration);
        services.AddEndpoints(configuration);
        services.AddConsole<TUser>();
        services.AddDashboard<TUser>();
        return services;
    }

    /// <summary>Adds a kind of outbox work of the host's own.</summary>
    /// <param name="kind">The name given to <see cref="UnitOfWork.Enqueue"/>.</param>
    /// <param name="lane">Where it waits.</param>
    /// <typeparam name="THandler">Who does it; made anew for every entry.</typeparam>
    public static IServiceCollection AddOutboxHandler<THandler>(
        this IServiceCollection services,
        string kind,
        OutboxLane lane
    )
        where THandler : class, IOutboxHandler =>
        services.AddSingleton(new OutboxKind(kind, lane)).AddKeyedScoped<IOutboxHandler, THandler>(kind);

    internal static void AddCheckedOptions<TOptions>(this IServiceCollection services, IConfiguration section)
        where TOptions : class =>
        services.AddOptions<TOptions>().Bind(section).ValidateDataAnnotations().ValidateOnStart();
}
