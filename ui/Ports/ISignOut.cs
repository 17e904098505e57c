using Microsoft.AspNetCore.Http;

namespace IdP.UI.Ports;

/// <summary>Port: how the portals' 'Sign out' ends a session. By default it ends this one and tells nobody.</summary>
public interface ISignOut
{
    /// <summary>Ends the session of the request, or begins to; gives the address on this host to go on to.</summary>
    /// <param name="returnUrl">The application's request, where one has asked.</param>
    Task<string> RunAsync(HttpContext http, string? returnUrl, CancellationToken cancellationToken);
}
