using IdP.Recovery;
using Microsoft.AspNetCore.Identity;

namespace IdentityProvider.Accounts;

/// <summary>A person's account with the standard claims of OpenID Connect Core 5.1.</summary>
public sealed class Account : IdentityUser, IRecoverableUser
{
    /// <summary>Claim <c>name</c>.</summary>
    public string? DisplayName { get; set; }

    /// <summary>Claim <c>given_name</c>.</summary>
    public string? GivenName { get; set; }

    /// <summary>Claim <c>family_name</c>.</summary>
    public string? FamilyName { get; set; }

    /// <summary>Claim <c>middle_name</c>.</summary>
    public string? MiddleName { get; set; }

    /// <summary>Claim <c>nickname</c>.</summary>
    public string? Nickname { get; set; }

    /// <summary>Claim <c>profile</c>: the address of a page about the person.</summary>
    public string? ProfileUrl { get; set; }

    /// <summary>Claim <c>picture</c>.</summary>
    public string? PictureUrl { get; set; }

    /// <summary>Claim <c>website</c>.</summary>
    public string? Website { get; set; }

    /// <summary>Claim <c>gender</c>.</summary>
    public string? Gender { get; set; }

    /// <summary>Claim <c>birthdate</c>: <c>YYYY-MM-DD</c>, or <c>YYYY</c>.</summary>
    public string? Birthdate { get; set; }

    /// <summary>Claim <c>zoneinfo</c>: an IANA zone.</summary>
    public string? ZoneInfo { get; set; }

    /// <summary>Claim <c>locale</c>: BCP 47.</summary>
    public string? Locale { get; set; }

    /// <summary>Part <c>street_address</c> of the claim <c>address</c>.</summary>
    public string? StreetAddress { get; set; }

    /// <summary>Part <c>locality</c> of the claim <c>address</c>.</summary>
    public string? Locality { get; set; }

    /// <summary>Part <c>region</c> of the claim <c>address</c>.</summary>
    public string? Region { get; set; }

    /// <summary>Part <c>postal_code</c> of the claim <c>address</c>.</summary>
    public string? PostalCode { get; set; }

    /// <summary>Part <c>country</c> of the claim <c>address</c>.</summary>
    public string? Country { get; set; }

    /// <inheritdoc />
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>Claim <c>updated_at</c>: when the profile last changed.</summary>
    public DateTimeOffset UpdatedAt { get; set; }

    /// <inheritdoc />
    public DateTimeOffset? SuspendedAt { get; set; }

    /// <inheritdoc />
    public DateTimeOffset? LastSignInAt { get; set; }

    /// <inheritdoc />
    public string? SearchName { get; private set; }

    /// <inheritdoc />
    public string? SearchFamilyName { get; private set; }
}
