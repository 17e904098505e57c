using System.Security.Claims;
using IdP.Recovery.Ports;
using IdP.Recovery.SignIn;

namespace IdP.UI.Input;

internal static class OtherSessions
{
    /// <summary>Ends every access of the signed-in person but this session.</summary>
    public static Task EndOthersAsync(
        this EndOtherAccess others,
        ClaimsPrincipal person,
        CancellationToken cancellationToken
    ) => others.RunAsync(person.AccountId(), person.SessionOf(), cancellationToken);
}
