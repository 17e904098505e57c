using System.Collections.Concurrent;
using System.Data.Common;
using IdentityProvider.Data;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace Tests.Support;

/// <summary>Asks the database how it would carry out each statement that reads, changes or deletes, before it does.</summary>
/// <param name="about">What a statement must contain to be asked about.</param>
internal sealed class QueryPlans(string about = "") : DbCommandInterceptor
{
    private static readonly string[] Asked = ["SELECT", "UPDATE", "DELETE"];

    /// <summary>Each statement with its plan, a line for each step.</summary>
    public ConcurrentQueue<(string Statement, string Plan)> Seen { get; } = [];

    public void Watch(IServiceCollection services)
    {
        services.ConfigureDbContext<SqliteIdpDbContext>(o => o.AddInterceptors(this));
        services.ConfigureDbContext<PostgreSqlIdpDbContext>(o => o.AddInterceptors(this));
    }

    public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<DbDataReader> result,
        CancellationToken cancellationToken = default
    )
    {
        await AskAsync(command, cancellationToken);
        return result;
    }

    public override async ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<int> result,
        CancellationToken cancellationToken = default
    )
    {
        await AskAsync(command, cancellationToken);
        return result;
    }

    private async Task AskAsync(DbCommand command, CancellationToken cancellationToken)
    {
        var statement = command.CommandText;
        if (
            !statement.Contains(about, StringComparison.Ordinal)
            || !Asked.Any(a => statement.StartsWith(a, StringComparison.Ordinal))
        )
        {
            return;
        }

        // A small table is read whole unless PostgreSQL is told not to; one that no index serves is so all the same.
        var isPostgreSql = command.Connection is Npgsql.NpgsqlConnection;
        if (isPostgreSql)
        {
            await using var settings = command.Connection!.CreateCommand();
            settings.Transaction = command.Transaction;
            settings.CommandText = "SET enable_seqscan = off";
            await settings.ExecuteNonQueryAsync(cancellationToken);
        }

        command.CommandText = (isPostgreSql ? "EXPLAIN " : "EXPLAIN QUERY PLAN ") + statement;
        var plan = new List<string>();
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                plan.Add(reader.GetString(reader.FieldCount - 1));
            }
        }

        command.CommandText = statement;
        Seen.Enqueue((statement, string.Join('\n', plan)));
    }
}
