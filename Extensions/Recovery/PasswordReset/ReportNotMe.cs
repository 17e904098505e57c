using IdP.Recovery.Audit;
using IdP.Recovery.Lockout;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.PasswordReset;

/// <summary>
/// 'This was not me': locks the account, ends its sessions, drops addresses that wait for their code, and starts a new
/// reset, whose link is mailed to the address that the notice went to. Works once for each change.
/// </summary>
public sealed class ReportNotMe(
    UnitOfWork work,
    IAccounts accounts,
    IAccountLocks locks,
    KnownBrowsers browsers,
    AuditLog audit
)
{
    /// <summary>To which address the new link would go, as entered; null when this one does not work. Changes nothing.</summary>
    /// <param name="token">The token in its URL form.</param>
    public async Task<string?> LookAsync(string? token, CancellationToken cancellationToken) =>
        await FindAsync(token, cancellationToken) is { } notice
        && await accounts.FindAsync(notice.AccountId, cancellationToken) is { } account
            ? (await AddressAsync(notice, account, cancellationToken)).AsEntered
            : null;

    /// <summary>Does it; false when the link is unknown, used or expired.</summary>
    /// <param name="token">The token in its URL form.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    public async Task<bool> RunAsync(string? token, Requester requester, CancellationToken cancellationToken)
    {
        if (
            await FindAsync(token, cancellationToken) is not { } notice
            || await accounts.FindAsync(notice.AccountId, cancellationToken) is not { } account
        )
        {
            return false;
        }

        return await work.RunAsync(
            async inner =>
            {
                // Every address has a notice of this change with a link of its own: one of them is enough.
                var first = await work
                    .Context.Set<PasswordChangeNotice>()
                    .Where(n => n.AccountId == account.Id && n.ChangedAt == notice.ChangedAt && n.DisownedAt == null)
                    .ExecuteUpdateAsync(set => set.SetProperty(n => n.DisownedAt, work.Now), inner);
                if (first == 0)
                {
                    return false;
                }

                var (address, _) = await AddressAsync(notice, account, inner);
                await CloseAsync(account, address, notice.Id, requester, inner);
                return true;
            },
            cancellationToken
        );
    }

    /// <summary>
    /// The same from the user portal, of something that happened. The caller asks for a fresh proof first. To which address
    /// the new link goes, as entered; null when the account has no such event, or is closed already.
    /// </summary>
    /// <param name="eventId">What was not the owner.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    public Task<string?> RunAsync(
        string accountId,
        Guid eventId,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync(
            async inner =>
            {
                var happened = await work
                    .Context.Set<AuditEvent>()
                    .AsNoTracking()
                    .SingleOrDefaultAsync(e => e.Id == eventId && e.AccountId == accountId, inner);
                if (
                    happened is null
                    || await accounts.FindAsync(accountId, inner) is not { ClosedUntilReset: false } account
                    || !await accounts.HoldAsync(account, inner)
                )
                {
                    return null;
                }

                var (address, entered) = await AddressThenAsync(account, happened.At, inner);
                await CloseAsync(account, address, eventId, requester, inner);
                return entered;
            },
            cancellationToken
        );

    // Security: threat 5. Whoever got in may have made an address of theirs the account's own since: the link goes to what
    // was its own before. A change keeps the one before as a further one, of the same time.
    private async Task<(string Normalized, string AsEntered)> AddressThenAsync(
        RecoverableAccount account,
        DateTimeOffset at,
        CancellationToken cancellationToken
    )
    {
        var changed = await work
            .Context.Set<AuditEvent>()
            .Where(e => e.AccountId == account.Id && e.Type == AuditEventTypes.AddressChanged && e.At >= at)
            .OrderBy(e => e.Id)
            .Select(e => (DateTimeOffset?)e.At)
            .FirstOrDefaultAsync(cancellationToken);
        var before = changed is null
            ? null
            : await work
                .Context.Set<RecoveryAddress>()
                .AsNoTracking()
                .Where(a => a.AccountId == account.Id && a.Confirmed != null && a.ConfirmedAt <= changed)
                .OrderByDescending(a => a.ConfirmedAt == changed)
                .ThenBy(a => a.ConfirmedAt)
                .FirstOrDefaultAsync(cancellationToken);
        return before is null ? (account.Address, account.Email) : (before.Normalized, before.Address);
    }

    private async Task CloseAsync(
        RecoverableAccount account,
        string address,
        Guid subjectId,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        // Order: the lock replaces the security stamp, which the new request's link is bound to when it is prepared,
        // after this commit.
        await locks.CloseUntilResetAsync(account.Id, cancellationToken);
        await browsers.ForgetAsync(account.Id, but: null, cancellationToken);
        await OpenResets.VoidAsync(work, account.Id, cancellationToken);
        audit.Add(AuditEventTypes.NotMeReported, account.Id, requester, subjectId.ToString());
        EndAccess.Enqueue(work, account.Id);
        await work
            .Context.Set<RecoveryAddress>()
            .Where(a => a.AccountId == account.Id && a.ConfirmedAt == null)
            .ExecuteDeleteAsync(cancellationToken);

        // No limit applies: the link in the notice, or the proof, is the permission, and it works once.
        ResetRequest.Begin(work, address, account.Audience, requester);
    }

    // Security: threat 5. Whoever got in may have made an address of theirs the account's own since: the link goes to
    // where the report came from, for as long as that counts.
    private async Task<(string Normalized, string AsEntered)> AddressAsync(
        PasswordChangeNotice notice,
        RecoverableAccount account,
        CancellationToken cancellationToken
    )
    {
        var entered = await work
            .Context.Set<RecoveryAddress>()
            .Where(a => a.AccountId == account.Id && a.Confirmed == notice.Address)
            .Select(a => a.Address)
            .FirstOrDefaultAsync(cancellationToken);
        return notice.Address is { } address && entered is not null
            ? (address, entered)
            : (account.Address, account.Email);
    }

    private async Task<PasswordChangeNotice?> FindAsync(string? token, CancellationToken cancellationToken)
    {
        if (Secrets.Hash(token) is not { } hash)
        {
            return null;
        }

        var now = work.Now;
        return await work
            .Context.Set<PasswordChangeNotice>()
            .AsNoTracking()
            .SingleOrDefaultAsync(
                n => n.TokenHash == hash && n.DisownedAt == null && n.ExpiresAt > now,
                cancellationToken
            );
    }
}
