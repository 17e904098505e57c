using System.Buffers.Binary;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdP.Recovery;

/// <summary>
/// Counts events in a sliding window, exactly and across nodes: a row keeps the times of the last events of one key,
/// and is written by a guarded update. The event is counted before anything is decided, so that parallel requests
/// cannot outrun the counter (threat 9).
/// </summary>
public sealed class RequestLimits(UnitOfWork work)
{
    private const int Tries = 20;

    /// <summary>
    /// Takes a place for one event; false when the window already holds <paramref name="limit"/> events. A refused
    /// event is not counted: who keeps asking gets through again when the window has moved on.
    /// </summary>
    internal async Task<bool> TryTakeAsync(
        string key,
        int limit,
        TimeSpan window,
        CancellationToken cancellationToken
    ) => (await CountAsync(key, limit, window, cancellationToken)).Taken;

    /// <summary>As <see cref="TryTakeAsync"/>, and tells what is left.</summary>
    /// <param name="key">What is limited.</param>
    /// <param name="limit">How many events the window holds.</param>
    /// <param name="window">How long an event counts.</param>
    public async Task<LimitCount> CountAsync(
        string key,
        int limit,
        TimeSpan window,
        CancellationToken cancellationToken
    )
    {
        var fingerprint = Secrets.Fingerprint(key);
        var limits = work.Context.Set<RequestLimit>();
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            var now = work.Now;
            var row = await limits.AsNoTracking().FirstOrDefaultAsync(l => l.Key == fingerprint, cancellationToken);
            var times = Recent(row?.Times ?? [], now - window);
            if (times.Count >= limit)
            {
                return new(false, 0, FreeIn(times, now - window));
            }

            times.Add(now.ToUnixTimeMilliseconds());
            var packed = Pack(times);
            if (
                row is null
                    ? await InsertAsync(fingerprint, packed, now + window, cancellationToken)
                    : await UpdateAsync()
            )
            {
                return new(true, limit - times.Count, FreeIn(times, now - window));
            }

            async Task<bool> UpdateAsync() =>
                await limits
                    .Where(l => l.Key == fingerprint && l.Version == row.Version)
                    .ExecuteUpdateAsync(
                        set =>
                            set.SetProperty(l => l.Times, packed)
                                .SetProperty(l => l.Version, row.Version + 1)
                                .SetProperty(l => l.ExpiresAt, now + window),
                        cancellationToken
                    ) == 1;
        }

        // So many at once on one key is a flood, whatever the window says.
        return new(false, 0, window);
    }

    /// <summary>Drops rows whose window has passed.</summary>
    internal Task PruneAsync(CancellationToken cancellationToken)
    {
        var now = work.Now;
        return work.Context.Set<RequestLimit>().Where(l => l.ExpiresAt < now).ExecuteDeleteAsync(cancellationToken);
    }

    // Both databases know this form, and neither aborts the transaction when another request was first.
    private async Task<bool> InsertAsync(
        byte[] key,
        byte[] times,
        DateTimeOffset expiresAt,
        CancellationToken cancellationToken
    ) =>
        await work.Context.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO "RecoveryLimits" ("Key", "Times", "Version", "ExpiresAt")
            VALUES ({key}, {times}, 0, {Stored(expiresAt)}) ON CONFLICT DO NOTHING
            """,
            cancellationToken
        ) == 1;

    private object Stored(DateTimeOffset value)
    {
        var property = work
            .Context.Model.FindEntityType(typeof(RequestLimit))!
            .FindProperty(nameof(RequestLimit.ExpiresAt))!;
        return property.GetTypeMapping().Converter?.ConvertToProvider(value) ?? value;
    }

    private static TimeSpan FreeIn(List<long> times, DateTimeOffset since) =>
        DateTimeOffset.FromUnixTimeMilliseconds(times[0]) - since;

    private static List<long> Recent(byte[] packed, DateTimeOffset since)
    {
        var floor = since.ToUnixTimeMilliseconds();
        var times = new List<long>(packed.Length / sizeof(long) + 1);
        for (var at = 0; at + sizeof(long) <= packed.Length; at += sizeof(long))
        {
            var time = BinaryPrimitives.ReadInt64BigEndian(packed.AsSpan(at));
            if (time > floor)
            {
                times.Add(time);
            }
        }

        return times;
    }

    private static byte[] Pack(List<long> times)
    {
        var packed = new byte[times.Count * sizeof(long)];
        for (var i = 0; i < times.Count; i++)
        {
            BinaryPrimitives.WriteInt64BigEndian(packed.AsSpan(i * sizeof(long)), times[i]);
        }

        return packed;
    }
}

/// <summary>How an event was counted.</summary>
/// <param name="Taken">Whether it had a place.</param>
/// <param name="Left">How many more have one now.</param>
/// <param name="FreeIn">When the next place comes free.</param>
public readonly record struct LimitCount(bool Taken, int Left, TimeSpan FreeIn);

/// <summary>A row of <c>RecoveryLimits</c>: the times of the last events of one key.</summary>
public sealed class RequestLimit
{
    /// <summary>SHA-256 of what is limited.</summary>
    public required byte[] Key { get; init; }

    /// <summary>The times, 8 bytes each, in Unix milliseconds.</summary>
    public required byte[] Times { get; set; }

    /// <summary>Raised by every write, which is guarded by it.</summary>
    public long Version { get; set; }

    /// <summary>When the row has nothing more to say.</summary>
    public DateTimeOffset ExpiresAt { get; set; }
}

internal sealed class RequestLimitConfiguration : IEntityTypeConfiguration<RequestLimit>
{
    public void Configure(EntityTypeBuilder<RequestLimit> builder)
    {
        builder.ToTable("RecoveryLimits");
        builder.HasKey(l => l.Key);
        builder.Property(l => l.Key).HasMaxLength(Secrets.HashLength);
        builder.HasIndex(l => l.ExpiresAt);
    }
}
