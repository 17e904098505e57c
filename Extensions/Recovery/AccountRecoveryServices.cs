using IdP.Recovery.Audit;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Passwords;
using IdP.Recovery.SignIn;
using IdP.Recovery.Unlock;
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
    /// <see cref="OutboxSweep"/> every minute and <see cref="PrunePasswordResets"/> every hour.
    /// </summary>
    /// <param name="services">The host's services.</param>
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
        services.AddCheckedOptions<PasswordResetOptions>(configuration.GetSection("PasswordReset"));
        services.AddCheckedOptions<LockoutOptions>(configuration.GetSection("Lockout"));
        services.AddCheckedOptions<OutboxOptions>(configuration.GetSection("Outbox"));
        services.AddCheckedOptions<HashingOptions>(configuration.GetSection("Hashing"));
        services.AddCheckedOptions<PasswordPolicyOptions>(configuration.GetSection("Passwords"));
        services.AddSingleton<HashingQueue>();
        services.AddSingleton<PasswordPolicy>();
        services.AddMetrics();
        services.AddSingleton<RecoveryMetrics>();

        services.AddSingleton<Secrets>();
        services.AddSingleton<DummyPassword<TUser>>();
        services.AddScoped(p =>
            ActivatorUtilities.CreateInstance<UnitOfWork>(p, p.GetRequiredService<TContext>())
        );
        services.AddScoped<AuditLog>();
        services.AddScoped<RequestLimits>();
        services.AddScoped<IAccounts, IdentityAccounts<TUser>>();
        AddOutbox(services);
        AddPasswordReset(services);
        return services;
    }

    /// <summary>Adds a kind of outbox work of the host's own.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="kind">The name given to <see cref="UnitOfWork.Enqueue"/>.</param>
    /// <typeparam name="THandler">Who does it; made anew for every entry.</typeparam>
    public static IServiceCollection AddOutboxHandler<THandler>(
        this IServiceCollection services,
        string kind
    )
        where THandler : class, IOutboxHandler =>
        services.AddKeyedScoped<IOutboxHandler, THandler>(kind);

    private static void AddOutbox(IServiceCollection services)
    {
        services.AddSingleton<OutboxRunner>();
        services.AddScoped<OutboxSweep>();
        services.AddScoped<GivenUpWork>();
    }

    private static void AddPasswordReset(IServiceCollection services)
    {
        services.AddScoped<PasswordResetTokens>();
        services.AddScoped<SignInWithPassword>();
        services.AddScoped<RequestPasswordReset>();
        services.AddScoped<OpenPasswordReset>();
        services.AddScoped<CompletePasswordReset>();
        services.AddScoped<IssuePasswordReset>();
        services.AddScoped<ChangePassword>();
        services.AddScoped<ReportNotMe>();
        services.AddScoped<PrunePasswordResets>();
        services.AddOutboxHandler<SendPasswordReset>(SendPasswordReset.Kind);
        services.AddOutboxHandler<SendPasswordChangeNotice>(SendPasswordChangeNotice.Kind);
        services.AddOutboxHandler<EndAccess>(EndAccess.Kind);
        services.AddOutboxHandler<SendLockoutNotice>(SendLockoutNotice.Kind);
    }

    internal static void AddCheckedOptions<TOptions>(
        this IServiceCollection services,
        IConfiguration section
    )
        where TOptions : class =>
        services.AddOptions<TOptions>().Bind(section).ValidateDataAnnotations().ValidateOnStart();
}
