using IdP.Recovery.Audit;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.PasswordReset;

/// <summary>A job: mails somebody of an administrator's reset, with the link that stops it.</summary>
internal abstract class ResetAlert(
    UnitOfWork work,
    IAccounts accounts,
    MailedLinks mailed,
    IRecoveryLinks links,
    MailDesk desk
) : LinkNotice(work, accounts, mailed, desk)
{
    protected IRecoveryLinks Links => links;

    protected sealed override async Task<Func<MailRecipient, RecoveryMail>?> ComposeAsync(
        MailedLink link,
        string? token,
        RecoverableAccount account,
        CancellationToken cancellationToken
    )
    {
        var requestId = Guid.Parse(link.SubjectId!);
        var request = await Work
            .Context.Set<ResetRequest>()
            .AsNoTracking()
            .SingleOrDefaultAsync(r => r.Id == requestId, cancellationToken);
        return
            request is { VoidedAt: null, AccountId: { } accountId }
            && await Accounts.FindAsync(accountId, cancellationToken) is { } subject
            ? Say(request, subject, link, Links.StopReset(token!))
            : null;
    }

    /// <summary>What to say; null when it is no longer so.</summary>
    /// <param name="subject">Whose password.</param>
    /// <param name="stop">Stops it.</param>
    protected abstract Func<MailRecipient, RecoveryMail>? Say(
        ResetRequest request,
        RecoverableAccount subject,
        MailedLink link,
        Uri stop
    );
}

/// <summary>A job: tells another administrator that it is pending.</summary>
internal sealed class SendResetAlert(
    UnitOfWork work,
    IAccounts accounts,
    MailedLinks mailed,
    IRecoveryLinks links,
    IOptions<AdministratorResetOptions> options,
    MailDesk desk
) : ResetAlert(work, accounts, mailed, links, desk)
{
    public const string Kind = "administrator-reset.alert";

    protected override Func<MailRecipient, RecoveryMail>? Say(
        ResetRequest request,
        RecoverableAccount subject,
        MailedLink link,
        Uri stop
    )
    {
        if (request.RedeemedAt is not null)
        {
            return null;
        }

        var waits = options.Value.Waits(request);
        return recipient => new RecoveryMail.AdministratorResetPending(
            recipient,
            subject.Email,
            request.RequestedAt,
            request.Requester,
            stop,
            waits ? Links.ApproveReset(request.Id) : null,
            waits ? request.RequestedAt + options.Value.ApprovalLifetime : request.ExpiresAt ?? link.ExpiresAt
        );
    }
}

/// <summary>A job: tells another administrator that it is done.</summary>
internal sealed class SendResetDone(
    UnitOfWork work,
    IAccounts accounts,
    MailedLinks mailed,
    IRecoveryLinks links,
    MailDesk desk
) : ResetAlert(work, accounts, mailed, links, desk)
{
    public const string Kind = "administrator-reset.done";

    protected override Func<MailRecipient, RecoveryMail>? Say(
        ResetRequest request,
        RecoverableAccount subject,
        MailedLink link,
        Uri stop
    ) =>
        recipient => new RecoveryMail.AdministratorResetDone(
            recipient,
            subject.Email,
            link.At,
            link.Requester,
            stop,
            link.ExpiresAt
        );
}

/// <summary>A job: tells the one whose password it is that it waits for an approval.</summary>
internal sealed class SendResetWaiting(
    UnitOfWork work,
    IAccounts accounts,
    MailedLinks mailed,
    IRecoveryLinks links,
    IOptions<AdministratorResetOptions> options,
    MailDesk desk
) : ResetAlert(work, accounts, mailed, links, desk)
{
    public const string Kind = "administrator-reset.waiting";

    protected override Func<MailRecipient, RecoveryMail>? Say(
        ResetRequest request,
        RecoverableAccount subject,
        MailedLink link,
        Uri stop
    ) =>
        request.RedeemedAt is not null || request.SentAt is not null
            ? null
            : recipient => new RecoveryMail.AdministratorResetWaiting(
                recipient,
                request.RequestedAt,
                request.Requester,
                request.RequestedAt + options.Value.ApprovalLifetime,
                options.Value.Hold,
                stop
            );
}

/// <summary>A job: tells somebody that an administrator's account was closed after its reset.</summary>
internal sealed class SendResetStopped(UnitOfWork work, IAccounts accounts, MailDesk desk) : MailJob(desk)
{
    public const string Kind = "administrator-reset.stopped";

    /// <summary>Adds the work to the transaction of the event.</summary>
    public static void Enqueue(UnitOfWork work, AuditEvent stopped, RecoverableAccount to) =>
        work.Enqueue(Kind, $"{stopped.Id} {to.Id}");

    protected override async Task<ReadyMail?> PrepareAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        var (id, toId) = (Guid.Parse(entry.Subject[..36]), entry.Subject[37..]);
        var stopped = await work
            .Context.Set<AuditEvent>()
            .AsNoTracking()
            .SingleOrDefaultAsync(e => e.Id == id, cancellationToken);
        if (
            stopped is not { AccountId: { } accountId, ActorId: { } actorId }
            || await accounts.FindAsync(accountId, cancellationToken) is not { } account
            || await accounts.FindAsync(toId, cancellationToken) is not { } to
            || await Desk.Told.RecipientAsync(entry, to, stopped.At, cancellationToken) is not { } recipient
        )
        {
            return null;
        }

        var by = await accounts.FindAsync(actorId, cancellationToken);
        return new(
            new RecoveryMail.AdministratorResetStopped(
                recipient,
                account.Email,
                by?.Email ?? actorId,
                account.Id == to.Id,
                stopped.At,
                new Requester(stopped.Network, stopped.Browser)
            ),
            $"{entry.Id:n}"
        )
        {
            Told = to,
        };
    }
}
