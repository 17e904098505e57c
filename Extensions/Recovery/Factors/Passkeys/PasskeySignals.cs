using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Factors.Passkeys;

/// <summary>
/// What a browser may tell its owner's authenticators after a removal, so that they offer no passkey any more that nobody
/// takes (WebAuthn Level 3, 5.1.10). For the signed-in owner alone.
/// </summary>
/// <param name="passkeys">Where they are.</param>
/// <param name="origin">For which domain.</param>
public sealed class PasskeySignals(IPasskeys passkeys, IOptions<OriginOptions> origin)
{
    /// <summary>
    /// JSON: <c>unknown</c>, the argument of <c>signalUnknownCredential</c>, and <c>accepted</c>, the arguments of
    /// <c>signalAllAcceptedCredentials</c>, one for each user handle that is in use.
    /// </summary>
    /// <param name="removedId">As <see cref="Passkey.Id"/>.</param>
    public async Task<string> AfterRemovalAsync(string accountId, string removedId, CancellationToken cancellationToken)
    {
        var rpId = origin.Value.Link("/").IdnHost;
        var left = await passkeys.KeptAsync(accountId, cancellationToken);
        return JsonSerializer.Serialize(
            new
            {
                unknown = new { rpId, credentialId = removedId },
                accepted = left.GroupBy(
                        k => Base64Url.EncodeToString(k.UserHandle ?? Encoding.UTF8.GetBytes(accountId)),
                        k => Base64Url.EncodeToString(k.CredentialId)
                    )
                    .Select(g => new
                    {
                        rpId,
                        userId = g.Key,
                        allAcceptedCredentialIds = g,
                    }),
            }
        );
    }
}
