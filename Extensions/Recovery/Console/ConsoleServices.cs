using IdP.Recovery.Audit;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace IdP.Recovery.Console;

/// <summary>What administrators see and do beside the slices.</summary>
internal static class ConsoleServices
{
    public static void AddConsole<TUser, TKey>(this IServiceCollection services)
        where TUser : IdentityUser<TKey>
        where TKey : IEquatable<TKey>
    {
        services.AddScoped<IAccountDirectory, IdentityDirectory<TUser, TKey>>();
        services.AddScoped<ChangeRoles>();
        services.AddScoped<SuspendAccount>();
        services.AddScoped<ExportAccounts>();
        services.AddScoped<PreviewLimits>();
        services.AddScoped<WorkOwners>();
        services.AddScoped(p => new UnfinishedWork(
            p.GetRequiredService<UnitOfWork>(),
            p.GetRequiredService<AuditLog>(),
            p.GetRequiredService<WorkOwners>()
        ));
    }
}
