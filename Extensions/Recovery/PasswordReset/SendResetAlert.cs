using IdP.Recovery.Ports;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.PasswordReset;

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
