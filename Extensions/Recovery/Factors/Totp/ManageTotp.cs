using IdP.Recovery.Audit;
using IdP.Recovery.Factors.RecoveryCodes;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Factors.Totp;

/// <summary>Lists, renames and removes the authenticators of an account.</summary>
public sealed class ManageTotp(
    UnitOfWork work,
    TotpKeys keys,
    RecoveryCodeSet codes,
    RememberedBrowsers browsers,
    AuditLog audit
)
{
    private DbSet<TotpAuthenticator> Authenticators => work.Context.Set<TotpAuthenticator>();

    /// <summary>The confirmed authenticators, oldest first.</summary>
    public async Task<IReadOnlyList<TotpAuthenticator>> ListAsync(
        string accountId,
        CancellationToken cancellationToken
    ) =>
        await Authenticators
            .AsNoTracking()
            .Where(t => t.AccountId == accountId && t.ConfirmedAt != null)
            .OrderBy(t => t.CreatedAt)
            .ToListAsync(cancellationToken);

    /// <summary>Gives another name, and tells the owner; false when it is not one of the account's.</summary>
    /// <param name="id">The authenticator.</param>
    /// <param name="name">At most 64 characters.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    public async Task<bool> RenameAsync(
        string accountId,
        Guid id,
        string? name,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        FactorName.Read(name) is { } plain
        && await work.RunAsync(
            async inner =>
            {
                var mine = Authenticators.Where(t => t.Id == id && t.AccountId == accountId && t.ConfirmedAt != null);
                var renamed = await mine.Where(t => t.Name != plain)
                    .ExecuteUpdateAsync(set => set.SetProperty(t => t.Name, plain), inner);
                if (renamed == 0)
                {
                    return await mine.AnyAsync(inner);
                }

                SendFactorNotice.Enqueue(
                    work,
                    audit.Add(
                        AuditEventTypes.FactorRenamed,
                        accountId,
                        requester,
                        id.ToString(),
                        AuditReasons.Totp,
                        accountId
                    )
                );
                return true;
            },
            cancellationToken
        );

    /// <summary>Whether its key can be read; it cannot when the Data Protection ring that encrypted it is gone.</summary>
    public bool IsReadable(TotpAuthenticator authenticator) => keys.Read(authenticator) is not null;

    /// <summary>
    /// Removes one, and tells the owner; false when it is not one of the account's. With the last factor go the
    /// recovery codes, and with any the browsers it was remembered in.
    /// </summary>
    /// <param name="id">The authenticator.</param>
    /// <param name="cancellationToken">Stops; nothing is removed then.</param>
    public Task<bool> RemoveAsync(
        string accountId,
        Guid id,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync(
            async inner =>
            {
                var removed = await Authenticators
                    .Where(t => t.Id == id && t.AccountId == accountId && t.ConfirmedAt != null)
                    .ExecuteDeleteAsync(inner);
                if (removed == 0)
                {
                    return false;
                }

                await codes.DropWithLastFactorAsync(accountId, inner);
                await browsers.ForgetAllAsync(accountId, inner);
                SendFactorNotice.Enqueue(
                    work,
                    audit.Add(
                        AuditEventTypes.FactorRemoved,
                        accountId,
                        requester,
                        id.ToString(),
                        AuditReasons.Totp,
                        accountId
                    )
                );
                return true;
            },
            cancellationToken
        );
}
