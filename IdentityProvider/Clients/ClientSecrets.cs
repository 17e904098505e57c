using IdentityProvider.Accounts;
using IdP.Recovery;
using IdP.Recovery.Passwords;
using IdP.UI.Input;
using Microsoft.AspNetCore.Identity;
using Microsoft.IdentityModel.Tokens;

namespace IdentityProvider.Clients;

/// <summary>
/// How a client's secret rests. One that the server generated has 256 bits: nobody guesses it, so SHA-256 is enough,
/// and a token costs no password hash. One that a person brought goes through the password hash.
/// </summary>
internal sealed class ClientSecrets(
    IPasswordHasher<Account> hasher,
    HashingQueue queue,
    IHttpContextAccessor asking,
    Networks networks,
    TimeProvider time
)
{
    private const string Sha256 = "sha256:";
    private static readonly Account Nobody = new();

    /// <summary>A fresh secret, to be shown once.</summary>
    public static string Generate() => Secrets.NewToken();

    /// <summary>The form in which a generated secret rests.</summary>
    public static string HashGenerated(string secret) => Sha256 + Base64UrlEncoder.Encode(Secrets.Hash(secret));

    public static bool IsSha256(string hash) =>
        hash.StartsWith(Sha256, StringComparison.Ordinal) && Secrets.Hash(hash[Sha256.Length..]) is not null;

    /// <summary>The form in which a secret rests; the form that a clients file declares stays.</summary>
    public async Task<string> HashAsync(string secret, CancellationToken cancellationToken) =>
        IsSha256(secret) ? secret
        : Secrets.Hash(secret) is not null ? HashGenerated(secret)
        : await queue.RunAsync(() => hasher.HashPassword(Nobody, secret), cancellationToken);

    public async ValueTask<bool> VerifyAsync(string secret, string hash, CancellationToken cancellationToken)
    {
        if (IsSha256(hash))
        {
            return Secrets.Hash(secret) is { } brought
                && Secrets.Same(brought, Base64UrlEncoder.DecodeBytes(hash[Sha256.Length..]));
        }

        // As at a sign-in: one network's guesses do not fill the queue for the others.
        var network = asking.HttpContext?.Requester().Network;
        using var place = queue.Take(network is null ? null : networks.Of(network));
        return await place.RunAsync(
            () => hasher.VerifyHashedPassword(Nobody, hash, secret) != PasswordVerificationResult.Failed,
            cancellationToken
        );
    }

    /// <summary>Whether it is the secret before the one in force, as long as that is taken.</summary>
    /// <param name="secret">What the client brought.</param>
    /// <param name="properties">The client's properties, as its row has them.</param>
    public async ValueTask<bool> VerifyPreviousAsync(
        string secret,
        string? properties,
        CancellationToken cancellationToken
    ) =>
        SecretHistory.Of(properties) is { Previous: { } previous } history
        && history.Overlaps(time.GetUtcNow())
        && await VerifyAsync(secret, previous, cancellationToken);
}
