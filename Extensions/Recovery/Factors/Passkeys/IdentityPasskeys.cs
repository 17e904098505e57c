using System.Buffers.Text;
using IdP.Recovery.Factors.Passkeys;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery;

/// <summary>Passkeys in ASP.NET Core Identity's own table (schema version 3), so that a host keeps those it has.</summary>
internal sealed class IdentityPasskeys<TUser>(UnitOfWork work) : IPasskeys
    where TUser : IdentityUser
{
    private DbSet<IdentityUserPasskey<string>> Passkeys => work.Context.Set<IdentityUserPasskey<string>>();

    private DbSet<PasskeyDetail> Details => work.Context.Set<PasskeyDetail>();

    public async Task<KeptPasskey?> FindAsync(byte[] credentialId, CancellationToken cancellationToken) =>
        (await WithDetails(p => p.CredentialId == credentialId).ToListAsync(cancellationToken))
            .Select(Keep)
            .SingleOrDefault();

    public async Task<IReadOnlyList<KeptPasskey>> KeptAsync(string accountId, CancellationToken cancellationToken) =>
        [.. (await OfAsync(accountId, cancellationToken)).Select(Keep)];

    public async Task<IReadOnlyList<Passkey>> ListAsync(string accountId, CancellationToken cancellationToken) =>
        [.. (await OfAsync(accountId, cancellationToken)).Select(Describe)];

    public Task<int> CountAsync(string accountId, CancellationToken cancellationToken) =>
        Passkeys.CountAsync(p => p.UserId == accountId, cancellationToken);

    public async Task<Passkey?> AddAsync(
        string accountId,
        NewPasskey made,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await LockAsync(accountId, cancellationToken);
        if (await CountAsync(accountId, cancellationToken) >= limit)
        {
            return null;
        }

        var info = made.Info;
        var added = new IdentityUserPasskey<string>
        {
            UserId = accountId,
            CredentialId = info.CredentialId,
            Data = new()
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
            },
        };
        var detail = new PasskeyDetail
        {
            CredentialId = info.CredentialId,
            UserHandle = made.UserHandle,
            Aaguid = made.Aaguid == Guid.Empty ? null : made.Aaguid,
        };
        Passkeys.Add(added);
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
        var kept = await Passkeys.SingleOrDefaultAsync(
            p => p.UserId == use.AccountId && p.CredentialId == use.CredentialId,
            cancellationToken
        );
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
            || await Passkeys.SingleOrDefaultAsync(
                p => p.UserId == accountId && p.CredentialId == id,
                cancellationToken
            )
                is not { } kept
        )
        {
            return false;
        }

        kept.Data.Name = name;
        return true;
    }

    public async Task<int> RemoveAllAsync(string accountId, CancellationToken cancellationToken)
    {
        await LockAsync(accountId, cancellationToken);
        return await Passkeys.Where(p => p.UserId == accountId).ExecuteDeleteAsync(cancellationToken);
    }

    public async Task<bool> RemoveAsync(string accountId, string? passkeyId, CancellationToken cancellationToken)
    {
        if (Passkey.CredentialIdOf(passkeyId) is not { } id)
        {
            return false;
        }

        await LockAsync(accountId, cancellationToken);
        return await Passkeys
                .Where(p => p.UserId == accountId && p.CredentialId == id)
                .ExecuteDeleteAsync(cancellationToken) == 1;
    }

    // A passkey's data is one JSON document, which no guarded update can reach into: whoever changes passkeys of an
    // account waits for the others at the account's row.
    private Task LockAsync(string accountId, CancellationToken cancellationToken) =>
        work
            .Context.Set<TUser>()
            .Where(u => u.Id == accountId)
            .ExecuteUpdateAsync(
                set => set.SetProperty(u => u.AccessFailedCount, u => u.AccessFailedCount),
                cancellationToken
            );

    // Security: threat 9, WebAuthn 7.2, step 22.
    private static bool IsStale(uint now, uint before) => (now != 0 || before != 0) && now <= before;

    private async Task<IReadOnlyList<Row>> OfAsync(string accountId, CancellationToken cancellationToken) =>
        [
            .. (await WithDetails(p => p.UserId == accountId).ToListAsync(cancellationToken)).OrderBy(r =>
                r.Kept.Data.CreatedAt
            ),
        ];

    private IQueryable<Row> WithDetails(
        System.Linq.Expressions.Expression<Func<IdentityUserPasskey<string>, bool>> which
    ) =>
        from kept in Passkeys.AsNoTracking().Where(which)
        join detail in Details.AsNoTracking() on kept.CredentialId equals detail.CredentialId into details
        from detail in details.DefaultIfEmpty()
        select new Row(kept, detail);

    private static KeptPasskey Keep(Row row) =>
        new(
            row.Kept.UserId,
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

    private sealed record Row(IdentityUserPasskey<string> Kept, PasskeyDetail? Detail);
}
