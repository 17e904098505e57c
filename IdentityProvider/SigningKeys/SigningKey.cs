namespace IdentityProvider.SigningKeys;

/// <summary>A key of the provider, shared by every node; a row of <c>ProviderKeys</c>.</summary>
public sealed class SigningKey
{
    /// <summary>The key id of JWTs.</summary>
    public required string Id { get; init; }

    /// <summary><c>ES256</c>, <c>RS256</c> (signing) or <c>A256KW</c> (encryption of codes and refresh tokens).</summary>
    public required string Algorithm { get; init; }

    /// <summary>Counts the keys of one algorithm; unique, so that two nodes that rotate at once make one key.</summary>
    public int Generation { get; init; }

    /// <summary>The private part, encrypted with Data Protection.</summary>
    public required string ProtectedKey { get; init; }

    /// <summary>When it was made and published.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>From when it signs; until then others learn it.</summary>
    public DateTimeOffset ActiveFrom { get; init; }
}
