using Microsoft.Extensions.Options;

namespace IdP.Recovery.PasswordReset;

/// <summary>
/// Step 4. Someone with a second factor proves it before the password changes, and the proof is a column of this very
/// request. Without a factor there is nothing to prove. An administrator's is replaced by the reset itself, and is
/// asked for where the options say so.
/// </summary>
public sealed class PasswordResetGate(IOptions<AdministratorResetOptions> options)
{
    // Security: threat 5. Closed by default: where a factor is enrolled and no proof is kept, nothing changes.
    internal bool Asks(ResetRequest request, RecoverableAccount account) =>
        request.ProvedAt is null
        && request.Purpose != PasswordResetPurpose.BreakGlass
        && (
            account.Audience == Audience.Administrator
                ? options.Value.Proof == AdministratorProof.Factor && !IsFirst(request, account)
                : account.Factors.Any
        );

    // Somebody who has never signed in has nothing to show yet.
    private static bool IsFirst(ResetRequest request, RecoverableAccount account) =>
        request.Purpose == PasswordResetPurpose.SetUp && !account.HasPassword && !account.Factors.Any;
}
