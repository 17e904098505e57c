using System.DirectoryServices.Protocols;
using IdP.Recovery.Endpoints;

namespace IdP.Recovery.Ldap;

/// <summary>What a directory's result codes (RFC 4511, appendix A) mean for a delivery.</summary>
internal static class LdapResults
{
    /// <summary>Which the library's own list leaves out.</summary>
    public const int InvalidCredentials = 49;

    // Of the library itself: no answer in time.
    private const int LibraryTimeout = 85;

    public static DeliveryOutcome Outcome(DirectoryResponse? response, bool sendsPassword) =>
        response is null
            ? new DeliveryOutcome.NotYet(DeliveryFlaw.Garbage)
            : Outcome(response.ResultCode, response.ErrorMessage, sendsPassword);

    public static DeliveryOutcome Outcome(ResultCode code, string? message, bool sendsPassword)
    {
        var detail = code.ToString();
        return code switch
        {
            ResultCode.ConstraintViolation when sendsPassword => new DeliveryOutcome.Refused(
                DeliveryFlaw.PasswordPolicy,
                detail
            ),
            ResultCode.UnwillingToPerform when IsReadOnly(message) => NotYet(DeliveryFlaw.ReadOnly),
            ResultCode.UnwillingToPerform when sendsPassword => new DeliveryOutcome.Refused(
                DeliveryFlaw.PasswordPolicy,
                detail
            ),
            ResultCode.NoSuchObject => new DeliveryOutcome.Refused(DeliveryFlaw.NoAccount, detail),
            ResultCode.SizeLimitExceeded => new DeliveryOutcome.Refused(DeliveryFlaw.Ambiguous, detail),
            ResultCode.InsufficientAccessRights => NotYet(DeliveryFlaw.Rights),
            ResultCode.StrongAuthRequired or ResultCode.InappropriateAuthentication => NotYet(DeliveryFlaw.Credentials),
            ResultCode.Referral or ResultCode.ReferralV2 => NotYet(DeliveryFlaw.Redirect),
            ResultCode.AdminLimitExceeded => NotYet(DeliveryFlaw.Full),
            ResultCode.TimeLimitExceeded => NotYet(DeliveryFlaw.TimedOut),
            ResultCode.Busy or ResultCode.Unavailable or ResultCode.Other or ResultCode.OperationsError => NotYet(
                DeliveryFlaw.Unavailable
            ),
            _ => NotYet(DeliveryFlaw.Refused),
        };

        DeliveryOutcome.NotYet NotYet(DeliveryFlaw flaw) => new(flaw, detail);
    }

    /// <summary>
    /// What a connection that ended means: before it was open, where the port had answered, that the certificate is not
    /// taken, as the library says no more; later, that the directory went away.
    /// </summary>
    public static DeliveryOutcome Outcome(LdapException exception, bool opened) =>
        exception.ErrorCode switch
        {
            InvalidCredentials => new DeliveryOutcome.NotYet(DeliveryFlaw.Credentials),
            LibraryTimeout => new DeliveryOutcome.NotYet(DeliveryFlaw.TimedOut),
            _ => new DeliveryOutcome.NotYet(opened ? DeliveryFlaw.Unavailable : DeliveryFlaw.Certificate),
        };

    /// <summary>Whether a connection could not be made, for another reason than a password or the time.</summary>
    public static bool IsBroken(Exception exception) =>
        exception is TlsOperationException or LdapException { ErrorCode: not (InvalidCredentials or LibraryTimeout) };

    // OpenLDAP says 'operation restricted' where a database is read-only.
    private static bool IsReadOnly(string? message) =>
        message?.Contains("restricted", StringComparison.OrdinalIgnoreCase) == true
        || message?.Contains("read-only", StringComparison.OrdinalIgnoreCase) == true;
}
