using IdentityProvider.Accounts;
using IdentityProvider.Sessions;
using IdP.Recovery;
using IdP.Recovery.Audit;
using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.Data;

/// <summary>The one model. Each database has a type of its own, only to carry its stream of migrations.</summary>
public abstract class IdpDbContext(DbContextOptions options)
    : IdentityDbContext<Account, IdentityRole, string>(options),
        IDataProtectionKeyContext
{
    /// <summary>The living sessions.</summary>
    public DbSet<Session> Sessions => Set<Session>();

    /// <summary>The Data Protection key ring, shared by every node.</summary>
    public DbSet<DataProtectionKey> DataProtectionKeys => Set<DataProtectionKey>();

    /// <inheritdoc />
    public override int SaveChanges(bool acceptAllChangesOnSuccess)
    {
        ChangeTracker.KeepAudit();
        return base.SaveChanges(acceptAllChangesOnSuccess);
    }

    /// <inheritdoc />
    public override Task<int> SaveChangesAsync(
        bool acceptAllChangesOnSuccess,
        CancellationToken cancellationToken = default
    )
    {
        ChangeTracker.KeepAudit();
        return base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
    }

    /// <inheritdoc />
    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.UseOpenIddict();
        builder.UseAccountRecovery(this);
        builder.ApplyConfigurationsFromAssembly(typeof(IdpDbContext).Assembly);
    }
}

/// <summary>On SQLite: one node. Times are UTC milliseconds, since SQLite cannot compare offsets.</summary>
public sealed class SqliteIdpDbContext(DbContextOptions<SqliteIdpDbContext> options) : IdpDbContext(options)
{
    /// <inheritdoc />
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UtcMilliseconds>();
}

/// <summary>On PostgreSQL: as many nodes as wanted.</summary>
public sealed class PostgreSqlIdpDbContext(DbContextOptions<PostgreSqlIdpDbContext> options) : IdpDbContext(options)
{
    /// <inheritdoc />
    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);

        // Compared byte by byte, so that an index finds what begins with something; as SQLite does it anyway. Not the
        // id: no index of a column that refers to it would serve, since theirs compare in another way.
        builder.Entity<Account>(account =>
        {
            account.Property(a => a.NormalizedEmail).UseCollation("C");
            account.Property(a => a.SearchName).UseCollation("C");
            account.Property(a => a.SearchFamilyName).UseCollation("C");
        });
    }
}
