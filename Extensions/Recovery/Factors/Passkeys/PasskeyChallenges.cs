using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;

namespace IdP.Recovery.Factors.Passkeys;

/// <summary>
/// The challenges under way. A page that offers passkeys writes nothing: the challenge travels with the page, encrypted
/// for one purpose, one account and what it is bound to, and is noted only when it comes back, so that it is taken once on any node.
/// </summary>
public sealed class PasskeyChallenges(IDataProtectionProvider protection, RequestLimits limits, TimeProvider time)
{
    /// <summary>How long a challenge lives.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    internal string Seal(PasskeyPurpose purpose, string? accountId, string? boundTo, string asked) =>
        Protector(purpose, accountId, boundTo)
            .Protect(JsonSerializer.Serialize(new Challenge(Secrets.NewToken(), time.GetUtcNow() + Lifetime, asked)));

    internal bool IsAsked(PasskeyPurpose purpose, string? accountId, string? boundTo, string? state) =>
        Open(purpose, accountId, boundTo, state) is { } challenge && challenge.ExpiresAt > time.GetUtcNow();

    /// <summary>
    /// What <see cref="Seal"/> was given, once; null when it is too old, was taken, or was made for another purpose,
    /// for another account or in another session, sign-in or link. Order: outside a transaction, so that a failure does not give the challenge back.
    /// </summary>
    internal async Task<string?> TakeAsync(
        PasskeyPurpose purpose,
        string? accountId,
        string? boundTo,
        string? state,
        CancellationToken cancellationToken
    )
    {
        if (Open(purpose, accountId, boundTo, state) is not { } challenge)
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
        return isFirst && challenge.ExpiresAt > time.GetUtcNow() ? challenge.Asked : null;
    }

    private Challenge? Open(PasskeyPurpose purpose, string? accountId, string? boundTo, string? state)
    {
        if (string.IsNullOrEmpty(state))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<Challenge>(Protector(purpose, accountId, boundTo).Unprotect(state));
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    // Security: threat 5. What was made for one purpose or one account cannot even be read for another.
    private IDataProtector Protector(PasskeyPurpose purpose, string? accountId, string? boundTo) =>
        protection.CreateProtector(
            "IdP.Recovery.PasskeyChallenges.v2",
            purpose.ToString(),
            accountId ?? "",
            Convert.ToHexString(Secrets.Fingerprint(boundTo ?? ""))
        );

    private sealed record Challenge(string Id, DateTimeOffset ExpiresAt, string Asked);
}

internal enum PasskeyPurpose
{
    Create,
    Factor,
    SignIn,
}
