using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;

namespace IdentityProvider.Api;

/// <summary>A user in a list.</summary>
internal sealed record UserSummary(
    string Id,
    string Email,
    string? Name,
    DateTimeOffset? CreatedAt,
    DateTimeOffset? LastSignInAt,
    string MfaStatus,
    DateTimeOffset? EnrollUntil,
    bool Locked,
    bool Suspended
)
{
    public static UserSummary Of(RecoverableAccount account, EnrollmentStatus status) =>
        new(
            account.Id,
            account.Email,
            account.DisplayName,
            account.CreatedAt,
            account.LastSignInAt,
            MfaStatuses.Name(status),
            (status as EnrollmentStatus.InEnrollment)?.Until,
            account.LockedUntil is not null,
            account.Suspended
        );
}

/// <summary>The names of where somebody stands with their second factor.</summary>
internal static class MfaStatuses
{
    public static string Name(EnrollmentStatus status) =>
        status switch
        {
            EnrollmentStatus.Enrolled => "enrolled",
            EnrollmentStatus.NotRequired => "notRequired",
            EnrollmentStatus.NotEnrolled => "notEnrolled",
            EnrollmentStatus.InEnrollment => "inEnrollment",
            EnrollmentStatus.EnrollmentExpired => "enrollmentExpired",
            _ => throw new InvalidOperationException($"Unknown status {status}."),
        };

    /// <summary>Null for a name that is none.</summary>
    public static MfaStatusFilter? Filter(string? name) =>
        name switch
        {
            "enrolled" => MfaStatusFilter.Enrolled,
            "notRequired" => MfaStatusFilter.NotRequired,
            "notEnrolled" => MfaStatusFilter.NotEnrolled,
            "inEnrollment" => MfaStatusFilter.InEnrollment,
            "enrollmentExpired" => MfaStatusFilter.Expired,
            _ => null,
        };
}

/// <summary>A page of users; <c>next</c> is null on the last.</summary>
internal sealed record UserPage(IReadOnlyList<UserSummary> Users, string? Next);

/// <summary>How many of each factor a user has.</summary>
internal sealed record FactorCounts(int Totp, int Passkeys, int RecoveryCodes);

/// <summary>A user, without anything secret.</summary>
internal sealed record UserDetails(
    string Id,
    string Email,
    bool EmailConfirmed,
    string? Name,
    string? Locale,
    string? ZoneInfo,
    IReadOnlyList<string> Roles,
    bool HasPassword,
    FactorCounts Factors,
    string MfaStatus,
    DateTimeOffset? EnrollUntil,
    DateTimeOffset? LockedUntil,
    bool Locked,
    bool Suspended,
    DateTimeOffset? CreatedAt,
    DateTimeOffset? LastSignInAt
)
{
    public static UserDetails Of(RecoverableAccount account, EnrollmentStatus status) =>
        new(
            account.Id,
            account.Email,
            account.EmailConfirmed,
            account.DisplayName,
            account.Language,
            account.TimeZone,
            account.Roles,
            account.HasPassword,
            new(account.Factors.Totp, account.Factors.Passkeys, account.Factors.RecoveryCodes),
            MfaStatuses.Name(status),
            (status as EnrollmentStatus.InEnrollment)?.Until,
            account.ClosedUntilReset ? null : account.LockedUntil,
            account.LockedUntil is not null,
            account.Suspended,
            account.CreatedAt,
            account.LastSignInAt
        );
}

/// <summary>What is needed for a new user.</summary>
internal sealed record NewUser(string Email)
{
    public string? Name { get; init; }

    public string? GivenName { get; init; }

    public string? FamilyName { get; init; }

    public string? Locale { get; init; }

    public string? ZoneInfo { get; init; }

    public string? PhoneNumber { get; init; }
}

/// <summary>Why something is done; kept in the audit.</summary>
internal sealed record Why
{
    /// <summary>1 to 500 characters.</summary>
    public string? Reason { get; init; }
}
