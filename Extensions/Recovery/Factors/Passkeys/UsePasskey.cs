namespace IdP.Recovery.Factors.Passkeys;

/// <summary>Checks the use of a passkey, as the sign-in itself or as a factor of a known account.</summary>
/// <param name="passkeys">Describes, checks and keeps.</param>
/// <param name="challenges">Takes each answer once.</param>
/// <param name="accounts">Finds whose it is.</param>
/// <param name="work">The transaction.</param>
public sealed class UsePasskey(IPasskeys passkeys, PasskeyChallenges challenges, IAccounts accounts, UnitOfWork work)
{
    /// <summary>What the browser needs.</summary>
    /// <param name="account">
    /// Whose passkeys; null for anybody's that the authenticator offers, which takes no query at all.
    /// </param>
    public async Task<PasskeyCeremony> BeginAsync(RecoverableAccount? account, CancellationToken cancellationToken)
    {
        var (json, state) = await passkeys.DescribeUseAsync(account?.Id, cancellationToken);
        return new(json, challenges.Seal(Purpose(account), account?.Id, state));
    }

    /// <summary>
    /// Checks the browser's answer and keeps the passkey's new counter. Null when it is refused: too late, taken
    /// before, made for another purpose or account, of an unknown passkey, wrongly signed, or with a counter that went
    /// back. To be called outside a transaction, so that a failure does not give the challenge back.
    /// </summary>
    /// <param name="state">From <see cref="BeginAsync"/>.</param>
    /// <param name="credentialJson">The browser's answer.</param>
    /// <param name="expected">The account that <see cref="BeginAsync"/> was given.</param>
    public async Task<UsedPasskey?> VerifyAsync(
        string? state,
        string? credentialJson,
        RecoverableAccount? expected,
        CancellationToken cancellationToken
    )
    {
        var handlerState = await challenges.TakeAsync(Purpose(expected), expected?.Id, state, cancellationToken);
        if (
            handlerState is null
            || await passkeys.CheckUseAsync(handlerState, credentialJson ?? "", cancellationToken) is not { } use
            || (expected is not null && use.AccountId != expected.Id)
            || !await work.RunAsync(inner => passkeys.RecordUseAsync(use, inner), cancellationToken)
        )
        {
            return null;
        }

        return await accounts.FindAsync(use.AccountId, cancellationToken) is { } account
            ? new(account, use.UserVerified, use.Passkey.Name ?? "", use.Passkey.IsBackedUp)
            : null;
    }

    private static PasskeyPurpose Purpose(RecoverableAccount? account) =>
        account is null ? PasskeyPurpose.SignIn : PasskeyPurpose.Factor;
}
