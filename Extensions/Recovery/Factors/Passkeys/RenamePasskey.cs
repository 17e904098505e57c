using IdP.Recovery.Audit;

namespace IdP.Recovery.Factors.Passkeys;

/// <summary>Gives a passkey another name, and tells the owner.</summary>
/// <param name="passkeys">Where they are.</param>
/// <param name="work">The transaction.</param>
public sealed class RenamePasskey(IPasskeys passkeys, UnitOfWork work, AuditLog audit)
{
    /// <summary>Renames; false when it is no name, or not a passkey of that account.</summary>
    /// <param name="passkeyId">As <see cref="Passkey.Id"/>.</param>
    /// <param name="name">1 to 64 characters.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    public async Task<bool> RunAsync(
        string accountId,
        string? passkeyId,
        string? name,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        Passkey.CleanName(name) is { } clean
        && await work.RunAsync(
            async inner =>
            {
                var all = await passkeys.ListAsync(accountId, inner);
                if (all.Any(p => p.Id == passkeyId && p.Name == clean))
                {
                    return true;
                }

                if (!await passkeys.RenameAsync(accountId, passkeyId, clean, inner))
                {
                    return false;
                }

                SendFactorNotice.Enqueue(
                    work,
                    audit.Add(
                        AuditEventTypes.FactorRenamed,
                        accountId,
                        requester,
                        Passkey.AuditIdOf(passkeyId!),
                        AuditReasons.Passkey,
                        accountId
                    )
                );
                return true;
            },
            cancellationToken
        );
}
