using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.MfaReset;

/// <summary>A job: tells the one whose MFA it is that a reset of it waits, with a link to object.</summary>
internal sealed class SendMfaResetWaiting(
    UnitOfWork work,
    IAccounts accounts,
    MailedLinks mailed,
    IRecoveryLinks links,
    IOptions<MfaResetOptions> options,
    MailDesk desk
) : LinkNotice(work, accounts, mailed, desk)
{
    public const string Kind = "mfa-reset.waiting";

    /// <summary>Adds link and work to the transaction of the wish.</summary>
    public static void Enqueue(UnitOfWork work, WaitingMfaReset waiting, Requester requester, TimeSpan lifetime) =>
        work.Enqueue(
            Kind,
            MailedLinks
                .Add(
                    work,
                    MailedLinkKind.ObjectToMfaReset,
                    waiting.AccountId,
                    waiting.Id.ToString(),
                    requester,
                    lifetime
                )
                .Id.ToString()
        );

    protected override async Task<Func<MailRecipient, RecoveryMail>?> ComposeAsync(
        MailedLink link,
        string? token,
        RecoverableAccount account,
        CancellationToken cancellationToken
    )
    {
        var id = Guid.Parse(link.SubjectId!);
        var waiting = await Work
            .Context.Set<WaitingMfaReset>()
            .AsNoTracking()
            .SingleOrDefaultAsync(w => w.Id == id && w.DecidedAt == null, cancellationToken);
        if (waiting is null)
        {
            return null;
        }

        var asker = await Accounts.FindAsync(waiting.ActorId, cancellationToken);
        return recipient => new RecoveryMail.MfaResetWaiting(
            recipient,
            asker?.Email ?? waiting.ActorId,
            waiting.RequestedAt,
            waiting.RequestedAt + options.Value.Hold,
            links.ObjectToMfaReset(token!)
        );
    }
}
