using IdP.Recovery.Audit;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.PasswordReset;

/// <summary>
/// 'This was not me': locks the account, ends its sessions and starts a new reset, whose link is mailed to the
/// account's address. Works once for each notice.
/// </summary>
public sealed class ReportNotMe(UnitOfWork work, IAccounts accounts, AuditLog audit)
{
    /// <summary>Whether the link works, and for whom; changes nothing.</summary>
    /// <param name="token">The token in its URL form.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<RecoverableAccount?> LookAsync(
        string? token,
        CancellationToken cancellationToken
    ) =>
        await FindAsync(token, cancellationToken) is { } notice
            ? await accounts.FindAsync(notice.AccountId, cancellationToken)
            : null;

    /// <summary>Does it; false when the link is unknown, used or expired.</summary>
    /// <param name="token">The token in its URL form.</param>
    /// <param name="origin">From where.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    public async Task<bool> RunAsync(
        string? token,
        RequestOrigin origin,
        CancellationToken cancellationToken
    )
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
                var first = await work
                    .Context.Set<PasswordChangeNotice>()
                    .Where(n => n.Id == notice.Id && n.DisownedAt == null)
                    .ExecuteUpdateAsync(set => set.SetProperty(n => n.DisownedAt, work.Now), inner);
                if (first == 0)
                {
                    return false;
                }

                // Order: the lock replaces the security stamp, which the new request's link is bound to when it is
                // prepared, after this commit.
                await accounts.LockAsync(account.Id, inner);
                await work
                    .Context.Set<PasswordResetRequest>()
                    .Where(r =>
                        r.AccountId == account.Id && r.RedeemedAt == null && r.VoidedAt == null
                    )
                    .ExecuteUpdateAsync(
                        set =>
                            set.SetProperty(r => r.VoidedAt, work.Now)
                                .SetProperty(r => r.ProtectedToken, (string?)null),
                        inner
                    );
                audit.Add(AuditEventTypes.NotMeReported, account.Id, origin, notice.Id.ToString());
                EndAccess.Enqueue(work, account.Id);
                BeginReset(account, origin);
                return true;
            },
            cancellationToken
        );
    }

    // No limit applies: the link in the notice is the permission, and it works once.
    private void BeginReset(RecoverableAccount account, RequestOrigin origin)
    {
        var request = new PasswordResetRequest
        {
            Id = Guid.CreateVersion7(work.Now),
            Address = account.Address,
            Audience = account.Audience,
            Purpose = PasswordResetPurpose.Reset,
            RequestedAt = work.Now,
            Network = origin.Network,
            Client = origin.Client,
        };
        work.Context.Add(request);
        work.Enqueue(SendPasswordReset.Kind, request.Id.ToString());
    }

    private async Task<PasswordChangeNotice?> FindAsync(
        string? token,
        CancellationToken cancellationToken
    )
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
