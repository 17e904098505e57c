namespace IdentityProvider.Clients;

/// <summary>The scopes of <c>/api/v1</c>, which every host knows and a client has only where it is declared.</summary>
internal static class ApiScopes
{
    public const string Audience = "management-api";

    /// <summary>See people.</summary>
    public const string ReadUsers = "users.read";

    /// <summary>Unlock, send a reset, reset MFA; of privileged people only together with <see cref="ManageUsers"/>.</summary>
    public const string RecoverUsers = "users.recover";

    /// <summary>Make, suspend and activate accounts.</summary>
    public const string ManageUsers = "users.manage";

    /// <summary>Read the audit.</summary>
    public const string ReadAudit = "audit.read";

    public static readonly IReadOnlyList<string> All = [ReadUsers, RecoverUsers, ManageUsers, ReadAudit];
}
