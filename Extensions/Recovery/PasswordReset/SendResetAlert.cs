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
        string token,
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
            ? Say(request, subject, link, Links.StopReset(token))
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
