namespace IdP.Recovery.Factors.Passkeys;

/// <summary>Gives a passkey another name.</summary>
/// <param name="passkeys">Where they are.</param>
/// <param name="work">The transaction.</param>
public sealed class RenamePasskey(IPasskeys passkeys, UnitOfWork work)
{
    /// <summary>Renames; false when it is no name, or not a passkey of that account.</summary>
    /// <param name="passkeyId">As <see cref="Passkey.Id"/>.</param>
    /// <param name="name">1 to 64 characters.</param>
    public async Task<bool> RunAsync(
        string accountId,
        string? passkeyId,
        string? name,
        CancellationToken cancellationToken
    ) =>
        Passkey.CleanName(name) is { } clean
        && await work.RunAsync(inner => passkeys.RenameAsync(accountId, passkeyId, clean, inner), cancellationToken);
}
