using System.Reflection;
using IdP.Recovery.Addresses;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Dashboard;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors;
using IdP.Recovery.Lockout;
using IdP.Recovery.MfaReset;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Passwords;
using IdP.Recovery.Ports;
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
    /// Adds the slices. The host calls <see cref="AccountRecoveryModel.UseAccountRecovery"/> in its model and supplies
    /// <see cref="IRecoveryMailer"/>; pages, and with them <see cref="IRecoveryLinks"/>, come with <c>IdP.UI</c>. Every other
    /// port has a default, which a registration of the host's own takes the place of. A start tells all that is missing.
    /// </summary>
    /// <param name="configuration">The host's: the setting <c>Origin</c> and the section <c>AccountRecovery</c>.</param>
    /// <typeparam name="TUser">The host's user type: an <see cref="IdentityUser{TKey}"/> with keys of the type string, Guid,
    /// int or long.</typeparam>
    /// <typeparam name="TContext">The host's context, in whose transactions everything happens.</typeparam>
    /// <exception cref="ArgumentException">The user type is none of Identity.</exception>
    public static IServiceCollection AddAccountRecovery<TUser, TContext>(
        this IServiceCollection services,
        IConfiguration configuration
    )
        where TUser : class
        where TContext : DbContext
    {
        var key =
            IdentityModel.KeyOf(typeof(TUser))
            ?? throw new ArgumentException($"{typeof(TUser).Name} is no user of ASP.NET Core Identity.", nameof(TUser));
        typeof(AccountRecoveryServices)
            .GetMethod(nameof(AddSlices), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(typeof(TUser), key, typeof(TContext))
            .Invoke(null, BindingFlags.DoNotWrapExceptions, null, [services, configuration], null);
        return services;
    }

    private static void AddSlices<TUser, TKey, TContext>(IServiceCollection services, IConfiguration host)
        where TUser : IdentityUser<TKey>
        where TKey : IEquatable<TKey>
        where TContext : DbContext
    {
        services.AddCheckedOptions<OriginOptions>(host);
        services.AddHosting<TUser, TKey, TContext>();
        var configuration = host.GetSection("AccountRecovery");
        services.AddMetrics();
        services.AddSingleton<RecoveryMetrics>();
        services.AddSingleton<Secrets>();
        services.AddScoped<MailedLinks>();
        services.AddScoped<PruneRecovery>();
        services.AddOutbox<TContext>(configuration);
        services.AddAudit(configuration);
        services.AddLimits();
        services.AddAccounts<TUser, TKey>(configuration);
        services.AddPasswords<TUser, TKey>(configuration);
        services.AddLockout<TUser, TKey>(configuration);
        services.AddFactors<TUser, TKey>(configuration);
        services.AddSignIn();
        services.AddPasswordReset(configuration);
        services.AddAddresses(configuration);
        services.AddEnrollment(configuration);
        services.AddMfaReset(configuration);
        services.AddEndpoints(configuration);
        services.AddConsole<TUser, TKey>();
        services.AddDashboard<TUser, TKey>();
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

    /// <summary>
    /// Adds what does the work of a port where the host has nothing of its own for it. A registration of the host's, before
    /// or after, takes its place.
    /// </summary>
    /// <typeparam name="TPort">One of <c>IdP.Recovery.Ports</c>.</typeparam>
    /// <typeparam name="TDefault">Made once.</typeparam>
    public static IServiceCollection AddRecoveryPort<TPort, TDefault>(this IServiceCollection services)
        where TPort : class
        where TDefault : class, TPort
    {
        if (MissingPorts.Lack(services, typeof(TPort)))
        {
            services.AddSingleton<TPort, TDefault>();
        }

        return services;
    }

    /// <summary>Options that a start checks, with all else that it tells of in one message.</summary>
    internal static void AddCheckedOptions<TOptions>(this IServiceCollection services, IConfiguration section)
        where TOptions : class
    {
        services.AddOptions<TOptions>().Bind(section).ValidateDataAnnotations();
        services.AddSingleton<ICheckedOptions, CheckedOptions<TOptions>>();
    }
}
