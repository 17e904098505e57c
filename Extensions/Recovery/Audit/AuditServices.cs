using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IdP.Recovery.Audit;

/// <summary>Events, their seals and their end.</summary>
internal static class AuditServices
{
    public static void AddAudit(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddCheckedOptions<AuditOptions>(configuration.GetSection("Audit"));
        services.AddScoped<AuditLog>();
        services.AddSingleton<SealAudit>();
        services.AddSingleton<PruneAudit>();
        services.AddScoped<VerifyAudit>();
        services.AddScoped<SearchAudit>();
        services.AddScoped<ExportAudit>();
    }
}
