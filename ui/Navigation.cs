using System.Security.Claims;
using IdP.Recovery.Console;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Http;

namespace IdP.UI;

/// <summary>A line of the navigation at the left.</summary>
/// <param name="Path">A path of this host: <c>/account/sessions</c>.</param>
/// <param name="TextKey">The name of its text in <c>Text.resx</c>; a host's own word is shown as it is.</param>
/// <param name="Icon">An icon's name.</param>
/// <param name="Exact">Whether only this path is 'here', not those below it.</param>
/// <param name="Needs">What a person of the console must be allowed to; null shows the line to everybody there.</param>
public sealed record NavigationItem(
    string Path,
    string TextKey,
    string Icon,
    bool Exact = false,
    ConsoleAction? Needs = null
)
{
    /// <summary>Whether the line leads somebody to a page that they may open.</summary>
    public bool IsFor(ClaimsPrincipal person) =>
        Needs is not { } needs
        // The galleries show the console to nobody in particular.
        || person.Identity?.IsAuthenticated != true
        || ConsolePermissions.May(person.FindAll(SessionClaims.Role).Select(c => c.Value), needs);

    /// <summary>Whether a request is for this line's page.</summary>
    public bool IsCurrent(PathString path) =>
        Exact
            ? path.Equals(Path, StringComparison.OrdinalIgnoreCase)
            : path.StartsWithSegments(Path, StringComparison.OrdinalIgnoreCase);
}

/// <summary>What stands at the left of the user portal and of the console. Each part of the product adds its own.</summary>
public sealed class NavigationOptions
{
    /// <summary>The user portal's, <c>/account</c>, in order.</summary>
    public IList<NavigationItem> UserPortal { get; } = [];

    /// <summary>The console's, <c>/admin</c>, in order.</summary>
    public IList<NavigationItem> Console { get; } = [];
}
