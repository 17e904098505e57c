using IdP.Recovery.Audit;
using IdP.Recovery.Ports;

namespace IdP.Recovery.Factors;

/// <summary>A job: tells the owner what happened to a factor (SP 800-63B-4, 4.6).</summary>
internal sealed class SendFactorNotice(UnitOfWork work, IAccounts accounts, IRecoveryLinks links, MailDesk desk)
    : EventNotice(work, accounts, desk)
{
    public const string Kind = "factor.notice";

    /// <summary>Adds the work to the transaction of the change; what is told stands in the audit event.</summary>
    public static void Enqueue(UnitOfWork work, AuditEvent changed) => work.Enqueue(Kind, changed.Id.ToString());

    protected override Task<Func<MailRecipient, RecoveryMail>?> ComposeAsync(
        AuditEvent told,
        RecoverableAccount account,
        CancellationToken cancellationToken
    )
    {
        var change = ChangeOf(told);
        return Task.FromResult<Func<MailRecipient, RecoveryMail>?>(recipient => new RecoveryMail.FactorChanged(
            recipient,
            change,
            told.At,
            new Requester(told.Network, told.Browser),
            change == FactorChange.PasswordDisabled ? links.ForgotPassword(account.Audience) : null
        ));
    }

    private static FactorChange ChangeOf(AuditEvent changed) =>
        (changed.Type, changed.Reason) switch
        {
            (AuditEventTypes.FactorAdded, AuditReasons.Passkey or AuditReasons.RoamingPasskey) =>
                FactorChange.PasskeyAdded,
            (AuditEventTypes.FactorAdded, _) => FactorChange.TotpAdded,
            (AuditEventTypes.FactorRemoved, AuditReasons.Passkey) => FactorChange.PasskeyRemoved,
            (AuditEventTypes.FactorRemoved, _) => FactorChange.TotpRemoved,
            (AuditEventTypes.FactorTakenOver, _) => FactorChange.TakenOver,
            (AuditEventTypes.FactorRenamed, _) => FactorChange.Renamed,
            (AuditEventTypes.FactorsRotated, _) => FactorChange.Rotated,
            (AuditEventTypes.PasskeyCopied, _) => FactorChange.PasskeyCopied,
            (AuditEventTypes.RecoveryCodesCreated, _) => FactorChange.RecoveryCodesCreated,
            (AuditEventTypes.RecoveryCodeUsed, _) => FactorChange.RecoveryCodeUsed,
            (AuditEventTypes.FactorRefused, _) => FactorChange.ProofFailed,
            (AuditEventTypes.FactorDisabled, AuditReasons.Password) => FactorChange.PasswordDisabled,
            (AuditEventTypes.FactorDisabled, _) => FactorChange.Disabled,
            _ => throw new InvalidOperationException($"No mail tells of {changed.Type}."),
        };
}
