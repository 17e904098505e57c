using IdP.Recovery.Audit;
using IdP.Recovery.Dashboard;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery;

/// <summary>The tables of the plugin in the host's own model.</summary>
public static class AccountRecoveryModel
{
    /// <summary>
    /// Adds the plugin's tables, all named <c>Recovery…</c>. To be called in <c>OnModelCreating</c>. How each is kept stands
    /// beside its entity.
    /// </summary>
    /// <param name="builder">The host's model.</param>
    public static ModelBuilder UseAccountRecovery(this ModelBuilder builder)
    {
        builder.ApplyConfigurationsFromAssembly(typeof(AccountRecoveryModel).Assembly);
        SqlLower.Map(builder);
        AuditDays.Map(builder);
        return builder;
    }
}
