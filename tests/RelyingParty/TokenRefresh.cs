using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;

namespace RelyingParty;

/// <summary>Gets fresh tokens with the refresh token, which the provider replaces at each use.</summary>
internal sealed class TokenRefresh(
    IHttpClientFactory clients,
    IOptionsMonitor<OpenIdConnectOptions> options,
    TimeProvider time
)
{
    /// <summary>False when the provider has taken the access away; the session here ends with it.</summary>
    public async Task<bool> RunAsync(HttpContext http)
    {
        var ticket = await http.AuthenticateAsync();
        if (!ticket.Succeeded || ticket.Properties.GetTokenValue("refresh_token") is not { } refreshToken)
        {
            return false;
        }

        if (await AskAsync(refreshToken, http.RequestAborted) is not { } answer)
        {
            await http.SignOutAsync();
            return false;
        }

        ticket.Properties.UpdateTokenValue("access_token", Text(answer, "access_token"));
        ticket.Properties.UpdateTokenValue(
            "refresh_token",
            answer.TryGetProperty("refresh_token", out _) ? Text(answer, "refresh_token") : refreshToken
        );
        ticket.Properties.UpdateTokenValue(
            "expires_at",
            (time.GetUtcNow() + TimeSpan.FromSeconds(answer.GetProperty("expires_in").GetInt32())).ToString(
                "o",
                CultureInfo.InvariantCulture
            )
        );
        await http.SignInAsync(ticket.Principal, ticket.Properties);
        return true;
    }

    private async Task<JsonElement?> AskAsync(string refreshToken, CancellationToken cancellationToken)
    {
        var oidc = options.Get(OpenIdConnectDefaults.AuthenticationScheme);
        var endpoint = (await oidc.ConfigurationManager!.GetConfigurationAsync(cancellationToken)).TokenEndpoint;
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "refresh_token",
            ["refresh_token"] = refreshToken,
            ["client_id"] = oidc.ClientId!,
        };
        if (oidc.ClientSecret is { Length: > 0 } secret)
        {
            form["client_secret"] = secret;
        }

        using var content = new FormUrlEncodedContent(form);
        using var response = await clients.CreateClient().PostAsync(new Uri(endpoint), content, cancellationToken);
        return response.IsSuccessStatusCode
            ? await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)
            : null;
    }

    private static string Text(JsonElement answer, string name) => answer.GetProperty(name).GetString() ?? "";
}
