using System.Buffers.Text;
using System.Linq.Expressions;
using IdP.Recovery.Factors.Passkeys;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery;

/// <summary>Passkeys in ASP.NET Core Identity's own table (schema version 3), so that a host keeps those it has.</summary>
internal sealed class IdentityPasskeys<TUser, TKey>(UnitOfWork work, IdentityTables<TUser, TKey> tables) : IPasskeys
    where TUser : IdentityUser<TKey>
    where TKey : IEquatable<TKey>
{
    private IQueryable<IdentityUserPasskey<TKey>> Passkeys => tables.Passkeys;

    private DbSet<PasskeyDetail> Details => work.Context.Set<PasskeyDetail>();

    public async Task<KeptPasskey?> FindAsync(byte[] credentialId, CancellationToken cancellationToken) =>
        tables.HasPasskeys
            ? (await WithDetails(p => p.CredentialId == credentialId).ToListAsync(cancellationToken))
                .Select(Keep)
                .SingleOrDefault()
            : null;

    public async Task<IReadOnlyList<KeptPasskey>> KeptAsync(string accountId, CancellationToken cancellationToken) =>
        [.. (await OfAsync(accountId, cancellationToken)).Select(Keep)];

    public async Task<IReadOnlyList<Passkey>> ListAsync(string accountId, CancellationToken cancellationToken) =>
        [.. (await OfAsync(accountId, cancellationToken)).Select(Describe)];

    public Task<int> CountAsync(string accountId, CancellationToken cancellationToken) =>
        Of(accountId).CountAsync(cancellationToken);

    public async Task<Passkey?> AddAsync(
        string accountId,
        NewPasskey made,
        int limit,
        CancellationToken cancellationToken
    )
    {
        if (!tables.HasPasskeys)
        {
            throw new NotSupportedException(
                "This host's context has no passkeys: Identity's schema version 3 has them."
            );
        }

        await LockAsync(accountId, cancellationToken);
        if (await CountAsync(accountId, cancellationToken) >= limit)
        {
            return null;
        }

        var info = made.Info;
        var added = tables.New<IdentityUserPasskey<TKey>>();
        added.UserId = AccountKey<TKey>.Parse(accountId)!;
        added.CredentialId = info.CredentialId;
        added.Data = new()
        {
            PublicKey = info.PublicKey,
            Name = info.Name,
            CreatedAt = work.Now,
            SignCount = info.SignCount,
            Transports = info.Transports,
            IsUserVerified = info.IsUserVerified,
            IsBackupEligible = info.IsBackupEligible,
            IsBackedUp = info.IsBackedUp,
            AttestationObject = info.AttestationObject,
            ClientDataJson = info.ClientDataJson,
        };
        var detail = new PasskeyDetail
        {
            CredentialId = info.CredentialId,
            UserHandle = made.UserHandle,
            Aaguid = made.Aaguid == Guid.Empty ? null : made.Aaguid,
        };
        work.Context.Add(added);
        Details.Add(detail);
        return Describe(new(added, detail));
    }

    public async Task<PasskeyCounter> RecordUseAsync(
        PasskeyUse use,
        bool takesOldCounter,
        CancellationToken cancellationToken
    )
    {
        await LockAsync(use.AccountId, cancellationToken);
        var kept = await Of(use.AccountId)
            .SingleOrDefaultAsync(p => p.CredentialId == use.CredentialId, cancellationToken);
        if (kept is null)
        {
            return PasskeyCounter.Gone;
        }

        var went = IsStale(use.SignCount, kept.Data.SignCount) ? PasskeyCounter.WentBack : PasskeyCounter.WentOn;
        if (went == PasskeyCounter.WentOn || takesOldCounter)
        {
            kept.Data.SignCount = Math.Max(use.SignCount, kept.Data.SignCount);
            kept.Data.IsBackedUp = use.BackedUp;
            var detail = await Details.SingleOrDefaultAsync(d => d.CredentialId == use.CredentialId, cancellationToken);
            if (detail is null)
            {
                Details.Add(detail = new() { CredentialId = use.CredentialId });
            }

            detail.LastUsedAt = work.Now;
        }

        return went;
    }

    public async Task<bool> RenameAsync(
        string accountId,
        string? passkeyId,
        string name,
        CancellationToken cancellationToken
    )
    {
        await LockAsync(accountId, cancellationToken);
        if (
            Passkey.CredentialIdOf(passkeyId) is not { } id
            || await Of(accountId).SingleOrDefaultAsync(p => p.CredentialId == id, cancellationToken) is not { } kept
        )
        {
            return false;
        }

        kept.Data.Name = name;
        return true;
    }

    public async Task<int> RemoveAllAsync(string accountId, CancellationToken cancellationToken)
    {
        if (!tables.HasPasskeys)
        {
            return 0;
        }

        await LockAsync(accountId, cancellationToken);
        return await Of(accountId).ExecuteDeleteAsync(cancellationToken);
    }

    public async Task<bool> RemoveAsync(string accountId, string? passkeyId, CancellationToken cancellationToken)
    {
        if (Passkey.CredentialIdOf(passkeyId) is not { } id)
        {
            return false;
        }

        await LockAsync(accountId, cancellationToken);
        return await Of(accountId).Where(p => p.CredentialId == id).ExecuteDeleteAsync(cancellationToken) == 1;
    }

    // A passkey's data is one JSON document, which no guarded update can reach into: whoever changes passkeys of an
    // account waits for the others at the account's row.
    private Task LockAsync(string accountId, CancellationToken cancellationToken) =>
        tables.LockAsync(accountId, cancellationToken);

    // Security: threat 9, WebAuthn 7.2, step 22.
    private static bool IsStale(uint now, uint before) => (now != 0 || before != 0) && now <= before;

    private async Task<IReadOnlyList<Row>> OfAsync(string accountId, CancellationToken cancellationToken) =>
        !tables.HasPasskeys
            ? []
            :
            [
                .. (await WithDetails(OwnedBy(accountId)).ToListAsync(cancellationToken)).OrderBy(r =>
                    r.Kept.Data.CreatedAt
                ),
            ];

    private IQueryable<IdentityUserPasskey<TKey>> Of(string accountId) => Passkeys.Where(OwnedBy(accountId));

    private static Expression<Func<IdentityUserPasskey<TKey>, bool>> OwnedBy(string accountId)
    {
        var key = AccountKey<TKey>.Parse(accountId);
        return p => p.UserId.Equals(key);
    }

    private IQueryable<Row> WithDetails(Expression<Func<IdentityUserPasskey<TKey>, bool>> which) =>
        from kept in Passkeys.AsNoTracking().Where(which)
        join detail in Details.AsNoTracking() on kept.CredentialId equals detail.CredentialId into details
        from detail in details.DefaultIfEmpty()
        select new Row(kept, detail);

    private static KeptPasskey Keep(Row row) =>
        new(
            AccountKey<TKey>.Text(row.Kept.UserId),
            row.Kept.CredentialId,
            row.Kept.Data.PublicKey,
            row.Detail?.UserHandle,
            row.Kept.Data.IsBackupEligible,
            row.Kept.Data.Transports ?? [],
            row.Kept.Data.Name ?? ""
        );

    private static Passkey Describe(Row row) =>
        new(
            Base64Url.EncodeToString(row.Kept.CredentialId),
            row.Kept.Data.Name ?? "",
            row.Kept.Data.CreatedAt,
            row.Kept.Data.IsBackedUp,
            row.Kept.Data.Transports is { Length: > 0 } ways && !ways.Contains("internal")
        )
        {
            LastUsedAt = row.Detail?.LastUsedAt,
            Model = row.Detail?.Aaguid,
        };

    private sealed record Row(IdentityUserPasskey<TKey> Kept, PasskeyDetail? Detail);
}
