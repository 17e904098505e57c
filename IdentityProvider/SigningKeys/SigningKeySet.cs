using IdentityProvider.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.Tokens;

namespace IdentityProvider.SigningKeys;

/// <summary>A key that is ready to use.</summary>
internal sealed record OpenedKey(string Algorithm, DateTimeOffset ActiveFrom, SecurityKey Key);

/// <summary>The keys as this node knows them; <see cref="OpenId.ProviderRefresh"/> keeps them up to date.</summary>
internal sealed class SigningKeySet(SigningKeyProtection protection, TimeProvider time)
{
    private volatile OpenedKey[] keys = [];
    private volatile string active = "";

    /// <summary>Every key that may be published, newest first.</summary>
    public IReadOnlyList<OpenedKey> Published => keys;

    /// <summary>
    /// The keys of use for tokens: of each algorithm the one that signs comes first, replaced ones after it, and ones
    /// that only are published yet are left out.
    /// </summary>
    public IEnumerable<OpenedKey> Usable
    {
        get
        {
            var now = time.GetUtcNow();
            return keys.Where(k => k.ActiveFrom <= now)
                .OrderBy(k => Array.IndexOf(SigningKeyProtection.Algorithms, k.Algorithm))
                .ThenByDescending(k => k.ActiveFrom);
        }
    }

    /// <summary>Reads the keys; true when something changed: a key came, went, or began to sign.</summary>
    public async Task<bool> ReloadAsync(IdpDbContext context, CancellationToken cancellationToken)
    {
        var rows = await context
            .Set<SigningKey>()
            .AsNoTracking()
            .OrderByDescending(k => k.Generation)
            .ToListAsync(cancellationToken);
        var known = keys.ToDictionary(k => k.Key.KeyId);
        keys =
        [
            .. rows.Select(row =>
                known.GetValueOrDefault(row.Id) ?? new OpenedKey(row.Algorithm, row.ActiveFrom, protection.Open(row))
            ),
        ];
        var before = active;
        active =
            string.Join(' ', keys.Select(k => k.Key.KeyId)) + '/' + string.Join(' ', Usable.Select(k => k.Key.KeyId));
        return active != before;
    }
}
