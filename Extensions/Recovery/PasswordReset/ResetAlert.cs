using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;

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
