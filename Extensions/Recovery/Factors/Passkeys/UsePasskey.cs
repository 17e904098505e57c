using IdP.Recovery.Audit;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Factors.Passkeys;

/// <summary>Checks the use of a passkey, as the sign-in itself or as a factor of a known account.</summary>
/// <param name="ceremonies">Asks and checks.</param>
/// <param name="passkeys">Keeps.</param>
/// <param name="challenges">Takes each answer once.</param>
/// <param name="accounts">Finds whose it is.</param>
/// <param name="work">The transaction.</param>
/// <param name="limits">How often a copy is told.</param>
/// <param name="options">Whether a copy is refused.</param>
public sealed class UsePasskey(
    PasskeyCeremonies ceremonies,
    IPasskeys passkeys,
    PasskeyChallenges challenges,
    IAccounts accounts,
    UnitOfWork work,
    RequestLimits limits,
    AuditLog audit,
    IOptions<PasskeyOptions> options
)
{
    private static readonly TimeSpan ToldOncePer = TimeSpan.FromHours(1);

    /// <summary>What the browser needs.</summary>
    /// <param name="account">
    /// Whose passkeys; null for anybody's that the authenticator offers, which takes no query at all.
    /// </param>
    /// <param name="boundTo">The session, half-finished sign-in or mailed link that it is asked in, and no other.</param>
    public async Task<PasskeyCeremony> BeginAsync(
        RecoverableAccount? account,
        string? boundTo,
        CancellationToken cancellationToken
    )
    {
        var (json, asked) = ceremonies.DescribeUse(
            account is null ? null : await passkeys.KeptAsync(account.Id, cancellationToken)
        );
        return new(json, challenges.Seal(Purpose(account), account?.Id, boundTo, asked));
    }

    /// <summary>Whether an answer could still be right: its challenge lives, and was made for this.</summary>
    internal bool IsAsked(FactorProof.Passkey proof, RecoverableAccount? expected) =>
        challenges.IsAsked(Purpose(expected), expected?.Id, proof.BoundTo, proof.State);

    /// <summary>
    /// Checks the browser's answer and keeps the passkey's new counter. Null when it is refused: too late, taken
    /// before, made for another purpose, account or session, of an unknown passkey, wrongly signed, or with a counter
    /// that went back, of which the owner is told. To be called outside a transaction, so that a failure does not give the
    /// challenge back.
    /// </summary>
    /// <param name="proof">What the page was sent.</param>
    /// <param name="expected">The account that <see cref="BeginAsync"/> was given.</param>
    /// <param name="cancellationToken">Stops before the challenge is spent; from then on nothing does.</param>
    public async Task<UsedPasskey?> VerifyAsync(
        FactorProof.Passkey proof,
        RecoverableAccount? expected,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var asked = await challenges.TakeAsync(
            Purpose(expected),
            expected?.Id,
            proof.BoundTo,
            proof.State,
            cancellationToken
        );

        // Security: threat 20. The challenge is spent: a copy is told, also when its holder hangs up.
        cancellationToken = CancellationToken.None;
        if (
            asked is null
            || await ceremonies.CheckUseAsync(asked, proof.Credential, expected is null, cancellationToken)
                is not { } use
            || (expected is not null && use.AccountId != expected.Id)
            || !await work.RunAsync(inner => CountAsync(use, requester, inner), cancellationToken)
        )
        {
            return null;
        }

        return await accounts.FindAsync(use.AccountId, cancellationToken) is { } account
            ? new(account, use.UserVerified, use.Name, use.BackedUp)
            : null;
    }

    private async Task<bool> CountAsync(PasskeyUse use, Requester requester, CancellationToken cancellationToken)
    {
        var takesOldCounter = options.Value.CounterBack == PasskeyCounterBack.Tell;
        var counter = await passkeys.RecordUseAsync(use, takesOldCounter, cancellationToken);
        if (counter != PasskeyCounter.WentBack)
        {
            return counter == PasskeyCounter.WentOn;
        }

        var id = Passkey.AuditIdOf(use.CredentialId);
        if (await limits.TryTakeAsync("passkey-copied/" + id, 1, ToldOncePer, cancellationToken))
        {
            SendFactorNotice.Enqueue(
                work,
                audit.Add(AuditEventTypes.PasskeyCopied, use.AccountId, requester, subjectId: id)
            );
        }

        return takesOldCounter;
    }

    private static PasskeyPurpose Purpose(RecoverableAccount? account) =>
        account is null ? PasskeyPurpose.SignIn : PasskeyPurpose.Factor;
}
