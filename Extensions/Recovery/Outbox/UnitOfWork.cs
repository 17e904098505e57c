using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery;

/// <summary>
/// One transaction on the host's own context, so that a change, its audit and its outbox work are kept together or
/// not at all. Scoped. What was added to the outbox is announced to the scheduler after the commit.
/// </summary>
public sealed class UnitOfWork
{
    private readonly DbContext context;
    private readonly IRecoveryJobs jobs;
    private readonly OutboxLanes lanes;
    private readonly TimeProvider time;
    private readonly HashSet<OutboxLane> announced = [];

    internal UnitOfWork(DbContext context, IRecoveryJobs jobs, OutboxLanes lanes, TimeProvider time)
    {
        this.context = context;
        this.jobs = jobs;
        this.lanes = lanes;
        this.time = time;
    }

    internal DbContext Context => context;

    internal DateTimeOffset Now => time.GetUtcNow();

    internal bool IsSqlite => context.Database.ProviderName == AccountRecoveryModel.Sqlite;

    /// <summary>A time as a column keeps it, for a statement of one's own.</summary>
    internal object Stored<TEntity>(string property, DateTimeOffset value) =>
        context
            .Model.FindEntityType(typeof(TEntity))!
            .FindProperty(property)!
            .GetTypeMapping()
            .Converter?.ConvertToProvider(value)
        ?? value;

    /// <summary>Runs work in a transaction and commits it; an exception rolls everything back.</summary>
    /// <param name="work">The work; saving is done for it.</param>
    /// <param name="cancellationToken">Stops and rolls back.</param>
    /// <typeparam name="T">What the work gives.</typeparam>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        if (context.Database.CurrentTransaction is not null)
        {
            return await work(cancellationToken);
        }

        T result;
        await using (var transaction = await context.Database.BeginTransactionAsync(cancellationToken))
        {
            try
            {
                result = await work(cancellationToken);
                await context.SaveChangesAsync(cancellationToken);
                await transaction.CommitAsync(cancellationToken);
            }
            catch
            {
                announced.Clear();
                context.ChangeTracker.Clear();
                throw;
            }
        }

        foreach (var lane in announced)
        {
            jobs.Wake(lane);
        }

        announced.Clear();
        return result;
    }

    /// <inheritdoc cref="RunAsync{T}"/>
    public Task RunAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken) =>
        RunAsync(
            async token =>
            {
                await work(token);
                return true;
            },
            cancellationToken
        );

    /// <summary>Adds work that must not be lost. Only inside <see cref="RunAsync{T}"/>.</summary>
    /// <param name="kind">Which handler runs it: a name given to <c>AddOutboxHandler</c>.</param>
    /// <param name="subject">The id of what it is about, at most 128 characters; never a secret.</param>
    /// <exception cref="InvalidOperationException">No transaction is open.</exception>
    public void Enqueue(string kind, string subject) => EnqueueFor(addressId: null, kind, subject);

    /// <summary>The same, not before a time; how long it is tried counts from then.</summary>
    internal void EnqueueLater(string kind, string subject, DateTimeOffset due) =>
        EnqueueFor(addressId: null, kind, subject, due);

    /// <summary>The same, for one further address of an account.</summary>
    internal void EnqueueFor(Guid? addressId, string kind, string subject, DateTimeOffset? due = null)
    {
        if (context.Database.CurrentTransaction is null)
        {
            throw new InvalidOperationException("Outbox work must be added in the transaction of its cause.");
        }

        var entry = new OutboxEntry
        {
            Id = Guid.CreateVersion7(Now),
            Kind = kind,
            Subject = subject,
            AddressId = addressId,
            CreatedAt = due ?? Now,
            DueAt = due ?? Now,
        };
        context.Add(entry);
        if (due is null)
        {
            Announce(kind);
        }
    }

    /// <summary>Tells the scheduler that there is work of a kind once the transaction under way is committed.</summary>
    internal void Announce(string kind) => announced.Add(lanes.Of(kind));
}
