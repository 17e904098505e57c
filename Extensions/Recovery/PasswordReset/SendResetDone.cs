using IdP.Recovery.Ports;

namespace IdP.Recovery.PasswordReset;

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
