using IdentityProvider.Clients;
using IdentityProvider.OpenId;
using IdP.UI;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.Pages;

/// <summary>Where a person types the code that a device shows, and allows it in (RFC 8628, 3.3).</summary>
[Authorize]
internal sealed class DeviceModel(
    AccountClaims claims,
    ClientRegistry clients,
    IRequestingClientSource names,
    IStringLocalizer<Text> text
) : PageModel
{
    [BindProperty(SupportsGet = true, Name = "user_code")]
    public string? UserCode { get; set; }

    /// <summary>The device's application; null while no code of a waiting device is known.</summary>
    public string? Client { get; private set; }

    public IReadOnlyList<string> Scopes { get; private set; } = [];

    public async Task<IActionResult> OnGetAsync()
    {
        if (await DeviceAsync() is null && !string.IsNullOrEmpty(UserCode))
        {
            ModelState.AddModelError("user_code", text["Device.Unknown"]);
            Response.StatusCode = StatusCodes.Status400BadRequest;
        }

        return Page();
    }

    public async Task<IActionResult> OnPostAsync(string? answer)
    {
        if (await DeviceAsync() is not { } device)
        {
            ModelState.AddModelError("user_code", text["Device.Unknown"]);
            Response.StatusCode = StatusCodes.Status400BadRequest;
            return Page();
        }

        var done = new AuthenticationProperties { RedirectUri = "/device/done" };
        if (answer != "grant")
        {
            return Forbid(done, OpenIddictServerAspNetCoreDefaults.AuthenticationScheme);
        }

        if (device.HasScope(OpenIddictConstants.Scopes.OpenId))
        {
            await claims.JoinSessionAsync(User, device.GetClaim(Claims.ClientId)!, HttpContext.RequestAborted);
        }

        return SignIn(
            claims.Describe(User, device.GetScopes(), ClaimsRequest.Nothing),
            done,
            OpenIddictServerAspNetCoreDefaults.AuthenticationScheme
        );
    }

    private async Task<System.Security.Claims.ClaimsPrincipal?> DeviceAsync()
    {
        var device = (
            await HttpContext.AuthenticateAsync(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme)
        ).Principal;
        if (
            device?.GetClaim(Claims.ClientId) is not { Length: > 0 } clientId
            || clients.FindByClientId(clientId) is not { } client
        )
        {
            return null;
        }

        Client = client.DisplayName ?? clientId;
        Scopes = [.. device.GetScopes().Select(s => text.Scope(s, names))];
        return device;
    }
}
