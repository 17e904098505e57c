using System.Buffers.Text;

namespace IdP.Recovery.Factors.Passkeys;

/// <summary>A passkey as its owner sees it.</summary>
/// <param name="Id">The credential's id as base64url, at most 1364 characters. No secret.</param>
/// <param name="Name">What the owner calls it.</param>
/// <param name="CreatedAt">When it was added.</param>
/// <param name="BackedUp">Whether it is synced to the owner's other devices, as last reported.</param>
/// <param name="Roaming">Whether it is on something that is carried from computer to computer, such as a security key.</param>
public sealed record Passkey(string Id, string Name, DateTimeOffset CreatedAt, bool BackedUp, bool Roaming)
{
    /// <summary>Longest name, in characters.</summary>
    public const int MaxNameLength = 64;

    /// <summary><c>swk</c> for a synced passkey, <c>hwk</c> for one that stays in its device (RFC 8176).</summary>
    public string Possession => BackedUp ? "swk" : "hwk";

    /// <summary>When it last signed in or proved something; null before that.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>The authenticator's model (AAGUID), as it says itself; null where it says nothing.</summary>
    public Guid? Model { get; init; }

    /// <summary>What that model is called; null where nobody has said.</summary>
    public string? Authenticator { get; init; }

    internal static byte[]? CredentialIdOf(string? id) =>
        !string.IsNullOrEmpty(id) && Base64Url.IsValid(id) ? Base64Url.DecodeFromChars(id) : null;

    internal static string AuditIdOf(byte[] credentialId) => AuditIdOf(Base64Url.EncodeToString(credentialId));

    internal static string AuditIdOf(string id) => Convert.ToHexStringLower(Secrets.Fingerprint(id));

    internal string AuditId => AuditIdOf(Id);

    /// <summary>A name as it is kept: trimmed; null when there is none or it is too long.</summary>
    public static string? CleanName(string? name) =>
        name?.Trim() is { Length: > 0 and <= MaxNameLength } clean ? clean : null;
}

/// <summary>What a browser needs to make or use a passkey.</summary>
/// <param name="OptionsJson">
/// For <c>PublicKeyCredential.parseCreationOptionsFromJSON</c> or <c>parseRequestOptionsFromJSON</c>.
/// </param>
/// <param name="State">To be sent back with the answer; encrypted, lives for 5 minutes, is taken once.</param>
public sealed record PasskeyCeremony(string OptionsJson, string State);

/// <summary>A passkey that was used.</summary>
/// <param name="Account">Whose it is.</param>
/// <param name="UserVerified">Whether the authenticator verified the person by PIN or biometrics, this time.</param>
/// <param name="Name">What the owner calls it.</param>
/// <param name="BackedUp">Whether it is synced, which makes it software that is held (<c>swk</c>).</param>
public sealed record UsedPasskey(RecoverableAccount Account, bool UserVerified, string Name, bool BackedUp)
{
    /// <summary>The methods of a session that it began alone, as RFC 8176 names.</summary>
    public IReadOnlyList<string> Methods => UserVerified ? [Possession, "user", "mfa"] : [Possession];

    /// <summary><c>swk</c> for a synced passkey, <c>hwk</c> for one that stays in its device.</summary>
    public string Possession => BackedUp ? "swk" : "hwk";
}

/// <summary>How making a passkey ended.</summary>
public abstract record CreatedPasskey
{
    private CreatedPasskey() { }

    /// <summary>The passkey is kept.</summary>
    /// <param name="Passkey">It.</param>
    public sealed record Done(Passkey Passkey) : CreatedPasskey;

    /// <summary>The answer was not right, too late, or had been given before.</summary>
    public sealed record Refused : CreatedPasskey;

    /// <summary>This authenticator is not one of those allowed.</summary>
    public sealed record NotAllowed : CreatedPasskey;

    /// <summary>The account has as many as it may have.</summary>
    public sealed record TooMany : CreatedPasskey;
}
