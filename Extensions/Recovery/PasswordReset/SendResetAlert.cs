using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.PasswordReset;

/// <summary>A job: mails one of them.</summary>
internal sealed class SendResetAlert(
    UnitOfWork work,
    IAccounts accounts,
    MailedLinks mailed,
    IRecoveryLinks links,
    IOptions<AdministratorResetOptions> options,
    MailDesk desk
) : LinkNotice(work, accounts, mailed, desk)
{
    public const string Kind = "administrator-reset.alert";

    protected override async Task<Func<MailRecipient, RecoveryMail>?> ComposeAsync(
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
        if (
            request?.AccountId is null
            || await Accounts.FindAsync(request.AccountId, cancellationToken) is not { } subject
        )
        {
            return null;
        }

        var waits =
            options.Value.Proof == AdministratorProof.Approval
            && request is { ApprovedAt: null, Purpose: PasswordResetPurpose.Reset };
        return recipient => new RecoveryMail.AdministratorResetPending(
            recipient,
            subject.Email,
            request.RequestedAt,
            request.Requester,
            links.StopReset(token),
            waits ? links.ApproveReset(request.Id) : null,
            waits ? request.RequestedAt + options.Value.Hold : request.ExpiresAt ?? link.ExpiresAt
        );
    }
}
