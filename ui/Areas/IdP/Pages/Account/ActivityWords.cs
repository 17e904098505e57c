using IdP.Recovery.Audit;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Account;

/// <summary>
/// Says to somebody what happened to their own account. The texts are <c>Activity.TYPE</c> and, where a reason makes
/// another sentence, <c>Activity.TYPE.REASON</c>; {0} is the factor.
/// </summary>
internal static class ActivityWords
{
    // What its owner did, or else somebody who had got in: only of such is 'this was not me' an answer.
    private static readonly HashSet<string> Deeds =
    [
        AuditEventTypes.NewBrowser,
        AuditEventTypes.ResetCompleted,
        AuditEventTypes.PasswordChanged,
        AuditEventTypes.FactorAdded,
        AuditEventTypes.FactorRemoved,
        AuditEventTypes.FactorRenamed,
        AuditEventTypes.RecoveryCodesCreated,
        AuditEventTypes.RecoveryCodeUsed,
        AuditEventTypes.BrowserRemembered,
        AuditEventTypes.AddressConfirmed,
        AuditEventTypes.AddressRemoved,
        AuditEventTypes.AddressChanged,
    ];

    /// <summary>What is shown.</summary>
    public static readonly string[] Types =
    [
        .. Deeds,
        AuditEventTypes.LockedOut,
        AuditEventTypes.Unlocked,
        AuditEventTypes.SignInFailed,
        AuditEventTypes.FactorRefused,
        AuditEventTypes.FactorDisabled,
        AuditEventTypes.PasskeyCopied,
        AuditEventTypes.FactorsRotated,
        AuditEventTypes.FactorTakenOver,
        AuditEventTypes.ResetSent,
        AuditEventTypes.ResetVoided,
        AuditEventTypes.ResetStopped,
        AuditEventTypes.ResetGateRefused,
        AuditEventTypes.NotMeReported,
        AuditEventTypes.MfaReset,
        AuditEventTypes.AccountSuspended,
        AuditEventTypes.AccountActivated,
        AuditEventTypes.RolesChanged,
    ];

    public static string Sentence(this IStringLocalizer<Text> text, AuditEvent happened)
    {
        var factor = text[$"Audit.Factor.{happened.Reason}"];
        var named = factor.ResourceNotFound ? text["Audit.Factor"].Value : factor.Value;
        var exact = text[$"Activity.{happened.Type}.{happened.Reason}", named];
        return exact.ResourceNotFound ? text[$"Activity.{happened.Type}", named].Value : exact.Value;
    }

    /// <summary>Whether it was done by somebody who was in.</summary>
    public static bool IsDeed(AuditEvent happened) =>
        Deeds.Contains(happened.Type) && (happened.ActorId is null || happened.ActorId == happened.AccountId);
}
