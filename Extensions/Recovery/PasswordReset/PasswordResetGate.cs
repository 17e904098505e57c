namespace IdP.Recovery.PasswordReset;

/// <summary>
/// Step 4. A user with a second factor proves it before the password changes, and the proof is a column of this very
/// request. Without a factor there is nothing to prove. An administrator's factor is replaced by the reset itself.
/// </summary>
internal static class PasswordResetGate
{
    // Security: threat 5. Closed by default: where a factor is enrolled and no proof is kept, nothing changes.
    public static bool Asks(PasswordResetRequest request, RecoverableAccount account) =>
        account is { HasSecondFactor: true, Audience: Audience.User } && request.ProvedAt is null;
}
