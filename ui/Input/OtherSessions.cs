using IdP.Recovery.Ports;
using IdP.Recovery.SignIn;
using Microsoft.AspNetCore.Http;

namespace IdP.UI.Input;

internal static class OtherSessions
{
    /// <summary>Ends every access of the signed-in person but this session.</summary>
    public static Task EndOthersAsync(
        this EndOtherAccess others,
        HttpContext http,
        CancellationToken cancellationToken
    ) => others.RunAsync(http.User.AccountId(), http.User.SessionOf(), http.Requester(), cancellationToken);
}
