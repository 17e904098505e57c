using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace IdP.Recovery.Dashboard;

/// <summary>Figures for administrators.</summary>
internal static class DashboardServices
{
    public static void AddDashboard<TUser, TKey>(this IServiceCollection services)
        where TUser : IdentityUser<TKey>
        where TKey : IEquatable<TKey>
    {
        services.AddScoped<ICountMfaCoverage, CountMfaCoverage<TUser, TKey>>();
        services.AddScoped(p => new RecordMfaCoverage(
            p.GetRequiredService<UnitOfWork>(),
            p.GetRequiredService<ICountMfaCoverage>()
        ));
        services.AddScoped(p => new ReadDashboard(
            p.GetRequiredService<UnitOfWork>(),
            p.GetRequiredService<ICountMfaCoverage>()
        ));
    }
}
