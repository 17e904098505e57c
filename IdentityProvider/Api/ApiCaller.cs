using System.Globalization;
using System.Security.Claims;
using IdentityProvider.Clients;
using IdP.Recovery;
using IdP.Recovery.Console;

namespace IdentityProvider.Api;

/// <summary>Who calls: an application for itself, or a person through one.</summary>
/// <param name="ClientId">The application.</param>
/// <param name="Scopes">What the token allows.</param>
/// <param name="Account">The person; null when the application acts for itself.</param>
internal sealed record ApiCaller(string ClientId, IReadOnlyList<string> Scopes, RecoverableAccount? Account)
{
    /// <summary>When the person signed in.</summary>
    public DateTimeOffset? AuthenticatedAt { get; init; }

    /// <summary>How: RFC 8176 names.</summary>
    public IReadOnlyList<string> Methods { get; init; } = [];

    /// <summary>By whom requests are counted and idempotency keys kept.</summary>
    public string Key => Account is null ? ClientId : $"{ClientId}/{Account.Id}";

    /// <summary>Who it is for the slices and the audit.</summary>
    public Actor Actor =>
        Account is null
            ? new("client:" + ClientId, Granted)
            : new(Account.Id, Lent, Methods.Count == 0 ? null : string.Join(' ', Methods));

    // Security: threat 13. Without users.manage an administrator's token does what the help desk does.
    private IReadOnlyList<string> Lent =>
        [
            .. Account!
                .Roles.Where(ConsoleRoles.All.Contains)
                .Select(r =>
                    r == ConsoleRoles.Administrator && !Scopes.Contains(ApiScopes.ManageUsers)
                        ? ConsoleRoles.HelpDesk
                        : r
                )
                .Distinct(),
        ];

    private IReadOnlyList<string> Granted =>
        Scopes.Contains(ApiScopes.ManageUsers) ? [ConsoleRoles.Administrator]
        : Scopes.Contains(ApiScopes.RecoverUsers) ? [ConsoleRoles.HelpDesk]
        : [];

    /// <summary>Whether a person may do that at all. An application may what its scopes say.</summary>
    public bool May(ConsoleAction action) => Account is null || ConsolePermissions.May(Account.Roles, action);

    /// <summary>
    /// Whether it may be done to an account. Security: threat 13. A token touches a privileged account only with
    /// users.manage, whoever it stands for.
    /// </summary>
    public bool May(ConsoleAction action, RecoverableAccount target) =>
        (Account is null || ConsolePermissions.May(Account.Roles, action, target))
        && (target.Audience == Audience.User || Scopes.Contains(ApiScopes.ManageUsers));

    /// <summary>Whether a person has signed in with a second factor lately; an application has no such thing.</summary>
    public bool IsFresh(DateTimeOffset now, TimeSpan within) =>
        Account is null
        || (
            AuthenticatedAt > now - within && Methods.Any(m => m is "mfa" or "otp" or "hwk" or "swk" or "pop" or "fpt")
        );

    /// <summary>The person of a token that was read and found to be in force.</summary>
    public static ApiCaller Of(
        ClaimsIdentity token,
        string clientId,
        IReadOnlyList<string> scopes,
        RecoverableAccount account
    ) =>
        new(clientId, scopes, account)
        {
            Methods = [.. token.FindAll("amr").Select(c => c.Value)],
            AuthenticatedAt = long.TryParse(
                token.FindFirst("auth_time")?.Value,
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var seconds
            )
                ? DateTimeOffset.FromUnixTimeSeconds(seconds)
                : null,
        };
}
