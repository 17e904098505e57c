using System.DirectoryServices.Protocols;
using IdP.Recovery.Endpoints;

namespace IdP.Recovery.Ldap;

/// <summary>What a directory's result codes (RFC 4511, appendix A) mean for a delivery.</summary>
internal static class LdapResults
{
    /// <summary>Which the library's own list leaves out.</summary>
    public const int InvalidCredentials = 49;

    // Of the library itself: no answer in time. Whatever else it calls a broken connection, after the port has answered, is
    // a certificate that it does not take.
    private const int LibraryTimeout = 85;

    public static DeliveryOutcome Outcome(DirectoryResponse? response, bool sendsPassword)
    {
        if (response is null)
        {
            return new DeliveryOutcome.NotYet(DeliveryFlaw.Garbage);
        }

        var detail = response.ResultCode.ToString();
        return response.ResultCode switch
        {
            ResultCode.ConstraintViolation when sendsPassword => new DeliveryOutcome.Refused(
                DeliveryFlaw.PasswordPolicy,
                detail
            ),
            ResultCode.UnwillingToPerform when IsReadOnly(response.ErrorMessage) => NotYet(DeliveryFlaw.ReadOnly),
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

    public static DeliveryOutcome Outcome(LdapException exception) =>
        exception.ErrorCode switch
        {
            InvalidCredentials => new DeliveryOutcome.NotYet(DeliveryFlaw.Credentials),
            LibraryTimeout => new DeliveryOutcome.NotYet(DeliveryFlaw.TimedOut),
            _ => new DeliveryOutcome.NotYet(DeliveryFlaw.Certificate),
        };

    // OpenLDAP says 'operation restricted' where a database is read-only.
    private static bool IsReadOnly(string? message) =>
        message?.Contains("restricted", StringComparison.OrdinalIgnoreCase) == true
        || message?.Contains("read-only", StringComparison.OrdinalIgnoreCase) == true;
}
