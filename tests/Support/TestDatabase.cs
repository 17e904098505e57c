using System.Globalization;
using System.Text;
using IdentityProvider.Data;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Xunit;

namespace Tests.Support;

/// <summary>For <c>[Theory, ClassData(typeof(EveryDatabase))]</c>: a rule is tried on each database.</summary>
public sealed class EveryDatabase : TheoryData<DatabaseProvider>
{
    /// <summary>SQLite and PostgreSQL; only the latter in the run that is about it.</summary>
    public EveryDatabase()
    {
        if (TestDatabase.Usual == DatabaseProvider.Sqlite)
        {
            Add(DatabaseProvider.Sqlite);
        }

        Add(DatabaseProvider.PostgreSql);
    }
}

/// <summary>A migrated, empty database of a test's own, copied from one that is migrated once in a process.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private static readonly Lazy<Task<string>> SqliteTemplate = new(MakeSqliteTemplateAsync);
    private static readonly Lazy<Task<string>> PostgreSqlTemplate = new(MakePostgreSqlTemplateAsync);

    private bool isOnOwnServer;

    /// <summary>
    /// Where a test runs that names no database: SQLite, unless <c>IDP_TEST_DATABASE</c> says otherwise, with which
    /// <c>tests/run</c> runs the tests over HTTP once more.
    /// </summary>
    public static DatabaseProvider Usual { get; } =
        Enum.Parse<DatabaseProvider>(
            Environment.GetEnvironmentVariable("IDP_TEST_DATABASE") is { Length: > 0 } named
                ? named
                : nameof(DatabaseProvider.Sqlite)
        );

    private TestDatabase(DatabaseProvider provider, string connectionString)
    {
        Provider = provider;
        ConnectionString = connectionString;
    }

    public DatabaseProvider Provider { get; }

    public string ConnectionString { get; }

    /// <summary>The host's settings for it.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Settings =>
        [new("Database:Provider", Provider.ToString()), new("ConnectionStrings:Default", ConnectionString)];

    public static async Task<TestDatabase> CreateAsync(DatabaseProvider provider)
    {
        var template = provider == DatabaseProvider.Sqlite ? SqliteTemplate : PostgreSqlTemplate;
        return await CopyAsync(provider, await template.Value);
    }

    /// <summary>One without any table.</summary>
    public static async Task<TestDatabase> CreateEmptyAsync(DatabaseProvider provider)
    {
        if (provider == DatabaseProvider.Sqlite)
        {
            return new(provider, $"Data Source={TemporaryFile()}");
        }

        var name = NewName();
        await ExecuteAsync($"CREATE DATABASE {name}");
        return new(provider, await ConnectToAsync(name));
    }

    // From: a file, or a database's name.
    private static async Task<TestDatabase> CopyAsync(DatabaseProvider provider, string from)
    {
        if (provider == DatabaseProvider.Sqlite)
        {
            var file = TemporaryFile();
            File.Copy(from, file);
            return new(provider, $"Data Source={file}");
        }

        var name = NewName();
        await ExecuteAsync($"CREATE DATABASE {name} TEMPLATE {from}");
        return new(provider, await ConnectToAsync(name));
    }

    /// <summary>The one database of a server of the test's own, which goes with the server.</summary>
    public static async Task<TestDatabase> CreateAsync(OwnPostgreSql server)
    {
        var database = new TestDatabase(
            DatabaseProvider.PostgreSql,
            PostgreSqlSettings.Complete(server.ConnectionString + ";Maximum Pool Size=40")
        )
        {
            isOnOwnServer = true,
        };
        await using var context = database.OpenContext();
        await context.Database.MigrateAsync();
        return database;
    }

    /// <summary>A context outside any host, to look into the tables.</summary>
    public IdpDbContext OpenContext() =>
        Provider == DatabaseProvider.Sqlite
            ? new SqliteIdpDbContext(
                new DbContextOptionsBuilder<SqliteIdpDbContext>()
                    .UseSqlite(ConnectionString)
                    .UseIdentitySchema()
                    .Options
            )
            : new PostgreSqlIdpDbContext(
                new DbContextOptionsBuilder<PostgreSqlIdpDbContext>()
                    .UseNpgsql(ConnectionString)
                    .UseIdentitySchema()
                    .Options
            );

    /// <summary>Every row of every table but one, as text.</summary>
    public async Task<string> ReadAsync(CancellationToken cancellationToken, string? except = null)
    {
        await using var context = OpenContext();
        var connection = context.Database.GetDbConnection();
        await connection.OpenAsync(cancellationToken);
        var text = new StringBuilder();
        foreach (
            var table in context
                .Model.GetEntityTypes()
                .Select(e => e.GetTableName())
                .OfType<string>()
                .Where(t => t != except)
                .Distinct()
        )
        {
            text.AppendLine(table);
            await using var command = connection.CreateCommand();
            command.CommandText = $"SELECT * FROM \"{table}\"";
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                for (var i = 0; i < reader.FieldCount; i++)
                {
                    text.AppendLine(
                        reader.GetValue(i) is byte[] bytes
                            ? Encoding.Latin1.GetString(bytes)
                            : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture)
                    );
                }
            }
        }

        return text.ToString();
    }

    /// <summary>Ends every connection, so that it can be copied.</summary>
    public async Task CloseAsync()
    {
        if (Provider == DatabaseProvider.PostgreSql)
        {
            await using var pooled = new NpgsqlConnection(ConnectionString);
            NpgsqlConnection.ClearPool(pooled);
            return;
        }

        await using var connection = new SqliteConnection(ConnectionString + ";Pooling=False");
        SqliteConnection.ClearPool(new SqliteConnection(ConnectionString));
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
        if (await command.ExecuteScalarAsync() is not 0L)
        {
            throw new InvalidOperationException("Somebody still uses the database.");
        }

        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(connection.DataSource);
    }

    /// <summary>Another one with the same in it. Order: after <see cref="CloseAsync"/>.</summary>
    public Task<TestDatabase> CopyAsync() =>
        CopyAsync(
            Provider,
            Provider == DatabaseProvider.Sqlite
                ? new SqliteConnectionStringBuilder(ConnectionString).DataSource
                : new NpgsqlConnectionStringBuilder(ConnectionString).Database!
        );

    public async ValueTask DisposeAsync()
    {
        if (Provider == DatabaseProvider.Sqlite)
        {
            await using var connection = new SqliteConnection(ConnectionString);
            SqliteConnection.ClearPool(connection);
            foreach (var end in (string[])["", "-wal", "-shm"])
            {
                File.Delete(connection.DataSource + end);
            }
        }
        else
        {
            await using var connection = new NpgsqlConnection(ConnectionString);
            NpgsqlConnection.ClearPool(connection);
            if (isOnOwnServer)
            {
                return;
            }

            await ExecuteAsync($"DROP DATABASE {connection.Database} WITH (FORCE)");
        }
    }

    private static async Task<string> MakeSqliteTemplateAsync()
    {
        var file = TemporaryFile();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(file);
        await using var template = new TestDatabase(
            DatabaseProvider.Sqlite,
            $"Data Source={file};Pooling=False"
        ).OpenContext();
        await template.Database.MigrateAsync();

        // The copies are made of one file.
        await template.Database.ExecuteSqlRawAsync("PRAGMA wal_checkpoint(TRUNCATE)");
        return file;
    }

    private static async Task<string> MakePostgreSqlTemplateAsync()
    {
        var name = NewName();
        await ExecuteAsync($"CREATE DATABASE {name}");
        await using var template = new TestDatabase(
            DatabaseProvider.PostgreSql,
            await ConnectToAsync(name) + ";Pooling=False"
        ).OpenContext();
        await template.Database.MigrateAsync();
        return name;
    }

    // As the host completes it, so that both use one pool.
    private static async Task<string> ConnectToAsync(string name) =>
        PostgreSqlSettings.Complete(
            new NpgsqlConnectionStringBuilder(await PostgreSqlServer.ConnectionStringAsync)
            {
                Database = name,
                MaxPoolSize = 40,
                Timeout = 60,
            }.ConnectionString
        );

    private static async Task ExecuteAsync(string statement)
    {
        await using var connection = new NpgsqlConnection(await PostgreSqlServer.ConnectionStringAsync);
        await connection.OpenAsync();
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { new NpgsqlBatchCommand(statement) } };
        await batch.ExecuteNonQueryAsync();
    }

    private static string NewName() => "idp_test_" + Path.GetRandomFileName()[..8];

    private static string TemporaryFile() => Path.Combine(Path.GetTempPath(), NewName() + ".db");
}
