using IdentityProvider.Data;
using IdP.Recovery;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Data;

/// <summary>Writers on SQLite take turns, and whoever has one always gives it back.</summary>
public sealed class SqliteTurnsTests : IAsyncLifetime
{
    private readonly SqliteTurns turns = new();
    private TestDatabase database = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => database = await TestDatabase.CreateAsync(DatabaseProvider.Sqlite);

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task A_writer_waits_for_the_one_before_and_a_reader_for_nobody()
    {
        await using var first = Open();
        await using var second = Open();
        await using var transaction = await first.Database.BeginTransactionAsync(Cancelled);

        var waiting = WriteAsync(second);
        Assert.Equal(0, await Open().Set<RequestLimit>().CountAsync(Cancelled));
        Assert.False(waiting.IsCompleted);
        await WriteAsync(first);
        await transaction.CommitAsync(Cancelled);
        await waiting;

        Assert.Equal(2, await first.Set<RequestLimit>().CountAsync(Cancelled));
    }

    [Theory]
    [InlineData("commit")]
    [InlineData("roll back")]
    [InlineData("leave")]
    [InlineData("fail")]
    [InlineData("cancel")]
    [InlineData("not begin")]
    [InlineData("begin too late")]
    public async Task A_turn_ends_however_its_writer_does(string how)
    {
        await using var first = Open();
        using var stop = new CancellationTokenSource();
        switch (how)
        {
            case "fail":
                await Assert.ThrowsAnyAsync<Exception>(() =>
                    first.Database.ExecuteSqlRawAsync("INSERT INTO \"Nothing\" VALUES (1)", Cancelled)
                );
                break;
            case "not begin":
                // Another process has the file.
                await using (var other = new SqliteConnection(database.ConnectionString))
                {
                    await other.OpenAsync(Cancelled);
                    await using var held = await other.BeginTransactionAsync(Cancelled);
                    await using var never = Open(database.ConnectionString + ";Default Timeout=1", turns);
                    await Assert.ThrowsAsync<SqliteException>(() => never.Database.BeginTransactionAsync(Cancelled));
                }

                break;
            case "begin too late":
                await stop.CancelAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
                    first.Database.BeginTransactionAsync(stop.Token)
                );
                break;
            case "cancel":
                await using (await first.Database.BeginTransactionAsync(Cancelled))
                {
                    await using var waits = Open();
                    var waiting = waits.Database.BeginTransactionAsync(stop.Token);
                    await stop.CancelAsync();
                    await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
                }

                break;
            default:
                await using (var transaction = await first.Database.BeginTransactionAsync(Cancelled))
                {
                    await WriteAsync(first);
                    await (
                        how == "commit" ? transaction.CommitAsync(Cancelled)
                        : how == "roll back" ? transaction.RollbackAsync(Cancelled)
                        : Task.CompletedTask
                    );
                }

                break;
        }

        Assert.True(turns.IsFree);
        await using var next = Open();
        await WriteAsync(next);
        Assert.True(turns.IsFree);
    }

    [Fact]
    public async Task A_pooled_context_whose_transaction_did_not_begin_keeps_no_turn_later()
    {
        var pool = new PooledDbContextFactory<SqliteIdpDbContext>(
            Options(database.ConnectionString + ";Default Timeout=1", turns),
            poolSize: 1
        );
        await using (var other = new SqliteConnection(database.ConnectionString))
        {
            await other.OpenAsync(Cancelled);
            await using var held = await other.BeginTransactionAsync(Cancelled);
            await using var first = await pool.CreateDbContextAsync(Cancelled);
            await Assert.ThrowsAsync<SqliteException>(() => first.Database.BeginTransactionAsync(Cancelled));
        }

        await using var same = await pool.CreateDbContextAsync(Cancelled);
        await using (await same.Database.BeginTransactionAsync(Cancelled))
        {
            await WriteAsync(same);
        }

        Assert.True(turns.IsFree);
    }

    [Fact]
    public async Task A_context_that_goes_back_to_its_pool_in_the_middle_of_a_transaction_leaves_its_turn()
    {
        var pool = new PooledDbContextFactory<SqliteIdpDbContext>(Options(database.ConnectionString, turns));
        await using (var context = await pool.CreateDbContextAsync(Cancelled))
        {
            await context.Database.BeginTransactionAsync(Cancelled);
            await WriteAsync(context);
        }

        Assert.True(turns.IsFree);
    }

    [Fact]
    public async Task Many_writers_at_once_all_write()
    {
        await Task.WhenAll(
            Enumerable
                .Range(0, 50)
                .Select(i =>
                    Task.Run(
                        async () =>
                        {
                            await using var context = Open();
                            if (i % 2 == 0)
                            {
                                await WriteAsync(context);
                                return;
                            }

                            await using var transaction = await context.Database.BeginTransactionAsync(Cancelled);
                            await WriteAsync(context);
                            await transaction.CommitAsync(Cancelled);
                        },
                        Cancelled
                    )
                )
        );

        await using var all = Open();
        Assert.Equal(50, await all.Set<RequestLimit>().CountAsync(Cancelled));
        Assert.True(turns.IsFree);
    }

    private SqliteIdpDbContext Open() => Open(database.ConnectionString, new SqliteSettings(), turns);

    private static SqliteIdpDbContext Open(string connection, params IInterceptor[] interceptors) =>
        new(Options(connection, interceptors));

    private static DbContextOptions<SqliteIdpDbContext> Options(
        string connection,
        params IInterceptor[] interceptors
    ) =>
        new DbContextOptionsBuilder<SqliteIdpDbContext>()
            .UseSqlite(connection)
            .UseIdentitySchema()
            .AddInterceptors(interceptors)
            .Options;

    private static async Task WriteAsync(SqliteIdpDbContext context)
    {
        context.Add(
            new RequestLimit
            {
                Key = Guid.CreateVersion7().ToByteArray(),
                Times = [],
                ExpiresAt = DateTimeOffset.UnixEpoch,
            }
        );
        await context.SaveChangesAsync(Cancelled);
    }
}
