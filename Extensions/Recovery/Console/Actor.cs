using System.Security.Claims;
using IdP.Recovery.Ports;

namespace IdP.Recovery.Console;

/// <summary>Who does something to an account that may be somebody else's.</summary>
/// <param name="Id">An account's id, <c>client:ID</c> for an application acting for itself, or <c>command-line</c>.</param>
/// <param name="Roles">Its roles: see <see cref="ConsoleRoles"/>.</param>
/// <param name="Proof">How it has proved itself: RFC 8176 names, separated by spaces.</param>
public sealed record Actor(string Id, IReadOnlyList<string> Roles, string? Proof = null)
{
    /// <summary>Whoever runs commands on the machine may do everything.</summary>
    public static Actor CommandLine { get; } = new("command-line", [ConsoleRoles.Administrator]);

    private const string Application = "client:";

    /// <summary>Whether it is somebody with an account, and no application and no command line.</summary>
    internal bool IsPerson => Id != CommandLine.Id && !Id.StartsWith(Application, StringComparison.Ordinal);

    /// <summary>The person of a session.</summary>
    /// <param name="principal">The session's principal.</param>
    /// <exception cref="InvalidOperationException">Nobody is signed in.</exception>
    public static Actor Of(ClaimsPrincipal principal) =>
        new(
            principal.AccountId(),
            [.. principal.FindAll(SessionClaims.Role).Select(c => c.Value)],
            string.Join(' ', principal.FindAll(SessionClaims.Methods).Select(c => c.Value))
        );
}
