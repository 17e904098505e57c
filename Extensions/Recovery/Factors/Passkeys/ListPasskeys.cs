namespace IdP.Recovery.Factors.Passkeys;

/// <summary>Shows an account's passkeys.</summary>
/// <param name="passkeys">Where they are.</param>
public sealed class ListPasskeys(IPasskeys passkeys)
{
    /// <summary>The passkeys, oldest first.</summary>
    public Task<IReadOnlyList<Passkey>> RunAsync(string accountId, CancellationToken cancellationToken) =>
        passkeys.ListAsync(accountId, cancellationToken);

    /// <summary>How many there are: one query.</summary>
    public Task<int> CountAsync(string accountId, CancellationToken cancellationToken) =>
        passkeys.CountAsync(accountId, cancellationToken);
}
