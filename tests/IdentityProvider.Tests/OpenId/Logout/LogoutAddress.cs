using Microsoft.AspNetCore.WebUtilities;

namespace IdentityProvider.Tests.OpenId.Logout;

/// <summary>Where applications send people to sign out.</summary>
internal static class LogoutAddress
{
    public static string Of(params (string Name, string Value)[] parameters) =>
        QueryHelpers.AddQueryString(
            "/connect/logout",
            parameters.Select(p => KeyValuePair.Create(p.Name, (string?)p.Value))
        );
}
