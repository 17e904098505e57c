using System.ComponentModel.DataAnnotations;
using IdentityProvider.Operations;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace IdentityProvider.Data;

/// <summary>Section <c>Database</c>.</summary>
public sealed class DatabaseOptions
{
    /// <summary><c>Sqlite</c> (default, one node) or <c>PostgreSql</c>.</summary>
    [EnumDataType(typeof(DatabaseProvider))]
    public DatabaseProvider Provider { get; set; } = DatabaseProvider.Sqlite;
}

/// <summary>The databases that the host runs on.</summary>
public enum DatabaseProvider
{
    /// <summary>A file; one node.</summary>
    Sqlite,

    /// <summary>PostgreSQL 15 or newer; any number of nodes.</summary>
    PostgreSql,
}

internal static class DatabaseServices
{
    public static IServiceCollection AddDatabase(
        this IServiceCollection services,
        IConfiguration configuration,
        string? contentRoot = null
    )
    {
        var provider = configuration.GetValue("Database:Provider", DatabaseProvider.Sqlite);
        var connection = configuration.GetConnectionString("Default");
        services
            .AddOptions<DatabaseOptions>()
            .Bind(configuration.GetSection("Database"))
            .ValidateDataAnnotations()
            .Validate(
                o => o.Provider != DatabaseProvider.PostgreSql || !string.IsNullOrEmpty(connection),
                "ConnectionStrings:Default must be set where Database:Provider is PostgreSql."
            )
            .ValidateOnStart();
        return provider switch
        {
            DatabaseProvider.Sqlite => services.AddDbContextPool<IdpDbContext, SqliteIdpDbContext>(
                o =>
                    o.UseSqlite(
                            SqliteSettings.Complete(
                                string.IsNullOrEmpty(connection)
                                    ? "Data Source=data/idp.db"
                                    : connection,
                                contentRoot ?? Directory.GetCurrentDirectory()
                            )
                        )
                        .AddInterceptors(new SqliteSettings())
            ),
            DatabaseProvider.PostgreSql => services.AddDbContextPool<
                IdpDbContext,
                PostgreSqlIdpDbContext
            >(o => o.UseNpgsql(connection)),
            _ => throw new InvalidOperationException($"Database:Provider is unknown: {provider}."),
        };
    }
}

internal sealed class SqliteDesignTimeFactory : IDesignTimeDbContextFactory<SqliteIdpDbContext>
{
    public SqliteIdpDbContext CreateDbContext(string[] args) =>
        new(
            new DbContextOptionsBuilder<SqliteIdpDbContext>()
                .UseSqlite("Data Source=:memory:")
                .Options
        );
}

internal sealed class PostgreSqlDesignTimeFactory
    : IDesignTimeDbContextFactory<PostgreSqlIdpDbContext>
{
    public PostgreSqlIdpDbContext CreateDbContext(string[] args) =>
        new(
            new DbContextOptionsBuilder<PostgreSqlIdpDbContext>()
                .UseNpgsql("Host=localhost")
                .Options
        );
}
