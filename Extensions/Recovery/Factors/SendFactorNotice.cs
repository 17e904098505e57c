using IdP.Recovery.Addresses;
using IdP.Recovery.Audit;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Factors;

/// <summary>A job: tells the owner what happened to a factor (SP 800-63B-4, 4.6).</summary>
internal sealed class SendFactorNotice(
    UnitOfWork work,
    IAccounts accounts,
    TellEveryAddress told,
    IRecoveryMailer mailer,
    IRecoveryLinks links,
    RecoveryMetrics metrics
) : IOutboxHandler
{
    public const string Kind = "factor.notice";

    /// <summary>Adds the work to the transaction of the change; what is told stands in the audit event.</summary>
    public static void Enqueue(UnitOfWork work, AuditEvent changed) => work.Enqueue(Kind, changed.Id.ToString());

    public async Task HandleAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        var id = Guid.Parse(entry.Subject);
        var changed = await work
            .Context.Set<AuditEvent>()
            .AsNoTracking()
            .SingleOrDefaultAsync(e => e.Id == id, cancellationToken);
        if (
            changed?.AccountId is null
            || await accounts.FindAsync(changed.AccountId, cancellationToken) is not { } account
            || await told.RecipientAsync(entry, account, changed.At, cancellationToken) is not { } recipient
        )
        {
            return;
        }

        var change = ChangeOf(changed);
        await mailer.SendAsync(
            new RecoveryMail.FactorChanged(
                recipient,
                change,
                changed.At,
                new RequestOrigin(changed.Network, changed.Client),
                change == FactorChange.PasswordDisabled ? links.RequestPasswordReset(account.Audience) : null
            ),
            TellEveryAddress.MessageId(entry, id),
            cancellationToken
        );
        metrics.Mailed(Kind);
        told.Sent(account);
    }

    private static FactorChange ChangeOf(AuditEvent changed) =>
        (changed.Type, changed.Reason) switch
        {
            (AuditEventTypes.FactorAdded, FactorReasons.Passkey or FactorReasons.RoamingPasskey) =>
                FactorChange.PasskeyAdded,
            (AuditEventTypes.FactorAdded, _) => FactorChange.TotpAdded,
            (AuditEventTypes.FactorRemoved, FactorReasons.Passkey) => FactorChange.PasskeyRemoved,
            (AuditEventTypes.FactorRemoved, _) => FactorChange.TotpRemoved,
            (AuditEventTypes.FactorsRotated, _) => FactorChange.Rotated,
            (AuditEventTypes.RecoveryCodesCreated, _) => FactorChange.RecoveryCodesCreated,
            (AuditEventTypes.RecoveryCodeUsed, _) => FactorChange.RecoveryCodeUsed,
            (AuditEventTypes.FactorRefused, _) => FactorChange.ProofFailed,
            (AuditEventTypes.FactorDisabled, FactorReasons.Password) => FactorChange.PasswordDisabled,
            (AuditEventTypes.FactorDisabled, _) => FactorChange.Disabled,
            _ => throw new InvalidOperationException($"No mail tells of {changed.Type}."),
        };
}
