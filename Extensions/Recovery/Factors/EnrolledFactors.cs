namespace IdP.Recovery.Factors;

/// <summary>What an account can prove itself by beside its password.</summary>
/// <param name="Totp">Confirmed authenticators, or one that Identity keeps and that is taken over at its first use.</param>
/// <param name="RecoveryCodes">
/// Saved recovery codes that are left, Identity's own among them where the host signs people in; they stand in for a factor
/// and are none.
/// </param>
/// <param name="TotpRequired">Whether a rotated key waits to be enrolled.</param>
/// <param name="Elsewhere">Whether ASP.NET Core Identity itself asks the account for a second factor.</param>
public sealed record EnrolledFactors(
    int Totp,
    int Passkeys,
    int RecoveryCodes,
    bool TotpRequired,
    bool Elsewhere = false
)
{
    /// <summary>Nothing.</summary>
    public static EnrolledFactors None { get; } = new(0, 0, 0, TotpRequired: false);

    /// <summary>Whether a second factor is enrolled and asked for.</summary>
    // Security: threat 5. One that only the host could prove counts too, or an account would be worth its password alone.
    public bool Any => Elsewhere || AnyHere;

    /// <summary>Whether one is enrolled that can be proved here.</summary>
    public bool AnyHere => Totp > 0 || Passkeys > 0;
}
