using IdP.Recovery.Audit;
using IdP.Recovery.Factors.RecoveryCodes;

namespace IdP.Recovery.Factors.Passkeys;

/// <summary>Removes a passkey. The caller asks for a fresh proof of an existing factor first.</summary>
/// <param name="passkeys">Where they are.</param>
/// <param name="codes">Go with the last factor.</param>
/// <param name="browsers">Are forgotten, as it may have been proved by it that they are remembered.</param>
/// <param name="work">The transaction.</param>
public sealed class RemovePasskey(
    IPasskeys passkeys,
    RecoveryCodeSet codes,
    RememberedBrowsers browsers,
    UnitOfWork work,
    AuditLog audit
)
{
    /// <summary>Removes; false when it is not a passkey of that account, or another call was first.</summary>
    /// <param name="passkeyId">As <see cref="Passkey.Id"/>.</param>
    /// <param name="actorId">Who does it.</param>
    /// <param name="cancellationToken">Stops; nothing is removed then.</param>
    public Task<bool> RunAsync(
        string accountId,
        string? passkeyId,
        Requester requester,
        string actorId,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync(
            async inner =>
            {
                if (!await passkeys.RemoveAsync(accountId, passkeyId, inner))
                {
                    return false;
                }

                await codes.DropWithLastFactorAsync(accountId, inner);
                await browsers.ForgetAllAsync(accountId, inner);
                SendFactorNotice.Enqueue(
                    work,
                    audit.Add(
                        AuditEventTypes.FactorRemoved,
                        accountId,
                        requester,
                        subjectId: Passkey.AuditIdOf(passkeyId!),
                        reason: AuditReasons.Passkey,
                        actorId: actorId
                    )
                );
                return true;
            },
            cancellationToken
        );
}
