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
    KnownBrowsers browsers,
    SuspendAccount suspend,
    TellAdministrators others,
    MailedLinks mailed,
    AuditLog audit,
    IOptions<AdministratorResetOptions> options
)
{
    private readonly AdministratorResetOptions options = options.Value;

    private DbSet<ResetRequest> Requests => work.Context.Set<ResetRequest>();

    /// <summary>What a link stops; null when it is unknown, used or expired. Changes nothing.</summary>
    /// <param name="token">From the protected cookie.</param>
    public async Task<StoppableReset?> LookAsync(string? token, CancellationToken cancellationToken) =>
        await FindAsync(token, cancellationToken) is { } found
            ? new(
                found.Account,
                found.Request.RequestedAt,
                found.Request.Requester,
                found.Request.RedeemedAt,
                found.Stopper is null,
                StageOf(found.Request, found.Account),
                found.Request.ApprovedAt + options.Hold,
                found.Stopper is not null
                    && accounts.CanSuspend
                    && await suspend.MayCloseAsync(found.Account, found.Disarmed, cancellationToken)
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
        await FindAsync(token, cancellationToken) is not { } found
            ? new StoppedPasswordReset.Gone()
            : await work.RunAsync<StoppedPasswordReset>(
                async inner =>
                {
                    if (!await mailed.SpendAsync(found.Link.Id, inner))
                    {
                        return new StoppedPasswordReset.Gone();
                    }

                    var voided = await Requests.Where(r => r.Id == found.Request.Id).VoidAsync(work.Now, inner);
                    if (voided == 0)
                    {
                        return found.Stopper is { } stopper
                            ? await CloseAsync(found, stopper, requester, inner)
                            : new StoppedPasswordReset.TooLate();
                    }

                    if (StageOf(found.Request, found.Account) == ResetStage.Over)
                    {
                        return new StoppedPasswordReset.TooLate();
                    }

                    audit.Add(
                        AuditEventTypes.ResetVoided,
                        found.Account.Id,
                        requester,
                        found.Request.Id.ToString(),
                        found.Stopper is null ? AuditReasons.Withdrawn : AuditReasons.Stopped,
                        found.Link.AccountId
                    );
                    return new StoppedPasswordReset.Done(Own: found.Stopper is null);
                },
                cancellationToken
            );

    private ResetStage StageOf(ResetRequest request, RecoverableAccount account)
    {
        var now = work.Now;
        if (request.RedeemedAt is { } done)
        {
            return request.StoppedAt is null && done > now - options.StopFor && !account.Suspended
                ? ResetStage.Completed
                : ResetStage.Over;
        }

        if (
            request.VoidedAt is not null
            || request is { SentAt: not null } && request.ExpiresAt <= now
            || options.Waits(request) && request.RequestedAt <= now - options.ApprovalLifetime
        )
        {
            return ResetStage.Over;
        }

        return options.Waits(request) ? ResetStage.Waiting
            : request.ApprovedAt + options.Hold > now ? ResetStage.Held
            : ResetStage.Pending;
    }

    // Whoever completed it may have the mailbox still: the account is suspended, which no reset undoes, and once another
    // administrator has let it in again it wants a password that the one who completed this reset does not know.
    private async Task<StoppedPasswordReset> CloseAsync(
        Found found,
        RecoverableAccount stopper,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var account = found.Account;
        var since = work.Now - options.StopFor;

        // Every other administrator has a link, and more than one: the first ends them all, or an older one would close
        // the account again after its owner has come back.
        if (
            account.Suspended
            || await Requests
                .Where(r => r.Id == found.Request.Id && r.RedeemedAt > since && r.StoppedAt == null)
                .ExecuteUpdateAsync(set => set.SetProperty(r => r.StoppedAt, work.Now), cancellationToken) == 0
        )
        {
            return new StoppedPasswordReset.TooLate();
        }

        var stopped = audit.Add(
            AuditEventTypes.ResetStopped,
            account.Id,
            requester,
            found.Request.Id.ToString(),
            AuditReasons.Stopped,
            stopper.Id
        );

        // Where nobody else could sign in to let the account in again, the lock alone must do.
        var suspended =
            accounts.CanSuspend
            && await suspend.CloseAsync(stopper.Id, account.Id, found.Disarmed, requester, cancellationToken);
        await locks.CloseUntilResetAsync(account.Id, cancellationToken);
        await browsers.ForgetAsync(account.Id, but: null, cancellationToken);
        await OpenResets.VoidAsync(work, account.Id, cancellationToken);
        EndAccess.Enqueue(work, account.Id);
        await others.StoppedAsync(stopped, account, cancellationToken);
        return new StoppedPasswordReset.Closed(account, suspended);
    }

    private async Task<Found?> FindAsync(string? token, CancellationToken cancellationToken)
    {
        if (await mailed.FindAsync(MailedLinkKind.StopReset, token, cancellationToken) is not { } link)
        {
            return null;
        }

        var id = Guid.Parse(link.SubjectId!);
        var request = await Requests.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, cancellationToken);
        if (
            request?.AccountId is null
            || await accounts.FindAsync(request.AccountId, cancellationToken) is not { } account
        )
        {
            return null;
        }

        if (link.AccountId == account.Id)
        {
            return new(link, request, account, Stopper: null, Disarmed: false);
        }

        if (await accounts.FindAsync(link.AccountId, cancellationToken) is not { } stopper)
        {
            return null;
        }

        // Security: threat 13. Who was an administrator when the mail went out may be none any more; but whoever was let
        // in by this very reset does not take the right away from those who watch it.
        var may = !stopper.Suspended && ConsolePermissions.May(stopper.Roles, ConsoleAction.Suspend, account);
        var disarmed =
            request.RedeemedAt is { } done
            && await IsDisarmedAsync(account.Id, done, may ? null : stopper.Id, cancellationToken);
        return may || disarmed ? new(link, request, account, stopper, disarmed) : null;
    }

    // Whether the account, or somebody whom it has raised or made since, has suspended or demoted others.
    private async Task<bool> IsDisarmedAsync(
        string accountId,
        DateTimeOffset since,
        string? whom,
        CancellationToken cancellationToken
    )
    {
        string[] types =
        [
            AuditEventTypes.AccountSuspended,
            AuditEventTypes.RolesChanged,
            AuditEventTypes.AccountCreated,
        ];
        var deeds = await work
            .Context.Set<AuditEvent>()
            .Where(e => e.At >= since && types.Contains(e.Type) && e.ActorId != null && e.AccountId != null)
            .Select(e => new
            {
                e.Type,
                Actor = e.ActorId!,
                Whom = e.AccountId!,
            })
            .ToListAsync(cancellationToken);

        // Whoever it has raised may have raised others: until nobody is added.
        HashSet<string> itsOwn = [accountId];
        int before;
        do
        {
            before = itsOwn.Count;
            itsOwn.UnionWith(
                deeds
                    .Where(d => d.Type != AuditEventTypes.AccountSuspended && itsOwn.Contains(d.Actor))
                    .Select(d => d.Whom)
                    .ToList()
            );
        } while (itsOwn.Count > before);

        return deeds.Any(d =>
            d.Type != AuditEventTypes.AccountCreated
            && itsOwn.Contains(d.Actor)
            && d.Whom != d.Actor
            && (whom is null ? d.Whom != accountId : d.Whom == whom)
        );
    }

    // Disarmed: those who could have stopped it have been taken the right to since, by who came in by it.
    private sealed record Found(
        MailedLink Link,
        ResetRequest Request,
        RecoverableAccount Account,
        RecoverableAccount? Stopper,
        bool Disarmed
    );
}

/// <summary>How a stop ended.</summary>
public abstract record StoppedPasswordReset
{
    private StoppedPasswordReset() { }

    /// <summary>The link of that reset is worthless.</summary>
    /// <param name="Own">Whether the one whose password it is has withdrawn it.</param>
    public sealed record Done(bool Own) : StoppedPasswordReset;

    /// <summary>It was done already: the account is closed, and its sessions end.</summary>
    /// <param name="Suspended">
    /// Whether only another administrator lets it in again; else, where there is none, a new reset does.
    /// </param>
    public sealed record Closed(RecoverableAccount Account, bool Suspended) : StoppedPasswordReset;

    /// <summary>There is nothing left to stop: stopped by somebody else, expired, or done too long ago.</summary>
    public sealed record TooLate : StoppedPasswordReset;

    /// <summary>The stop link is unknown, used or expired, or is one of somebody who is no administrator any more.</summary>
    public sealed record Gone : StoppedPasswordReset;
}
