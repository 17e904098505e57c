using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace IdentityProvider.Data;

/// <summary>Section <c>Database</c>.</summary>
public sealed class DatabaseOptions
{
    /// <summary><c>Sqlite</c> (default, one node) or <c>PostgreSql</c>.</summary>
    [EnumDataType(typeof(DatabaseProvider))]
    public DatabaseProvider Provider { get; set; } = DatabaseProvider.Sqlite;

    /// <summary>Whether a start brings the tables up to date. Default true; without it, run <c>migrate</c> before.</summary>
    public bool MigrateAtStart { get; set; } = true;

    /// <summary>The provider while services are added; a value that is none is told by the check of the settings.</summary>
    public static DatabaseProvider ProviderOf(IConfiguration configuration) =>
        Enum.TryParse<DatabaseProvider>(configuration["Database:Provider"], ignoreCase: true, out var provider)
        && Enum.IsDefined(provider)
            ? provider
            : DatabaseProvider.Sqlite;
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
        services.AddIdentitySchema();
        var provider = DatabaseOptions.ProviderOf(configuration);
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
            DatabaseProvider.Sqlite => services.AddDbContextPool<IdpDbContext, SqliteIdpDbContext>(o =>
                o.UseSqlite(
                        SqliteSettings.Complete(
                            string.IsNullOrEmpty(connection) ? "Data Source=data/idp.db" : connection,
                            contentRoot ?? Directory.GetCurrentDirectory()
                        )
                    )
                    .AddInterceptors(new SqliteSettings(), new SqliteTurns())
                    .TrustMigrations()
            ),
            DatabaseProvider.PostgreSql => services.AddDbContextPool<IdpDbContext, PostgreSqlIdpDbContext>(o =>
                o.UseNpgsql(PostgreSqlSettings.Complete(connection ?? "")).TrustMigrations()
            ),
            _ => throw new InvalidOperationException($"Database:Provider is unknown: {provider}."),
        };
    }

    // Each start would compare the model with the migrations, which takes a fifth of a second; a test does.
    private static void TrustMigrations(this DbContextOptionsBuilder options) =>
        options.ConfigureWarnings(warnings => warnings.Ignore(RelationalEventId.PendingModelChangesWarning));
}

/// <summary>
/// Identity's model asks the application which version it shall be; this answers where a context is made outside one.
/// </summary>
internal static class IdentitySchema
{
    private static readonly ServiceProvider Settings = new ServiceCollection()
        .AddIdentitySchema()
        .BuildServiceProvider();

    /// <summary>The first version of Identity's model that has passkeys; the context reads it from the options.</summary>
    public static IServiceCollection AddIdentitySchema(this IServiceCollection services) =>
        services.Configure<IdentityOptions>(identity =>
            identity.Stores.SchemaVersion = IdentitySchemaVersions.Version3
        );

    public static DbContextOptionsBuilder<TContext> UseIdentitySchema<TContext>(
        this DbContextOptionsBuilder<TContext> options
    )
        where TContext : IdpDbContext => options.UseApplicationServiceProvider(Settings);
}

internal sealed class SqliteDesignTimeFactory : IDesignTimeDbContextFactory<SqliteIdpDbContext>
{
    public SqliteIdpDbContext CreateDbContext(string[] args) =>
        new(
            new DbContextOptionsBuilder<SqliteIdpDbContext>()
                .UseSqlite("Data Source=:memory:")
                .UseIdentitySchema()
                .Options
        );
}

internal sealed class PostgreSqlDesignTimeFactory : IDesignTimeDbContextFactory<PostgreSqlIdpDbContext>
{
    public PostgreSqlIdpDbContext CreateDbContext(string[] args) =>
        new(
            new DbContextOptionsBuilder<PostgreSqlIdpDbContext>()
                .UseNpgsql("Host=localhost")
                .UseIdentitySchema()
                .Options
        );
}
