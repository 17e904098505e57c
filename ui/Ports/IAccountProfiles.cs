namespace IdP.UI.Ports;

/// <summary>Port: the profile that a person edits in the user portal.</summary>
public interface IAccountProfiles
{
    /// <summary>The profile of an account; null when there is none.</summary>
    Task<AccountProfile?> FindAsync(string accountId, CancellationToken cancellationToken);

    /// <summary>Keeps a changed profile.</summary>
    /// <param name="profile">All of it; null in a part takes that part away.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    Task SaveAsync(string accountId, AccountProfile profile, CancellationToken cancellationToken);
}

/// <summary>What a person tells applications about themselves (OpenID Connect Core 5.1).</summary>
public sealed record AccountProfile
{
    /// <summary>Claim <c>name</c>, at most 128 characters.</summary>
    public string? Name { get; init; }

    /// <summary>Claim <c>given_name</c>, at most 64.</summary>
    public string? GivenName { get; init; }

    /// <summary>Claim <c>family_name</c>, at most 64.</summary>
    public string? FamilyName { get; init; }

    /// <summary>Claim <c>nickname</c>, at most 64.</summary>
    public string? Nickname { get; init; }

    /// <summary>Claim <c>birthdate</c>, <c>YYYY-MM-DD</c>.</summary>
    public string? Birthdate { get; init; }

    /// <summary>Claim <c>website</c>, an http or https address of at most 512.</summary>
    public string? Website { get; init; }

    /// <summary>Claim <c>phone_number</c>, E.164 such as <c>+4930123456</c>.</summary>
    public string? PhoneNumber { get; init; }

    /// <summary>Claim <c>locale</c>, BCP 47.</summary>
    public string? Locale { get; init; }

    /// <summary>Claim <c>zoneinfo</c>, an IANA zone.</summary>
    public string? ZoneInfo { get; init; }

    /// <summary>Part <c>street_address</c>, at most 256.</summary>
    public string? StreetAddress { get; init; }

    /// <summary>Part <c>postal_code</c>, at most 32.</summary>
    public string? PostalCode { get; init; }

    /// <summary>Part <c>locality</c>, at most 128.</summary>
    public string? Locality { get; init; }

    /// <summary>Part <c>region</c>, at most 128.</summary>
    public string? Region { get; init; }

    /// <summary>Part <c>country</c>, at most 64.</summary>
    public string? Country { get; init; }
}
