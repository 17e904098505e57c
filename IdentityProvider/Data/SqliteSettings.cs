using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace IdentityProvider.Data;

/// <summary>
/// How each connection to SQLite is set, once: readers beside one writer (WAL), a writer waits 5 s for its turn, a commit
/// outlives a crash of the process, foreign keys hold.
/// </summary>
internal sealed class SqliteSettings : DbConnectionInterceptor
{
    public const int BusySeconds = 5;

    private const string Pragmas =
        "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;";

    // By the handle: a context opens a connection for every statement, mostly one that was used before.
    private readonly ConditionalWeakTable<object, object> set = [];

    /// <summary>The connection string in full; makes the file's folder.</summary>
    /// <param name="connection">As in the settings; a relative file is under the content root.</param>
    public static string Complete(string connection, string contentRoot)
    {
        var builder = new SqliteConnectionStringBuilder(connection)
        {
            ForeignKeys = true,
            DefaultTimeout = BusySeconds,
        };
        if (builder.DataSource is not ("" or ":memory:"))
        {
            builder.DataSource = Path.GetFullPath(builder.DataSource, contentRoot);
            Directory.CreateDirectory(Path.GetDirectoryName(builder.DataSource)!);
        }

        return builder.ConnectionString;
    }

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
    {
        var handle = ((SqliteConnection)connection).Handle!;
        if (set.TryGetValue(handle, out _))
        {
            return;
        }

        using var command = connection.CreateCommand();
        command.CommandText = Pragmas;
        command.ExecuteNonQuery();
        set.AddOrUpdate(handle, this);
    }

    public override Task ConnectionOpenedAsync(
        DbConnection connection,
        ConnectionEndEventData eventData,
        CancellationToken cancellationToken = default
    )
    {
        // The provider has no asynchronous way to run a statement.
        ConnectionOpened(connection, eventData);
        return Task.CompletedTask;
    }
}
