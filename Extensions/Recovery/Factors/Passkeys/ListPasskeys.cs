namespace IdP.Recovery.Factors.Passkeys;

/// <summary>Shows an account's passkeys.</summary>
/// <param name="passkeys">Where they are.</param>
/// <param name="metadata">What authenticators are called.</param>
public sealed class ListPasskeys(IPasskeys passkeys, AuthenticatorMetadata metadata)
{
    /// <summary>The passkeys, oldest first.</summary>
    public async Task<IReadOnlyList<Passkey>> RunAsync(string accountId, CancellationToken cancellationToken) =>
        [
            .. (await passkeys.ListAsync(accountId, cancellationToken)).Select(p =>
                p with
                {
                    Authenticator = metadata.NameOf(p.Model),
                }
            ),
        ];

    /// <summary>How many there are: one query.</summary>
    public Task<int> CountAsync(string accountId, CancellationToken cancellationToken) =>
        passkeys.CountAsync(accountId, cancellationToken);
}
