using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.MfaReset;

/// <summary>A job: tells an administrator that the MFA reset of another one waits for approval.</summary>
internal sealed class SendMfaResetPending(
    UnitOfWork work,
    IAccounts accounts,
    IRecoveryLinks links,
    IOptions<MfaResetOptions> options,
    MailDesk desk
) : MailJob(desk)
{
    public const string Kind = "mfa-reset.pending";

    /// <summary>Adds the work to the transaction of the wish.</summary>
    public static void Enqueue(UnitOfWork work, WaitingMfaReset waiting, RecoverableAccount other) =>
        work.Enqueue(Kind, $"{waiting.Id} {other.Id}");

    protected override async Task<ReadyMail?> PrepareAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        var (id, otherId) = (Guid.Parse(entry.Subject[..36]), entry.Subject[37..]);
        var waiting = await work
            .Context.Set<WaitingMfaReset>()
            .AsNoTracking()
            .SingleOrDefaultAsync(w => w.Id == id && w.DecidedAt == null, cancellationToken);
        if (
            waiting is null
            || await accounts.FindAsync(waiting.AccountId, cancellationToken) is not { } account
            || await accounts.FindAsync(otherId, cancellationToken) is not { } other
            || await Desk.Told.RecipientAsync(entry, other, waiting.RequestedAt, cancellationToken) is not { } recipient
        )
        {
            return null;
        }

        var asker = await accounts.FindAsync(waiting.ActorId, cancellationToken);
        return new(
            new RecoveryMail.MfaResetPending(
                recipient,
                account.Email,
                asker?.Email ?? waiting.ActorId,
                waiting.RequestedAt,
                waiting.RequestedAt + options.Value.Hold,
                links.ApproveReset(waiting.Id)
            ),
            $"{entry.Id:n}"
        );
    }
}

/// <summary>A job: tells who asked for an MFA reset that another administrator has declined it.</summary>
internal sealed class SendMfaResetDeclined(UnitOfWork work, IAccounts accounts, MailDesk desk) : MailJob(desk)
{
    public const string Kind = "mfa-reset.declined";

    /// <summary>Adds the work to the transaction of the refusal.</summary>
    public static void Enqueue(UnitOfWork work, WaitingMfaReset waiting) => work.Enqueue(Kind, waiting.Id.ToString());

    protected override async Task<ReadyMail?> PrepareAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        var id = Guid.Parse(entry.Subject);
        var declined = await work
            .Context.Set<WaitingMfaReset>()
            .AsNoTracking()
            .SingleOrDefaultAsync(w => w.Id == id, cancellationToken);
        if (
            declined is not { DecidedAt: { } at, DecidedBy: { } by }
            || await accounts.FindAsync(declined.ActorId, cancellationToken) is not { } asker
            || await Desk.Told.RecipientAsync(entry, asker, at, cancellationToken) is not { } recipient
        )
        {
            return null;
        }

        var account = await accounts.FindAsync(declined.AccountId, cancellationToken);
        var other = await accounts.FindAsync(by, cancellationToken);
        return new(
            new RecoveryMail.MfaResetDeclined(recipient, account?.Email ?? declined.AccountId, other?.Email ?? by, at),
            TellEveryAddress.MessageId(entry, id)
        );
    }
}
