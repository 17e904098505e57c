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
/// <param name="HasSecondFactor">Whether a second factor is enrolled and asked for.</param>
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
    bool HasSecondFactor,
    bool Suspended,
    DateTimeOffset? LockedUntil,
    string SecurityStamp
)
{
    /// <summary>The role that makes an account an administrator's.</summary>
    public const string AdministratorRole = "Administrator";

    internal Ports.MailRecipient Recipient => new(Email, DisplayName, Language, TimeZone);
}
