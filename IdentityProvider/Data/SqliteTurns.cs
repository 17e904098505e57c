using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace IdentityProvider.Data;

/// <summary>
/// One writer at a time on SQLite, in the order in which they come. Without it the second one sleeps, tries again, and sleeps
/// for longer, while others go past. Of another process, such as a command, writers still wait by the busy timeout.
/// </summary>
[SuppressMessage(
    "Reliability",
    "CA1001",
    Justification = "As long as the process; without a handle there is nothing to free."
)]
internal sealed class SqliteTurns : IDbTransactionInterceptor, IDbCommandInterceptor
{
    // Whoever waits for longer tries without, and fails by the busy timeout: it may be a part of whoever has the turn.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(SqliteSettings.BusySeconds);

    private static readonly string[] Reads = ["SELECT", "PRAGMA", "EXPLAIN"];

    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly ConditionalWeakTable<DbConnection, object> holders = [];

    public bool IsFree => turn.CurrentCount == 1;

    // A transaction takes the turn before it begins, and has it until it ends, however it does. It is begun here: what fails
    // to begin is told to nobody.
    public InterceptionResult<DbTransaction> TransactionStarting(
        DbConnection connection,
        TransactionStartingEventData eventData,
        InterceptionResult<DbTransaction> result
    )
    {
        Take(connection);
        try
        {
            return InterceptionResult<DbTransaction>.SuppressWithResult(
                connection.BeginTransaction(eventData.IsolationLevel)
            );
        }
        catch
        {
            Leave(connection);

            // It was opened for this, and nobody else would close it.
            eventData.Context?.Database.CloseConnection();
            throw;
        }
    }

    public async ValueTask<InterceptionResult<DbTransaction>> TransactionStartingAsync(
        DbConnection connection,
        TransactionStartingEventData eventData,
        InterceptionResult<DbTransaction> result,
        CancellationToken cancellationToken = default
    )
    {
        await TakeAsync(connection, cancellationToken);
        try
        {
            return InterceptionResult<DbTransaction>.SuppressWithResult(
                await connection.BeginTransactionAsync(eventData.IsolationLevel, cancellationToken)
            );
        }
        catch
        {
            Leave(connection);
            await (eventData.Context?.Database.CloseConnectionAsync() ?? Task.CompletedTask);
            throw;
        }
    }

    public void TransactionCommitted(DbTransaction transaction, TransactionEndEventData eventData) => Leave(eventData);

    public Task TransactionCommittedAsync(
        DbTransaction transaction,
        TransactionEndEventData eventData,
        CancellationToken cancellationToken = default
    ) => LeaveAsync(eventData);

    public void TransactionRolledBack(DbTransaction transaction, TransactionEndEventData eventData) => Leave(eventData);

    public Task TransactionRolledBackAsync(
        DbTransaction transaction,
        TransactionEndEventData eventData,
        CancellationToken cancellationToken = default
    ) => LeaveAsync(eventData);

    public InterceptionResult<int> NonQueryExecuting(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<int> result
    )
    {
        Take(command);
        return result;
    }

    public async ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<int> result,
        CancellationToken cancellationToken = default
    )
    {
        await TakeAsync(command, cancellationToken);
        return result;
    }

    public int NonQueryExecuted(DbCommand command, CommandExecutedEventData eventData, int result)
    {
        Leave(command);
        return result;
    }

    public ValueTask<int> NonQueryExecutedAsync(
        DbCommand command,
        CommandExecutedEventData eventData,
        int result,
        CancellationToken cancellationToken = default
    )
    {
        Leave(command);
        return ValueTask.FromResult(result);
    }

    public InterceptionResult<DbDataReader> ReaderExecuting(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<DbDataReader> result
    )
    {
        Take(command);
        return result;
    }

    public async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<DbDataReader> result,
        CancellationToken cancellationToken = default
    )
    {
        await TakeAsync(command, cancellationToken);
        return result;
    }

    // What a statement gives back is read before it has ended.
    public InterceptionResult DataReaderClosing(
        DbCommand command,
        DataReaderClosingEventData eventData,
        InterceptionResult result
    )
    {
        eventData.DataReader.Close();
        Leave(command);
        return result;
    }

    public async ValueTask<InterceptionResult> DataReaderClosingAsync(
        DbCommand command,
        DataReaderClosingEventData eventData,
        InterceptionResult result
    )
    {
        await eventData.DataReader.CloseAsync();
        Leave(command);
        return result;
    }

    public void CommandFailed(DbCommand command, CommandErrorEventData eventData) => Leave(command);

    public Task CommandFailedAsync(
        DbCommand command,
        CommandErrorEventData eventData,
        CancellationToken cancellationToken = default
    )
    {
        Leave(command);
        return Task.CompletedTask;
    }

    public void CommandCanceled(DbCommand command, CommandEndEventData eventData) => Leave(command);

    public Task CommandCanceledAsync(
        DbCommand command,
        CommandEndEventData eventData,
        CancellationToken cancellationToken = default
    )
    {
        Leave(command);
        return Task.CompletedTask;
    }

    private void Take(DbCommand command)
    {
        if (WritesAlone(command))
        {
            Take(command.Connection!);
        }
    }

    private void Take(DbConnection connection)
    {
        if (turn.Wait(Longest))
        {
            Hold(connection);
        }
    }

    private ValueTask TakeAsync(DbCommand command, CancellationToken cancellationToken) =>
        WritesAlone(command) ? TakeAsync(command.Connection!, cancellationToken) : ValueTask.CompletedTask;

    private async ValueTask TakeAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        if (await turn.WaitAsync(Longest, cancellationToken))
        {
            Hold(connection);
        }
    }

    // A transaction that is left without an end is rolled back, and its connection closed: by whomever, it tells.
    private void Hold(DbConnection connection)
    {
        holders.Add(connection, turn);
        connection.StateChange += LeaveClosed;
    }

    private void LeaveClosed(object sender, StateChangeEventArgs change)
    {
        if (change.CurrentState == ConnectionState.Closed)
        {
            Leave((DbConnection)sender);
        }
    }

    // In a transaction the turn is had already.
    private static bool WritesAlone(DbCommand command) =>
        command.Transaction is null
        && !Array.Exists(
            Reads,
            read => command.CommandText.AsSpan().TrimStart().StartsWith(read, StringComparison.OrdinalIgnoreCase)
        );

    private void Leave(DbCommand command)
    {
        if (command.Transaction is null)
        {
            Leave(command.Connection);
        }
    }

    private void Leave(TransactionEventData eventData) => Leave(eventData.Context?.Database.GetDbConnection());

    private Task LeaveAsync(TransactionEventData eventData)
    {
        Leave(eventData);
        return Task.CompletedTask;
    }

    private void Leave(DbConnection? connection)
    {
        if (connection is not null && holders.Remove(connection))
        {
            connection.StateChange -= LeaveClosed;
            turn.Release();
        }
    }
}
