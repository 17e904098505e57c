using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;

namespace IdP.Recovery.Factors.Passkeys;

/// <summary>
/// The challenges under way. A page that offers passkeys writes nothing: the challenge travels with the page, encrypted
/// for one purpose and one account, and is noted only when it comes back, so that it is taken once on any node.
/// </summary>
public sealed class PasskeyChallenges(IDataProtectionProvider protection, RequestLimits limits, TimeProvider time)
{
    /// <summary>How long a challenge lives.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    internal string Seal(PasskeyPurpose purpose, string? accountId, string handlerState) =>
        Protector(purpose, accountId)
            .Protect(
                JsonSerializer.Serialize(new Challenge(Secrets.NewToken(), time.GetUtcNow() + Lifetime, handlerState))
            );

    /// <summary>
    /// What <see cref="Seal"/> was given, once; null when it is too old, was taken, or was made for another purpose or
    /// account. Order: outside a transaction, so that a failure does not give the challenge back.
    /// </summary>
    internal async Task<string?> TakeAsync(
        PasskeyPurpose purpose,
        string? accountId,
        string? state,
        CancellationToken cancellationToken
    )
    {
        if (Open(purpose, accountId, state) is not { } challenge)
        {
            return null;
        }

        // The window outlasts the challenge, also where nodes disagree about the time.
        var isFirst = await limits.TryTakeAsync(
            "passkey-challenge:" + challenge.Id,
            1,
            2 * Lifetime,
            cancellationToken
        );
        return isFirst && challenge.ExpiresAt > time.GetUtcNow() ? challenge.HandlerState : null;
    }

    private Challenge? Open(PasskeyPurpose purpose, string? accountId, string? state)
    {
        if (string.IsNullOrEmpty(state))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<Challenge>(Protector(purpose, accountId).Unprotect(state));
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    // Security: threat 5. What was made for one purpose or one account cannot even be read for another.
    private IDataProtector Protector(PasskeyPurpose purpose, string? accountId) =>
        protection.CreateProtector("IdP.Recovery.PasskeyChallenges.v1", purpose.ToString(), accountId ?? "");

    private sealed record Challenge(string Id, DateTimeOffset ExpiresAt, string HandlerState);
}

internal enum PasskeyPurpose
{
    Create,
    Factor,
    SignIn,
}
