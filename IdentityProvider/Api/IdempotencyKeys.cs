using System.Text.Json;
using IdentityProvider.Data;
using IdP.Recovery;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdentityProvider.Api;

/// <summary>A request that must not be done twice; a row of <c>ApiRequests</c>.</summary>
internal sealed class IdempotentRequest
{
    /// <summary>SHA-256 of the caller and the key.</summary>
    public required byte[] Key { get; init; }

    /// <summary>SHA-256 of method, address and body.</summary>
    public required byte[] Fingerprint { get; init; }

    /// <summary>When it began; who takes over a request that never ended writes it anew.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>The answer, encrypted, since it may name people; null while it runs.</summary>
    public byte[]? Answer { get; init; }
}

internal sealed class IdempotentRequestConfiguration : IEntityTypeConfiguration<IdempotentRequest>
{
    public void Configure(EntityTypeBuilder<IdempotentRequest> builder)
    {
        builder.ToTable("ApiRequests");
        builder.HasKey(r => r.Key);
        builder.Property(r => r.Key).HasMaxLength(32);
        builder.Property(r => r.Fingerprint).HasMaxLength(32);
        builder.HasIndex(r => r.StartedAt);
    }
}

/// <summary>
/// Gives the answer of a request again for a day when the same one comes with the same key
/// (draft-ietf-httpapi-idempotency-key-header). Of many at once one runs. The deed and its answer are one transaction:
/// a node that dies has done and remembered both or neither.
/// </summary>
internal sealed class IdempotencyKeys(
    IdpDbContext context,
    UnitOfWork work,
    IDataProtectionProvider protection,
    TimeProvider time
)
{
    public const int MaxLength = 128;

    private static readonly TimeSpan KeptFor = TimeSpan.FromHours(24);

    // Nothing in the API takes as long; a node that has died holds a key no longer.
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);

    private readonly IDataProtector protector = protection.CreateProtector("IdentityProvider.Api.Answers.v1");

    private DbSet<IdempotentRequest> Requests => context.Set<IdempotentRequest>();

    /// <summary>Runs a request, or answers as it was answered before.</summary>
    public async Task<ApiAnswer> RunAsync(HttpContext http, byte[] key, byte[] fingerprint, Func<Task<ApiAnswer>> run)
    {
        var cancelled = http.RequestAborted;
        var now = Now();
        await DropAsync(
            r =>
                r.Where(o =>
                    o.Key == key && (o.StartedAt <= now - KeptFor || (o.Answer == null && o.StartedAt <= now - Lease))
                ),
            cancelled
        );
        if (!await InsertAsync(key, fingerprint, now, cancelled))
        {
            return await AgainAsync(http, key, fingerprint, cancelled);
        }

        // Order: before the transaction. Renewing the ring of keys takes a connection of its own, which SQLite would
        // let wait for this one.
        protector.Protect([]);
        try
        {
            return await work.RunAsync(
                async inner =>
                {
                    var answer = await run();
                    if (answer.Status >= StatusCodes.Status400BadRequest)
                    {
                        throw new RefusedException(answer);
                    }

                    // What is added is saved before the answer counts, so that a conflict shows itself here.
                    await context.SaveChangesAsync(inner);
                    return await KeepAsync(key, now, answer, inner)
                        ? answer
                        : throw new RefusedException(ApiProblem.InProgress.Answer());
                },
                cancelled
            );
        }
        catch (RefusedException refused)
        {
            // Nothing was done. What may be answered in another way the next time is not remembered.
            if (!MayChange(refused.Answer) && await KeepAsync(key, now, refused.Answer, CancellationToken.None))
            {
                return refused.Answer;
            }

            await ForgetAsync(key, now);
            return refused.Answer;
        }
        catch
        {
            await ForgetAsync(key, now);
            throw;
        }
    }

    /// <summary>A recurring job: drops what is older than a day.</summary>
    public Task PruneAsync(CancellationToken cancellationToken)
    {
        var before = Now() - KeptFor;
        return DropAsync(r => r.Where(o => o.StartedAt <= before), cancellationToken);
    }

    // A fresh sign-in, a moment of patience or a look at how things stand now makes another answer of these.
    private static bool MayChange(ApiAnswer answer) =>
        answer.Status
            is not (
                StatusCodes.Status400BadRequest
                or StatusCodes.Status404NotFound
                or StatusCodes.Status422UnprocessableEntity
            )
        && answer.Code != ApiProblem.UserExists.Code;

    private async Task<bool> KeepAsync(
        byte[] key,
        DateTimeOffset now,
        ApiAnswer answer,
        CancellationToken cancellationToken
    )
    {
        var kept = protector.Protect(
            JsonSerializer.SerializeToUtf8Bytes(
                new Kept(answer.Status, answer.ContentType, answer.Location, answer.Body)
            )
        );
        return await Requests
                .Where(o => o.Key == key && o.StartedAt == now && o.Answer == null)
                .ExecuteUpdateAsync(set => set.SetProperty(o => o.Answer, kept), cancellationToken) == 1;
    }

    // Where a commit was under way nobody knows how it ended: a row with an answer is a deed that was done.
    private Task<int> ForgetAsync(byte[] key, DateTimeOffset now) =>
        DropAsync(r => r.Where(o => o.Key == key && o.StartedAt == now && o.Answer == null), CancellationToken.None);

    private async Task<ApiAnswer> AgainAsync(
        HttpContext http,
        byte[] key,
        byte[] fingerprint,
        CancellationToken cancellationToken
    )
    {
        var other = await Requests.AsNoTracking().SingleOrDefaultAsync(o => o.Key == key, cancellationToken);
        if (other is not null && !other.Fingerprint.AsSpan().SequenceEqual(fingerprint))
        {
            return ApiProblem.KeyReused.Answer();
        }

        if (other?.Answer is not { } answer)
        {
            http.Response.Headers.RetryAfter = "1";
            return ApiProblem.InProgress.Answer();
        }

        var kept = JsonSerializer.Deserialize<Kept>(protector.Unprotect(answer))!;
        http.Response.Headers["Idempotency-Replayed"] = "true";
        return new(kept.Status, kept.Body, kept.ContentType) { Location = kept.Location };
    }

    private async Task<bool> InsertAsync(
        byte[] key,
        byte[] fingerprint,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var startedAt =
            context
                .Model.FindEntityType(typeof(IdempotentRequest))!
                .FindProperty(nameof(IdempotentRequest.StartedAt))!
                .GetTypeMapping()
                .Converter?.ConvertToProvider(now)
            ?? now;
        return await context.Database.ExecuteSqlAsync(
                $"""
                INSERT INTO "ApiRequests" ("Key", "Fingerprint", "StartedAt")
                VALUES ({key}, {fingerprint}, {startedAt}) ON CONFLICT DO NOTHING
                """,
                cancellationToken
            ) == 1;
    }

    private Task<int> DropAsync(
        Func<IQueryable<IdempotentRequest>, IQueryable<IdempotentRequest>> which,
        CancellationToken cancellationToken
    ) => which(Requests).ExecuteDeleteAsync(cancellationToken);

    // As exact as both databases keep it, since it is compared.
    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());

    // Rolls the transaction back; never leaves this class.
    private sealed class RefusedException(ApiAnswer answer) : Exception
    {
        public ApiAnswer Answer => answer;
    }

    private sealed record Kept(int Status, string ContentType, string? Location, byte[] Body);
}
