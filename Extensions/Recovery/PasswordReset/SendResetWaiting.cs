using IdP.Recovery.Ports;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.PasswordReset;

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
