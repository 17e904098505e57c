using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors;

namespace IdP.Recovery;

/// <summary>What a host's user type may tell beside <c>IdentityUser</c>; without it the defaults hold.</summary>
public interface IRecoverableUser
{
    /// <summary>The person's name in mails; null when unknown.</summary>
    string? DisplayName { get; }

    /// <summary>A BCP 47 tag such as <c>de</c>; null for the host's default language.</summary>
    string? Locale { get; }

    /// <summary>An IANA zone such as <c>Europe/Berlin</c>; null for UTC.</summary>
    string? ZoneInfo { get; }

    /// <summary>When an administrator suspended the account; null while it is active.</summary>
    DateTimeOffset? SuspendedAt { get; }

    /// <summary>When the person last signed in; null for never. Recovery keeps it up to date.</summary>
    DateTimeOffset? LastSignInAt { get; }

    /// <summary>When the account was made.</summary>
    DateTimeOffset CreatedAt { get; }

    /// <summary>The name in capitals, as the database makes them, so that people are found by its beginning.</summary>
    string? SearchName { get; }

    /// <summary>The family name in capitals, likewise.</summary>
    string? SearchFamilyName { get; }
}

/// <summary>An account as recovery sees it at one moment.</summary>
/// <param name="Id">The Identity user's id.</param>
/// <param name="Email">The address as entered.</param>
/// <param name="Address">The address in the form of <see cref="EmailAddress.Normalize"/>.</param>
/// <param name="EmailConfirmed">Whether the address counts.</param>
/// <param name="DisplayName">The person's name.</param>
/// <param name="Language">BCP 47.</param>
/// <param name="TimeZone">IANA.</param>
/// <param name="Audience">User or administrator.</param>
/// <param name="HasPassword">False until a first password was chosen.</param>
/// <param name="Suspended">Whether an administrator suspended it.</param>
/// <param name="LockedUntil">When a lockout ends; null when there is none.</param>
/// <param name="SecurityStamp">Changes with every change of a credential.</param>
public sealed record RecoverableAccount(
    string Id,
    string Email,
    string Address,
    bool EmailConfirmed,
    string? DisplayName,
    string? Language,
    string? TimeZone,
    Audience Audience,
    bool HasPassword,
    bool Suspended,
    DateTimeOffset? LockedUntil,
    string SecurityStamp
)
{
    /// <summary>The name it signs in with, where that is another one than the address.</summary>
    public string? UserName { get; init; }

    /// <summary>Its roles, which are also the groups that a policy names.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>What is enrolled beside the password.</summary>
    public EnrolledFactors Factors { get; init; } = EnrolledFactors.None;

    /// <summary>Whether sign-in is closed until the password is reset, as after 'this was not me'.</summary>
    public bool ClosedUntilReset { get; init; }

    /// <summary>The enrollment period that counts; null when there is none, or a factor was enrolled within it.</summary>
    public OpenEnrollment? Enrollment { get; init; }

    /// <summary>When the person last signed in; null for never, and where the host does not keep it.</summary>
    public DateTimeOffset? LastSignInAt { get; init; }

    /// <summary>When the account was made; null where the host does not keep it.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>The longest id of an account that is kept.</summary>
    internal const int MaxIdLength = 128;

    /// <summary>The role that makes an account an administrator's.</summary>
    public const string AdministratorRole = "Administrator";

    internal Ports.MailRecipient Recipient => RecipientAt(Email);

    internal Ports.MailRecipient RecipientAt(string address) => new(address, DisplayName, Language, TimeZone);
}
