using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Lockout;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.PasswordReset;

/// <summary>
/// By a mailed link and without signing in: another administrator stops an administrator's reset while it is pending, or
/// closes the account for a while after it is done; whoever asked for it withdraws it while it is pending.
/// </summary>
public sealed class StopPasswordReset(
    UnitOfWork work,
    IAccounts accounts,
    IAccountLocks locks,
    SuspendAccount suspend,
    MailedLinks mailed,
    AuditLog audit,
    IOptions<AdministratorResetOptions> options
)
{
    /// <summary>What a link stops; null when it is unknown, used or expired. Changes nothing.</summary>
    /// <param name="token">From the protected cookie.</param>
    public async Task<StoppableReset?> LookAsync(string? token, CancellationToken cancellationToken) =>
        await FindAsync(token, cancellationToken) is var (link, request, account)
            ? new(
                account,
                request.RequestedAt,
                request.Requester,
                request.RedeemedAt,
                link.AccountId == account.Id,
                request is { HeldAt: not null, ApprovedAt: null },
                request.RedeemedAt is null ? request.ApprovedAt + options.Value.Hold : null
            )
            : null;

    /// <summary>Stops it.</summary>
    /// <param name="token">From the protected cookie.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    public async Task<StoppedPasswordReset> RunAsync(
        string? token,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        await FindAsync(token, cancellationToken) is not var (link, request, account)
            ? new StoppedPasswordReset.Gone()
            : await work.RunAsync<StoppedPasswordReset>(
                async inner =>
                {
                    if (!await mailed.SpendAsync(link.Id, inner))
                    {
                        return new StoppedPasswordReset.Gone();
                    }

                    var own = link.AccountId == account.Id;
                    var voided = await work
                        .Context.Set<ResetRequest>()
                        .Where(r => r.Id == request.Id)
                        .VoidAsync(work.Now, inner);
                    if (voided == 1 && IsOver(request))
                    {
                        return new StoppedPasswordReset.TooLate();
                    }

                    if (voided == 1)
                    {
                        audit.Add(
                            AuditEventTypes.ResetVoided,
                            account.Id,
                            requester,
                            request.Id.ToString(),
                            own ? AuditReasons.Withdrawn : AuditReasons.Stopped,
                            link.AccountId
                        );
                        return new StoppedPasswordReset.Done(own);
                    }

                    return !own && await CloseAsync(link, request.Id, account, requester, inner)
                        ? new StoppedPasswordReset.Closed(account)
                        : new StoppedPasswordReset.TooLate();
                },
                cancellationToken
            );

    private bool IsOver(ResetRequest request) =>
        request is { SentAt: not null } && request.ExpiresAt <= work.Now
        || options.Value.Waits(request) && request.RequestedAt <= work.Now - options.Value.ApprovalLifetime;

    // Whoever completed it may have the mailbox still: the account is suspended, which no reset undoes, and once another
    // administrator has let it in again it wants a password that the one who completed this reset does not know.
    private async Task<bool> CloseAsync(
        MailedLink link,
        Guid requestId,
        RecoverableAccount account,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var since = work.Now - options.Value.StopFor;
        var done = await work
            .Context.Set<ResetRequest>()
            .AnyAsync(r => r.Id == requestId && r.RedeemedAt > since, cancellationToken);
        if (!done || account.Suspended || account.ClosedUntilReset)
        {
            return false;
        }

        audit.Add(
            AuditEventTypes.ResetStopped,
            account.Id,
            requester,
            requestId.ToString(),
            AuditReasons.Stopped,
            link.AccountId
        );
        if (accounts.CanSuspend)
        {
            // Refused where nobody else could sign in to let the account in again: then the lock alone must do.
            var other = (await accounts.FindAsync(link.AccountId, cancellationToken))!;
            await suspend.SuspendAsync(
                new Actor(other.Id, other.Roles),
                account.Id,
                why: null,
                requester,
                cancellationToken
            );
        }

        await locks.CloseUntilResetAsync(account.Id, cancellationToken);
        await OpenResets.VoidAsync(work, account.Id, cancellationToken);
        EndAccess.Enqueue(work, account.Id);
        return true;
    }

    private async Task<(MailedLink Link, ResetRequest Request, RecoverableAccount Account)?> FindAsync(
        string? token,
        CancellationToken cancellationToken
    )
    {
        if (await mailed.FindAsync(MailedLinkKind.StopReset, token, cancellationToken) is not { } link)
        {
            return null;
        }

        var id = Guid.Parse(link.SubjectId!);
        var request = await work
            .Context.Set<ResetRequest>()
            .AsNoTracking()
            .SingleOrDefaultAsync(r => r.Id == id, cancellationToken);
        if (
            request?.AccountId is null
            || await accounts.FindAsync(request.AccountId, cancellationToken) is not { } account
        )
        {
            return null;
        }

        // Security: threat 13. Who was an administrator when the mail went out may be none any more.
        return
            link.AccountId == account.Id
            || await accounts.FindAsync(link.AccountId, cancellationToken)
                is { Suspended: false, Audience: Audience.Administrator }
            ? (link, request, account)
            : null;
    }
}

/// <summary>A reset that a link stops.</summary>
/// <param name="Account">Whose password.</param>
/// <param name="From">Who asked, in words a person can check.</param>
/// <param name="CompletedAt">When it was done; null while it is pending.</param>
/// <param name="Own">Whether the link was mailed to the one whose password it is.</param>
/// <param name="Waits">Whether it waits for an approval.</param>
/// <param name="HeldUntil">Until when its link is held back after the approval; null where there was none.</param>
public sealed record StoppableReset(
    RecoverableAccount Account,
    DateTimeOffset RequestedAt,
    Requester From,
    DateTimeOffset? CompletedAt,
    bool Own,
    bool Waits,
    DateTimeOffset? HeldUntil
);

/// <summary>How a stop ended.</summary>
public abstract record StoppedPasswordReset
{
    private StoppedPasswordReset() { }

    /// <summary>The link of that reset is worthless.</summary>
    /// <param name="Own">Whether the one whose password it is has withdrawn it.</param>
    public sealed record Done(bool Own) : StoppedPasswordReset;

    /// <summary>It was done already: the account is closed, and its sessions end.</summary>
    public sealed record Closed(RecoverableAccount Account) : StoppedPasswordReset;

    /// <summary>There is nothing left to stop: stopped by somebody else, expired, or done too long ago.</summary>
    public sealed record TooLate : StoppedPasswordReset;

    /// <summary>The stop link is unknown, used or expired, or is one of somebody who is no administrator any more.</summary>
    public sealed record Gone : StoppedPasswordReset;
}
